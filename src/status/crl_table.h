/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted table of serial numbers with a few facts on each: what a CRL lists, or what was issued.
 *
 *	entries   | length | 20 octets of the serial number | reason | date | extra |   32 octets each, sorted by the first 21
 *	longs     the same, for serial numbers of more than 20 octets, whose octets are in `octets`:
 *	          | 21 | offset (8), length (4)             | reason | date | extra |   sorted by (length, octets)
 *
 * So all of it is in ascending order of (length, octets).  Numbers are compared as values: DER INTEGERs are minimal.
 */
#ifndef STATUS_CRL_TABLE_H
#define STATUS_CRL_TABLE_H

#include "base/err.h"
#include "base/span.h"

#define CRL_KEY_SIZE 21
#define CRL_SERIAL_MAX 1024 /* octets: as many as a serial number may have in text (base/serial.c) */

struct crl_entry {
	uint8_t key[CRL_KEY_SIZE], reason, date[5], extra[5];
};

struct crl_table {
	struct crl_entry *entries, *longs;
	size_t count, room, long_count, long_room;
	vouch_buf octets;
};

struct crl_fact {
	uint8_t reason;		/* of a CRL: enum vouch_reason */
	vouch_time date, extra; /* within years 1 to 9999, or VOUCH_TIME_ABSENT */
};

void crl_table_clear(struct crl_table *t);
/* In any order.  VOUCH_ELIMIT: an absurdly long serial number. */
VOUCH_MUST int crl_table_add(struct crl_table *t, vouch_span serial_number, const struct crl_fact *fact,
    vouch_err *err);
/* What becomes of two entries with one serial number; the first is overwritten. */
typedef void crl_table_merge(struct crl_fact *kept, const struct crl_fact *other);
/* Behind the last crl_table_add(): sorts in place, merges duplicates, and gives back the memory that is left. */
void crl_table_finish(struct crl_table *t, crl_table_merge *merge);
/* Keeps those of that date or later, as many as `most` says and no more, which is lowered by how many those are. */
void crl_table_keep_later(struct crl_table *t, vouch_time earliest, size_t *most);
bool crl_table_find(const struct crl_table *t, vouch_span serial_number, struct crl_fact *out);
size_t crl_table_count(const struct crl_table *t);

/* A place in a table; t may be NULL: an empty one. */
struct crl_cursor {
	const struct crl_table *table;
	size_t at;
};

/* Behind a serial number; empty: at the first. */
struct crl_cursor crl_cursor_after(const struct crl_table *t, vouch_span serial_number);
/* False at the end. */
bool crl_cursor_get(const struct crl_cursor *c, vouch_span *serial_number, struct crl_fact *out);
/* -1, 0, 1: by (length, octets). */
int crl_serial_compare(vouch_span a, vouch_span b);

#endif
