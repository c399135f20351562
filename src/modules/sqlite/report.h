/* SPDX-License-Identifier: Apache-2.0 */
/* What SQLite says, as a vouch_err that names the file. */
#ifndef SQLITE_REPORT_H
#define SQLITE_REPORT_H

#include "modules/sqlite/connection.h"

/* "PATH: text"; returns code. */
int sqlite_fail(vouch_err *err, int code, const char *path, const char *format, ...) VOUCH_PRINTF(4, 5);
/* Puts the path before what err says already; returns its code. */
int sqlite_prefix(vouch_err *err, const char *path);
/*
 * The last error of db, met while `doing` ("cannot read", "cannot commit").  A damaged file is VOUCH_EIO (RFC
 * 6960 2.3: internalError), every other trouble is otherwise: VOUCH_EUNAVAILABLE for readers, VOUCH_EIO for
 * writers.
 */
int sqlite_report(vouch_err *err, int otherwise, const char *path, sqlite3 *db, const char *doing);

#endif
