/* SPDX-License-Identifier: Apache-2.0 */
/* The change feed: what was written since somebody last asked. */
#include "modules/register/position.h"
#include "modules/sqlite/register.h"
#include "modules/sqlite/record.h"
#include "modules/sqlite/report.h"

#include <string.h>

/*
 * The most changes that are told one by one; a responder remembers no more, and "all" costs less than reading
 * them.
 */
#define CHANGES_TOLD 65536

/* A cursor: the database, the last position of its log, and the random token that stands there. */
enum { CURSOR_ID = 0, CURSOR_POSITION = 16, CURSOR_TOKEN = 24, CURSOR_LENGTH = 32 };

static bool
copy_blob(uint8_t *out, size_t len, sqlite3_stmt *row, int column)
{
	const void *octets = sqlite3_column_blob(row, column);

	if (octets == NULL || (size_t)sqlite3_column_bytes(row, column) != len)
		return false;
	memcpy(out, octets, len);
	return true;
}

/* SQLITE_OK with the cursor of this moment; a log that somebody emptied stands at 0. */
static int
read_head(const struct sqlite_connection *c, uint8_t head[CURSOR_LENGTH])
{
	sqlite3_stmt *s = sqlite_statement(c, SQLITE_HEAD);
	int rc = sqlite3_step(s);

	memset(head, 0, CURSOR_LENGTH);
	if (rc == SQLITE_ROW && copy_blob(head + CURSOR_ID, 16, s, 0)) {
		register_position_write(head + CURSOR_POSITION, sqlite3_column_int64(s, 1));
		(void)copy_blob(head + CURSOR_TOKEN, 8, s, 2);
		rc = SQLITE_OK;
	}
	sqlite3_reset(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
}

/*
 * SQLITE_OK with *known when the log still holds the very entry that the cursor stands at: then what came
 * later is all that changed. Not so for another database, a restored backup, a copy that went another way,
 * and a log that has been pruned.
 */
static int
find_mark(const struct sqlite_connection *c, const uint8_t *cursor, const uint8_t *head, bool *known)
{
	uint8_t token[8];
	sqlite3_stmt *s = sqlite_statement(c, SQLITE_MARK);
	int rc = sqlite3_bind_int64(s, 1, register_position_read(cursor + CURSOR_POSITION));

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	*known = rc == SQLITE_ROW && memcmp(cursor + CURSOR_ID, head + CURSOR_ID, 16) == 0 &&
	    copy_blob(token, sizeof(token), s, 0) && memcmp(token, cursor + CURSOR_TOKEN, sizeof(token)) == 0;
	sqlite3_reset(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
count_after(const struct sqlite_connection *c, int64_t position, int64_t *count)
{
	sqlite3_stmt *s = sqlite_statement(c, SQLITE_COUNT);
	int rc = sqlite3_bind_int64(s, 1, position);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 2, CHANGES_TOLD + 1);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*count = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int
tell_after(const struct sqlite_connection *c, int64_t position, vouch_change_cb *cb, void *arg)
{
	sqlite3_stmt *s = sqlite_statement(c, SQLITE_CHANGES);
	int rc = sqlite3_bind_int64(s, 1, position);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(s);
		if (rc == SQLITE_ROW)
			cb(arg, sqlite_column_span(s, 0));
	}
	sqlite3_reset(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Inside a read transaction: one moment of the database.  *known is false when only "all" is true to say. */
static int
tell(const struct sqlite_connection *c, const vouch_buf *cursor, uint8_t head[CURSOR_LENGTH], bool *known,
    vouch_change_cb *cb, void *arg)
{
	int64_t count = 0;
	int rc = read_head(c, head);

	*known = false;
	if (rc != SQLITE_OK || cursor->len != CURSOR_LENGTH)
		return rc;
	*known = memcmp(cursor->data, head, CURSOR_LENGTH) == 0;
	if (*known)
		return SQLITE_OK;
	rc = find_mark(c, cursor->data, head, known);
	if (rc != SQLITE_OK || !*known)
		return rc;
	int64_t position = register_position_read(cursor->data + CURSOR_POSITION);
	rc = count_after(c, position, &count);
	if (rc == SQLITE_OK && count <= CHANGES_TOLD)
		return tell_after(c, position, cb, arg);
	*known = false;
	return rc;
}

static int
ask(struct sqlite_source *source, const struct sqlite_connection *c, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg, vouch_err *err)
{
	uint8_t head[CURSOR_LENGTH];
	bool known = false;

	/*
	 * A file that was overwritten in place does not look changed to a connection that has its pages at
	 * hand.
	 */
	(void)sqlite3_db_release_memory(c->db);
	int rc = sqlite_exec(c->db, "BEGIN");
	if (rc == SQLITE_OK)
		rc = tell(c, cursor, head, &known, cb, arg);
	if (rc != SQLITE_OK) {
		int ret = sqlite_report(err, VOUCH_EUNAVAILABLE, source->location.path, c->db,
		    "cannot read the log of changes");
		(void)sqlite_exec(c->db, "ROLLBACK");
		return ret;
	}
	(void)sqlite_exec(c->db, "COMMIT");
	if (sqlite_connection_is_torn(c, &source->location))
		return sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
		    "somebody has begun to write to it");
	if (!known) {
		/* Not so for who asks for the first time: nothing is known to be wrong with what is open. */
		if (cursor->len > 0)
			sqlite_pool_renew(source, false);
		cb(arg, (vouch_span){ NULL, 0 });
	}
	cursor->len = 0;
	return vouch_buf_append(cursor, head, sizeof(head)) == VOUCH_OK ?
	    VOUCH_OK :
	    sqlite_fail(err, VOUCH_ENOMEM, source->location.path, "out of memory");
}

int
sqlite_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct sqlite_source *source = ctx;
	struct sqlite_connection *c = NULL;

	sqlite_pool_poll(source);
	if (source->location.query != NULL)
		return sqlite_own_changes(source, cursor, cb, arg, err);
	int ret = sqlite_pool_take(source, &c, err);
	if (ret == VOUCH_OK && sqlite_connection_is_stale(c, &source->location)) {
		sqlite_pool_renew(source, true);
		sqlite_pool_give(source, c, VOUCH_OK);
		ret = sqlite_pool_take(source, &c, err);
	}
	if (ret != VOUCH_OK)
		return ret;
	ret = ask(source, c, cursor, cb, arg, err);
	sqlite_pool_give(source, c, ret);
	return ret;
}
