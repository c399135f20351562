/* SPDX-License-Identifier: Apache-2.0 */
/* The statements that make the tables: those of packaging/sql/mysql. */
#ifndef MYSQL_MIGRATIONS_H
#define MYSQL_MIGRATIONS_H

#include <stddef.h>

#define MYSQL_SCHEMA_VERSION 1

extern const char *const mysql_migrations[];
extern const size_t mysql_migrations_count;

#endif
