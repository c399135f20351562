/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a statement of the users' own. */
#ifndef SQLITE_OWN_STATEMENT_H
#define SQLITE_OWN_STATEMENT_H

#include "modules/sqlite/pool.h"

/* Binds what is in the connection's binding; an SQLite result code. */
int sqlite_own_bind(struct sqlite_connection *connection, const struct sqlite_location *location,
    enum query_kind kind);
/* The columns as the statement has them now. */
VOUCH_MUST int sqlite_own_columns(struct sqlite_connection *connection,
    const struct sqlite_location *location, enum query_kind kind, vouch_err *err);
/* The row that the statement stands at, valid until its next step. */
VOUCH_MUST int sqlite_own_row(struct sqlite_connection *connection, const struct sqlite_location *location,
    enum query_kind kind, struct query_value row[QUERY_COLUMNS_MAX], vouch_err *err);

#endif
