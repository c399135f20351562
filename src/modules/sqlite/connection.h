/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a database that was found to be ours, sound and of a version that we know; or to one with tables of
 * the users' own, that their query fits.
 */
#ifndef SQLITE_CONNECTION_H
#define SQLITE_CONNECTION_H

#include "modules/sqlite/location.h"
#include "modules/sqlite/own.h"
#include "modules/sqlite/snapshot.h"

#include <sqlite3.h>

enum sqlite_statement {
	SQLITE_BEGIN,
	SQLITE_COMMIT,
	SQLITE_ISSUER,
	SQLITE_LOOKUP,
	SQLITE_PUT_ISSUER,
	SQLITE_PUT,
	SQLITE_HEAD,
	SQLITE_MARK,
	SQLITE_COUNT,
	SQLITE_CHANGES,
	SQLITE_PRUNE,
	SQLITE_STATEMENTS
};

struct sqlite_connection {
	sqlite3 *db;
	sqlite3_stmt *statements[SQLITE_STATEMENTS];
	struct sqlite_connection *next; /* in the pool */
	uint64_t generation;		/* of the pool when it was opened */
	bool immutable;			/* read without locks: good for one call, see connection.c */
	bool logs;			/* commits go to a log beside the file (WAL) */
	struct sqlite_snapshot snapshot;
	struct sqlite_own own; /* of location->query */
};

/* Opens, checks that the file is ours, migrates an older version where it may, prepares the statements. */
VOUCH_MUST int sqlite_connection_open(struct sqlite_connection **out, const struct sqlite_location *location,
    vouch_err *err);
void sqlite_connection_close(struct sqlite_connection *connection);

/* Reads every page of a database of up to `octets`; an error says which page is damaged. */
VOUCH_MUST int sqlite_connection_check(struct sqlite_connection *connection,
    const struct sqlite_location *location, int64_t octets, vouch_err *err);

/* Another file has taken the place of the one that is open, or none: one stat(2). */
bool sqlite_connection_has_moved(const struct sqlite_connection *connection);
/* The same, or a symbolic link on the way leads elsewhere by now. */
bool sqlite_connection_is_stale(const struct sqlite_connection *connection,
    const struct sqlite_location *location);
/* Somebody writes to a file that was opened as one that nobody can write to. */
bool sqlite_connection_is_torn(const struct sqlite_connection *connection,
    const struct sqlite_location *location);

/* Of a database with tables of the users' own, those alone that begin and end a transaction. */
VOUCH_MUST int sqlite_statements_prepare(struct sqlite_connection *connection,
    const struct sqlite_location *location, vouch_err *err);
/* A prepared statement, without bindings and ready to step; reset it after use. */
sqlite3_stmt *sqlite_statement(const struct sqlite_connection *connection, enum sqlite_statement which);
/* Runs statements that return nothing of interest; an SQLite result code. */
int sqlite_exec(sqlite3 *db, const char *sql);
/* The first column of the first row as a number; an SQLite result code. */
int sqlite_number(sqlite3 *db, const char *sql, int64_t *out);

#endif
