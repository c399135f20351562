/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of sources: the paths in them resolved, settings made into their parameters. */
#include "conf/source_uri.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* One row is a scheme whose parameters vouch knows: what begins them, and whether a path stands before them. */
static const struct scheme {
	const char *name;
	char mark;
	bool is_file, has_paths;
} schemes[] = {
	{ "sqlite:", '?', true, false },
	{ "index:", '?', true, false },
	{ "crl:", '?', true, true },
	{ "plugin:", '?', true, false }, /* its parameters are its own */
	{ "crl+http:", '#', false, true },
	{ "crl+https:", '#', false, true },
	{ "postgresql:", '?', false, true },
	{ "mysql:", '?', false, true },
};

/* Parameters that are paths, and the word that is none all the same. */
static const struct {
	const char *name, *word;
} paths[] = {
	{ "issued", "" },
	{ "crl_issuer", "" },
	{ "cafile", "" },
	{ "password-file", "" },
	{ "socket", "" },
	{ "tls-ca", "" },
	{ "tls-cert", "" },
	{ "tls-key", "" },
	{ "passfile", "" },
	{ "sslcert", "" },
	{ "sslkey", "" },
	{ "sslcrl", "" },
	{ "sslrootcert", "system" },
};

/* One of "name=value&other=value". */
struct parameter {
	vouch_span name, value, whole;
};

static const struct scheme *
find_scheme(const char *uri)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (strncmp(uri, schemes[i].name, strlen(schemes[i].name)) == 0)
			return &schemes[i];
	}
	return NULL;
}

/* The mark before the parameters, NULL if there are none: a question mark can be a part of a file's name. */
static const char *
find_mark(const struct scheme *scheme, const char *uri)
{
	const char *mark = scheme->mark == '#' ? strchr(uri, '#') : strrchr(uri, '?');

	return mark != NULL && (scheme->mark == '#' || strchr(mark, '=') != NULL) ? mark : NULL;
}

static struct parameter
first_parameter(const char *text)
{
	size_t len = strcspn(text, "&"), name = strcspn(text, "=&");
	size_t value = name < len ? name + 1 : len;

	return (struct parameter){ .name = span_of(text, name),
		.value = span_of(text + value, len - value),
		.whole = span_of(text, len) };
}

static int
append_encoded(vouch_buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	int rc = VOUCH_OK;

	for (const char *p = text; *p != '\0' && rc == VOUCH_OK; p++)
		rc = strchr(plain, *p) != NULL ? vouch_buf_append(out, p, 1) :
						 buf_printf(out, "%%%02X", (unsigned char)*p);
	return rc;
}

/* --- Paths -------------------------------------------------------------------------------------------- */

static bool
is_path(const struct parameter *p)
{
	for (size_t i = 0; p->value.len > 0 && i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (span_equal(p->name, span_string(paths[i].name)))
			return !span_equal(p->value, span_string(paths[i].word));
	}
	return false;
}

static bool
is_relative_path(const struct parameter *p)
{
	const uint8_t *value = p->value.data;
	bool encoded = p->value.len > 2 && memcmp(value, "%2", 2) == 0 && (value[2] | 0x20) == 'f';

	return is_path(p) && value[0] != '/' && !encoded;
}

static int
append_parameter(vouch_buf *out, const struct parameter *p, const char *folder)
{
	if (!is_relative_path(p))
		return buf_append_span(out, p->whole);
	int rc = buf_append_span(out, p->name);
	if (rc == VOUCH_OK)
		rc = buf_append_string(out, "=");
	if (rc == VOUCH_OK)
		rc = append_encoded(out, folder);
	if (rc == VOUCH_OK)
		rc = buf_append_string(out, "/");
	return rc == VOUCH_OK ? buf_append_span(out, p->value) : rc;
}

/* From the mark on. */
static int
append_parameters(vouch_buf *out, const char *mark, const char *folder)
{
	int rc = VOUCH_OK;

	for (const char *separator = mark; *separator != '\0' && rc == VOUCH_OK;) {
		struct parameter p = first_parameter(separator + 1);

		rc = vouch_buf_append(out, separator, 1);
		if (rc == VOUCH_OK)
			rc = append_parameter(out, &p, folder);
		separator += 1 + p.whole.len;
	}
	return rc;
}

/* The path itself is written as it is: no scheme decodes it. */
static int
append_resolved(vouch_buf *out, const struct scheme *scheme, const char *uri, const char *folder)
{
	size_t head = strlen(scheme->name);
	const char *mark = scheme->has_paths ? find_mark(scheme, uri) : NULL;
	size_t rest = mark != NULL ? (size_t)(mark - uri) - head : strlen(uri) - head;
	bool prefix = scheme->is_file && uri[head] != '/';
	int rc = buf_printf(out, "%s%s%s", scheme->name, prefix ? folder : "", prefix ? "/" : "");

	if (rc == VOUCH_OK)
		rc = vouch_buf_append(out, uri + head, rest);
	return rc == VOUCH_OK && mark != NULL ? append_parameters(out, mark, folder) : rc;
}

