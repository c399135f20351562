/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which a load asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bench/order.h"

#define MOST 3000

/* How many of the pass are where one after another would have them. */
static size_t
assert_pass_is_whole(const struct bench_order *order, uint64_t pass)
{
	static bool seen[MOST];
	size_t in_place = 0;

	memset(seen, 0, sizeof(seen));
	for (uint64_t i = 0; i < order->count; i++) {
		uint64_t number = bench_order_at(order, pass * order->count + i);
		assert_true(number < order->count);
		assert_false(seen[number]);
		seen[number] = true;
		in_place += number == i ? 1 : 0;
	}
	return in_place;
}

static void
each_pass_asks_about_each_once(void **state)
{
	(void)state;
	for (uint64_t count = 1; count <= 70; count++) {
		const struct bench_order order = bench_order_begin(count, true, count);
		for (uint64_t pass = 0; pass < 3; pass++)
			(void)assert_pass_is_whole(&order, pass);
	}
	for (uint64_t count = 1000; count <= MOST; count += 333) {
		const struct bench_order order = bench_order_begin(count, true, 9);
		assert_true(assert_pass_is_whole(&order, 0) < 20);
	}
}

static void
one_after_another_is_in_order_and_begins_again(void **state)
{
	const struct bench_order order = bench_order_begin(5, false, 1);

	(void)state;
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(bench_order_at(&order, i), i % 5);
}

static void
passes_and_seeds_have_orders_of_their_own(void **state)
{
	const struct bench_order one = bench_order_begin(1000, true, 1),
				 two = bench_order_begin(1000, true, 2);
	size_t same_pass = 0, same_seed = 0;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		same_pass += bench_order_at(&one, i) == bench_order_at(&one, 1000 + i) ? 1 : 0;
		same_seed += bench_order_at(&one, i) == bench_order_at(&two, i) ? 1 : 0;
		assert_int_equal(bench_order_at(&one, i), bench_order_at(&one, i));
	}
	assert_true(same_pass < 20 && same_seed < 20);
}

static void
the_largest_count_stays_within_bounds(void **state)
{
	const struct bench_order order = bench_order_begin(UINT64_C(1) << 40, true, 3);

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		assert_true(bench_order_at(&order, i << 30) < order.count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_pass_asks_about_each_once),
		cmocka_unit_test(one_after_another_is_in_order_and_begins_again),
		cmocka_unit_test(passes_and_seeds_have_orders_of_their_own),
		cmocka_unit_test(the_largest_count_stays_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
