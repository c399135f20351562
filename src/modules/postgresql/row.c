/* SPDX-License-Identifier: Apache-2.0 */
/* A row of one of the users' own tables, as modules/query reads it. */
#include "modules/postgresql/row.h"

/* pg_type.dat: the one type whose text is not what it holds. */
#define OID_BYTEA 17

static int
read_bytea(struct postgresql_row *row, int column, const char *text)
{
	size_t len = 0;

	row->octets[column] = PQunescapeBytea((const unsigned char *)text, &len);
	row->values[column] = (struct query_value){ .type = QUERY_OCTETS,
		.octets = { row->octets[column], len } };
	return row->octets[column] != NULL ? VOUCH_OK : VOUCH_ENOMEM;
}

int
postgresql_row_read(struct postgresql_row *row, const PGresult *result, int number,
    const struct query_columns *columns, const char *shown, vouch_err *err)
{
	int code = VOUCH_OK;

	if ((size_t)PQnfields(result) != columns->count)
		return postgresql_fail(err, VOUCH_EUNAVAILABLE, shown,
		    "the result has other columns than before");
	for (int i = 0; i < PQnfields(result) && code == VOUCH_OK; i++) {
		if (postgresql_column_is_null(result, number, i))
			row->values[i] = (struct query_value){ .type = QUERY_NULL };
		else if (PQftype(result, i) == OID_BYTEA)
			code = read_bytea(row, i, PQgetvalue(result, number, i));
		else
			row->values[i] = (struct query_value){ .type = QUERY_TEXT,
				.octets = postgresql_column_span(result, number, i) };
	}
	return code == VOUCH_OK ? code : postgresql_fail(err, code, shown, "out of memory");
}

void
postgresql_row_clear(struct postgresql_row *row)
{
	for (int i = 0; i < QUERY_COLUMNS_MAX; i++)
		PQfreemem(row->octets[i]);
}
