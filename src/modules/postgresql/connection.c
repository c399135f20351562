/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: made ready, and asked with a deadline. */
#include "modules/postgresql/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/postgresql/schema.h"

/* Types of what is bound to the users' own statements (pg_type.dat): anything, bytea, bigint. */
#define OID_UNKNOWN 0
#define OID_BYTEA 17
#define OID_BIGINT 20

/* --- Asking --------------------------------------------------------------------------------------------- */

static int
lose(struct postgresql_connection *c, const char *shown, vouch_err *err)
{
	c->lost = true;
	c->pending = false;
	return postgresql_report_lost(err, shown, c->db, "the connection broke");
}

/* 1: something came, 0: nothing until then, -1: broken. */
static int
wait_for_input(struct postgresql_connection *c, int64_t deadline_ms)
{
	struct pollfd fd = { .fd = PQsocket(c->db), .events = POLLIN };
	int64_t left = deadline_ms - postgresql_clock_ms();

	if (fd.fd < 0)
		return -1;
	int ready = poll(&fd, 1, left > 0 ? (int)left : 0);
	if (ready < 0)
		return errno == EINTR ? 1 : -1;
	return ready;
}

/* One failed result is kept, else the last one. */
static void
keep_result(PGresult **kept, PGresult *result)
{
	if (*kept != NULL && PQresultStatus(*kept) == PGRES_FATAL_ERROR) {
		PQclear(result);
		return;
	}
	PQclear(*kept);
	*kept = result;
}

static int
give_up(struct postgresql_connection *c, const char *shown, PGresult *kept, vouch_err *err)
{
	PQclear(kept);
	c->late = true;
	(void)postgresql_fail(err, VOUCH_EUNAVAILABLE, shown, "the database does not answer");
	return VOUCH_EAGAIN;
}

int
postgresql_await(struct postgresql_connection *c, const char *shown, int64_t deadline_ms, PGresult **out,
    vouch_err *err)
{
	PGresult *kept = NULL, *result;

	for (;;) {
		while (PQisBusy(c->db) == 1) {
			int ready = wait_for_input(c, deadline_ms);
			if (ready == 0)
				return give_up(c, shown, kept, err);
			if (ready < 0 || PQconsumeInput(c->db) == 0) {
				PQclear(kept);
				return lose(c, shown, err);
			}
		}
		result = PQgetResult(c->db);
		if (result == NULL)
			break;
		keep_result(&kept, result);
	}
	c->pending = false;
	if (kept == NULL || PQstatus(c->db) != CONNECTION_OK) {
		PQclear(kept);
		return lose(c, shown, err);
	}
	*out = kept;
	return VOUCH_OK;
}

static int
await_sent(struct postgresql_connection *c, int sent, const char *shown, int64_t deadline_ms, PGresult **out,
    vouch_err *err)
{
	if (sent != 1)
		return lose(c, shown, err);
	c->pending = true;
	c->pending_since_ms = postgresql_clock_ms();
	return postgresql_await(c, shown, deadline_ms, out, err);
}

int
postgresql_run_text(struct postgresql_connection *c, const char *sql, const char *shown, int64_t deadline_ms,
    PGresult **out, vouch_err *err)
{
	return await_sent(c, PQsendQuery(c->db, sql), shown, deadline_ms, out, err);
}

/*
 * What ends a connection for us, although it stands: its statements do not fit the tables any more, or are
 * gone.
 */
bool
postgresql_succeeded(struct postgresql_connection *c, const PGresult *result)
{
	static const char *const fatal[] = { "0A000", "26000", "42P05", "25006" };
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return true;
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		c->lost = c->lost || postgresql_is_state(result, fatal[i]);
	/* statement_timeout, or lock_timeout */
	c->late = c->late || postgresql_is_state(result, "57014") || postgresql_is_state(result, "55P03");
	return false;
}

/* --- Prepared statements -------------------------------------------------------------------------------- */

static Oid
type_of(enum query_type type)
{
	return type == QUERY_OCTETS ? OID_BYTEA : type == QUERY_INTEGER ? OID_BIGINT : OID_UNKNOWN;
}

static int
send_prepare(struct postgresql_connection *c, enum postgresql_statement which, const char *name)
{
	Oid types[QUERY_PARAMETERS_MAX];
	size_t count = 0;

	if (!postgresql_statement_is_own(which))
		return PQsendPrepare(c->db, name, postgresql_statement_sql(which), 0, NULL);
	enum query_kind kind = postgresql_statement_kind(which);
	for (count = 0; count < query_parameters(c->query, kind) && count < QUERY_PARAMETERS_MAX; count++)
		types[count] = type_of(query_parameter_type(c->query, kind, count));
	return PQsendPrepare(c->db, name, query_sql(c->query, kind), (int)count, types);
}

