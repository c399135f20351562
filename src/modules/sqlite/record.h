/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates, and what it says of one at a moment. */
#ifndef SQLITE_RECORD_H
#define SQLITE_RECORD_H

#include "modules/sqlite/connection.h"

/*
 * The columns of a statement that begins like SQLITE_LOOKUP.  A row that breaks a rule of its table is a
 * damaged one.
 */
VOUCH_MUST int sqlite_record_read(sqlite3_stmt *row, const char *path, vouch_time now, vouch_status *out,
    vouch_err *err);
vouch_span sqlite_record_serial(sqlite3_stmt *row);

/* Refuses what no register may hold (RFC 5280 5.3.1). */
VOUCH_MUST int sqlite_record_check(const vouch_status *status, const char *path, vouch_err *err);
/* Binds ?4 to ?10 of SQLITE_PUT; an SQLite result code. */
int sqlite_record_bind(sqlite3_stmt *s, const vouch_status *status);
int sqlite_bind_span(sqlite3_stmt *s, int number, vouch_span span);

#endif
