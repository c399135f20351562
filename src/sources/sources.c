/* SPDX-License-Identifier: Apache-2.0 */
/* The one table scheme → source ops. */
#include "sources/sources.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/uri_secret.h"
#include "modules/sqlite/sqlite.h"
#include "sources/module.h"
#include "sources/object.h"
#include "sources/password.h"

#include <string.h>

struct scheme;
/* Finds the ops of a URI, and where that begins which they are given. */
struct found {
	const vouch_source_ops *ops;
	const char *rest;
};
typedef int find_ops(struct found *out, const struct scheme *scheme, const char *uri, vouch_err *err);

static find_ops find_built_in, find_provided, find_in_module, find_in_plugin;

/* One row is one scheme of the design. */
static const struct scheme {
	const char *name;
	find_ops *find;
	const vouch_source_ops *ops;	       /* of what is built in */
	const char *skipped;		       /* what of "NAME:" is no part of the rest; NULL: all of it */
	const char *library, *build, *package; /* what else it takes, and the packages with that */
	const char *create;		       /* the parameter that asks for a register to be made */
	bool is_path;			       /* an earlier question mark belongs to the name of a file */
	const char *password;		       /* the parameter that the line of a password-file becomes */
} schemes[] = {
	{ "sqlite", find_built_in, .ops = &vouch_source_sqlite, .create = "mode=rwc", .is_path = true },
	{ "index", find_built_in, .ops = &vouch_source_index },
	{ "crl", find_built_in, .ops = &vouch_source_crl },
	{ "crl+http", find_provided, .skipped = "crl+", .library = "libcurl",
	    .build = "libcurl4-openssl-dev" },
	{ "crl+https", find_provided, .skipped = "crl+", .library = "libcurl",
	    .build = "libcurl4-openssl-dev" },
	{ "postgresql", find_in_module, .library = "libpq", .build = "libpq-dev", .package = "libpq5",
	    .create = "mode=rwc", .password = "password" },
	{ "mysql", find_in_module, .library = "libmariadb", .build = "libmariadb-dev",
	    .package = "libmariadb3", .create = "mode=rwc", .password = "password" },
	{ "plugin", find_in_plugin, .ops = NULL },
};
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

/* By the number of the row. */
static const vouch_source_ops *provided[SCHEMES];

static const struct scheme *
find_scheme(const char *uri)
{
	size_t len = strcspn(uri, ":");

	for (size_t i = 0; uri[len] == ':' && i < SCHEMES; i++) {
		if (strlen(schemes[i].name) == len && memcmp(schemes[i].name, uri, len) == 0)
			return &schemes[i];
	}
	return NULL;
}

void
sources_provide(const char *scheme, const vouch_source_ops *ops)
{
	for (size_t i = 0; i < SCHEMES; i++) {
		if (schemes[i].find == find_provided && strcmp(schemes[i].name, scheme) == 0)
			provided[i] = ops;
	}
}

/* --- Where ops are ------------------------------------------------------------------------------------ */

static int
find_built_in(struct found *out, const struct scheme *scheme, const char *uri, vouch_err *err)
{
	(void)uri;
	out->ops = scheme->ops;
	return scheme->ops != NULL ? VOUCH_OK :
				     err_set(err, VOUCH_EUNAVAILABLE, "such sources are not in this build");
}

static int
find_provided(struct found *out, const struct scheme *scheme, const char *uri, vouch_err *err)
{
	(void)uri;
	out->ops = provided[scheme - schemes];
	if (out->ops != NULL)
		return VOUCH_OK;
	return err_set(err, VOUCH_EUNAVAILABLE,
	    "%s: sources are not in this build, which was made without %s (package %s)", scheme->name,
	    scheme->library, scheme->build);
}

static int
find_in_module(struct found *out, const struct scheme *scheme, const char *uri, vouch_err *err)
{
	(void)uri;
	const struct module module = { scheme->name, scheme->library, scheme->build, scheme->package };

	return module_load(&out->ops, &module, err);
}

/* "plugin:PATH.so?...": the question mark is handed on, as the parameters begin with one. */
static int
find_in_plugin(struct found *out, const struct scheme *scheme, const char *uri, vouch_err *err)
{
	vouch_buf path = { 0 };
	size_t len = strcspn(out->rest, "?");

	(void)scheme, (void)uri;
	if (len == 0)
		return err_set(err, VOUCH_EINVAL, "no shared object is named");
	if (buf_printf(&path, "%.*s", (int)len, out->rest) != VOUCH_OK ||
	    vouch_buf_append(&path, "", 1) != VOUCH_OK) {
		vouch_buf_free(&path);
		return err_nomem(err);
	}
	int ret = object_load(&out->ops, (const char *)path.data, err);
	if (ret == VOUCH_ENOTFOUND)
		ret = err_set(err, VOUCH_EUNAVAILABLE, "%s: there is no such file", (const char *)path.data);
	vouch_buf_free(&path);
	out->rest += len;
	return ret;
}

static int
list_known(vouch_buf *known)
{
	int ret = VOUCH_OK;

	for (size_t i = 0; i < SCHEMES && ret == VOUCH_OK; i++)
		ret = buf_printf(known, "%s%s:", known->len > 0 ? ", " : "", schemes[i].name);
	return ret == VOUCH_OK ? vouch_buf_append(known, "", 1) : ret;
}

