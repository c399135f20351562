/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: a ring of entries in the order in which they came; the newest overwrite the oldest. */
#ifndef STORE_ARENA_H
#define STORE_ARENA_H

#include <stdatomic.h>

#include "store/entry.h"
#include "store/pages.h"

/*
 *   0                                                          capacity
 *   ├────────┬─────────┬───────┬──────┬───────────────┬──────────┬──┤
 *   │  (n+1) │  (n+2)  │ (n+3) │ free │   (n-1)       │   (n)    │░░│  ░ skipped, too short: word 0 is 0
 *   └────────┴─────────┴───────┴──────┴───────────────┴──────────┴──┘
 *    lap 8                     ▲      ▲ lap 7
 *                             head   tail
 *
 * A place is (lap << lap_shift | word): it only ever grows, in 64 bits, so that each entry there ever was has
 * a place of its own.  One writer at a time; any number of readers beside it:
 *
 *   writer   moves tail past what it is going to overwrite, then stores the words (release)
 *   reader   loads the words (acquire), then tail: if that has not passed the place, the words are whole,
 *
 * for had one been overwritten, the acquire would have shown the store of tail before it.  No fence is needed.
 */
struct arena {
	_Atomic uint64_t *words;
	uint64_t capacity; /* words */
	unsigned lap_shift;
	_Alignas(PAGES_LINE) _Atomic uint64_t tail, head; /* places; only the writer stores them */
};

#define ARENA_NONE UINT64_MAX
/*
 * A place is kept in fewer bits elsewhere.  Live entries span two laps; four laps fit, so that one just
 * overwritten is told apart.
 */
#define ARENA_PLACE_BITS 40
#define ARENA_PLACE_MASK ((UINT64_C(1) << ARENA_PLACE_BITS) - 1)
#define ARENA_WORDS_MOST ((UINT64_C(1) << (ARENA_PLACE_BITS - 2)) - 1)

/*
 * memory: capacity words, all zero, behind which ENTRY_FIELD_MOST octets more can be read.  capacity is at
 * most ARENA_WORDS_MOST.
 */
void arena_init(struct arena *arena, _Atomic uint64_t *memory, uint64_t capacity);

/*
 * Writer: the oldest entry that an entry of so many words would overwrite, or ARENA_NONE.  words is at most
 * half of capacity.
 */
uint64_t arena_oldest_in_the_way(struct arena *arena, size_t words);
/* Writer: the oldest entry is no more. */
void arena_drop_oldest(struct arena *arena);
/* Writer: writes an entry that has nothing in its way, and returns its place. */
uint64_t arena_append(struct arena *arena, const struct entry_image *image);
/* Writer: reads an entry where it lies; the spans hold until the next append. */
void arena_view(const struct arena *arena, uint64_t place, struct entry *out);
void arena_set_position(struct arena *arena, uint64_t place, uint64_t position);

uint64_t arena_used_words(const struct arena *arena);
/* Octets from the start that were ever written. */
size_t arena_octets(const struct arena *arena);

static inline uint64_t
arena_tail(const struct arena *arena)
{
	return atomic_load_explicit(&arena->tail, memory_order_acquire);
}

/*
 * The place whose low bits these are, given a tail that was loaded before them; ARENA_NONE if it was
 * overwritten.
 */
static inline uint64_t
arena_place(const struct arena *arena, uint64_t tail, uint64_t low_bits)
{
	uint64_t ahead = (low_bits - tail) & ARENA_PLACE_MASK;

	return ahead >> (arena->lap_shift + 1) == 0 ? tail + ahead : ARENA_NONE;
}

static inline _Atomic uint64_t *
arena_at(const struct arena *arena, uint64_t place)
{
	return arena->words + (place & ((UINT64_C(1) << arena->lap_shift) - 1));
}

/* Most entries fit in these octets: one wait for memory instead of two, the header's and then the body's. */
#define ARENA_PREFETCH_OCTETS 1024

static inline void
arena_prefetch(const struct arena *arena, uint64_t place)
{
	const _Atomic uint64_t *at = arena_at(arena, place);

	for (size_t i = 0; i < ARENA_PREFETCH_OCTETS / sizeof(*at); i += 8)
		__builtin_prefetch((const void *)(at + i));
}

/* Any thread: false if the entry is being or was overwritten; then neither fixed nor octets mean anything. */
bool arena_copy_fixed(const struct arena *arena, uint64_t place, uint64_t fixed[ENTRY_FIXED_WORDS]);
/* The rest of the entry, rounded up to whole words. */
bool arena_copy_rest(const struct arena *arena, uint64_t place, size_t words, uint8_t *octets);

#endif
