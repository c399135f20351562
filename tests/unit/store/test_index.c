/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the index: it grows without losing anybody, and where it cannot, the least worth goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store/index.h"

#define SLOTS 200000

/* The place of a slot is its number; its hash and worth follow from that. */
static uint64_t
number_hash(uint64_t number)
{
	uint64_t x = number + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t
scattered(const void *ctx, uint64_t slot)
{
	(void)ctx;
	return number_hash(slot & INDEX_PLACE_MASK);
}

static uint64_t
crowded(const void *ctx, uint64_t slot)
{
	(void)slot;
	return *(const uint64_t *)ctx;
}

static uint64_t
place_is_worth(const void *ctx, uint64_t slot)
{
	(void)ctx;
	return slot & INDEX_PLACE_MASK;
}

static struct index *
make_index(uint32_t most)
{
	struct index *index = aligned_alloc(PAGES_LINE, sizeof(*index));
	index_bucket *buckets = aligned_alloc(PAGES_LINE, most * sizeof(*buckets));

	assert_non_null(index);
	assert_non_null(buckets);
	for (uint32_t i = 0; i < most; i++)
		for (unsigned j = 0; j < INDEX_BUCKET_SLOTS; j++)
			atomic_init(&buckets[i][j], 0);
	index_init(index, buckets, most);
	return index;
}

static void
free_index(struct index *index)
{
	free(index->buckets);
	free(index);
}

static unsigned
count_of(const struct index *index, uint64_t hash, uint64_t slot)
{
	uint64_t slots[INDEX_BUCKET_SLOTS];
	unsigned count = 0;

	for (unsigned side = 0; side < INDEX_SIDES; side++)
		for (size_t i = index_find(index, hash, side, slots); i > 0; i--)
			count += index_slot(index_partition(slots[i - 1]), slots[i - 1]) == slot;
	return count;
}

static void
every_slot_is_found_once_while_the_index_grows(void **state)
{
	static const struct index_owner owner = { scattered, place_is_worth };
	struct index *index = make_index(SLOTS / 5);
	(void)state;

	for (uint64_t i = 0; i < SLOTS; i++) {
		index_add(index, number_hash(i), index_slot(i & 1, i), &owner, NULL);
		uint64_t j = number_hash(i) % (i + 1);
		assert_int_equal(count_of(index, number_hash(j), index_slot(j & 1, j)), 1);
	}
	assert_int_equal(index_used_slots(index), SLOTS);
	for (uint64_t i = 0; i < SLOTS; i++)
		assert_int_equal(count_of(index, number_hash(i), index_slot(i & 1, i)), 1);
	assert_true(index_octets(index) < SLOTS * 13);
	for (uint64_t i = 0; i < SLOTS; i++)
		index_remove(index, number_hash(i), index_slot(i & 1, i));
	assert_int_equal(index_used_slots(index), 0);
	for (uint64_t i = 0; i < SLOTS; i++)
		assert_int_equal(count_of(index, number_hash(i), index_slot(i & 1, i)), 0);
	free_index(index);
}

static void
replacing_needs_the_old_one(void **state)
{
	static const struct index_owner owner = { scattered, place_is_worth };
	struct index *index = make_index(2);
	(void)state;

	index_add(index, 77, index_slot(0, 1), &owner, NULL);
	assert_false(index_replace(index, 77, index_slot(1, 1), index_slot(0, 2)));
	assert_false(index_replace(index, 77, index_slot(0, 2), index_slot(0, 3)));
	assert_true(index_replace(index, 77, index_slot(0, 1), index_slot(1, 4)));
	assert_int_equal(count_of(index, 77, index_slot(0, 1)), 0);
	assert_int_equal(count_of(index, 77, index_slot(1, 4)), 1);
	index_remove(index, 77, index_slot(0, 4));
	assert_int_equal(index_used_slots(index), 1);
	index_remove(index, 77, index_slot(1, 4));
	assert_int_equal(index_used_slots(index), 0);
	free_index(index);
}

static void
where_there_is_no_room_the_least_worth_goes(void **state)
{
	static const struct index_owner owner = { crowded, place_is_worth };
	static const uint64_t one_hash = UINT64_C(0x1234567890000001);
	struct index *index = make_index(64);
	(void)state;

	for (uint64_t i = 0; i < 40; i++)
		index_add(index, one_hash, index_slot(0, 100 + i), &owner, &one_hash);
	assert_int_equal(index_used_slots(index), 2 * INDEX_BUCKET_SLOTS);
	for (uint64_t i = 0; i < 40; i++)
		assert_int_equal(count_of(index, one_hash, index_slot(0, 100 + i)),
		    i >= 40 - 2 * INDEX_BUCKET_SLOTS);
	index_add(index, one_hash, index_slot(0, 5), &owner, &one_hash);
	assert_int_equal(count_of(index, one_hash, index_slot(0, 5)), 0);
	assert_int_equal(index_used_slots(index), 2 * INDEX_BUCKET_SLOTS);
	free_index(index);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_is_found_once_while_the_index_grows),
		cmocka_unit_test(replacing_needs_the_old_one),
		cmocka_unit_test(where_there_is_no_room_the_least_worth_goes),
	};

	return cmocka_run_group_tests_name("store_index", tests, NULL, NULL);
}
