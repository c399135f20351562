/* SPDX-License-Identifier: Apache-2.0 */
/* The ops: opening, and what is read. */
#include "modules/sqlite/sqlite.h"
#include "modules/sqlite/pool.h"
#include "modules/sqlite/record.h"
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
	sqlite_pool_renew(source, false);
	pthread_mutex_destroy(&source->pool_lock);
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
	pthread_mutex_init(&source->pool_lock, NULL);
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
bind_key(sqlite3_stmt *s, const vouch_issuer *issuer, vouch_span serial_number)
{
	int rc = sqlite_bind_span(s, 1, vouch_issuer_id(issuer));

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 2, (sqlite3_int64)serial_number.len);
	/* An empty blob is not NULL, which would compare with nothing. */
	return rc == SQLITE_OK ?
	    sqlite3_bind_blob64(s, 3, serial_number.len > 0 ? serial_number.data : (const uint8_t *)"",
		serial_number.len, SQLITE_STATIC) :
	    rc;
}

static int
step_failed(const struct sqlite_source *source, const struct sqlite_connection *c, vouch_err *err)
{
	return sqlite_report(err, VOUCH_EUNAVAILABLE, source->location.path, c->db, "cannot read");
}

static int
find(const struct sqlite_source *source, const struct sqlite_connection *c, const vouch_issuer *issuer,
    vouch_span serial_number, vouch_time now, vouch_status *out, vouch_err *err)
{
	sqlite3_stmt *s = sqlite_statement(c, SQLITE_LOOKUP);
	int rc = bind_key(s, issuer, serial_number);
	int ret;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		ret = sqlite_record_read(s, source->location.path, now, out, err);
	else
		ret = rc == SQLITE_DONE ? VOUCH_ENOTFOUND : step_failed(source, c, err);
	sqlite3_reset(s);
	return ret;
}

static int
source_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err)
{
	struct sqlite_source *source = ctx;
	struct sqlite_connection *c = NULL;
	vouch_status found;
	int ret = sqlite_pool_take_own(source, &c, err);

	if (ret != VOUCH_OK)
		return ret;
	vouch_status_init(&found);
	ret = find(source, c, issuer, serial_number, now, &found, err);
	if ((ret == VOUCH_OK || ret == VOUCH_ENOTFOUND) && sqlite_connection_is_torn(c, &source->location))
		ret = sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
		    "somebody has begun to write to it");
	sqlite_pool_give(source, c, ret);
	if (ret == VOUCH_OK)
		*out = found;
	else
		vouch_status_clear(&found);
	return ret;
}

static int
walk(const struct sqlite_source *source, const struct sqlite_connection *c, sqlite3_stmt *s, vouch_time now,
    vouch_status_cb *cb, void *arg, vouch_err *err)
{
	int rc, ret = VOUCH_OK;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		vouch_status status;
		int stop = 0;

		vouch_status_init(&status);
		ret = sqlite_record_read(s, source->location.path, now, &status, err);
		if (ret == VOUCH_OK)
			stop = cb(arg, sqlite_record_serial(s), &status);
		vouch_status_clear(&status);
		if (ret != VOUCH_OK || stop != 0)
			return ret != VOUCH_OK ? ret : stop;
	}
	return rc == SQLITE_DONE ? VOUCH_OK : step_failed(source, c, err);
}

static int
walk_from(const struct sqlite_source *source, const struct sqlite_connection *c, const vouch_issuer *issuer,
    vouch_span after, vouch_time now, vouch_status_cb *cb, void *arg, vouch_err *err)
{
	static const char sql[] = "SELECT " SQLITE_RECORD_COLUMNS " FROM certificates AS c"
				  " WHERE c.issuer = (SELECT number FROM issuers WHERE id = ?1)"
				  " AND (c.serial_length, c.serial_number) > (?2, ?3)"
				  " ORDER BY c.serial_length, c.serial_number";
	sqlite3_stmt *s = NULL;

	/* A statement of its own: the callback may walk, too. */
	if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK ||
	    bind_key(s, issuer, after) != SQLITE_OK) {
		int ret = step_failed(source, c, err);
		sqlite3_finalize(s);
		return ret;
	}
	int ret = walk(source, c, s, now, cb, arg, err);
	sqlite3_finalize(s);
	return ret;
}

static int
source_each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb,
    void *arg, vouch_err *err)
{
	struct sqlite_source *source = ctx;
	struct sqlite_connection *c = NULL;
	int ret = sqlite_pool_take_own(source, &c, err);

	if (ret != VOUCH_OK)
		return ret;
	ret = walk_from(source, c, issuer, after, now, cb, arg, err);
	if (ret == VOUCH_OK && sqlite_connection_is_torn(c, &source->location))
		ret = sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
		    "somebody has begun to write to it");
	sqlite_pool_give(source, c, ret);
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
	.lookup = source_lookup,
	.each = source_each,
	.changes = sqlite_changes,
	.watch = source_watch,
	.begin = sqlite_begin,
	.put = sqlite_put,
	.commit = sqlite_commit,
	.abort = sqlite_abort,
	.close = source_close,
};
