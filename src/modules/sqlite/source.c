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
/*
 * Every page is read before a responder starts on a database of this size (about a second), and before a
 * command on a smaller one.
 */
#define CHECKED_OCTETS_READER (256LL << 20)
#define CHECKED_OCTETS_WRITER (16LL << 20)

static const struct {
	const char *name;
	enum sqlite_mode mode;
} modes[] = {
	{ "ro", SQLITE_MODE_RO },
	{ "rw", SQLITE_MODE_RW },
	{ "rwc", SQLITE_MODE_RWC },
};

static int
parse_mode(const char *uri, size_t *path_len, enum sqlite_mode *mode, vouch_err *err)
{
	static const char parameter[] = "?mode=";
	const char *question = strrchr(uri, '?');

	*path_len = strlen(uri);
	*mode = SQLITE_MODE_RW;
	/* Any other question mark belongs to the name. */
	if (question == NULL || strncmp(question, parameter, sizeof(parameter) - 1) != 0)
		return VOUCH_OK;
	*path_len = (size_t)(question - uri);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(question + sizeof(parameter) - 1, modes[i].name) == 0) {
			*mode = modes[i].mode;
			return VOUCH_OK;
		}
	}
	return sqlite_fail(err, VOUCH_EINVAL, uri, "mode is ro, rw or rwc");
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
	free(source->location.path);
	free(source);
}

/* The first connection, which looks at the whole file. */
static int
check(struct sqlite_source *source, vouch_err *err)
{
	struct sqlite_connection *c = NULL;
	int64_t octets = source->location.mode == SQLITE_MODE_RWC ? CHECKED_OCTETS_WRITER :
								    CHECKED_OCTETS_READER;
	int ret = sqlite_pool_take(source, &c, err);

	if (ret != VOUCH_OK)
		return ret;
	ret = sqlite_connection_check(c, &source->location, octets, err);
	(void)sqlite3_busy_timeout(c->db, SQLITE_READ_PATIENCE_MS);
	sqlite_pool_give(source, c, ret);
	return ret;
}

static int
source_open(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	enum sqlite_mode mode;
	size_t path_len;

	(void)now;
	int ret = parse_mode(uri, &path_len, &mode, err);
	if (ret != VOUCH_OK)
		return ret;
	if (path_len == 0 || path_len > INT32_MAX / 8)
		return sqlite_fail(err, VOUCH_EINVAL, "sqlite", "no file is named");
	if (sqlite3_threadsafe() == 0)
		return sqlite_fail(err, VOUCH_EUNAVAILABLE, uri,
		    "the SQLite library was built without threads");
	struct sqlite_source *source = calloc(1, sizeof(*source));
	if (source == NULL)
		return sqlite_fail(err, VOUCH_ENOMEM, uri, "out of memory");
	sqlite_pool_init(source);
	source->location = (struct sqlite_location){ .path = absolute(uri, path_len),
		.mode = mode,
		.patience_ms = SQLITE_OPEN_PATIENCE_MS };
	ret = source->location.path != NULL ? check(source, err) :
					      sqlite_fail(err, VOUCH_ENOMEM, uri, "out of memory");
	source->location.patience_ms = SQLITE_READ_PATIENCE_MS;
	if (ret != VOUCH_OK) {
		source_close(source);
		return ret;
	}
	*ctx = source;
	return VOUCH_OK;
}

static int
source_reload(void *ctx, vouch_time now, vouch_err *err)
{
	struct sqlite_source *source = ctx;
	struct sqlite_connection *c = NULL;

	(void)now;
	int ret = sqlite_connection_open(&c, &source->location, err);
	if (ret == VOUCH_OK)
		ret = sqlite_connection_check(c, &source->location, CHECKED_OCTETS_READER, err);
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
};
