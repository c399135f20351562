/* SPDX-License-Identifier: Apache-2.0 */
/* A row of one of the users' own tables, as modules/query reads it. */
#ifndef POSTGRESQL_ROW_H
#define POSTGRESQL_ROW_H

#include "modules/postgresql/connection.h"

struct postgresql_row {
	struct query_value values[QUERY_COLUMNS_MAX];
	uint8_t *octets[QUERY_COLUMNS_MAX]; /* of bytea, decoded */
};

/* The values borrow from the result and the row; postgresql_row_clear() is always due. */
VOUCH_MUST int postgresql_row_read(struct postgresql_row *row, const PGresult *result, int number,
    const struct query_columns *columns, const char *shown, vouch_err *err);
void postgresql_row_clear(struct postgresql_row *row);

#endif
