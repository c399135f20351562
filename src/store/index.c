/* SPDX-License-Identifier: Apache-2.0 */
/* The index: the place of each answer, by the hash of its key. */
#include "store/index.h"

/*
 * A slot has the upper 22 bits of its half hash.  The lower ten follow from the bucket, since the table is
 * never split while it has less than 2^10 buckets.
 */
#define IMPLIED_BITS 10
#define BUCKETS_FIRST (UINT32_C(1) << IMPLIED_BITS)
#define TAG_MASK (UINT64_C(0x3fffff) << INDEX_TAG_SHIFT)
/* So many slots of the first bucket are taken before the second is considered. */
#define FIRST_SIDE_SLOTS 7
/*
 * Five of eight slots full, on average: simulated with 3 million random keys, 3 % of them displace another,
 * none finds no room.
 */
#define FULL_SLOTS 5

void
index_init(struct index *index, index_bucket *memory, uint32_t most)
{
	index->buckets = memory;
	index->most = most;
	atomic_init(&index->count, most < BUCKETS_FIRST ? most : BUCKETS_FIRST);
	atomic_init(&index->used, 0);
}

static uint32_t
half_of(uint64_t hash, unsigned side)
{
	return (uint32_t)(hash >> (32 * side));
}

/* The bits that number a bucket among so many. */
static uint32_t
bucket_mask(uint32_t count)
{
	return UINT32_MAX >> __builtin_clz(count - 1);
}

static uint32_t
bucket_of(uint32_t half, uint32_t count)
{
	uint32_t mask = bucket_mask(count), bucket = half & mask;

	return bucket < count ? bucket : half & (mask >> 1);
}

static uint64_t
tag_of(uint32_t half)
{
	return INDEX_USED | (uint64_t)(half >> IMPLIED_BITS) << INDEX_TAG_SHIFT;
}

static _Atomic uint64_t *
bucket_at(const struct index *index, uint64_t hash, unsigned side)
{
	return index->buckets[bucket_of(half_of(hash, side),
	    atomic_load_explicit(&index->count, memory_order_acquire))];
}

void
index_prefetch(const struct index *index, uint64_t hash)
{
	for (unsigned side = 0; side < INDEX_SIDES; side++)
		__builtin_prefetch((const void *)bucket_at(index, hash, side));
}

size_t
index_find(const struct index *index, uint64_t hash, unsigned side, uint64_t slots[INDEX_BUCKET_SLOTS])
{
	const _Atomic uint64_t *bucket = bucket_at(index, hash, side);
	uint64_t tag = tag_of(half_of(hash, side));
	size_t found = 0;

	for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++) {
		slots[found] = atomic_load_explicit(&bucket[i], memory_order_acquire);
		found += (slots[found] & (INDEX_USED | TAG_MASK)) == tag;
	}
	return found;
}

static uint64_t
load(const _Atomic uint64_t *slot)
{
	return atomic_load_explicit(slot, memory_order_relaxed);
}

/* Release: who sees the slot sees the entry. */
static void
store(_Atomic uint64_t *slot, uint64_t value)
{
	atomic_store_explicit(slot, value, memory_order_release);
}

static uint32_t
load_count(const struct index *index)
{
	return atomic_load_explicit(&index->count, memory_order_relaxed);
}

static void
add_used(struct index *index, int64_t change)
{
	uint64_t used = atomic_load_explicit(&index->used, memory_order_relaxed);

	atomic_store_explicit(&index->used, used + (uint64_t)change, memory_order_relaxed);
}

static _Atomic uint64_t *
free_slot(index_bucket *bucket)
{
	for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++)
		if (load(&(*bucket)[i]) == 0)
			return &(*bucket)[i];
	return NULL;
}

static unsigned
bucket_used(index_bucket *bucket)
{
	unsigned used = 0;

	for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++)
		used += load(&(*bucket)[i]) != 0;
	return used;
}

/* The new bucket is filled before readers are sent there, the old one emptied after. */
static void
split_next(struct index *index)
{
	uint32_t count = load_count(index), mask = bucket_mask(count + 1);
	uint32_t from = count & (mask >> 1);
	_Atomic uint64_t *old = index->buckets[from], *new = index->buckets[count];
	bool moves[INDEX_BUCKET_SLOTS];

	for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++) {
		uint64_t slot = load(&old[i]);
		uint32_t half = (uint32_t)((slot & TAG_MASK) >> INDEX_TAG_SHIFT) << IMPLIED_BITS |
		    (from & (BUCKETS_FIRST - 1));
		moves[i] = slot != 0 && (half & mask) == count;
		if (moves[i])
			store(&new[i], slot);
	}
	atomic_store_explicit(&index->count, count + 1, memory_order_release);
	for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++)
		if (moves[i])
			store(&old[i], 0);
}

