/* SPDX-License-Identifier: Apache-2.0 */
/* The one table scheme → source ops. */
#include "sources/sources.h"
#include "base/buf.h"
#include "base/err.h"
#include "modules/sqlite/sqlite.h"

/* One row is one scheme of design; ops is NULL where this build has none. */
static const struct {
	const char *scheme;
	const vouch_source_ops *ops;
} schemes[] = {
	{ "sqlite", &vouch_source_sqlite },
	{ "index", NULL },
	{ "crl", NULL },
	{ "crl+http", NULL },
	{ "crl+https", NULL },
	{ "postgresql", NULL },
	{ "mysql", NULL },
	{ "plugin", NULL },
};
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static void
list_known(char *out, size_t size)
{
	vouch_buf known = { 0 };
	int ret = VOUCH_OK;

	for (size_t i = 0; i < SCHEMES && ret == VOUCH_OK; i++) {
		if (schemes[i].ops != NULL)
			ret = buf_printf(&known, "%s%s:", known.len > 0 ? ", " : "", schemes[i].scheme);
	}
	size_t len = ret == VOUCH_OK && known.len < size ? known.len : 0;
	memcpy(out, len > 0 ? (const char *)known.data : "", len);
	out[len] = '\0';
	vouch_buf_free(&known);
}

static int
refuse(const char *uri, bool designed, vouch_err *err)
{
	char known[120];

	list_known(known, sizeof(known));
	if (designed)
		return err_set(err, VOUCH_EUNAVAILABLE,
		    "%s: sources of this kind are not in this build, which knows %s", uri, known);
	return err_set(err, VOUCH_EINVAL, "%s: not the URI of a source: begin it with one of %s", uri, known);
}

int
sources_open(vouch_source **out, const char *uri, vouch_time now, vouch_err *err)
{
	vouch_err unread;
	size_t len = strcspn(uri, ":");

	err = err_or(err, &unread);
	if (uri[len] == '\0')
		return refuse(uri, false, err);
	for (size_t i = 0; i < SCHEMES; i++) {
		if (strlen(schemes[i].scheme) != len || memcmp(schemes[i].scheme, uri, len) != 0)
			continue;
		if (schemes[i].ops == NULL)
			return refuse(uri, true, err);
		/* "postgresql://..." is its library's own URI; a file's path begins after the colon. */
		return vouch_source_open(out, schemes[i].ops, uri + len + 1, now, err);
	}
	return refuse(uri, false, err);
}
