/* SPDX-License-Identifier: Apache-2.0 */
/* The one table scheme → source ops. */
#include "sources/sources.h"
#include "base/buf.h"
#include "base/err.h"
#include "modules/sqlite/sqlite.h"

/*
 * One row is one scheme of the design.  ops: NULL where this build has none.  read_only: the end of a URI
 * that forbids writing; create: what asks for a register to be made.
 */
struct scheme {
	const char *name;
	const vouch_source_ops *ops;
	const char *read_only, *parameter, *create;
};
static const struct scheme schemes[] = {
	{ "sqlite", &vouch_source_sqlite, "?mode=ro", "?mode=", "?mode=rwc" },
	{ "index", NULL, NULL, NULL, NULL },
	{ "crl", NULL, NULL, NULL, NULL },
	{ "crl+http", NULL, NULL, NULL, NULL },
	{ "crl+https", NULL, NULL, NULL, NULL },
	{ "postgresql", NULL, NULL, NULL, NULL },
	{ "mysql", NULL, NULL, NULL, NULL },
	{ "plugin", NULL, NULL, NULL, NULL },
};
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

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

static void
list_known(char *out, size_t size)
{
	vouch_buf known = { 0 };
	int ret = VOUCH_OK;

	for (size_t i = 0; i < SCHEMES && ret == VOUCH_OK; i++) {
		if (schemes[i].ops != NULL)
			ret = buf_printf(&known, "%s%s:", known.len > 0 ? ", " : "", schemes[i].name);
	}
	size_t len = ret == VOUCH_OK && known.len < size ? known.len : 0;
	memcpy(out, len > 0 ? (const char *)known.data : "", len);
	out[len] = '\0';
	vouch_buf_free(&known);
}

static int
check_scheme(const struct scheme *scheme, const char *uri, vouch_err *err)
{
	char known[120];

	if (scheme != NULL && scheme->ops != NULL)
		return VOUCH_OK;
	list_known(known, sizeof(known));
	if (scheme != NULL)
		return err_set(err, VOUCH_EUNAVAILABLE,
		    "%s: %s: sources are not in this build, which knows %s", uri, scheme->name, known);
	return err_set(err, VOUCH_EINVAL, "%s: not the URI of a source: it begins with one of %s", uri,
	    known);
}

/* "postgresql://..." is its library's own URI; a file's path begins after the colon. */
static const char *
after_scheme(const char *uri)
{
	return strchr(uri, ':') + 1;
}

int
sources_open(vouch_source **out, const char *uri, vouch_time now, vouch_err *err)
{
	vouch_err unread;
	const struct scheme *scheme = find_scheme(uri);

	err = err_or(err, &unread);
	int ret = check_scheme(scheme, uri, err);
	return ret == VOUCH_OK ? vouch_source_open(out, scheme->ops, after_scheme(uri), now, err) : ret;
}

bool
sources_is_uri(const char *text)
{
	return find_scheme(text) != NULL;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && memcmp(text + (len - end_len), end, end_len) == 0;
}

bool
sources_is_register(const char *uri)
{
	const struct scheme *scheme = find_scheme(uri);

	return scheme != NULL && scheme->ops != NULL && scheme->ops->begin != NULL &&
	    !ends_with(uri, scheme->read_only);
}

int
sources_open_register(vouch_source **out, const char *uri, bool create, vouch_time now, vouch_err *err)
{
	vouch_err unread;
	vouch_buf whole = { 0 };
	const struct scheme *scheme = find_scheme(uri);

	err = err_or(err, &unread);
	int ret = check_scheme(scheme, uri, err);
	if (ret != VOUCH_OK)
		return ret;
	if (!sources_is_register(uri))
		return err_set(err, VOUCH_EREFUSED, "%s: this source cannot be written", uri);
	bool add = create && strstr(uri, scheme->parameter) == NULL;
	if (buf_printf(&whole, "%s%s", after_scheme(uri), add ? scheme->create : "") != VOUCH_OK ||
	    vouch_buf_append(&whole, "", 1) != VOUCH_OK)
		ret = err_nomem(err);
	else
		ret = vouch_source_open(out, scheme->ops, (const char *)whole.data, now, err);
	vouch_buf_free(&whole);
	return ret;
}
