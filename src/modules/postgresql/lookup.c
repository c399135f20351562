/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: lookup and each of the ops. */
#include "modules/postgresql/lookup.h"

#include <string.h>

#include "modules/postgresql/record.h"
#include "modules/postgresql/row.h"

/* Rows that `each` reads at a time: no connection is held, and no transaction open, while they are told. */
#define PAGE 1000
/* A page of a table that nobody has read for long takes a while; nobody waits for it in a hurry. */
#define PAGE_PATIENCE_MS 30000
/* A connection that broke is no answer: another one is asked, so often. */
#define TRIES 3

struct question {
	const vouch_issuer *issuer;
	vouch_span serial_number;
	vouch_status *found;
};

/* --- A register of ours --------------------------------------------------------------------------------- */

static int
find(const struct postgresql_source *source, struct postgresql_connection *c, const struct question *q,
    int64_t deadline_ms, vouch_err *err)
{
	struct postgresql_values values = { 0 };
	PGresult *result = NULL;

	postgresql_bind_octets(&values, vouch_issuer_id(q->issuer));
	postgresql_bind_octets(&values, q->serial_number);
	int code = postgresql_run(c, POSTGRESQL_LOOKUP, &values, source->address.shown, deadline_ms, &result,
	    err);
	if (code == VOUCH_OK && !postgresql_succeeded(c, result))
		code = postgresql_report(err, false, source->address.shown, result, "cannot read");
	else if (code == VOUCH_OK)
		code = PQntuples(result) == 0 ?
		    VOUCH_ENOTFOUND :
		    postgresql_record_read(result, 0, source->address.shown, q->found, err);
	PQclear(result);
	return code;
}

/* --- The users' own tables ------------------------------------------------------------------------------ */

static int
fail_own(const struct postgresql_source *source, int code, const vouch_err *why, vouch_err *err)
{
	return postgresql_fail(err, code, source->address.shown, "%s", why->msg);
}

static int
read_own(const struct postgresql_source *source, const struct postgresql_connection *c,
    const PGresult *result, vouch_status *found, vouch_err *err)
{
	const struct query_columns *columns = &c->columns[QUERY_LOOKUP];
	struct query_answer answer;
	vouch_err why = { 0 };
	int code = VOUCH_OK;

	query_answer_begin(&answer);
	for (int row = 0; row < PQntuples(result) && code == VOUCH_OK; row++) {
		struct postgresql_row read = { 0 };
		code = postgresql_row_read(&read, result, row, columns, source->address.shown, err);
		if (code == VOUCH_OK &&
		    (code = query_answer_row(&answer, columns, read.values, &why)) != VOUCH_OK)
			code = fail_own(source, code, &why, err);
		postgresql_row_clear(&read);
	}
	if (code == VOUCH_OK)
		code = query_answer_end(&answer, found);
	if (code == VOUCH_OK &&
	    vouch_buf_append(&found->detail, source->address.shown, strlen(source->address.shown)) !=
		VOUCH_OK)
		return postgresql_fail(err, VOUCH_ENOMEM, source->address.shown, "out of memory");
	return code;
}

static int
find_own(const struct postgresql_source *source, struct postgresql_connection *c, const struct question *q,
    int64_t deadline_ms, vouch_err *err)
{
	struct postgresql_values values = { 0 };
	PGresult *result = NULL;
	vouch_err why = { 0 };

	int code = query_bind_lookup(&c->binding, source->query, q->issuer, q->serial_number, &why);
	if (code == VOUCH_ENOTFOUND)
		return code;
	if (code != VOUCH_OK)
		return fail_own(source, code, &why, err);
	postgresql_bind_query(&values, c->binding.values, query_parameters(source->query, QUERY_LOOKUP));
	code = postgresql_run(c, POSTGRESQL_OWN_LOOKUP, &values, source->address.shown, deadline_ms, &result,
	    err);
	if (code == VOUCH_OK && !postgresql_succeeded(c, result))
		code = postgresql_report(err, false, source->address.shown, result, "query");
	else if (code == VOUCH_OK)
		code = read_own(source, c, result, q->found, err);
	PQclear(result);
	return code;
}

/* --- Lookup --------------------------------------------------------------------------------------------- */

