/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the arena: the oldest make room, and a reader who is overtaken finds out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store/arena.h"

#define WORDS 1000
#define BODY 1000 /* octets: with its header, an entry of 133 words, of which seven fit */

static _Atomic uint64_t memory[WORDS + 1];

static struct arena
fresh_arena(void)
{
	struct arena arena;

	for (size_t i = 0; i < WORDS; i++)
		atomic_store(&memory[i], 0);
	arena_init(&arena, memory, WORDS);
	return arena;
}

static struct entry
entry_of(uint8_t *body, size_t len, uint8_t octet)
{
	memset(body, octet, len);
	return (struct entry){ .key = { 1, 2, 3, { body + 5, 10 } },
		.meta = { .cert_status = VOUCH_GOOD, .position = octet },
		.body = { body, len },
		.certid_offset = 5 };
}

static uint64_t
append(struct arena *arena, size_t len, uint8_t octet)
{
	uint8_t body[8 * WORDS];
	struct entry entry = entry_of(body, len, octet);
	struct entry_image image;

	assert_true(entry_pack(&entry, &image));
	while (arena_oldest_in_the_way(arena, image.words) != ARENA_NONE)
		arena_drop_oldest(arena);
	return arena_append(arena, &image);
}

static bool
copy(const struct arena *arena, uint64_t place, uint8_t *octets)
{
	uint64_t fixed[ENTRY_FIXED_WORDS];

	return arena_copy_fixed(arena, place, fixed) &&
	    arena_copy_rest(arena, place, entry_words(fixed[0]) - ENTRY_FIXED_WORDS, octets);
}

static void
an_entry_can_be_read_until_it_is_overwritten(void **state)
{
	struct arena arena = fresh_arena();
	uint64_t places[100];
	uint8_t octets[8 * WORDS], expected[BODY];
	(void)state;

	for (uint8_t i = 0; i < 100; i++) {
		places[i] = append(&arena, BODY, (uint8_t)(i + 1));
		assert_true(i == 0 || places[i] > places[i - 1]);
		for (uint8_t j = 0; j <= i; j++) {
			assert_int_equal(copy(&arena, places[j], octets), j + 7 > i);
			memset(expected, j + 1, BODY);
			if (j + 7 > i)
				assert_memory_equal(octets, expected, BODY);
		}
		assert_true(arena_used_words(&arena) <= WORDS);
	}
}

static void
a_reader_who_is_overtaken_between_two_words_finds_out(void **state)
{
	struct arena arena = fresh_arena();
	uint64_t fixed[ENTRY_FIXED_WORDS];
	uint8_t octets[8 * WORDS];
	(void)state;

	uint64_t place = append(&arena, BODY, 1);
	assert_true(arena_copy_fixed(&arena, place, fixed));
	for (uint8_t i = 2; i <= 7; i++)
		append(&arena, BODY, i);
	assert_true(arena_copy_rest(&arena, place, entry_words(fixed[0]) - ENTRY_FIXED_WORDS, octets));
	append(&arena, BODY, 8);
	assert_false(arena_copy_rest(&arena, place, entry_words(fixed[0]) - ENTRY_FIXED_WORDS, octets));
	assert_false(arena_copy_fixed(&arena, place, fixed));
}

static void
a_place_is_found_again_from_its_low_bits_while_its_entry_lives(void **state)
{
	struct arena arena = fresh_arena();
	uint64_t places[60];
	(void)state;

	for (unsigned i = 0; i < 60; i++) {
		places[i] = append(&arena, 64 + 97 * (i % 9), 1);
		for (unsigned j = 0; j <= i; j++) {
			uint64_t found = arena_place(&arena, arena_tail(&arena),
			    places[j] & ARENA_PLACE_MASK);
			assert_true(found == (places[j] < arena_tail(&arena) ? ARENA_NONE : places[j]));
		}
	}
}

/*
 * Entries of all lengths up to half of the arena, whatever their order: none is written over one that lives.
 */
static void
entries_of_any_lengths_never_overlap(void **state)
{
	struct {
		uint64_t place;
		size_t len;
	} kept[5000];
	struct arena arena = fresh_arena();
	uint8_t octets[8 * WORDS], expected[8 * WORDS];
	uint64_t seed = 1;
	size_t first = 0;
	(void)state;

	for (size_t i = 0; i < 5000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		kept[i].len = 16 + (seed >> 40) % (i % 3 == 0 ? 3900 : 300);
		kept[i].place = append(&arena, kept[i].len, (uint8_t)i);
		while (kept[first].place < arena_tail(&arena))
			first++;
		for (size_t j = first; j <= i; j++) {
			assert_true(copy(&arena, kept[j].place, octets));
			memset(expected, (uint8_t)j, kept[j].len);
			assert_memory_equal(octets, expected, kept[j].len);
		}
	}
}

static void
a_position_is_changed_in_place(void **state)
{
	struct arena arena = fresh_arena();
	uint64_t fixed[ENTRY_FIXED_WORDS], place = append(&arena, BODY, 9);
	struct entry entry;
	(void)state;

	arena_set_position(&arena, place, UINT64_MAX - 1);
	assert_true(arena_copy_fixed(&arena, place, fixed));
	assert_true(fixed[ENTRY_POSITION_WORD] == UINT64_MAX - 1);
	arena_view(&arena, place, &entry);
	assert_true(entry.meta.position == UINT64_MAX - 1);
	assert_int_equal(entry.body.len, BODY);
	assert_int_equal(entry.body.data[BODY - 1], 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_can_be_read_until_it_is_overwritten),
		cmocka_unit_test(a_reader_who_is_overtaken_between_two_words_finds_out),
		cmocka_unit_test(a_place_is_found_again_from_its_low_bits_while_its_entry_lives),
		cmocka_unit_test(entries_of_any_lengths_never_overlap),
		cmocka_unit_test(a_position_is_changed_in_place),
	};

	return cmocka_run_group_tests_name("store_arena", tests, NULL, NULL);
}
