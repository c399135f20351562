/* SPDX-License-Identifier: Apache-2.0 */
/* One row of an index.txt in memory, and many of them in order. */
#ifndef STATUS_INDEX_ENTRY_H
#define STATUS_INDEX_ENTRY_H

#include <vouch.h>

#define INDEX_ENTRY_SERIAL 20 /* RFC 5280 4.1.2.2 */
#define INDEX_ENTRY_KEY (1 + INDEX_ENTRY_SERIAL)
#define INDEX_ENTRY_TIME 5 /* octets: seconds since the year 1 until 9999 */

struct index_entry {
	uint8_t key[INDEX_ENTRY_KEY]; /* length, octets, zeros: compares as serial numbers do */
	uint8_t facts;
	uint8_t not_after[INDEX_ENTRY_TIME], revocation_time[INDEX_ENTRY_TIME];
	uint32_t line;
};

/* Ascending by key, where they are. */
VOUCH_MUST int index_entries_sort(struct index_entry *entries, size_t count);

#endif
