/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables, and how each version of them became the next.
 *
 *	register        id (16 random octets: this database and no other)
 *	issuers         number → id (vouch_issuer_id), name, certificate
 *	certificates    (issuer, serial_length, serial_number) → status, reason, times, hash; in that order
 *	changes         position → issuer, serial_number, token
 *
 * Triggers write the changes, so that no writer can forget it.  An empty serial number: anything may have
 * changed.  The random token tells a position from the same position of a copy of the file that went another way.
 *
 * The version is SQLite's user_version; SQLite's application_id tells our files from others.
 */
#ifndef SQLITE_SCHEMA_H
#define SQLITE_SCHEMA_H

#include "modules/sqlite/connection.h"

#define SQLITE_APPLICATION_ID 0x766F7563 /* "vouc" */

/* schema_migrations[v] makes version v + 1 of version v; version 0 is an empty file. */
extern const char *const sqlite_migrations[];
extern const int sqlite_schema_version;

/*
 * Refuses what is not ours or newer than we are, before anything is written; migrates what is older and may
 * be written.
 */
VOUCH_MUST int sqlite_schema_open(sqlite3 *db, const struct sqlite_location *location, vouch_err *err);

#endif
