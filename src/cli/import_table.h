/* SPDX-License-Identifier: Apache-2.0 */
/* A table of certificates in CSV: what its columns are called, and what a row of it says. */
#ifndef CLI_IMPORT_TABLE_H
#define CLI_IMPORT_TABLE_H

#include "cli/csv.h"

struct import_table {
	struct csv csv; /* .file and .name are the caller's */
	unsigned char columns[CSV_CELLS];
	size_t column_count;
};

/* Reads the first record, which names the columns. */
VOUCH_MUST int import_table_begin(struct import_table *table, vouch_err *err);
/*
 * The next row: serial_number is cleared and filled, status initialised and filled; nothing in it is owned.
 * VOUCH_ENOTFOUND: there is none left.  Errors name file and line.
 */
VOUCH_MUST int import_table_next(struct import_table *table, vouch_buf *serial_number, vouch_status *status,
    vouch_err *err);
void import_table_clear(struct import_table *table);

/* The columns, for the manual page: false beyond the last. */
bool import_table_column(size_t number, const char **name, const char **text);

#endif
