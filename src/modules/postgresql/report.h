/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL says, as a vouch_err that names the database, and never its password. */
#ifndef POSTGRESQL_REPORT_H
#define POSTGRESQL_REPORT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <vouch.h>

/* "SHOWN: text", in one line; returns code. */
int postgresql_fail(vouch_err *err, int code, const char *shown, const char *format, ...) VOUCH_PRINTF(4, 5);

/* The five characters of a failed result; "" without. */
const char *postgresql_sqlstate(const PGresult *result);
bool postgresql_is_state(const PGresult *result, const char *sqlstate);

/*
 * A statement that failed `doing` something ("cannot read").  Who reads is told that the database is away
 * (VOUCH_EUNAVAILABLE: tryLater) by all that may pass, and VOUCH_EIO (internalError) by damage; who writes,
 * VOUCH_EIO or VOUCH_EREFUSED.
 */
int postgresql_report(vouch_err *err, bool writing, const char *shown, const PGresult *result,
    const char *doing);
/* A connection that broke, or was not made. */
int postgresql_report_lost(vouch_err *err, const char *shown, const PGconn *db, const char *doing);

#endif
