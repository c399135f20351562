/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_store: answers already signed, in memory, bounded in octets. */
#include "store/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"
#include "store/arena.h"
#include "store/index.h"
#include "store/pages.h"

/*
 * The smallest answers (P-256, no certificate in them) are of about this size; smaller ones would meet the
 * index's limit first.
 */
#define BODY_LEAST 300
#define ENTRY_LEAST (BODY_LEAST + 76)
/* At its largest, six of eight slots of the index are full of such answers. */
#define BUCKET_ENTRIES 6
/* Of 16 parts of the memory, one is for answers with status unknown. */
#define UNKNOWN_PART 16
/* An answer takes a quarter of its part at most: one must not push out all others. */
#define BODY_PART 4

enum partition { KNOWN, UNKNOWN, PARTITIONS };
_Static_assert(ARENA_PLACE_MASK == INDEX_PLACE_MASK, "the arena's short places are the index's");

struct vouch_store {
	uint8_t key[HASH_KEY_LENGTH];
	uint64_t capacity; /* octets, as given */
	struct pages pages;
	struct index index;
	struct arena arenas[PARTITIONS];
	_Alignas(PAGES_LINE) _Atomic uint32_t references;
	pthread_mutex_t writer; /* guards every store to the index and the arenas */
};

static uint64_t
key_hash(const vouch_store *store, const struct store_key *key)
{
	uint64_t tweak[2] = { key->epoch, (uint64_t)key->issuer << 32 | key->signer };
	uint8_t hash_key[HASH_KEY_LENGTH];

	/*
	 * Peers choose the CertID alone: the rest need not be hashed, only tell the tables of different keys
	 * apart.
	 */
	_Static_assert(sizeof(tweak) == sizeof(hash_key), "one tweak for the whole key");
	memcpy(hash_key, tweak, sizeof(hash_key));
	for (size_t i = 0; i < sizeof(hash_key); i++)
		hash_key[i] ^= store->key[i];
	return hash_64(hash_key, key->certid);
}

/* --- Making ------------------------------------------------------------------------------------------- */

struct layout {
	uint32_t buckets;
	uint64_t words[PARTITIONS];
	size_t len;
};

/* index │ known answers │ unknown answers │ octets that a read of the last entry may touch */
static void
lay_out(size_t octets, struct layout *out)
{
	size_t fixed = sizeof(vouch_store) + ENTRY_FIELD_MOST + INDEX_BUCKETS_LEAST * INDEX_BUCKET_OCTETS;
	size_t left = octets > fixed ? octets - fixed : 0;
	size_t buckets = left / (BUCKET_ENTRIES * ENTRY_LEAST + INDEX_BUCKET_OCTETS);

	left -= buckets * INDEX_BUCKET_OCTETS;
	if (buckets > INDEX_BUCKETS_MOST - INDEX_BUCKETS_LEAST)
		buckets = INDEX_BUCKETS_MOST - INDEX_BUCKETS_LEAST;
	out->buckets = INDEX_BUCKETS_LEAST + (uint32_t)buckets;
	out->words[UNKNOWN] = left / UNKNOWN_PART / sizeof(uint64_t);
	out->words[KNOWN] = (left - left / UNKNOWN_PART) / sizeof(uint64_t);
	for (unsigned i = 0; i < PARTITIONS; i++)
		if (out->words[i] > ARENA_WORDS_MOST)
			out->words[i] = ARENA_WORDS_MOST;
	out->len = out->buckets * INDEX_BUCKET_OCTETS +
	    (out->words[KNOWN] + out->words[UNKNOWN]) * sizeof(uint64_t) + ENTRY_FIELD_MOST;
}

static int
make_parts(vouch_store *store, size_t octets, vouch_err *err)
{
	struct layout layout;

	lay_out(octets, &layout);
	if (pages_map(&store->pages, layout.len, err) != VOUCH_OK)
		return err->code;
	index_bucket *buckets = (index_bucket *)(void *)store->pages.data;
	index_init(&store->index, buckets, layout.buckets);
	_Atomic uint64_t *words = (_Atomic uint64_t *)(buckets + layout.buckets);
	arena_init(&store->arenas[KNOWN], words, layout.words[KNOWN]);
	arena_init(&store->arenas[UNKNOWN], words + layout.words[KNOWN], layout.words[UNKNOWN]);
	return VOUCH_OK;
}

int
vouch_store_new(vouch_store **out, size_t octets, const uint8_t key[16], vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	vouch_store *store = aligned_alloc(PAGES_LINE, sizeof(*store));
	if (store == NULL)
		return err_nomem(err);
	memset(store, 0, sizeof(*store));
	if (make_parts(store, octets, err) != VOUCH_OK) {
		free(store);
		return err->code;
	}
	if (pthread_mutex_init(&store->writer, NULL) != 0) {
		pages_unmap(&store->pages);
		free(store);
		return err_nomem(err);
	}
	memcpy(store->key, key, sizeof(store->key));
	store->capacity = octets;
	atomic_init(&store->references, 1);
	*out = store;
	return VOUCH_OK;
}

