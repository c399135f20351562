/* SPDX-License-Identifier: Apache-2.0 */
/* Positions as cursors hold them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "modules/register/position.h"

static const int64_t positions[] = { 0, 1, 255, 256, INT64_C(0x0102030405060708), INT64_MAX };
#define POSITIONS (sizeof(positions) / sizeof(positions[0]))

static void
a_position_comes_back(void **state)
{
	(void)state;
	uint8_t octets[REGISTER_POSITION];

	for (size_t i = 0; i < POSITIONS; i++) {
		register_position_write(octets, positions[i]);
		assert_int_equal(register_position_read(octets), positions[i]);
	}
	register_position_write(octets, -1);
	assert_int_equal(register_position_read(octets), -1);
}

static void
a_later_position_has_later_octets(void **state)
{
	(void)state;
	uint8_t before[REGISTER_POSITION], octets[REGISTER_POSITION];

	for (size_t i = 1; i < POSITIONS; i++) {
		register_position_write(before, positions[i - 1]);
		register_position_write(octets, positions[i]);
		assert_true(memcmp(before, octets, sizeof(octets)) < 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_position_comes_back),
		cmocka_unit_test(a_later_position_has_later_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
