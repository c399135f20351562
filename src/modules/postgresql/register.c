/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: a transaction of puts. */
#include "modules/postgresql/register.h"

#include <stdio.h>
#include <string.h>

#include "modules/postgresql/record.h"
#include "modules/register/row.h"

/*
 * How long another writer is waited for, and how long a commit may take (a standby that has to confirm it).
 */
#define WRITE_PATIENCE_MS 30000
/*
 * Nobody else writes between the look at a record and the change of it, or a revocation could be lost;
 * readers go on. A commit is on the disk when it returns, whatever the server's default.
 */
#define BEGIN \
	"BEGIN READ WRITE; SET LOCAL statement_timeout = 27000; SET LOCAL lock_timeout = 10000;" \
	" SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';" \
	" LOCK TABLE vouch.certificates IN SHARE ROW EXCLUSIVE MODE"

static int64_t
write_deadline(void)
{
	return postgresql_clock_ms() + WRITE_PATIENCE_MS;
}

/* The transaction is the calling thread's from here on: what it looks up, it looks up in it. */
static void
set_writer(struct postgresql_source *source, struct postgresql_connection *writer)
{
	pthread_mutex_lock(&source->lock);
	source->writer = writer;
	source->writer_thread = pthread_self();
	pthread_mutex_unlock(&source->lock);
	source->wrote = false;
	source->issuer_is_known = false;
}

static int
judge(struct postgresql_source *source, struct postgresql_connection *c, int code, PGresult *result,
    const char *doing, vouch_err *err)
{
	if (code == VOUCH_OK && !postgresql_succeeded(c, result))
		code = postgresql_report(err, true, source->address.shown, result, doing);
	PQclear(result);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}

static int
run_text(struct postgresql_source *source, struct postgresql_connection *c, const char *sql,
    const char *doing, vouch_err *err)
{
	PGresult *result = NULL;
	int code = postgresql_run_text(c, sql, source->address.shown, write_deadline(), &result, err);

	return judge(source, c, code, result, doing, err);
}

int
postgresql_begin(void *ctx, vouch_err *err)
{
	struct postgresql_source *source = ctx;
	struct postgresql_connection *c = NULL;
	const char *shown = source->address.shown;

	if (source->query != NULL)
		return postgresql_fail(err, VOUCH_EREFUSED, shown,
		    "tables of your own are written to by you alone");
	if (source->address.mode == POSTGRESQL_MODE_RO)
		return postgresql_fail(err, VOUCH_EREFUSED, shown,
		    "opened with mode=ro: it cannot be written to");
	if (source->writer != NULL)
		return postgresql_fail(err, VOUCH_EINVAL, shown, "a transaction is open already");
	int code = postgresql_pool_take(source, postgresql_clock_ms() + source->address.timeout_ms, &c, err);
	if (code != VOUCH_OK)
		return code;
	code = run_text(source, c, BEGIN, "cannot write", err);
	if (code == VOUCH_OK) {
		set_writer(source, c);
		return VOUCH_OK;
	}
	vouch_err unread;
	c->lost = c->lost || c->pending ||
	    run_text(source, c, "ROLLBACK", "cannot roll back", &unread) != VOUCH_OK;
	/* Another writer's lock is no reason to think ill of the database. */
	c->late = false;
	postgresql_pool_give(source, c, true);
	return code;
}

static int
put_issuer(struct postgresql_source *source, const vouch_issuer *issuer, vouch_time now, vouch_err *err)
{
	struct postgresql_values values = { 0 };
	vouch_span id = vouch_issuer_id(issuer);
	const char *name = vouch_issuer_name(issuer), *shown = source->address.shown;
	PGresult *result = NULL;

	if (id.len != sizeof(source->issuer_known))
		return postgresql_fail(err, VOUCH_EINVAL, shown, "an issuer's id has 32 octets");
	if (source->issuer_is_known && memcmp(source->issuer_known, id.data, id.len) == 0)
		return VOUCH_OK;
	postgresql_bind_octets(&values, id);
	postgresql_bind_text(&values, name != NULL ? name : "");
	postgresql_bind_octets(&values, vouch_issuer_certificate(issuer));
	if (!postgresql_bind_time(&values, now))
		return postgresql_fail(err, VOUCH_EREFUSED, shown, "a time beyond the year 9999");
	int code = postgresql_run(source->writer, POSTGRESQL_PUT_ISSUER, &values, shown, write_deadline(),
	    &result, err);
	code = judge(source, source->writer, code, result, "cannot write", err);
	source->issuer_is_known = code == VOUCH_OK;
	if (code == VOUCH_OK)
		memcpy(source->issuer_known, id.data, id.len);
	return code;
}