/* *again: the connection broke, not the database. */
static int
try(struct postgresql_source *source, const struct question *q, int64_t deadline_ms, bool *again,
    vouch_err *err)
{
	struct postgresql_connection *c = NULL;
	int code = postgresql_pool_take_own(source, deadline_ms, &c, err);

	*again = false;
	if (code != VOUCH_OK)
		return code;
	code = source->query == NULL ? find(source, c, q, deadline_ms, err) :
				       find_own(source, c, q, deadline_ms, err);
	*again = c->lost && c != source->writer && postgresql_clock_ms() < deadline_ms;
	postgresql_pool_give(source, c, code == VOUCH_OK || code == VOUCH_ENOTFOUND);
	return code;
}

int
postgresql_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err)
{
	struct postgresql_source *source = ctx;
	int64_t deadline_ms = postgresql_clock_ms() + source->address.timeout_ms;
	vouch_status found;
	struct question q = { issuer, serial_number, &found };
	bool again = true;
	int code = VOUCH_EUNAVAILABLE;

	(void)now;
	vouch_status_init(&found);
	for (int tries = 0; tries < TRIES && again; tries++) {
		vouch_status_clear(&found);
		code = try(source, &q, deadline_ms, &again, err);
	}
	if (code == VOUCH_OK)
		*out = found;
	else
		vouch_status_clear(&found);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}

/* --- Each ----------------------------------------------------------------------------------------------- */

static int
read_page(struct postgresql_source *source, const vouch_issuer *issuer, vouch_span after, PGresult **out,
    vouch_err *err)
{
	struct postgresql_connection *c = NULL;
	struct postgresql_values values = { 0 };
	int64_t deadline_ms = postgresql_clock_ms() + PAGE_PATIENCE_MS;
	int code = postgresql_pool_take_own(source, postgresql_clock_ms() + source->address.timeout_ms, &c,
	    err);

	if (code != VOUCH_OK)
		return code;
	postgresql_bind_octets(&values, vouch_issuer_id(issuer));
	postgresql_bind_octets(&values, after);
	postgresql_bind_long(&values, PAGE);
	code = postgresql_run(c, POSTGRESQL_EACH, &values, source->address.shown, deadline_ms, out, err);
	if (code == VOUCH_OK && !postgresql_succeeded(c, *out))
		code = postgresql_report(err, false, source->address.shown, *out, "cannot read");
	postgresql_pool_give(source, c, code == VOUCH_OK);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}

static int
tell_page(const struct postgresql_source *source, const PGresult *result, vouch_status_cb *cb, void *arg,
    vouch_err *err)
{
	for (int row = 0; row < PQntuples(result); row++) {
		vouch_status status;
		int stop = 0;

		vouch_status_init(&status);
		int code = postgresql_record_read(result, row, source->address.shown, &status, err);
		if (code == VOUCH_OK)
			stop = cb(arg, postgresql_column_span(result, row, POSTGRESQL_SERIAL_NUMBER),
			    &status);
		vouch_status_clear(&status);
		if (code != VOUCH_OK || stop != 0)
			return code != VOUCH_OK ? code : stop;
	}
	return VOUCH_OK;
}

static int
keep_last(vouch_buf *last, const PGresult *result)
{
	vouch_span serial = postgresql_column_span(result, PQntuples(result) - 1, POSTGRESQL_SERIAL_NUMBER);

	last->len = 0;
	return vouch_buf_append(last, serial.data, serial.len);
}

int
postgresql_each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb,
    void *arg, vouch_err *err)
{
	struct postgresql_source *source = ctx;
	vouch_buf last = { 0 };
	bool more = true;
	int code = VOUCH_OK;

	(void)now;
	if (source->query != NULL)
		return postgresql_fail(err, VOUCH_EREFUSED, source->address.shown,
		    "a query finds one certificate, and cannot list them");
	while (more && code == VOUCH_OK) {
		PGresult *result = NULL;
		code = read_page(source, issuer, after, &result, err);
		more = code == VOUCH_OK && PQntuples(result) == PAGE;
		if (code == VOUCH_OK)
			code = tell_page(source, result, cb, arg, err);
		if (more && code == VOUCH_OK && keep_last(&last, result) != VOUCH_OK)
			code = postgresql_fail(err, VOUCH_ENOMEM, source->address.shown, "out of memory");
		after = (vouch_span){ last.data, last.len };
		PQclear(result);
	}
	vouch_buf_free(&last);
	return code;
}
