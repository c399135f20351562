/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded database as a status source and register.  URI: PATH, or PATH?mode=ro, ?mode=rw (the default),
 * ?mode=rwc (creates); PATH?query=...&changes=... for tables of the users' own, which are only read.
 */
#ifndef SQLITE_SQLITE_H
#define SQLITE_SQLITE_H

#include <vouch.h>

extern const vouch_source_ops vouch_source_sqlite;

#endif