static int
put_record(struct postgresql_source *source, const vouch_issuer *issuer, vouch_span serial_number,
    const vouch_status *status, vouch_time now, vouch_err *err)
{
	struct postgresql_values values = { 0 };
	PGresult *result = NULL;

	postgresql_bind_octets(&values, vouch_issuer_id(issuer));
	postgresql_bind_octets(&values, serial_number);
	if (!postgresql_record_bind(&values, status) || !postgresql_bind_time(&values, now))
		return postgresql_fail(err, VOUCH_EREFUSED, source->address.shown,
		    "a time beyond the year 9999");
	int code = postgresql_run(source->writer, POSTGRESQL_PUT, &values, source->address.shown,
	    write_deadline(), &result, err);
	return judge(source, source->writer, code, result, "cannot write", err);
}

int
postgresql_put(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, const vouch_status *status,
    vouch_time now, vouch_err *err)
{
	struct postgresql_source *source = ctx;
	const char *shown = source->address.shown;
	vouch_err why;

	if (source->writer == NULL)
		return postgresql_fail(err, VOUCH_EINVAL, shown, "put outside a transaction");
	if (serial_number.len == 0)
		return postgresql_fail(err, VOUCH_EINVAL, shown, "an empty serial number is none");
	int code = register_row_check(status, &why);
	if (code != VOUCH_OK)
		return postgresql_fail(err, code, shown, "%s", why.msg);
	code = put_issuer(source, issuer, now, err);
	if (code == VOUCH_OK)
		code = put_record(source, issuer, serial_number, status, now, err);
	if (code == VOUCH_OK)
		source->wrote = true;
	return code;
}

static void
finish(struct postgresql_source *source)
{
	struct postgresql_connection *c = source->writer;
	vouch_err unread;

	/* A connection that cannot roll back does so by being closed. */
	if (!c->lost && !c->pending && PQtransactionStatus(c->db) != PQTRANS_IDLE)
		c->lost = run_text(source, c, "ROLLBACK", "cannot roll back", &unread) != VOUCH_OK || c->lost;
	pthread_mutex_lock(&source->lock);
	source->writer = NULL;
	pthread_mutex_unlock(&source->lock);
	c->late = false;
	postgresql_pool_give(source, c, true);
}

/* COMMIT of a transaction that an error has ended answers ROLLBACK, and is no error to PostgreSQL. */
static int
commit(struct postgresql_source *source, vouch_err *err)
{
	struct postgresql_connection *c = source->writer;
	const char *shown = source->address.shown;
	PGresult *result = NULL;

	if (PQtransactionStatus(c->db) != PQTRANS_INTRANS)
		return postgresql_fail(err, VOUCH_EIO, shown,
		    "cannot commit: an earlier error has ended the transaction");
	int code = postgresql_run_text(c, "COMMIT", shown, write_deadline(), &result, err);
	if (code != VOUCH_OK)
		return postgresql_fail(err, VOUCH_EIO, shown,
		    "the connection broke during the commit: what was written may be there, or may not");
	if (postgresql_succeeded(c, result) && strcmp(PQcmdStatus(result), "COMMIT") != 0)
		code = postgresql_fail(err, VOUCH_EIO, shown,
		    "cannot commit: the transaction was rolled back");
	else if (!postgresql_succeeded(c, result))
		code = postgresql_report(err, true, shown, result, "cannot commit");
	PQclear(result);
	return code;
}

int
postgresql_commit(void *ctx, vouch_err *err)
{
	struct postgresql_source *source = ctx;

	if (source->writer == NULL)
		return postgresql_fail(err, VOUCH_EINVAL, source->address.shown,
		    "commit outside a transaction");
	int code = commit(source, err);
	finish(source);
	return code;
}

void
postgresql_abort(void *ctx)
{
	struct postgresql_source *source = ctx;

	if (source->writer != NULL)
		finish(source);
}
