/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the count of connections per address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/span.h"
#include "http/addresses.h"

#define ADDRESSES 1000
#define STEPS 20000

static void
an_address_has_no_more_than_its_limit(void **state)
{
	static const uint8_t one[16] = { 1 }, two[16] = { 2 };
	struct http_addresses *a;
	vouch_err err;

	(void)state;
	assert_int_equal(http_addresses_new(&a, 10, &err), VOUCH_OK);
	assert_true(http_addresses_enter(a, one, 2));
	assert_true(http_addresses_enter(a, one, 2));
	assert_false(http_addresses_enter(a, one, 2));
	assert_true(http_addresses_enter(a, two, 2));
	http_addresses_leave(a, one);
	assert_true(http_addresses_enter(a, one, 2));
	assert_false(http_addresses_enter(a, one, 2));
	http_addresses_free(a);
}

/* Many addresses that come and go, against a plain array: places are freed and moved all the time. */
static void
the_count_is_right_however_they_come_and_go(void **state)
{
	static unsigned counts[ADDRESSES];
	struct http_addresses *a;
	vouch_err err;
	unsigned open = 0;
	uint32_t random = 1;

	(void)state;
	assert_int_equal(http_addresses_new(&a, ADDRESSES, &err), VOUCH_OK);
	for (unsigned step = 0; step < STEPS; step++) {
		random = random * 1664525u + 1013904223u;
		unsigned which = (random >> 8) % ADDRESSES;
		uint8_t address[16] = { 0 };
		memcpy(address + 12, &which, sizeof(which));
		bool leave = counts[which] > 0 && (random >> 28) < 8;
		if (leave) {
			http_addresses_leave(a, address);
			counts[which]--;
			open--;
		} else if (open < ADDRESSES) {
			bool entered = http_addresses_enter(a, address, 3);
			assert_int_equal(entered, counts[which] < 3);
			counts[which] += entered ? 1 : 0;
			open += entered ? 1 : 0;
		}
	}
	http_addresses_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_no_more_than_its_limit),
		cmocka_unit_test(the_count_is_right_however_they_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
