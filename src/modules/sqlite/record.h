/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates, and what it says of one. */
#ifndef SQLITE_RECORD_H
#define SQLITE_RECORD_H

#include "modules/sqlite/connection.h"

/* Of certificates AS c, in the order in which sqlite_record_read() reads them. */
#define SQLITE_RECORD_COLUMNS \
	"c.cert_status, c.revocation_reason, c.revocation_time, c.invalidity_date, " \
	"c.not_after, c.certificate_sha256, c.single_extensions"
#define SQLITE_RECORD_WIDTH 7 /* the first column after them */

/* What a row of these columns says.  A row that breaks a rule of its table is a damaged one. */
VOUCH_MUST int sqlite_record_read(sqlite3_stmt *row, const char *path, vouch_status *out, vouch_err *err);
/*
 * A revocation dated in the future does not yet show, and no answer may outlive the moment at which it does.  Not for
 * who copies records: it would be lost.
 */
void sqlite_record_postpone(vouch_status *out, vouch_time now);
/* A blob, borrowed until the next step. */
vouch_span sqlite_column_span(sqlite3_stmt *row, int column);

/* Binds ?4 to ?10 of SQLITE_PUT; an SQLite result code. */
int sqlite_record_bind(sqlite3_stmt *s, const vouch_status *status);
int sqlite_bind_span(sqlite3_stmt *s, int number, vouch_span span);

#endif
