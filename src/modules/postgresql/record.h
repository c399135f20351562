/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates. */
#ifndef POSTGRESQL_RECORD_H
#define POSTGRESQL_RECORD_H

#include "modules/postgresql/statement.h"

/* What a row of LOOKUP or EACH says.  A row that breaks a rule of its table is a damaged one. */
VOUCH_MUST int postgresql_record_read(const PGresult *result, int row, const char *shown, vouch_status *out,
    vouch_err *err);
/* Binds cert_status to single_extensions of PUT; false: a time that PostgreSQL does not have. */
bool postgresql_record_bind(struct postgresql_values *values, const vouch_status *status);

#endif
