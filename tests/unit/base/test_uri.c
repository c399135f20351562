/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the parameters of a URI. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"

static void
a_parameter_is_found_and_decoded(void **state)
{
	static const struct {
		const char *uri, *name, *value; /* value NULL: it is not there */
	} rows[] = {
		{ "file", "a", NULL },
		{ "file?", "a", NULL },
		{ "file?a=1", "a", "1" },
		{ "file?a=1", "A", NULL },
		{ "file?ab=1", "a", NULL },
		{ "file?a=1&b=2", "b", "2" },
		{ "file?a=1&b=2", "a", "1" },
		{ "file?a=", "a", "" },
		{ "file?a", "a", "" },
		{ "file?a&b=2", "a", "" },
		{ "file?a=b=c", "a", "b=c" },
		{ "file?b=a=1", "a", NULL },
		{ "what?is?a=1", "a", "1" },
		{ "//host/db?a=%53elect%20%26%3d+", "a", "Select &=+" },
		{ "file?a=%c3%A9", "a", "\xc3\xa9" },
		{ "file?&&a=1", "a", "1" },
	};
	vouch_buf value = { 0 };
	vouch_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int code = vouch_uri_parameter(&value, rows[i].uri, rows[i].name, &err);
		assert_int_equal(code, rows[i].value != NULL ? VOUCH_OK : VOUCH_ENOTFOUND);
		if (rows[i].value == NULL)
			continue;
		assert_string_equal((const char *)value.data, rows[i].value);
		assert_int_equal(value.len, strlen(rows[i].value));
	}
	vouch_buf_free(&value);
}

static void
what_is_wrong_with_a_parameter_is_told(void **state)
{
	static const struct {
		const char *uri, *says;
	} rows[] = {
		{ "file?a=1&b=2&a=1", "a is there twice" },
		{ "file?a=%", "percent-encoded" },
		{ "file?a=%4", "percent-encoded" },
		{ "file?a=%4&b=1", "percent-encoded" },
		{ "file?a=%4g", "percent-encoded" },
		{ "file?a=%00", "percent-encoded" },
	};
	vouch_buf value = { 0 };
	vouch_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(vouch_uri_parameter(&value, rows[i].uri, "a", &err), VOUCH_EINVAL);
		assert_non_null(strstr(err.msg, rows[i].says));
		assert_non_null(strstr(err.msg, "file?"));
	}
	vouch_buf_free(&value);
}

static void
a_uri_without_some_parameters_keeps_the_others_as_they_were(void **state)
{
	static const char *const names[] = { "query", "poll" };
	static const struct {
		const char *uri, *left;
	} rows[] = {
		{ "//host/db", "//host/db" },
		{ "//host/db?", "//host/db?" },
		{ "//host/db?query=1", "//host/db" },
		{ "//host/db?query=1&sslmode=verify-full&poll=2&x=%20", "//host/db?sslmode=verify-full&x=%20" },
		{ "//host/db?querying=1&poll", "//host/db?querying=1" },
		{ "what?is?query=1", "what?is" },
	};
	vouch_buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&out);
		assert_int_equal(vouch_uri_without(&out, rows[i].uri, names, 2), VOUCH_OK);
		assert_string_equal((const char *)out.data, rows[i].left);
		assert_int_equal(out.len, strlen(rows[i].left));
	}
	vouch_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_parameter_is_found_and_decoded),
		cmocka_unit_test(what_is_wrong_with_a_parameter_is_told),
		cmocka_unit_test(a_uri_without_some_parameters_keeps_the_others_as_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
