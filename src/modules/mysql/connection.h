/* SPDX-License-Identifier: Apache-2.0 */
/* One connection, and its prepared statements. */
#ifndef MYSQL_CONNECTION_H
#define MYSQL_CONNECTION_H

#include <mysql.h>

#include "modules/mysql/address.h"
#include "modules/query/query.h"

#define MYSQL_COLUMNS_MOST QUERY_COLUMNS_MAX
#define MYSQL_SHORT 64 /* octets of a cell that need no memory of their own: serial numbers, hashes */

enum mysql_statement {
	MYSQL_HEAD = 0,
	MYSQL_MARK,
	MYSQL_COUNT,
	MYSQL_CHANGES,
	MYSQL_LOOKUP,
	MYSQL_EACH,
	MYSQL_LOCK,
	MYSQL_PUT_ISSUER,
	MYSQL_PUT,
	MYSQL_PRUNE,
	MYSQL_OWN, /* and those behind it: the users' own, by enum query_kind */
	MYSQL_STATEMENTS = MYSQL_OWN + QUERY_KINDS
};

struct mysql_value { /* of a parameter */
	enum { MYSQL_VALUE_NULL = 0, MYSQL_VALUE_NUMBER, MYSQL_VALUE_OCTETS, MYSQL_VALUE_TEXT } kind;
	int64_t number;
	bool is_unsigned;
	vouch_span octets;
};

struct mysql_cell {
	bool is_null;
	int64_t number;
	vouch_span octets; /* until the next row */
	/* The client library writes here: */
	my_bool null;
	unsigned long length;
	uint8_t brief[MYSQL_SHORT];
	vouch_buf whole;
};

struct mysql_connection {
	struct mysql_connection *next; /* among those that wait */
	MYSQL *db;
	MYSQL_STMT *statements[MYSQL_STATEMENTS];
	struct mysql_cell cells[MYSQL_COLUMNS_MOST];
	/* Of the users' own queries: */
	struct query_binding binding;
	struct query_columns own_columns[QUERY_KINDS];
	uint8_t own_types[QUERY_KINDS][QUERY_COLUMNS_MAX]; /* enum query_type */
	uint64_t generation;				   /* of its pool */
	unsigned error;					   /* the library's number of the last failure */
	bool failed;					   /* something did, since the transaction began */
	bool follows;					   /* taken for the follower */
	bool is_late;	/* what was asked of it last took as long as anybody waits */
	bool is_broken; /* nobody knows what it is in the middle of */
	char text[256]; /* and what it said */
};

/*
 * Connects, looks whether the tables are there, and, if it is to, tries a lookup.  VOUCH_EUNAVAILABLE: nobody answers,
 * who may answer later; VOUCH_EREFUSED: we are not let in, or find what is not ours.
 */
VOUCH_MUST int mysql_connection_open(struct mysql_connection **out, const struct mysql_address *address,
    bool tries_lookup, vouch_err *err);
void mysql_connection_close(struct mysql_connection *connection);
/* After a failure: it will not work any more. */
bool mysql_connection_is_lost(const struct mysql_connection *connection);
/* SQL without parameters and rows.  False: see error and text. */
VOUCH_MUST bool mysql_exec(struct mysql_connection *connection, const char *sql);

/* Ends a transaction.  Where that fails the connection is lost: what it reads would be of that moment for ever. */
bool mysql_roll_back(struct mysql_connection *connection);

/* Prepares a statement that is not yet. */
VOUCH_MUST bool mysql_prepare(struct mysql_connection *connection, enum mysql_statement which,
    const char *sql);
/* Runs a statement with its parameters. */
VOUCH_MUST bool mysql_run(struct mysql_connection *connection, enum mysql_statement which,
    const struct mysql_value *values);
enum mysql_step { MYSQL_FAILED = -1, MYSQL_END, MYSQL_ROW_READ };
/* The next row, in cells. */
VOUCH_MUST enum mysql_step mysql_next(struct mysql_connection *connection, enum mysql_statement which);
/* The same of a prepared statement with these columns: see struct mysql_statement_text. */
VOUCH_MUST bool mysql_run_as(struct mysql_connection *connection, enum mysql_statement which,
    const struct mysql_value *values, const char *columns);
VOUCH_MUST enum mysql_step mysql_next_as(struct mysql_connection *connection, enum mysql_statement which,
    const char *columns);
/* Before the statement runs again. */
void mysql_done(struct mysql_connection *connection, enum mysql_statement which);

/*
 * The last failure, met while `doing`.  Trouble that passes is VOUCH_EUNAVAILABLE, what cannot be right is
 * VOUCH_EIO.
 */
int mysql_report(vouch_err *err, const struct mysql_address *address,
    const struct mysql_connection *connection, const char *doing);

#endif
