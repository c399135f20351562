/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that look random and are the same for the same seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/span.h"
#include "mock/random.h"

/* The first outputs for seed 1234567, as the authors' program prints them. */
static void
the_numbers_are_those_of_splitmix64(void **state)
{
	static const uint64_t wanted[] = { UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
		UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
		UINT64_C(16408922859458223821) };
	struct mock_random random = mock_random_begin(1234567, (vouch_span){ 0 });

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_true(mock_random_next(&random) == wanted[i]);
}

static void
seed_and_request_decide(void **state)
{
	struct mock_random a = mock_random_begin(1, SPAN_LITERAL("x")),
			   b = mock_random_begin(1, SPAN_LITERAL("x"));
	struct mock_random c = mock_random_begin(1, SPAN_LITERAL("y")),
			   d = mock_random_begin(2, SPAN_LITERAL("x"));
	uint64_t first = mock_random_next(&a);

	(void)state;
	assert_true(first == mock_random_next(&b));
	assert_true(first != mock_random_next(&c) && first != mock_random_next(&d));
}

static void
a_number_stays_below_its_bound(void **state)
{
	struct mock_random random = mock_random_begin(7, (vouch_span){ 0 });
	bool seen[5] = { false };

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		size_t number = mock_random_below(&random, 5);

		assert_true(number < 5);
		seen[number] = true;
	}
	assert_true(seen[0] && seen[1] && seen[2] && seen[3] && seen[4]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_numbers_are_those_of_splitmix64),
		cmocka_unit_test(seed_and_request_decide),
		cmocka_unit_test(a_number_stays_below_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
