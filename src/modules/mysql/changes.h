/* SPDX-License-Identifier: Apache-2.0 */
/* The change log, read once. */
#ifndef MYSQL_CHANGES_H
#define MYSQL_CHANGES_H

#include "modules/mysql/pool.h"

/* What changed since round->cursor; the cursor of this moment. */
VOUCH_MUST int mysql_round_make(struct mysql_source *source, struct mysql_round *round, vouch_err *err);

/* One change; empty: anything may have changed. */
VOUCH_MUST int mysql_round_add(struct mysql_round *round, vouch_span serial_number);

#endif
