/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates. */
#ifndef MYSQL_RECORD_H
#define MYSQL_RECORD_H

#include "modules/mysql/schema.h"

/* What the cells say.  A row that breaks a rule of its table is a damaged one. */
VOUCH_MUST int mysql_record_read(const struct mysql_cell *cells, const struct mysql_address *address,
    vouch_status *out, vouch_err *err);
/* The values of MYSQL_RECORD_WIDTH parameters; they borrow from the status. */
void mysql_record_values(struct mysql_value *values, const vouch_status *status);

struct mysql_value mysql_number(int64_t number);
struct mysql_value mysql_octets(vouch_span octets);

#endif