vouch_store *
vouch_store_ref(vouch_store *store)
{
	atomic_fetch_add_explicit(&store->references, 1, memory_order_relaxed);
	return store;
}

void
vouch_store_free(vouch_store *store)
{
	if (store == NULL || atomic_fetch_sub_explicit(&store->references, 1, memory_order_acq_rel) != 1)
		return;
	pthread_mutex_destroy(&store->writer);
	pages_unmap(&store->pages);
	free(store);
}

/* --- Reading: no lock, no store to anything shared ---------------------------------------------------- */

/* VOUCH_ENOTFOUND: another key, or overwritten meanwhile. */
static int
copy_out(const struct arena *arena, uint64_t place, const struct store_key *key, struct store_meta *meta,
    vouch_buf *out)
{
	uint64_t fixed[ENTRY_FIXED_WORDS];
	struct entry entry;

	arena_prefetch(arena, place);
	if (!arena_copy_fixed(arena, place, fixed))
		return VOUCH_ENOTFOUND;
	size_t words = entry_words(fixed[0]) - ENTRY_FIXED_WORDS;
	if (buf_reserve(out, words * sizeof(uint64_t) + ENTRY_FIELD_MOST) != VOUCH_OK)
		return VOUCH_ENOMEM;
	uint8_t *octets = out->data + out->len;
	if (!arena_copy_rest(arena, place, words, octets))
		return VOUCH_ENOTFOUND;
	entry_unpack(fixed, octets, &entry);
	if (!entry_has_key(&entry, key))
		return VOUCH_ENOTFOUND;
	out->len += entry.body.len;
	*meta = entry.meta;
	return VOUCH_OK;
}

static int
get_from_side(const vouch_store *store, uint64_t hash, unsigned side, const struct store_key *key,
    struct store_meta *meta, vouch_buf *out)
{
	/* The tails come first: a slot that is read later is of an entry that was alive after them. */
	uint64_t tails[PARTITIONS] = { arena_tail(&store->arenas[KNOWN]),
		arena_tail(&store->arenas[UNKNOWN]) };
	uint64_t slots[INDEX_BUCKET_SLOTS];
	size_t found = index_find(&store->index, hash, side, slots);
	int code = VOUCH_ENOTFOUND;

	for (size_t i = 0; i < found && code == VOUCH_ENOTFOUND; i++) {
		unsigned partition = index_partition(slots[i]);
		const struct arena *arena = &store->arenas[partition];
		uint64_t place = arena_place(arena, tails[partition], slots[i]);
		code = place == ARENA_NONE ? VOUCH_ENOTFOUND : copy_out(arena, place, key, meta, out);
		if (code == VOUCH_OK)
			meta->never_issued = partition == UNKNOWN;
	}
	return code;
}

uint64_t
store_expect(const vouch_store *store, const struct store_key *key)
{
	uint64_t hash = key_hash(store, key);

	index_prefetch(&store->index, hash);
	return hash;
}

void
store_approach(const vouch_store *store, uint64_t hash)
{
	uint64_t slots[INDEX_BUCKET_SLOTS];
	size_t found = 0;

	for (unsigned side = 0; side < INDEX_SIDES && found == 0; side++) {
		found = index_find(&store->index, hash, side, slots);
		for (size_t i = 0; i < found; i++) {
			/* Whether it is still alive does not matter: any place may be fetched. */
			const struct arena *arena = &store->arenas[index_partition(slots[i])];
			uint64_t place = arena_place(arena, arena_tail(arena), slots[i]);
			if (place != ARENA_NONE)
				arena_prefetch(arena, place);
		}
	}
}

int
store_take(const vouch_store *store, uint64_t hash, const struct store_key *key, struct store_meta *meta,
    vouch_buf *out)
{
	int code = get_from_side(store, hash, 0, key, meta, out);
	return code == VOUCH_ENOTFOUND ? get_from_side(store, hash, 1, key, meta, out) : code;
}

int
store_get(const vouch_store *store, const struct store_key *key, struct store_meta *meta, vouch_buf *out)
{
	return store_take(store, store_expect(store, key), key, meta, out);
}

/* --- Writing: one at a time --------------------------------------------------------------------------- */

static const struct arena *
slot_arena(const vouch_store *store, uint64_t slot)
{
	return &store->arenas[index_partition(slot)];
}

static uint64_t
slot_place(const vouch_store *store, uint64_t slot)
{
	const struct arena *arena = slot_arena(store, slot);

	return arena_place(arena, arena_tail(arena), slot);
}

static uint64_t
slot_hash(const void *owner, uint64_t slot)
{
	const vouch_store *store = owner;
	struct entry entry;

	arena_view(slot_arena(store, slot), slot_place(store, slot), &entry);
	return key_hash(store, &entry.key);
}

/* The younger the worthier; what is known is worth more than anything unknown. */
static uint64_t
slot_worth(const void *owner, uint64_t slot)
{
	const vouch_store *store = owner;
	uint64_t age = arena_tail(slot_arena(store, slot));

	return (slot_place(store, slot) - age) + (index_partition(slot) == KNOWN ? INDEX_PLACE_MASK : 0);
}

