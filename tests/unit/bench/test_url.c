/* SPDX-License-Identifier: Apache-2.0 */
/* URLs of responders, taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/span.h"
#include "bench/url.h"

static void
a_url_is_host_address_and_path(void **state)
{
	static const struct {
		const char *text, *host, *address, *path;
	} rows[] = {
		{ "http://a.example", "a.example", "a.example:80", "" },
		{ "http://a.example/", "a.example", "a.example:80", "/" },
		{ "HTTP://a.example:8080/ocsp/ca1", "a.example:8080", "a.example:8080", "/ocsp/ca1" },
		{ "http://[::1]/x", "[::1]", "[::1]:80", "/x" },
		{ "http://[::1]:81", "[::1]:81", "[::1]:81", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench_url url;
		vouch_err err = { 0 };
		assert_int_equal(bench_url_parse(&url, rows[i].text, &err), VOUCH_OK);
		assert_string_equal(url.host, rows[i].host);
		assert_string_equal(url.address, rows[i].address);
		assert_true(span_equal(url.path, span_string(rows[i].path)));
	}
}

static void
what_is_no_url_of_a_responder_is_refused(void **state)
{
	static const char *const rows[] = { "", "a.example", "https://a.example/", "ftp://a.example/",
		"http://", "http:///path", "http://a.example/?q", "http://a.example/#f",
		"http://user@a.example/", "http://a.example/a b", "http://a.example/\r\nX: y",
		"http://a.example/\xc3\xa4" };
	char longest[400] = "http://";
	struct bench_url url;
	vouch_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(bench_url_parse(&url, rows[i], &err), VOUCH_EINVAL);
	memset(longest + 7, 'a', 390);
	assert_int_equal(bench_url_parse(&url, longest, &err), VOUCH_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_host_address_and_path),
		cmocka_unit_test(what_is_no_url_of_a_responder_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
