/* SPDX-License-Identifier: Apache-2.0 */
/* Errors that say of which database they speak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "modules/register/report.h"

static int VOUCH_PRINTF(4, 5) say(vouch_err *err, int code, const char *shown, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	code = register_vfail(err, code, shown, format, args);
	va_end(args);
	return code;
}

static void
what_a_client_library_says_in_several_lines_is_said_in_one(void **state)
{
	(void)state;
	vouch_err err = { .offset = 7, .rule = "stale" };

	assert_int_equal(say(&err, VOUCH_EIO, "db://x", "cannot\n\t connect: %s", "no route\n"), VOUCH_EIO);
	assert_string_equal(err.msg, "db://x: cannot connect: no route");
	assert_int_equal(err.code, VOUCH_EIO);
	assert_int_equal(err.offset, 0);
	assert_null(err.rule);
}

static void
of_a_long_address_the_end_is_left_out_and_not_the_reason(void **state)
{
	(void)state;
	vouch_err err = { 0 };
	char address[2 * sizeof(err.msg)];

	memset(address, 'a', sizeof(address) - 1);
	address[sizeof(address) - 1] = '\0';
	say(&err, VOUCH_EUNAVAILABLE, address, "it does not answer");
	assert_non_null(strstr(err.msg, ": it does not answer"));
	say(&err, VOUCH_EUNAVAILABLE, "db://x", "%s", address);
	assert_memory_equal(err.msg, "db://x: aaaa", 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_client_library_says_in_several_lines_is_said_in_one),
		cmocka_unit_test(of_a_long_address_the_end_is_left_out_and_not_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
