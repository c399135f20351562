/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: lookup and each of the ops. */
#include "modules/sqlite/lookup.h"
#include "modules/sqlite/record.h"
#include "modules/sqlite/report.h"

static int
bind_serial(sqlite3_stmt *s, vouch_span serial_number)
{
	int rc = sqlite3_bind_int64(s, 2, (sqlite3_int64)serial_number.len);

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

/* An SQLite result code: SQLITE_ROW with the statement at the record, which is to be reset in any case. */
static int
seek(struct sqlite_connection *c, const vouch_issuer *issuer, vouch_span serial_number)
{
	sqlite3_stmt *s = c->statements[SQLITE_LOOKUP];
	int64_t number = 0;
	int rc = sqlite_snapshot_issuer(c, vouch_issuer_id(issuer), &number);

	if (rc != SQLITE_ROW)
		return rc;
	rc = sqlite3_bind_int64(s, 1, number);
	if (rc == SQLITE_OK)
		rc = bind_serial(s, serial_number);
	return rc == SQLITE_OK ? sqlite3_step(s) : rc;
}

static int
find(const struct sqlite_source *source, struct sqlite_connection *c, const vouch_issuer *issuer,
    vouch_span serial_number, vouch_status *out, vouch_err *err)
{
	int rc = seek(c, issuer, serial_number);
	int ret;

	if (rc == SQLITE_ROW)
		ret = sqlite_record_read(c->statements[SQLITE_LOOKUP], source->location.path, out, err);
	else
		ret = rc == SQLITE_DONE ? VOUCH_ENOTFOUND : step_failed(source, c, err);
	sqlite3_reset(c->statements[SQLITE_LOOKUP]);
	return ret;
}

int
sqlite_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err)
{
	struct sqlite_source *source = ctx;
	struct sqlite_connection *c = NULL;
	vouch_status found;

	if (source->location.query != NULL)
		return sqlite_own_lookup(source, issuer, serial_number, now, out, err);
	int ret = sqlite_pool_take_snapshot(source, now, &c, err);

	if (ret != VOUCH_OK)
		return ret;
	vouch_status_init(&found);
	ret = find(source, c, issuer, serial_number, &found, err);
	if ((ret == VOUCH_OK || ret == VOUCH_ENOTFOUND) && sqlite_connection_is_torn(c, &source->location))
		ret = sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
		    "somebody has begun to write to it");
	sqlite_pool_give(source, c, ret);
	sqlite_record_postpone(&found, now);
	if (ret == VOUCH_OK)
		*out = found;
	else
		vouch_status_clear(&found);
	return ret;
}

static int
walk(const struct sqlite_source *source, const struct sqlite_connection *c, sqlite3_stmt *s,
    vouch_status_cb *cb, void *arg, vouch_err *err)
{
	int rc, ret = VOUCH_OK;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		vouch_status status;
		int stop = 0;

		vouch_status_init(&status);
		ret = sqlite_record_read(s, source->location.path, &status, err);
		if (ret == VOUCH_OK)
			stop = cb(arg, sqlite_column_span(s, SQLITE_RECORD_WIDTH), &status);
		vouch_status_clear(&status);
		if (ret != VOUCH_OK || stop != 0)
			return ret != VOUCH_OK ? ret : stop;
	}
	return rc == SQLITE_DONE ? VOUCH_OK : step_failed(source, c, err);
}

static int
walk_from(const struct sqlite_source *source, const struct sqlite_connection *c, const vouch_issuer *issuer,
    vouch_span after, vouch_status_cb *cb, void *arg, vouch_err *err)
{
	static const char sql[] = "SELECT " SQLITE_RECORD_COLUMNS ", c.serial_number FROM certificates AS c"
				  " WHERE c.issuer = (SELECT number FROM issuers WHERE id = ?1)"
				  " AND (c.serial_length, c.serial_number) > (?2, ?3)"
				  " ORDER BY c.serial_length, c.serial_number";
	sqlite3_stmt *s = NULL;

	/* A statement of its own: the callback may walk, too. */
	if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK ||
	    sqlite_bind_span(s, 1, vouch_issuer_id(issuer)) != SQLITE_OK ||
	    bind_serial(s, after) != SQLITE_OK) {
		int ret = step_failed(source, c, err);
		sqlite3_finalize(s);
		return ret;
	}
	int ret = walk(source, c, s, cb, arg, err);
	sqlite3_finalize(s);
	return ret;
}

int
sqlite_each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb,
    void *arg, vouch_err *err)
{
	struct sqlite_source *source = ctx;
	struct sqlite_connection *c = NULL;

	(void)now;
	if (source->location.query != NULL)
		return sqlite_fail(err, VOUCH_EREFUSED, source->location.path,
		    "a query finds one certificate, it does not list them all");
	int ret = sqlite_pool_take_own(source, &c, err);

	if (ret != VOUCH_OK)
		return ret;
	ret = walk_from(source, c, issuer, after, cb, arg, err);
	if (ret == VOUCH_OK && sqlite_connection_is_torn(c, &source->location))
		ret = sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
		    "somebody has begun to write to it");
	sqlite_pool_give(source, c, ret);
	return ret;
}
