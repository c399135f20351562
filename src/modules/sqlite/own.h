/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the users' own: their statements on one connection, and lookup and changes of the ops with them. */
#ifndef SQLITE_OWN_H
#define SQLITE_OWN_H

#include "modules/query/query.h"

#include <sqlite3.h>

struct sqlite_connection;
struct sqlite_location;
struct sqlite_source;

struct sqlite_own {
	sqlite3_stmt *statements[QUERY_KINDS];
	int prepared[QUERY_KINDS]; /* how often SQLite has prepared it: anew when somebody alters a table */
	struct query_columns columns[QUERY_KINDS];
	struct query_binding binding;
	bool is_volatile;    /* what the query says changes though nobody writes */
	bool is_limited;     /* a lookup is at work, which may take so many steps */
	unsigned steps;	     /* of it, in units of progress */
	uint64_t connection; /* a number of its own */
};

/* Prepares the statements of location->query; an error names the query, and the column if it is about one. */
VOUCH_MUST int sqlite_own_prepare(struct sqlite_connection *connection,
    const struct sqlite_location *location, vouch_err *err);
void sqlite_own_clear(struct sqlite_own *own);
/* Runs them, for nobody: what would fail for everybody fails here. */
VOUCH_MUST int sqlite_own_try(struct sqlite_connection *connection, const struct sqlite_location *location,
    vouch_err *err);

/* As the ops of the same names. */
int sqlite_own_lookup(struct sqlite_source *source, const vouch_issuer *issuer, vouch_span serial_number,
    vouch_time now, vouch_status *out, vouch_err *err);
int sqlite_own_changes(struct sqlite_source *source, vouch_buf *cursor, vouch_change_cb *cb, void *arg,
    vouch_err *err);

#endif
