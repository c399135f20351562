/* SPDX-License-Identifier: Apache-2.0 */
/* The ops, and opening. */
#include "modules/sqlite/sqlite.h"
#include "modules/sqlite/lookup.h"
#include "modules/sqlite/register.h"
#include "modules/sqlite/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often a change is looked for: a fifth of the second in which it must show. */
#define POLL_MS 200
/* Every page of a database of this size is read before it is used, which takes less than a fifth of a second. */
#define CHECKED_OCTETS (16LL << 20)

static const struct {
	const char *name;
	enum sqlite_mode mode;
} modes[] = {
	{ "ro", SQLITE_MODE_RO },
	{ "rw", SQLITE_MODE_RW },
	{ "rwc", SQLITE_MODE_RWC },
};

static const char *const parameters[] = { "mode", "query", "changes" };
#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

/* Any other question mark belongs to the name of the file. */
static bool
has_parameters(const char *uri)
{
	const char *question = strrchr(uri, '?');

	for (size_t i = 0; question != NULL && i < PARAMETERS; i++) {
		size_t len = strlen(parameters[i]);
		if (strncmp(question + 1, parameters[i], len) == 0 && question[1 + len] == '=')
			return true;
	}
	return false;
}

/* The file alone, with a NUL behind it. */
static int
read_path(vouch_buf *path, const char *uri, vouch_err *err)
{
	bool has = has_parameters(uri);

	if (vouch_uri_without(path, uri, parameters, has ? PARAMETERS : 0) != VOUCH_OK)
		return sqlite_fail(err, VOUCH_ENOMEM, uri, "out of memory");
	if (has && path->len != (size_t)(strrchr(uri, '?') - uri))
		return sqlite_fail(err, VOUCH_EINVAL, (const char *)path->data,
		    "the parameters are mode, query and changes");
	if (path->len == 0 || path->len > INT32_MAX / 8)
		return sqlite_fail(err, VOUCH_EINVAL, "sqlite", "no file is named");
	return VOUCH_OK;
}

static int
read_mode(const char *uri, const char *path, enum sqlite_mode *mode, vouch_err *err)
{
	vouch_buf value = { 0 };
	int ret = has_parameters(uri) ? vouch_uri_parameter(&value, uri, "mode", err) : VOUCH_ENOTFOUND;
	size_t i = 0;

	if (ret != VOUCH_OK)
		return ret == VOUCH_ENOTFOUND ? VOUCH_OK : sqlite_prefix(err, path);
	while (i < sizeof(modes) / sizeof(modes[0]) && strcmp((const char *)value.data, modes[i].name) != 0)
		i++;
	vouch_buf_free(&value);
	if (i == sizeof(modes) / sizeof(modes[0]))
		return sqlite_fail(err, VOUCH_EINVAL, path, "mode is ro, rw or rwc");
	*mode = modes[i].mode;
	return VOUCH_OK;
}

/* *query stays NULL for a database of ours. */
static int
read_query(const char *uri, const char *path, struct query **query, enum sqlite_mode *mode, vouch_err *err)
{
	enum sqlite_mode asked = SQLITE_MODE_RO;
	int ret = has_parameters(uri) ? query_open(query, QUERY_SQLITE, uri, err) : VOUCH_ENOTFOUND;

	if (ret != VOUCH_OK)
		return ret == VOUCH_ENOTFOUND ? VOUCH_OK : sqlite_prefix(err, path);
	ret = read_mode(uri, path, &asked, err);
	if (ret == VOUCH_OK && asked != SQLITE_MODE_RO)
		ret = sqlite_fail(err, VOUCH_EINVAL, path,
		    "tables of your own are only read: mode is ro with a query");
	*mode = SQLITE_MODE_RO;
	return ret;
}

/* Later connections are opened from whatever folder the process is in by then. */
static char *
absolute(const char *path, size_t len)
{
	char *folder = path[0] == '/' ? strdup("") : getcwd(NULL, 0);

	if (folder == NULL)
		return NULL;
	size_t size = strlen(folder) + len + sizeof("/");
	char *whole = malloc(size);
	if (whole != NULL)
		snprintf(whole, size, "%s%s%.*s", folder, path[0] == '/' ? "" : "/", (int)len, path);
	free(folder);
	return whole;
}

