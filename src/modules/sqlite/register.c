/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: a transaction of puts. */
#include "modules/register/row.h"
#include "modules/sqlite/register.h"
#include "modules/sqlite/record.h"
#include "modules/sqlite/report.h"

#include <string.h>

/*
 * Changes that are kept for those who come back; who has been away for longer is told that anything may have
 * changed.
 */
#define CHANGES_KEPT 1000000
/*
 * A responder ends what it holds at its next poll, which is five times a second, or later if it has much to do.
 * Many short tries: in one try SQLite waits for those to leave who were in its way when it began, even if they have
 * long moved to where they are not.
 */
#define TIDY_PATIENCE_MS 100
#define TIDY_TRIES 20

/* The transaction is the calling thread's from here on: what it looks up, it looks up in it. */
static void
set_writer(struct sqlite_source *source, struct sqlite_connection *writer)
{
	pthread_mutex_lock(&source->pool_lock);
	source->writer = writer;
	source->writer_thread = pthread_self();
	pthread_mutex_unlock(&source->pool_lock);
	source->wrote = false;
	source->issuer_is_known = false;
}

static int
start(const struct sqlite_source *source, struct sqlite_connection *c, vouch_err *err)
{
	const char *path = source->location.path;

	if (source->location.query != NULL)
		return sqlite_fail(err, VOUCH_EREFUSED, path,
		    "opened with a query: tables of your own are only read");
	if (source->location.mode == SQLITE_MODE_RO)
		return sqlite_fail(err, VOUCH_EREFUSED, path, "opened with mode=ro: it cannot be written to");
	if (c->immutable || sqlite3_db_readonly(c->db, "main") == 1)
		return sqlite_fail(err, VOUCH_EIO, path,
		    "cannot write: the file or its folder is read-only for this user");
	(void)sqlite3_busy_timeout(c->db, SQLITE_WRITE_PATIENCE_MS);
	if (sqlite_exec(c->db, "BEGIN IMMEDIATE") != SQLITE_OK)
		return sqlite_report(err, VOUCH_EIO, path, c->db, "cannot begin");
	return VOUCH_OK;
}

int
sqlite_begin(void *ctx, vouch_err *err)
{
	struct sqlite_source *source = ctx;
	struct sqlite_connection *c = NULL;

	if (source->writer != NULL)
		return sqlite_fail(err, VOUCH_EINVAL, source->location.path, "a transaction is open already");
	int ret = sqlite_pool_take(source, &c, err);
	if (ret != VOUCH_OK)
		return ret;
	ret = start(source, c, err);
	if (ret != VOUCH_OK) {
		sqlite_pool_give(source, c, ret);
		return ret;
	}
	set_writer(source, c);
	return VOUCH_OK;
}

static int
run(const struct sqlite_source *source, sqlite3_stmt *s, int bound, vouch_err *err)
{
	int rc = bound == SQLITE_OK ? sqlite3_step(s) : bound;
	int ret = VOUCH_OK;

	if (rc != SQLITE_DONE)
		ret = sqlite_report(err, VOUCH_EIO, source->location.path, source->writer->db,
		    "cannot write");
	sqlite3_reset(s);
	return ret;
}

static int
put_issuer(struct sqlite_source *source, const vouch_issuer *issuer, vouch_time now, vouch_err *err)
{
	vouch_span id = vouch_issuer_id(issuer);
	const char *name = vouch_issuer_name(issuer);

	if (id.len != SQLITE_ISSUER_ID)
		return sqlite_fail(err, VOUCH_EINVAL, source->location.path, "an issuer's id has 32 octets");
	if (source->issuer_is_known && memcmp(source->issuer_known, id.data, SQLITE_ISSUER_ID) == 0)
		return VOUCH_OK;
	sqlite3_stmt *s = sqlite_statement(source->writer, SQLITE_PUT_ISSUER);
	int rc = sqlite_bind_span(s, 1, id);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 2, name != NULL ? name : "", -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite_bind_span(s, 3, vouch_issuer_certificate(issuer));
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 4, now);
	int ret = run(source, s, rc, err);
	source->issuer_is_known = ret == VOUCH_OK;
	if (ret == VOUCH_OK)
		memcpy(source->issuer_known, id.data, SQLITE_ISSUER_ID);
	return ret;
}

