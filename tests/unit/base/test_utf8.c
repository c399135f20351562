/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/utf8.h"

static const struct {
	const char *what, *text;
	size_t length;
} texts[] = {
	{ "the end", "", 0 },
	{ "an ASCII letter", "ab", 1 },
	{ "a control character", "\x1b", 1 },
	{ "two octets", "\xc3\xa4.", 2 },
	{ "the first of three octets", "\xe0\xa0\x80", 3 },
	{ "a mark of three octets", "\xe2\x82\xac.", 3 },
	{ "the last before the surrogates", "\xed\x9f\xbf", 3 },
	{ "the last of three octets", "\xef\xbf\xbf", 3 },
	{ "the first of four octets", "\xf0\x90\x80\x80", 4 },
	{ "the last character of all", "\xf4\x8f\xbf\xbf", 4 },
	{ "an octet that only continues", "\x80", 0 },
	{ "an overlong slash", "\xc0\xaf", 0 },
	{ "an overlong character of three octets", "\xe0\x9f\xbf", 0 },
	{ "an overlong character of four octets", "\xf0\x8f\xbf\xbf", 0 },
	{ "a surrogate", "\xed\xa0\x80", 0 },
	{ "past the last character", "\xf4\x90\x80\x80", 0 },
	{ "a form of five octets", "\xf8\x88\x80\x80\x80", 0 },
	{ "cut after one", "\xc3", 0 },
	{ "cut after two", "\xe2\x82", 0 },
	{ "cut after three", "\xf0\x90\x80", 0 },
	{ "cut by a letter", "\xf0\x90\x80z", 0 },
};

static void
only_whole_characters_have_a_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		print_message("%s\n", texts[i].what);
		assert_int_equal(utf8_length(texts[i].text), texts[i].length);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_whole_characters_have_a_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