static void
grow(struct index *index)
{
	uint64_t used = atomic_load_explicit(&index->used, memory_order_relaxed);

	while (load_count(index) < index->most && load_count(index) >= BUCKETS_FIRST &&
	    used >= (uint64_t)load_count(index) * FULL_SLOTS)
		split_next(index);
}

/*
 * Moves one slot of a full bucket to the other bucket that its hash names; returns where it was, or NULL if
 * those are full, too.
 */
static _Atomic uint64_t *
displace_one(struct index *index, uint32_t bucket, const struct index_owner *owner, const void *ctx)
{
	uint32_t count = load_count(index);

	for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++) {
		_Atomic uint64_t *from = &index->buckets[bucket][i];
		uint64_t hash = owner->hash(ctx, load(from));
		/*
		 * Which of its two halves is the other one?  The bucket tells, unless both name it, and then
		 * nothing is won.
		 */
		unsigned other = bucket_of(half_of(hash, 0), count) == bucket;
		uint32_t half = half_of(hash, other);
		_Atomic uint64_t *to = free_slot(&index->buckets[bucket_of(half, count)]);
		if (to != NULL) {
			store(to, (load(from) & ~TAG_MASK) | tag_of(half));
			return from;
		}
	}
	return NULL;
}

static _Atomic uint64_t *
least_worth(index_bucket *bucket, _Atomic uint64_t *least, const struct index_owner *owner, const void *ctx)
{
	for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++)
		if (least == NULL || owner->worth(ctx, load(&(*bucket)[i])) < owner->worth(ctx, load(least)))
			least = &(*bucket)[i];
	return least;
}

void
index_add(struct index *index, uint64_t hash, uint64_t slot, const struct index_owner *owner, const void *ctx)
{
	grow(index);
	uint32_t count = load_count(index);
	uint32_t bucket[2] = { bucket_of(half_of(hash, 0), count), bucket_of(half_of(hash, 1), count) };
	unsigned used = bucket_used(&index->buckets[bucket[0]]);
	unsigned side = used >= FIRST_SIDE_SLOTS && bucket_used(&index->buckets[bucket[1]]) < used;
	_Atomic uint64_t *at = free_slot(&index->buckets[bucket[side]]);

	for (unsigned i = 0; at == NULL && i < 2; i++) {
		side = i;
		at = displace_one(index, bucket[i], owner, ctx);
	}
	if (at != NULL) {
		add_used(index, 1);
	} else {
		at = least_worth(&index->buckets[bucket[0]], NULL, owner, ctx);
		_Atomic uint64_t *least = least_worth(&index->buckets[bucket[1]], at, owner, ctx);
		side = least != at;
		at = least;
		if (owner->worth(ctx, load(at)) > owner->worth(ctx, slot))
			return;
	}
	store(at, slot | tag_of(half_of(hash, side)));
}

/* Compares what a slot is known by, not the tag. */
static _Atomic uint64_t *
find_slot(struct index *index, uint64_t hash, uint64_t slot)
{
	for (unsigned side = 0; side < 2; side++) {
		_Atomic uint64_t *bucket = index->buckets[bucket_of(half_of(hash, side), load_count(index))];
		for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++)
			if ((load(&bucket[i]) & ~TAG_MASK) == ((slot & ~TAG_MASK) | INDEX_USED))
				return &bucket[i];
	}
	return NULL;
}

bool
index_replace(struct index *index, uint64_t hash, uint64_t old, uint64_t slot)
{
	_Atomic uint64_t *at = find_slot(index, hash, old);

	if (at == NULL)
		return false;
	store(at, (slot & ~TAG_MASK) | (load(at) & TAG_MASK) | INDEX_USED);
	return true;
}

void
index_remove(struct index *index, uint64_t hash, uint64_t slot)
{
	_Atomic uint64_t *at = find_slot(index, hash, slot);

	if (at == NULL)
		return;
	store(at, 0);
	add_used(index, -1);
}

size_t
index_octets(const struct index *index)
{
	return load_count(index) * INDEX_BUCKET_OCTETS;
}

uint64_t
index_used_slots(const struct index *index)
{
	return atomic_load_explicit(&index->used, memory_order_relaxed);
}

uint64_t
index_used_octets(const struct index *index)
{
	uint64_t buckets = (index_used_slots(index) + FULL_SLOTS - 1) / FULL_SLOTS;
	uint64_t octets = buckets * INDEX_BUCKET_OCTETS;

	return octets < index_octets(index) ? octets : index_octets(index);
}
