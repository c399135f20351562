/* SPDX-License-Identifier: Apache-2.0 */
/* Records of comma-separated values (RFC 4180), one at a time. */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include <stdio.h>
#include <vouch.h>

#define CSV_CELLS 64		      /* no table of certificates is wider */
#define CSV_RECORD ((size_t)64 << 10) /* octets of one record, however its quotes are closed */

struct csv {
	FILE *file;	  /* of the caller */
	const char *name; /* of the caller: for errors */
	size_t line;	  /* where the record begins, from 1 */
	const char *cells[CSV_CELLS];
	size_t count;
	/* The rest belongs to csv.c, and starts as zero. */
	size_t lines_read;
	vouch_buf text;
	size_t starts[CSV_CELLS];
	bool has_begun;
};

/*
 * The next record that is not an empty line; its cells have a NUL behind them, and live until the next call.
 * VOUCH_ENOTFOUND: there is none left.  Errors name file and line.
 */
VOUCH_MUST int csv_next(struct csv *csv, vouch_err *err);
/* "NAME:LINE: " before an error about a cell. */
int csv_err(const struct csv *csv, vouch_err *err);
void csv_clear(struct csv *csv);

#endif