static int
no_such_scheme(const char *uri, vouch_err *err)
{
	vouch_buf known = { 0 }, shown = { 0 };

	if (list_known(&known) != VOUCH_OK)
		err_nomem(err);
	else
		err_set(err, VOUCH_EINVAL, "%s: not the URI of a source: it begins with one of %s",
		    uri_shown(&shown, uri), (const char *)known.data);
	vouch_buf_free(&known);
	vouch_buf_free(&shown);
	return err->code;
}

/* An error of ours is short, and names the scheme at least; one of the source's open() says what it is about. */
static int
find(struct found *out, const char *uri, vouch_err *err)
{
	const struct scheme *scheme = find_scheme(uri);
	vouch_buf shown = { 0 };

	if (scheme == NULL)
		return no_such_scheme(uri, err);
	out->rest = uri + (scheme->skipped != NULL ? strlen(scheme->skipped) : strlen(scheme->name) + 1);
	int ret = scheme->find(out, scheme, uri, err);
	if (ret != VOUCH_OK)
		err_prefix(err, "%s", uri_shown(&shown, uri));
	vouch_buf_free(&shown);
	return ret;
}

/* --- Sources ------------------------------------------------------------------------------------------ */

static int
open_with_password(vouch_source **out, const struct found *found, const char *parameter, vouch_time now,
    vouch_err *err)
{
	vouch_buf rest = { 0 };
	int ret = password_insert(&rest, found->rest, parameter, err);

	if (ret == VOUCH_OK)
		ret = vouch_source_open(out, found->ops, (const char *)rest.data, now, err);
	if (ret != VOUCH_OK && rest.len > 0)
		uri_hide(err->msg, (const char *)rest.data);
	password_wipe(&rest);
	return ret;
}

/* `whole` is what errors are about. */
static int
open_found(vouch_source **out, const struct found *found, const char *whole, vouch_time now, vouch_err *err)
{
	const char *parameter = find_scheme(whole)->password;
	int ret = parameter != NULL ? open_with_password(out, found, parameter, now, err) :
				      vouch_source_open(out, found->ops, found->rest, now, err);

	if (ret != VOUCH_OK)
		uri_hide(err->msg, whole);
	return ret;
}

int
sources_open(vouch_source **out, const char *uri, vouch_time now, vouch_err *err)
{
	vouch_err unread;
	struct found found = { 0 };

	err = err_or(err, &unread);
	int ret = find(&found, uri, err);
	return ret == VOUCH_OK ? open_found(out, &found, uri, now, err) : ret;
}

bool
sources_is_uri(const char *text)
{
	return find_scheme(text) != NULL;
}

/* --- Registers ---------------------------------------------------------------------------------------- */

/* "mode=ro" forbids writing; whoever brings queries of his own keeps his own tables. */
static bool
is_for_reading(const char *uri)
{
	vouch_buf value = { 0 };
	bool queries = vouch_uri_parameter(&value, uri, "query", NULL) == VOUCH_OK;
	bool read_only = !queries && vouch_uri_parameter(&value, uri, "mode", NULL) == VOUCH_OK &&
	    strcmp((const char *)value.data, "ro") == 0;

	vouch_buf_free(&value);
	return queries || read_only;
}

bool
sources_is_register(const char *uri)
{
	vouch_err unread;
	struct found found = { 0 };

	return find_scheme(uri) != NULL && !is_for_reading(uri) && find(&found, uri, &unread) == VOUCH_OK &&
	    found.ops->begin != NULL;
}

/* The rest, with the parameter that has a register made unless another one says how to open it. */
static int
add_create(vouch_buf *out, const struct scheme *scheme, const char *rest, vouch_err *err)
{
	vouch_buf value = { 0 };
	int ret = vouch_uri_parameter(&value, rest, "mode", err);
	const char *separator = scheme->is_path || strchr(rest, '?') == NULL ? "?" : "&";

	vouch_buf_free(&value);
	if (ret != VOUCH_OK && ret != VOUCH_ENOTFOUND)
		return ret;
	ret = ret == VOUCH_OK ? buf_append_string(out, rest) :
				buf_printf(out, "%s%s%s", rest, separator, scheme->create);
	if (ret == VOUCH_OK)
		ret = vouch_buf_append(out, "", 1);
	return ret == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
open_to_create(vouch_source **out, const struct found *found, const char *uri, vouch_time now, vouch_err *err)
{
	const struct scheme *scheme = find_scheme(uri);
	vouch_buf whole = { 0 };
	int ret = add_create(&whole, scheme, found->rest, err);
	struct found with = { found->ops, (const char *)whole.data };

	if (ret == VOUCH_OK)
		ret = open_found(out, &with, uri, now, err);
	vouch_buf_free(&whole);
	return ret;
}

int
sources_open_register(vouch_source **out, const char *uri, bool create, vouch_time now, vouch_err *err)
{
	vouch_err unread;
	vouch_buf shown = { 0 };
	struct found found = { 0 };

	err = err_or(err, &unread);
	int ret = find(&found, uri, err);
	if (ret != VOUCH_OK)
		return ret;
	if (found.ops->begin == NULL || is_for_reading(uri)) {
		ret = err_set(err, VOUCH_EREFUSED, "%s: this source cannot be written",
		    uri_shown(&shown, uri));
		vouch_buf_free(&shown);
		return ret;
	}
	return create && find_scheme(uri)->create != NULL ? open_to_create(out, &found, uri, now, err) :
							    open_found(out, &found, uri, now, err);
}