/* VOUCH_OK with a failed result: the statement cannot be right. */
static int
prepare(struct postgresql_connection *c, enum postgresql_statement which, const char *shown,
    int64_t deadline_ms, PGresult **out, vouch_err *err)
{
	char name[POSTGRESQL_NAME] = "";

	if (!postgresql_statement_name(name, c->query, which))
		return postgresql_fail(err, VOUCH_ECRYPTO, shown, "the cryptographic library has no SHA-256");
	int code = await_sent(c, send_prepare(c, which, name), shown, deadline_ms, out, err);

	if (code != VOUCH_OK || !postgresql_succeeded(c, *out))
		return code;
	PQclear(*out);
	*out = NULL;
	memcpy(c->names[which], name, POSTGRESQL_NAME);
	return VOUCH_OK;
}

int
postgresql_run(struct postgresql_connection *c, enum postgresql_statement which,
    const struct postgresql_values *values, const char *shown, int64_t deadline_ms, PGresult **out,
    vouch_err *err)
{
	static const struct postgresql_values none = { 0 };
	PGresult *failed = NULL;

	if (values == NULL)
		values = &none;
	if (c->names[which][0] == '\0') {
		int code = prepare(c, which, shown, deadline_ms, &failed, err);
		if (code != VOUCH_OK || failed != NULL) {
			*out = failed;
			return code;
		}
	}
	/* The users' columns may be of any type, and all have a text. */
	int binary = postgresql_statement_is_own(which) ? 0 : 1;
	return await_sent(c,
	    PQsendQueryPrepared(c->db, c->names[which], values->count, values->values, values->lengths,
		values->formats, binary),
	    shown, deadline_ms, out, err);
}

/* --- Connecting ----------------------------------------------------------------------------------------- */

static void
ignore_notice(void *arg, const PGresult *result)
{
	(void)arg, (void)result;
}

static void
pin_option(const char **keywords, const char **values, size_t *count, const char *keyword, const char *value)
{
	size_t at = 0;

	if (value == NULL || *value == '\0')
		return;
	while (at < *count && strcmp(keywords[at], keyword) != 0)
		at++;
	keywords[at] = keyword;
	values[at] = value;
	*count += at == *count ? 1 : 0;
}

static PGconn *
connect_to(const struct postgresql_address *address, const struct postgresql_pin *pin)
{
	size_t count = address->count;
	const char **keywords = calloc(count + 4, sizeof(*keywords)),
		   **values = calloc(count + 4, sizeof(*values));
	PGconn *db = NULL;

	if (keywords != NULL && values != NULL) {
		for (size_t i = 0; i < count; i++) {
			keywords[i] = address->keywords[i];
			values[i] = address->values[i];
		}
		pin_option(keywords, values, &count, "host", pin->host);
		pin_option(keywords, values, &count, "hostaddr", pin->hostaddr);
		pin_option(keywords, values, &count, "port", pin->port);
		db = PQconnectdbParams(keywords, values, 0);
	}
	free(keywords);
	free(values);
	return db;
}

/*
 * The server ends a statement a little before we stop waiting for it, so that the connection can be used
 * again, and no statement outlives whoever asked.  A query is read by the server as modules/query has read it.
 */
static int
set_session(struct postgresql_connection *c, const struct postgresql_address *address, int64_t deadline_ms,
    vouch_err *err)
{
	char sql[512];
	bool reads = address->mode == POSTGRESQL_MODE_RO || c->query != NULL;
	PGresult *result = NULL;

	snprintf(sql, sizeof(sql),
	    "SET statement_timeout = %d; SET idle_in_transaction_session_timeout = 0; SET client_min_messages = error;"
	    " SET standard_conforming_strings = on; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex'; SET jit = off;"
	    " SET default_transaction_isolation = 'read committed'%s",
	    address->timeout_ms * 9 / 10, reads ? "; SET default_transaction_read_only = on" : "");
	int code = postgresql_run_text(c, sql, address->shown, deadline_ms, &result, err);
	if (code == VOUCH_OK && !postgresql_succeeded(c, result))
		code = postgresql_report(err, false, address->shown, result, "cannot begin a session");
	PQclear(result);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}

/* Ours is looked for a certificate of an issuer that nobody has: all tables are read, or waited for. */
static int
try_lookup(struct postgresql_connection *c, const struct postgresql_address *address, int64_t deadline_ms,
    vouch_err *err)
{
	struct postgresql_values values = { 0 };
	PGresult *result = NULL;

	postgresql_bind_octets(&values, (vouch_span){ NULL, 0 });
	postgresql_bind_octets(&values, (vouch_span){ NULL, 0 });
	int code = postgresql_run(c, POSTGRESQL_LOOKUP, &values, address->shown, deadline_ms, &result, err);
	if (code == VOUCH_OK && !postgresql_succeeded(c, result))
		code = postgresql_report(err, false, address->shown, result, "cannot read");
	PQclear(result);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}

