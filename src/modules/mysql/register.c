/* SPDX-License-Identifier: Apache-2.0 */
/* Writing. */
#include "modules/mysql/register.h"

#include <string.h>

#include "modules/mysql/pool.h"
#include "modules/mysql/record.h"
#include "modules/mysql/report.h"
#include "modules/register/row.h"

/* Who comes back and has been away for longer is told that anything may have changed. */
#define CHANGES_KEPT 1000000

static int
failed(const struct mysql_source *source, const struct mysql_connection *c, const char *doing, vouch_err *err)
{
	return mysql_report(err, &source->address, c, doing);
}

static void
set_writer(struct mysql_source *source, struct mysql_connection *writer)
{
	pthread_mutex_lock(&source->pool_lock);
	source->writer = writer;
	source->writer_thread = pthread_self();
	pthread_mutex_unlock(&source->pool_lock);
	source->wrote = source->issuer_is_known = false;
}

static int
start(const struct mysql_source *source, struct mysql_connection *c, vouch_err *err)
{
	c->error = 0;
	c->failed = false;
	if (mysql_exec(c, "START TRANSACTION") && mysql_run(c, MYSQL_LOCK, NULL)) {
		mysql_done(c, MYSQL_LOCK);
		return VOUCH_OK;
	}
	int code = failed(source, c, "cannot begin to write", err);
	(void)mysql_roll_back(c);
	return code;
}

int
mysql_begin(void *ctx, vouch_err *err)
{
	struct mysql_source *source = ctx;
	struct mysql_connection *c = NULL;

	if (source->address.query != NULL)
		return mysql_fail(err, VOUCH_EREFUSED, &source->address.shown,
		    "tables of one's own are not written to");
	if (source->address.mode == MYSQL_MODE_RO)
		return mysql_fail(err, VOUCH_EREFUSED, &source->address.shown,
		    "opened with mode=ro: it cannot be written to");
	if (source->writer != NULL)
		return mysql_fail(err, VOUCH_EINVAL, &source->address.shown, "a transaction is open already");
	int code = mysql_pool_take(source, false, &c, err);
	if (code != VOUCH_OK)
		return code;
	code = start(source, c, err);
	if (code == VOUCH_OK)
		set_writer(source, c);
	else
		mysql_pool_give(source, c, true);
	return code;
}

/* Once in a transaction: each try burns a number, and is a write for nothing. */
static int
put_issuer(struct mysql_source *source, const vouch_issuer *issuer, vouch_time now, vouch_err *err)
{
	const char *name = vouch_issuer_name(issuer);
	vouch_span id = vouch_issuer_id(issuer);

	if (id.len != MYSQL_ISSUER_ID)
		return mysql_fail(err, VOUCH_EINVAL, &source->address.shown, "an issuer's id has 32 octets");
	if (source->issuer_is_known && memcmp(source->issuer_known, id.data, id.len) == 0)
		return VOUCH_OK;
	const struct mysql_value values[] = { mysql_octets(id),
		mysql_octets((vouch_span){ (const uint8_t *)name, strlen(name) }),
		mysql_octets(vouch_issuer_certificate(issuer)), mysql_number(now) };

	source->issuer_is_known = mysql_run(source->writer, MYSQL_PUT_ISSUER, values);
	if (!source->issuer_is_known)
		return failed(source, source->writer, "cannot write", err);
	memcpy(source->issuer_known, id.data, id.len);
	return VOUCH_OK;
}

static int
put_record(const struct mysql_source *source, const vouch_issuer *issuer, vouch_span serial_number,
    const vouch_status *status, vouch_time now, vouch_err *err)
{
	struct mysql_value values[12];

	values[0] = mysql_number((int64_t)serial_number.len);
	values[1] = mysql_octets(serial_number);
	mysql_record_values(values + 2, status);
	values[9] = values[10] = mysql_number(now);
	values[11] = mysql_octets(vouch_issuer_id(issuer));
	if (mysql_run(source->writer, MYSQL_PUT, values))
		return VOUCH_OK;
	return failed(source, source->writer, "cannot write", err);
}

int
mysql_put(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, const vouch_status *status,
    vouch_time now, vouch_err *err)
{
	struct mysql_source *source = ctx;
	const vouch_buf *shown = &source->address.shown;
	vouch_err why;

	if (source->writer == NULL)
		return mysql_fail(err, VOUCH_EINVAL, shown, "put outside a transaction");
	if (serial_number.len == 0)
		return mysql_fail(err, VOUCH_EINVAL, shown, "an empty serial number is none");
	int code = register_row_check(status, &why);
	if (code != VOUCH_OK)
		return mysql_fail(err, code, shown, "%s", why.msg);
	code = put_issuer(source, issuer, now, err);
	if (code == VOUCH_OK)
		code = put_record(source, issuer, serial_number, status, now, err);
	source->wrote = source->wrote || code == VOUCH_OK;
	return code;
}

static void
finish(struct mysql_source *source)
{
	struct mysql_connection *c = source->writer;

	set_writer(source, NULL);
	mysql_pool_give(source, c, c->error != 0);
}

int
mysql_write_commit(void *ctx, vouch_err *err)
{
	struct mysql_source *source = ctx;
	struct mysql_connection *c = source->writer;
	const struct mysql_value kept = mysql_number(CHANGES_KEPT);
	int code = VOUCH_OK;

	if (c == NULL)
		return mysql_fail(err, VOUCH_EINVAL, &source->address.shown, "commit outside a transaction");
	/* The server may have ended the transaction: what came later stands by itself, and what came before is gone. */
	if (c->failed)
		code = mysql_fail(err, VOUCH_EIO, &source->address.shown,
		    "cannot commit: an earlier error has ended the transaction");
	if (code == VOUCH_OK && source->wrote && !mysql_run(c, MYSQL_PRUNE, &kept))
		code = failed(source, c, "cannot write", err);
	if (code == VOUCH_OK && !mysql_exec(c, "COMMIT"))
		code = failed(source, c, "cannot commit", err);
	if (code != VOUCH_OK)
		mysql_write_abort(ctx);
	else
		finish(source);
	return code;
}

void
mysql_write_abort(void *ctx)
{
	struct mysql_source *source = ctx;

	if (source->writer == NULL)
		return;
	(void)mysql_roll_back(source->writer);
	finish(source);
}
