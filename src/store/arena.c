/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: a ring of entries in the order in which they came; the newest overwrite the oldest. */
#include "store/arena.h"

#include <assert.h>

void
arena_init(struct arena *arena, _Atomic uint64_t *memory, uint64_t capacity)
{
	assert(capacity <= ARENA_WORDS_MOST);
	arena->words = memory;
	arena->capacity = capacity;
	arena->lap_shift = 0;
	/* One more than the last word: the place behind a lap's last entry still belongs to that lap. */
	while ((UINT64_C(1) << arena->lap_shift) <= capacity)
		arena->lap_shift++;
	atomic_init(&arena->tail, 0);
	atomic_init(&arena->head, 0);
}

static uint64_t
lap_of(const struct arena *arena, uint64_t place)
{
	return place >> arena->lap_shift;
}

static uint64_t
word_of(const struct arena *arena, uint64_t place)
{
	return place & ((UINT64_C(1) << arena->lap_shift) - 1);
}

static uint64_t
next_lap(const struct arena *arena, uint64_t place)
{
	return (lap_of(arena, place) + 1) << arena->lap_shift;
}

/*
 * True where a lap ended before the words did: there is no entry at this place, the next one is in the next
 * lap.
 */
static bool
is_lap_end(const struct arena *arena, uint64_t place)
{
	return word_of(arena, place) == arena->capacity ||
	    atomic_load_explicit(arena_at(arena, place), memory_order_relaxed) == 0;
}

static uint64_t
load_head(const struct arena *arena)
{
	return atomic_load_explicit(&arena->head, memory_order_relaxed);
}

static uint64_t
load_tail(const struct arena *arena)
{
	return atomic_load_explicit(&arena->tail, memory_order_relaxed);
}

/* Relaxed will do: the words are stored with release, and later. */
static void
store_tail(struct arena *arena, uint64_t place)
{
	atomic_store_explicit(&arena->tail, place, memory_order_relaxed);
}

static void
store_words(_Atomic uint64_t *at, const uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		atomic_store_explicit(at + i, words[i], memory_order_release);
}

static void
store_octets(_Atomic uint64_t *at, vouch_span whole_words)
{
	for (size_t i = 0; i < whole_words.len / sizeof(uint64_t); i++) {
		uint64_t word;
		memcpy(&word, whole_words.data + i * sizeof(word), sizeof(word));
		atomic_store_explicit(at + i, word, memory_order_release);
	}
}

/*
 * Where the next entry of so many words goes: behind the last one, or to the start if it does not fit before
 * the end.
 */
static uint64_t
place_for(const struct arena *arena, size_t words)
{
	uint64_t head = load_head(arena);

	return word_of(arena, head) + words <= arena->capacity ? head : next_lap(arena, head);
}

uint64_t
arena_oldest_in_the_way(struct arena *arena, size_t words)
{
	uint64_t place = place_for(arena, words), head = load_head(arena), tail = load_tail(arena);

	/*
	 * The mark that the end of a lap was skipped stands in the upper half: no entry that skips it reaches
	 * it.
	 */
	assert(words <= arena->capacity / 2);
	while (tail != head && is_lap_end(arena, tail))
		tail = next_lap(arena, tail);
	store_tail(arena, tail);
	/*
	 * One lap back and below the entry's end, or two laps back (when the entry skips the end of a lap):
	 * overwritten.
	 */
	bool in_the_way = lap_of(arena, tail) + 1 < lap_of(arena, place) ||
	    (lap_of(arena, tail) < lap_of(arena, place) &&
		word_of(arena, tail) < word_of(arena, place) + words);
	return tail != head && in_the_way ? tail : ARENA_NONE;
}

void
arena_drop_oldest(struct arena *arena)
{
	uint64_t tail = load_tail(arena);

	store_tail(arena,
	    tail + entry_words(atomic_load_explicit(arena_at(arena, tail), memory_order_relaxed)));
}

uint64_t
arena_append(struct arena *arena, const struct entry_image *image)
{
	uint64_t place = place_for(arena, image->words), head = load_head(arena);

	if (place != head && word_of(arena, head) < arena->capacity)
		atomic_store_explicit(arena_at(arena, head), 0, memory_order_release);
	_Atomic uint64_t *at = arena_at(arena, place);
	store_words(at, image->fixed, ENTRY_FIXED_WORDS);
	store_octets(at + ENTRY_FIXED_WORDS, image->body);
	store_words(at + image->words - image->tail_words, image->tail, image->tail_words);
	atomic_store_explicit(&arena->head, place + image->words, memory_order_relaxed);
	return place;
}

void
arena_view(const struct arena *arena, uint64_t place, struct entry *out)
{
	/* The writer alone stores words: reading them plainly races with nobody. */
	const uint64_t *at = (const uint64_t *)(const void *)arena_at(arena, place);

	entry_unpack(at, (const uint8_t *)(at + ENTRY_FIXED_WORDS), out);
}

void
arena_set_position(struct arena *arena, uint64_t place, uint64_t position)
{
	atomic_store_explicit(arena_at(arena, place) + ENTRY_POSITION_WORD, position, memory_order_release);
}

uint64_t
arena_used_words(const struct arena *arena)
{
	uint64_t tail = load_tail(arena), head = load_head(arena);

	if (lap_of(arena, tail) == lap_of(arena, head))
		return word_of(arena, head) - word_of(arena, tail);
	return arena->capacity - word_of(arena, tail) + word_of(arena, head);
}

size_t
arena_octets(const struct arena *arena)
{
	uint64_t head = load_head(arena);

	return (lap_of(arena, head) == 0 ? word_of(arena, head) : arena->capacity) * sizeof(uint64_t);
}

bool
arena_copy_fixed(const struct arena *arena, uint64_t place, uint64_t fixed[ENTRY_FIXED_WORDS])
{
	const _Atomic uint64_t *at = arena_at(arena, place);

	for (size_t i = 0; i < ENTRY_FIXED_WORDS; i++)
		fixed[i] = atomic_load_explicit(at + i, memory_order_acquire);
	return arena_tail(arena) <= place;
}

bool
arena_copy_rest(const struct arena *arena, uint64_t place, size_t words, uint8_t *octets)
{
	const _Atomic uint64_t *at = arena_at(arena, place) + ENTRY_FIXED_WORDS;

	for (size_t i = 0; i < words; i++) {
		uint64_t word = atomic_load_explicit(at + i, memory_order_acquire);
		memcpy(octets + i * sizeof(word), &word, sizeof(word));
	}
	return arena_tail(arena) <= place;
}
