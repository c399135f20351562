/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of tables of the users' own: by their own log, else by SQLite's count of commits.
 *
 *	cursor   generation of the pool (8 octets) │ that of query_feed
 *	or       generation │ the connection's number (8) │ what it was told of commits by others (8)
 */
#include "modules/sqlite/own_statement.h"
#include "modules/sqlite/report.h"

#include <string.h>

#define NUMBER sizeof(uint64_t)
enum { CURSOR_GENERATION = 0, CURSOR_REST = NUMBER, COUNT_LENGTH = 3 * NUMBER };

static int
no_memory(const struct sqlite_source *source, vouch_err *err)
{
	return sqlite_fail(err, VOUCH_ENOMEM, source->location.path, "out of memory");
}

/* Of one process: octets in its own order. */
static int
set_cursor(const struct sqlite_source *source, vouch_buf *cursor, uint64_t generation, vouch_span rest,
    vouch_err *err)
{
	vouch_buf moved = { 0 };

	if (vouch_buf_append(&moved, &generation, NUMBER) != VOUCH_OK ||
	    vouch_buf_append(&moved, rest.data, rest.len) != VOUCH_OK) {
		vouch_buf_free(&moved);
		return no_memory(source, err);
	}
	vouch_buf_free(cursor);
	*cursor = moved;
	return VOUCH_OK;
}

static bool
is_of_generation(const vouch_buf *cursor, uint64_t generation)
{
	return cursor->len > NUMBER && memcmp(cursor->data, &generation, NUMBER) == 0;
}

/* Commits by others are counted for each connection by itself, so the count of another one says nothing. */
static int
tell_commits(const struct sqlite_source *source, struct sqlite_connection *c, vouch_buf *cursor,
    vouch_change_cb *cb, void *arg, vouch_err *err)
{
	uint64_t now[2] = { c->own.connection, 0 };
	int64_t version = 0;

	if (sqlite_number(c->db, "PRAGMA data_version", &version) != SQLITE_OK)
		return sqlite_report(err, VOUCH_EUNAVAILABLE, source->location.path, c->db, "cannot read");
	now[1] = (uint64_t)version;
	bool same = cursor->len == COUNT_LENGTH && is_of_generation(cursor, c->generation) &&
	    memcmp(cursor->data + CURSOR_REST, now, sizeof(now)) == 0;
	int code = set_cursor(source, cursor, c->generation,
	    (vouch_span){ (const uint8_t *)(const void *)now, sizeof(now) }, err);
	if (code == VOUCH_OK && (!same || c->own.is_volatile))
		cb(arg, (vouch_span){ NULL, 0 });
	return code;
}

static int
read_rows(const struct sqlite_source *source, struct sqlite_connection *c, struct query_feed *feed,
    vouch_err *err)
{
	struct query_value row[QUERY_COLUMNS_MAX];
	sqlite3_stmt *s = c->own.statements[feed->kind];
	int rc, code = VOUCH_OK;

	while (code == VOUCH_OK && (rc = sqlite3_step(s)) != SQLITE_DONE) {
		if (rc != SQLITE_ROW)
			return sqlite_report(err, VOUCH_EUNAVAILABLE, source->location.path, c->db,
			    "cannot read the log of changes");
		code = sqlite_own_row(c, &source->location, feed->kind, row, err);
		if (code != VOUCH_OK)
			return code;
		code = query_feed_row(feed, &c->own.columns[feed->kind], row, err);
		if (code != VOUCH_OK)
			return sqlite_prefix(err, source->location.path);
	}
	return code;
}

static int
run_feed(const struct sqlite_source *source, struct sqlite_connection *c, struct query_feed *feed,
    vouch_err *err)
{
	if (sqlite_own_bind(c, &source->location, feed->kind) != SQLITE_OK)
		return sqlite_report(err, VOUCH_EUNAVAILABLE, source->location.path, c->db, "cannot ask");
	int code = read_rows(source, c, feed, err);
	sqlite3_reset(c->own.statements[feed->kind]);
	if (code == VOUCH_OK && sqlite_connection_is_torn(c, &source->location))
		return sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
		    "somebody has begun to write to it");
	return code;
}

/* rest: the feed's own cursor. */
static int
tell_feed(const struct sqlite_source *source, struct sqlite_connection *c, vouch_buf *rest,
    vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct query_feed feed = { .cursor = rest };
	int code = query_feed_begin(&feed, &c->own.binding, source->location.query, rest, err);

	if (code == VOUCH_OK) {
		code = run_feed(source, c, &feed, err);
		if (code == VOUCH_OK && query_feed_end(&feed, rest, cb, arg, err) != VOUCH_OK)
			code = sqlite_prefix(err, source->location.path);
	} else {
		code = sqlite_prefix(err, source->location.path);
	}
	query_feed_clear(&feed);
	return code;
}

static int
tell_log(const struct sqlite_source *source, struct sqlite_connection *c, vouch_buf *cursor,
    vouch_change_cb *cb, void *arg, vouch_err *err)
{
	vouch_buf rest = { 0 };
	int code = VOUCH_OK;

	/* The log of another file says nothing of what this one was before. */
	if (is_of_generation(cursor, c->generation) &&
	    vouch_buf_append(&rest, cursor->data + CURSOR_REST, cursor->len - CURSOR_REST) != VOUCH_OK)
		return no_memory(source, err);
	code = tell_feed(source, c, &rest, cb, arg, err);
	if (code == VOUCH_OK)
		code = set_cursor(source, cursor, c->generation, (vouch_span){ rest.data, rest.len }, err);
	vouch_buf_free(&rest);
	return code;
}

int
sqlite_own_changes(struct sqlite_source *source, vouch_buf *cursor, vouch_change_cb *cb, void *arg,
    vouch_err *err)
{
	struct sqlite_connection *c = NULL;
	int code = sqlite_pool_take(source, &c, err);

	if (code == VOUCH_OK && sqlite_connection_is_stale(c, &source->location)) {
		sqlite_pool_renew(source, true);
		sqlite_pool_give(source, c, VOUCH_OK);
		code = sqlite_pool_take(source, &c, err);
	}
	if (code != VOUCH_OK)
		return code;
	/* A file that was overwritten in place does not look changed to a connection that has its pages at hand. */
	(void)sqlite3_db_release_memory(c->db);
	code = query_sql(source->location.query, QUERY_CHANGES) != NULL ?
	    tell_log(source, c, cursor, cb, arg, err) :
	    tell_commits(source, c, cursor, cb, arg, err);
	sqlite_pool_give(source, c, code);
	return code;
}
