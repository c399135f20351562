/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the users' own: their queries instead of ours, on the same connections. */
#ifndef MYSQL_OWN_H
#define MYSQL_OWN_H

#include "modules/mysql/pool.h"

/* Of a new connection: prepares the queries, and runs each once, that of the lookup if it is to. */
VOUCH_MUST int mysql_own_check(struct mysql_connection *connection, const struct mysql_address *address,
    bool tries_lookup, vouch_err *err);
/* As `lookup` of the ops. */
VOUCH_MUST int mysql_own_lookup(struct mysql_source *source, const vouch_issuer *issuer,
    vouch_span serial_number, vouch_status *out, vouch_err *err);
/* As mysql_round_make(). */
VOUCH_MUST int mysql_own_round(struct mysql_source *source, struct mysql_round *round, vouch_err *err);

#endif
