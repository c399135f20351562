/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an index.txt holds, in ascending order of (length, octets) of the serial numbers.
 *
 *	entries   ┌──────────────────┬──────────────────┬─ ─ ─        36 octets each
 *	          │ key         facts │
 *	          │ length, 20 octets │ type, reason; notAfter, revocation: 5 octets each; line
 *	          └──────────────────┴──────────────────┴─ ─ ─
 *	long      the same for serial numbers that RFC 5280 does not allow, whose octets are elsewhere: behind all others
 *	dates     line → invalidityDate, of the few rows that have one
 *
 * Built by one thread, then constant.
 */
#ifndef STATUS_INDEX_TABLE_H
#define STATUS_INDEX_TABLE_H

#include "status/index_row.h"

struct index_table;

/* One row of a table; the serial number is the table's. */
struct index_record {
	vouch_span serial_number;
	enum index_type type;
	uint8_t revocation_reason;
	vouch_time not_after, revocation_time, invalidity_date; /* as in struct index_row */
	uint32_t line;
};

VOUCH_MUST int index_table_new(struct index_table **out, vouch_err *err);
void index_table_free(struct index_table *table);
/* Lines come in ascending order. */
VOUCH_MUST int index_table_add(struct index_table *table, const struct index_row *row, uint32_t line,
    vouch_err *err);
/*
 * All were added.  VOUCH_EPARSE: *line has the serial number of a line before it, which OpenSSL does not allow either;
 * the error names that one.
 */
VOUCH_MUST int index_table_finish(struct index_table *table, uint32_t *line, vouch_err *err);

/* All of a table that is finished. */
size_t index_table_count(const struct index_table *table);
/* The line of its last row; 0: it has none. */
uint32_t index_table_last_line(const struct index_table *table);
struct index_record index_table_get(const struct index_table *table, size_t at);
bool index_table_find(const struct index_table *table, vouch_span serial_number, struct index_record *out);
/* Where the first serial number beyond this one is; the count if there is none. */
size_t index_table_after(const struct index_table *table, vouch_span serial_number);

/*
 * Calls back for each serial number that not both tables have, or that clients are told something else of; before or
 * after is NULL where there is no row.  What cb returns, if not 0, ends it and is returned.
 */
typedef int index_difference_cb(void *arg, const struct index_record *before,
    const struct index_record *after);
int index_table_compare(const struct index_table *before, const struct index_table *after,
    index_difference_cb *cb, void *arg);

#endif
