/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: made ready, and asked with a deadline. */
#ifndef POSTGRESQL_CONNECTION_H
#define POSTGRESQL_CONNECTION_H

#include "modules/postgresql/address.h"
#include "modules/postgresql/clock.h"
#include "modules/postgresql/report.h"
#include "modules/postgresql/statement.h"

/* Where the last connection led, so that the next one leads to the same server; all NULL: anywhere. */
struct postgresql_pin {
	char *host, *hostaddr, *port;
};

struct postgresql_connection {
	PGconn *db;
	const struct query *query; /* of the source; NULL: a register of ours */
	struct postgresql_connection *next;
	uint64_t generation;
	uint8_t identity[POSTGRESQL_IDENTITY];
	char names[POSTGRESQL_STATEMENTS][POSTGRESQL_NAME]; /* of what is prepared; empty: not yet */
	bool lost;					    /* broken: not to be used again */
	bool late;					    /* it did not answer in time */
	bool pending; /* a statement runs, whose result nobody waited for */
	int64_t pending_since_ms;
	struct query_columns columns[QUERY_KINDS];
	struct query_binding binding;
};

/*
 * Connects, which takes as long as libpq's connect_timeout for each address, looks at the tables, makes them
 * where the mode says so, and tries a lookup: what it returns has answered one.
 */
VOUCH_MUST int postgresql_connection_open(struct postgresql_connection **out,
    const struct postgresql_address *address, const struct postgresql_pin *pin, const struct query *query,
    vouch_err *err);
void postgresql_connection_close(struct postgresql_connection *connection);

/* Without memory there is no pin: the next connection may lead to another server, which shows. */
void postgresql_pin_set(struct postgresql_pin *pin, const struct postgresql_connection *connection);
void postgresql_pin_clear(struct postgresql_pin *pin);

/*
 * Runs one statement; *out is the caller's to PQclear(), and may be a failed one.  VOUCH_EUNAVAILABLE: the
 * connection is lost, and says so.  VOUCH_EAGAIN: no answer until the deadline; the statement is pending, and
 * err is written.
 */
VOUCH_MUST int postgresql_run(struct postgresql_connection *connection, enum postgresql_statement which,
    const struct postgresql_values *values, const char *shown, int64_t deadline_ms, PGresult **out,
    vouch_err *err);
/*
 * The same, for statements without values and results of interest; the last result, or the first that failed.
 */
VOUCH_MUST int postgresql_run_text(struct postgresql_connection *connection, const char *sql,
    const char *shown, int64_t deadline_ms, PGresult **out, vouch_err *err);
/* The result of what is pending. */
VOUCH_MUST int postgresql_await(struct postgresql_connection *connection, const char *shown,
    int64_t deadline_ms, PGresult **out, vouch_err *err);
/* Took rows or nothing; else it failed.  Notes what a failure says of the connection. */
bool postgresql_succeeded(struct postgresql_connection *connection, const PGresult *result);

#endif
