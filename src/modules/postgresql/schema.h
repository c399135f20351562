/* SPDX-License-Identifier: Apache-2.0 */
/* The register's tables: found, or made of packaging/sql/postgresql. */
#ifndef POSTGRESQL_SCHEMA_H
#define POSTGRESQL_SCHEMA_H

#include "modules/postgresql/connection.h"

/* postgresql_migrations[v] makes version v + 1 of version v; version 0 is a database without them. */
extern const char *const postgresql_migrations[];
extern const char *const postgresql_migration_names[];
extern const int postgresql_schema_version;

/*
 * Reads which server and tables these are into the connection.  Tables that are missing, or older, are made
 * if the mode is rwc; else the error says what is to be run.  The users' own tables are not looked at.
 */
VOUCH_MUST int postgresql_schema_open(struct postgresql_connection *connection,
    const struct postgresql_address *address, int64_t deadline_ms, vouch_err *err);

#endif