static int
put_record(struct sqlite_source *source, const vouch_issuer *issuer, vouch_span serial_number,
    const vouch_status *status, vouch_time now, vouch_err *err)
{
	sqlite3_stmt *s = sqlite_statement(source->writer, SQLITE_PUT);
	int rc = sqlite_bind_span(s, 1, vouch_issuer_id(issuer));

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 2, (sqlite3_int64)serial_number.len);
	if (rc == SQLITE_OK)
		rc = sqlite_bind_span(s, 3, serial_number);
	if (rc == SQLITE_OK)
		rc = sqlite_record_bind(s, status);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 11, now);
	return run(source, s, rc, err);
}

int
sqlite_put(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, const vouch_status *status,
    vouch_time now, vouch_err *err)
{
	struct sqlite_source *source = ctx;

	if (source->writer == NULL)
		return sqlite_fail(err, VOUCH_EINVAL, source->location.path, "put outside a transaction");
	if (serial_number.len == 0)
		return sqlite_fail(err, VOUCH_EINVAL, source->location.path,
		    "an empty serial number is none");
	int ret = register_row_check(status, err);
	if (ret != VOUCH_OK)
		return sqlite_prefix(err, source->location.path);
	ret = put_issuer(source, issuer, now, err);
	if (ret == VOUCH_OK)
		ret = put_record(source, issuer, serial_number, status, now, err);
	if (ret == VOUCH_OK)
		source->wrote = true;
	return ret;
}

static void
finish(struct sqlite_source *source, int ret)
{
	struct sqlite_connection *c = source->writer;

	/* Rolls back what was not committed; SQLite may have done so itself when the disk was full. */
	if (sqlite3_get_autocommit(c->db) == 0)
		(void)sqlite_exec(c->db, "ROLLBACK");
	(void)sqlite3_busy_timeout(c->db, source->location.patience_ms);
	pthread_mutex_lock(&source->pool_lock);
	source->writer = NULL;
	pthread_mutex_unlock(&source->pool_lock);
	sqlite_pool_give(source, c, ret);
}

static int
prune(const struct sqlite_source *source, vouch_err *err)
{
	sqlite3_stmt *s = sqlite_statement(source->writer, SQLITE_PRUNE);

	return run(source, s, sqlite3_bind_int64(s, 1, CHANGES_KEPT), err);
}

int
sqlite_commit(void *ctx, vouch_err *err)
{
	struct sqlite_source *source = ctx;
	const char *path = source->location.path;
	int ret = VOUCH_OK;

	if (source->writer == NULL)
		return sqlite_fail(err, VOUCH_EINVAL, path, "commit outside a transaction");
	if (sqlite3_get_autocommit(source->writer->db) != 0)
		ret = sqlite_fail(err, VOUCH_EIO, path,
		    "cannot commit: an earlier error has ended the transaction");
	if (ret == VOUCH_OK && sqlite_connection_is_stale(source->writer, &source->location))
		ret = sqlite_fail(err, VOUCH_EIO, path, "cannot commit: the file was replaced meanwhile");
	if (ret == VOUCH_OK && source->wrote)
		ret = prune(source, err);
	if (ret == VOUCH_OK && sqlite_exec(source->writer->db, "COMMIT") != SQLITE_OK)
		ret = sqlite_report(err, VOUCH_EIO, path, source->writer->db, "cannot commit");
	source->committed = source->committed || (ret == VOUCH_OK && source->wrote);
	finish(source, ret);
	return ret;
}

void
sqlite_abort(void *ctx)
{
	struct sqlite_source *source = ctx;

	if (source->writer != NULL)
		finish(source, VOUCH_OK);
}

void
sqlite_tidy(struct sqlite_source *source)
{
	struct sqlite_connection *c = NULL;
	vouch_err unread;

	if (!source->committed || sqlite_pool_take(source, &c, &unread) != VOUCH_OK)
		return;
	sqlite_pool_poll(source);
	(void)sqlite3_busy_timeout(c->db, TIDY_PATIENCE_MS);
	int rc = SQLITE_BUSY;
	for (int i = 0; i < TIDY_TRIES && rc == SQLITE_BUSY; i++)
		rc = sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite_pool_give(source, c, VOUCH_EAGAIN);
}