static void
source_close(void *ctx)
{
	struct sqlite_source *source = ctx;

	if (source == NULL)
		return;
	sqlite_abort(source);
	sqlite_tidy(source);
	sqlite_pool_close(source);
	query_close(source->query);
	free(source->location.path);
	free(source);
}

/* The first connection, which looks at the whole file. */
static int
check(struct sqlite_source *source, vouch_err *err)
{
	struct sqlite_connection *c = NULL;
	int ret = sqlite_pool_take(source, &c, err);

	if (ret != VOUCH_OK)
		return ret;
	ret = sqlite_connection_check(c, &source->location, CHECKED_OCTETS, err);
	if (ret == VOUCH_OK && source->query != NULL)
		ret = sqlite_own_try(c, &source->location, err);
	(void)sqlite3_busy_timeout(c->db, SQLITE_READ_PATIENCE_MS);
	sqlite_pool_give(source, c, ret);
	return ret;
}

/* What the URI says, into a source that has nothing yet. */
static int
read_uri(struct sqlite_source *source, const char *uri, vouch_err *err)
{
	vouch_buf path = { 0 };
	enum sqlite_mode mode = SQLITE_MODE_RW;
	int ret = read_path(&path, uri, err);

	if (ret == VOUCH_OK)
		ret = read_mode(uri, (const char *)path.data, &mode, err);
	if (ret == VOUCH_OK)
		ret = read_query(uri, (const char *)path.data, &source->query, &mode, err);
	if (ret == VOUCH_OK) {
		source->location = (struct sqlite_location){
			.path = absolute((const char *)path.data, path.len),
			.mode = mode,
			.patience_ms = SQLITE_OPEN_PATIENCE_MS,
			.query = source->query,
		};
		if (source->location.path == NULL)
			ret = sqlite_fail(err, VOUCH_ENOMEM, (const char *)path.data, "out of memory");
	}
	vouch_buf_free(&path);
	return ret;
}

static int
source_open(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	(void)now;
	if (sqlite3_threadsafe() == 0)
		return sqlite_fail(err, VOUCH_EUNAVAILABLE, uri,
		    "the SQLite library was built without threads");
	struct sqlite_source *source = calloc(1, sizeof(*source));
	if (source == NULL)
		return sqlite_fail(err, VOUCH_ENOMEM, uri, "out of memory");
	sqlite_pool_init(source);
	int ret = read_uri(source, uri, err);
	if (ret == VOUCH_OK)
		ret = check(source, err);
	source->location.patience_ms = SQLITE_READ_PATIENCE_MS;
	if (ret != VOUCH_OK) {
		source_close(source);
		return ret;
	}
	*ctx = source;
	return VOUCH_OK;
}

/* The issuers of a database of ours are in it. */
static int
source_attach(void *ctx, const vouch_issuer *issuer, vouch_err *err)
{
	struct sqlite_source *source = ctx;

	if (source->query == NULL || query_attach(source->query, issuer, err) == VOUCH_OK)
		return VOUCH_OK;
	return sqlite_prefix(err, source->location.path);
}

static int
source_reload(void *ctx, vouch_time now, vouch_err *err)
{
	struct sqlite_source *source = ctx;
	struct sqlite_connection *c = NULL;

	(void)now;
	int ret = sqlite_connection_open(&c, &source->location, err);
	if (ret == VOUCH_OK)
		ret = sqlite_connection_check(c, &source->location, CHECKED_OCTETS, err);
	if (ret == VOUCH_OK && source->query != NULL)
		ret = sqlite_own_try(c, &source->location, err);
	sqlite_connection_close(c);
	if (ret == VOUCH_OK)
		sqlite_pool_renew(source, false);
	return ret;
}

static int
source_watch(void *ctx, int *fd, int *poll_ms)
{
	(void)ctx;
	*fd = -1;
	*poll_ms = POLL_MS;
	return VOUCH_OK;
}

const vouch_source_ops vouch_source_sqlite = {
	.abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE,
	.name = "sqlite",
	.open = source_open,
	.reload = source_reload,
	.lookup = sqlite_lookup,
	.each = sqlite_each,
	.changes = sqlite_changes,
	.watch = source_watch,
	.begin = sqlite_begin,
	.put = sqlite_put,
	.commit = sqlite_commit,
	.abort = sqlite_abort,
	.close = source_close,
	.attach = source_attach,
};
