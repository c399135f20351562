/* SPDX-License-Identifier: Apache-2.0 */
/* The index: the place of each answer, by the hash of its key. */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/pages.h"

/*
 *   hash   ┌──── 32 bits ────┬──── 32 bits ────┐      each half names one bucket (a cache line);
 *          └────────┼────────┴────────┼────────┘      an answer lies in the first, or if full in the second
 *                   ▼                 ▼
 *   ┌──┬──┬──┬──┬──┬──┬──┬──┬──┬──┬──┬──┬──┬──┬──╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┐
 *   │  │  │  │  │██│  │  │  │  │  │  │██│  │  │  ╎ not yet touched  │
 *   └──┴──┴──┴──┴──┴──┴──┴──┴──┴──┴──┴──┴──┴──┴──╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┘
 *          ▲ next to be split                    ▲ count            ▲ most
 *
 *   slot:  bit 63 in use · 62 partition · 40-61 upper 22 bits of the half hash · 0-39 place in that arena
 *
 * Linear hashing: the table grows by one bucket at a time (bucket i of the lower half is split into i and i +
 * half), so that an answer costs 12.8 octets of index whatever its size, and no insertion waits for the whole
 * table.  The bits that a split needs are in the slot.  Slots are single atomic words.  A reader that meets a
 * slot on its way from one bucket to another may miss it: that costs a signature, no more.
 */
#define INDEX_BUCKET_SLOTS 8
#define INDEX_SIDES 2
#define INDEX_BUCKET_OCTETS (INDEX_BUCKET_SLOTS * sizeof(uint64_t))
#define INDEX_BUCKETS_LEAST 2
#define INDEX_BUCKETS_MOST (UINT32_C(1) << 31)

#define INDEX_USED (UINT64_C(1) << 63)
#define INDEX_PARTITION_SHIFT 62
#define INDEX_TAG_SHIFT 40
#define INDEX_PLACE_MASK ((UINT64_C(1) << INDEX_TAG_SHIFT) - 1)

typedef _Atomic uint64_t index_bucket[INDEX_BUCKET_SLOTS];

struct index {
	index_bucket *buckets;
	uint32_t most;
	_Atomic uint32_t count;			    /* buckets in use; only the writer stores it */
	_Alignas(PAGES_LINE) _Atomic uint64_t used; /* slots in use; only the writer stores it */
};

/* What the index asks of its owner; slots as returned by index_find. */
struct index_owner {
	uint64_t (*hash)(const void *owner, uint64_t slot);
	/* Where there is no room, the least worth goes. */
	uint64_t (*worth)(const void *owner, uint64_t slot);
};

/*
 * memory: most buckets, all zero, on a multiple of 64 octets; most is INDEX_BUCKETS_LEAST to
 * INDEX_BUCKETS_MOST.
 */
void index_init(struct index *index, index_bucket *memory, uint32_t most);

/*
 * Any thread: the slots of one side (0, then 1) that may be those of the hash; returns how many.  Three of
 * four are on side 0, and who finds it there need not wait for the memory of the other.
 */
size_t index_find(const struct index *index, uint64_t hash, unsigned side,
    uint64_t slots[INDEX_BUCKET_SLOTS]);
/* Has the memory of both sides fetched. */
void index_prefetch(const struct index *index, uint64_t hash);

/* What add, replace and remove know a slot by: its partition and place. */
static inline uint64_t
index_slot(unsigned partition, uint64_t place)
{
	return (uint64_t)partition << INDEX_PARTITION_SHIFT | (place & INDEX_PLACE_MASK);
}

static inline unsigned
index_partition(uint64_t slot)
{
	return (slot >> INDEX_PARTITION_SHIFT) & 1;
}

/*
 * Writer: a slot more.  Where there is no room, the one of least worth is left out, which may be the new one.
 */
void index_add(struct index *index, uint64_t hash, uint64_t slot, const struct index_owner *owner,
    const void *ctx);
/* Writer: readers see the old one or the new one, at any moment.  False: old is not there. */
bool index_replace(struct index *index, uint64_t hash, uint64_t old, uint64_t slot);
/* Writer: without effect when it is not there. */
void index_remove(struct index *index, uint64_t hash, uint64_t slot);

/* Octets of the buckets in use. */
size_t index_octets(const struct index *index);
uint64_t index_used_slots(const struct index *index);
/* What the slots in use take, with their share of the free ones that growing leaves. */
uint64_t index_used_octets(const struct index *index);

#endif