int
conf_source_uri_resolve(vouch_buf *out, const char *uri, const char *folder, vouch_err *err)
{
	const struct scheme *scheme = find_scheme(uri);
	const char *rest = scheme == NULL ? uri : uri + strlen(scheme->name);

	if (scheme != NULL && scheme->is_file && (*rest == '\0' || rest == find_mark(scheme, uri)))
		return err_set(err, VOUCH_EINVAL, "the path is missing");
	int rc = scheme == NULL || folder == NULL ? buf_append_string(out, uri) :
						    append_resolved(out, scheme, uri, folder);
	if (rc == VOUCH_OK)
		rc = vouch_buf_append(out, "", 1);
	return rc == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

/* --- Paths of others ---------------------------------------------------------------------------------- */

/* A value that is not encoded as it should be is refused by who opens the source: no path. */
static int
tell_parameters(const char *mark, conf_path_cb *cb, void *arg)
{
	int rc = VOUCH_OK;
	vouch_buf one = { 0 }, path = { 0 };

	for (const char *p = mark; *p != '\0' && rc == VOUCH_OK;) {
		struct parameter parameter = first_parameter(p + 1);

		p += 1 + parameter.whole.len;
		if (!is_path(&parameter))
			continue;
		buf_clear(&one);
		if (buf_printf(&one, "?path=%.*s", (int)parameter.value.len,
			(const char *)parameter.value.data) != VOUCH_OK ||
		    vouch_buf_append(&one, "", 1) != VOUCH_OK)
			rc = VOUCH_ENOMEM;
		else if (vouch_uri_parameter(&path, (const char *)one.data, "path", NULL) == VOUCH_OK)
			rc = cb(arg, (const char *)path.data);
	}
	vouch_buf_free(&one);
	vouch_buf_free(&path);
	return rc;
}

int
conf_source_uri_each_path(const char *uri, conf_path_cb *cb, void *arg)
{
	const struct scheme *scheme = find_scheme(uri);
	const char *mark = scheme == NULL ? NULL : find_mark(scheme, uri);
	int rc = VOUCH_OK;

	if (scheme == NULL)
		return VOUCH_OK;
	if (scheme->is_file) {
		const char *begin = uri + strlen(scheme->name);
		char *path = strndup(begin, mark == NULL ? strlen(begin) : (size_t)(mark - begin));
		rc = path == NULL ? VOUCH_ENOMEM : cb(arg, path);
		free(path);
	}
	return rc == VOUCH_OK && scheme->has_paths && mark != NULL ? tell_parameters(mark, cb, arg) : rc;
}

/* --- Settings ----------------------------------------------------------------------------------------- */

static bool
has_parameter(const char *mark, const char *name)
{
	while (mark != NULL && *mark != '\0') {
		struct parameter p = first_parameter(mark + 1);

		if (span_equal(p.name, span_string(name)))
			return true;
		mark += 1 + p.whole.len;
	}
	return false;
}

/* uri has a NUL behind it, which its length counts. */
static int
add_parameter(vouch_buf *uri, const struct scheme *scheme, const struct conf_setting *row, const char *value,
    vouch_err *err)
{
	const char *mark = find_mark(scheme, (const char *)uri->data);

	if (has_parameter(mark, row->parameter))
		return err_set(err, VOUCH_EINVAL, "%s: it is a parameter of the URI, too", row->name);
	uri->len--;
	int rc = buf_printf(uri, "%c%s=", mark == NULL ? scheme->mark : '&', row->parameter);
	if (rc == VOUCH_OK)
		rc = append_encoded(uri, value);
	if (rc == VOUCH_OK)
		rc = vouch_buf_append(uri, "", 1);
	return rc == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static char *
text_at(const struct conf_setting *row, const void *item)
{
	char *text;

	memcpy(&text, (const char *)item + row->offset, sizeof(text));
	return text;
}

static int
add_parameters(vouch_buf *uri, const struct conf_setting *rows, const void *item, vouch_err *err)
{
	const struct scheme *scheme = find_scheme((const char *)uri->data);
	int rc = VOUCH_OK;

	for (; rows->name != NULL && rc == VOUCH_OK; rows++) {
		const char *value = rows->parameter != NULL ? text_at(rows, item) : NULL;

		if (value == NULL)
			continue;
		rc = scheme != NULL ?
		    add_parameter(uri, scheme, rows, value, err) :
		    err_set(err, VOUCH_EINVAL, "%s: such a source has no parameters", rows->name);
	}
	return rc;
}

int
conf_source_uri_finish(const struct conf_setting *rows, void *item, vouch_err *err)
{
	struct conf_source *source = item;
	vouch_buf uri = { 0 };

	if (source->uri == NULL)
		return VOUCH_OK; /* what is missing is refused with the rest */
	int rc = vouch_buf_append(&uri, source->uri, strlen(source->uri) + 1);
	rc = rc == VOUCH_OK ? add_parameters(&uri, rows, item, err) : err_nomem(err);
	if (rc == VOUCH_OK) {
		free(source->uri);
		source->uri = (char *)uri.data;
		return VOUCH_OK;
	}
	vouch_buf_free(&uri);
	return rc;
}