static int
read_columns(struct postgresql_connection *c, enum query_kind kind, const PGresult *result, vouch_err *err)
{
	const char *names[QUERY_COLUMNS_MAX + 1];
	int count = PQnfields(result);

	if (count > QUERY_COLUMNS_MAX)
		count = QUERY_COLUMNS_MAX + 1; /* refused, as too many */
	for (int i = 0; i < count; i++)
		names[i] = PQfname(result, i);
	return query_columns_read(&c->columns[kind], kind, names, (size_t)count, err);
}

static const char *
name_of(enum query_kind kind)
{
	return kind == QUERY_LOOKUP ? "query" : "changes";
}

static int
try_own(struct postgresql_connection *c, enum query_kind kind, const char *shown, int64_t deadline_ms,
    vouch_err *err)
{
	struct postgresql_values values = { 0 };
	PGresult *result = NULL;
	vouch_err why = { 0 };

	int code = query_bind_trial(&c->binding, c->query, kind, &why);
	if (code != VOUCH_OK)
		return postgresql_fail(err, code, shown, "%s", why.msg);
	postgresql_bind_query(&values, c->binding.values, query_parameters(c->query, kind));
	code = postgresql_run(c, postgresql_statement_of(kind), &values, shown, deadline_ms, &result, err);
	if (code == VOUCH_OK && !postgresql_succeeded(c, result))
		code = postgresql_report(err, false, shown, result, name_of(kind));
	else if (code == VOUCH_OK && read_columns(c, kind, result, &why) != VOUCH_OK)
		code = postgresql_fail(err, why.code, shown, "%s", why.msg);
	PQclear(result);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}

static int
try_all_own(struct postgresql_connection *c, const struct postgresql_address *address, int64_t deadline_ms,
    vouch_err *err)
{
	int code = VOUCH_OK;

	for (int kind = 0; kind < QUERY_KINDS && code == VOUCH_OK; kind++) {
		if (query_sql(c->query, (enum query_kind)kind) != NULL)
			code = try_own(c, (enum query_kind)kind, address->shown, deadline_ms, err);
	}
	return code;
}

static int
make_ready(struct postgresql_connection *c, const struct postgresql_address *address, vouch_err *err)
{
	int64_t deadline_ms = postgresql_clock_ms() + address->timeout_ms;
	int code = set_session(c, address, deadline_ms, err);

	if (code == VOUCH_OK)
		code = postgresql_schema_open(c, address, deadline_ms, err);
	if (code == VOUCH_OK)
		code = c->query != NULL ? try_all_own(c, address, deadline_ms, err) :
					  try_lookup(c, address, deadline_ms, err);
	return code;
}

int
postgresql_connection_open(struct postgresql_connection **out, const struct postgresql_address *address,
    const struct postgresql_pin *pin, const struct query *query, vouch_err *err)
{
	struct postgresql_connection *c = calloc(1, sizeof(*c));
	int code = VOUCH_OK;

	if (c == NULL || (c->db = connect_to(address, pin)) == NULL) {
		postgresql_connection_close(c);
		return postgresql_fail(err, VOUCH_ENOMEM, address->shown, "out of memory");
	}
	c->query = query;
	if (PQstatus(c->db) != CONNECTION_OK)
		code = postgresql_report_lost(err, address->shown, c->db, "cannot connect");
	if (code == VOUCH_OK) {
		(void)PQsetNoticeReceiver(c->db, ignore_notice, NULL);
		code = make_ready(c, address, err);
	}
	if (code != VOUCH_OK) {
		postgresql_connection_close(c);
		return code;
	}
	*out = c;
	return VOUCH_OK;
}

void
postgresql_connection_close(struct postgresql_connection *connection)
{
	if (connection == NULL)
		return;
	PQfinish(connection->db);
	query_binding_clear(&connection->binding);
	free(connection);
}

/* --- Pins ----------------------------------------------------------------------------------------------- */

void
postgresql_pin_clear(struct postgresql_pin *pin)
{
	free(pin->host);
	free(pin->hostaddr);
	free(pin->port);
	*pin = (struct postgresql_pin){ 0 };
}

void
postgresql_pin_set(struct postgresql_pin *pin, const struct postgresql_connection *connection)
{
	const char *host = PQhost(connection->db), *hostaddr = PQhostaddr(connection->db),
		   *port = PQport(connection->db);
	struct postgresql_pin made = { strdup(host != NULL ? host : ""),
		strdup(hostaddr != NULL ? hostaddr : ""), strdup(port != NULL ? port : "") };

	if (made.host == NULL || made.hostaddr == NULL || made.port == NULL)
		postgresql_pin_clear(&made);
	postgresql_pin_clear(pin);
	*pin = made;
}