static const struct index_owner slots_owner = { slot_hash, slot_worth };

/* Finds the answer of a key: its slot, and the entry as it lies there. */
static bool
find_slot(const vouch_store *store, uint64_t hash, const struct store_key *key, uint64_t *slot,
    struct entry *entry)
{
	uint64_t slots[INDEX_BUCKET_SLOTS];

	for (unsigned side = 0; side < INDEX_SIDES; side++) {
		size_t found = index_find(&store->index, hash, side, slots);
		for (size_t i = 0; i < found; i++) {
			*slot = slots[i];
			arena_view(slot_arena(store, *slot), slot_place(store, *slot), entry);
			if (entry_has_key(entry, key))
				return true;
		}
	}
	return false;
}

static void
make_room(vouch_store *store, enum partition partition, size_t words)
{
	struct arena *arena = &store->arenas[partition];
	struct entry entry;

	for (uint64_t place; (place = arena_oldest_in_the_way(arena, words)) != ARENA_NONE;) {
		arena_view(arena, place, &entry);
		index_remove(&store->index, key_hash(store, &entry.key), index_slot(partition, place));
		arena_drop_oldest(arena);
	}
}

static enum partition
partition_of(const struct entry *entry)
{
	return entry->meta.never_issued || entry->meta.cert_status == VOUCH_UNKNOWN ? UNKNOWN : KNOWN;
}

static bool
image_fits(const vouch_store *store, const struct entry *entry, const struct entry_image *image)
{
	return image->words <= store->arenas[partition_of(entry)].capacity / BODY_PART;
}

static void
keep(vouch_store *store, uint64_t hash, const struct entry *entry, const struct entry_image *image,
    const uint64_t *old)
{
	enum partition partition = partition_of(entry);

	make_room(store, partition, image->words);
	uint64_t slot = index_slot(partition, arena_append(&store->arenas[partition], image));
	/* Making room may have pushed out the old one. */
	if (old == NULL || !index_replace(&store->index, hash, *old, slot))
		index_add(&store->index, hash, slot, &slots_owner, store);
}

/* How far each part has been written. */
struct extent {
	size_t index, arenas[PARTITIONS];
};

static struct extent
extent_of(const vouch_store *store)
{
	return (struct extent){ index_octets(&store->index),
		{ arena_octets(&store->arenas[KNOWN]), arena_octets(&store->arenas[UNKNOWN]) } };
}

/*
 * Without the lock: it takes as long as forty signatures, once in two thousand answers, until the store is
 * full.
 */
static void
gather_pages(vouch_store *store, const struct extent *before, const struct extent *after)
{
	pages_gather(store->index.buckets, before->index, after->index);
	for (unsigned i = 0; i < PARTITIONS; i++)
		pages_gather((void *)store->arenas[i].words, before->arenas[i], after->arenas[i]);
}

void
store_put(vouch_store *store, const struct store_key *key, const struct store_meta *meta, vouch_span body,
    size_t certid_offset)
{
	struct entry entry = { *key, *meta, body, certid_offset }, known;
	struct entry_image image;
	uint64_t hash = key_hash(store, key), old;
	bool fits = entry_pack(&entry, &image) && image_fits(store, &entry, &image);

	pthread_mutex_lock(&store->writer);
	struct extent before = extent_of(store);
	bool is_there = find_slot(store, hash, key, &old, &known);
	/* Two jobs may end in another order than they began: the answer of the later lookup stays. */
	bool is_late = is_there && known.meta.position > meta->position;
	if (fits && !is_late)
		keep(store, hash, &entry, &image, is_there ? &old : NULL);
	else if (is_there && !is_late)
		index_remove(&store->index, hash, old);
	struct extent after = extent_of(store);
	pthread_mutex_unlock(&store->writer);
	gather_pages(store, &before, &after);
}

void
store_restamp(vouch_store *store, const struct store_key *key, const uint8_t sha256[32], uint64_t position)
{
	uint64_t hash = key_hash(store, key), slot;
	struct entry entry;

	pthread_mutex_lock(&store->writer);
	if (find_slot(store, hash, key, &slot, &entry) &&
	    memcmp(entry.meta.sha256, sha256, sizeof(entry.meta.sha256)) == 0 &&
	    entry.meta.position < position)
		arena_set_position(&store->arenas[index_partition(slot)], slot_place(store, slot), position);
	pthread_mutex_unlock(&store->writer);
}

/* Without the lock, so that looking at a store never holds it up: exact only while nobody writes. */
void
store_stats(const vouch_store *store, uint64_t *octets, uint64_t *entries, uint64_t *capacity)
{
	uint64_t words = arena_used_words(&store->arenas[KNOWN]) + arena_used_words(&store->arenas[UNKNOWN]);
	uint64_t used = words * sizeof(uint64_t) + index_used_octets(&store->index);

	*octets = used < store->capacity ? used : store->capacity;
	*entries = index_used_slots(&store->index);
	*capacity = store->capacity;
}
