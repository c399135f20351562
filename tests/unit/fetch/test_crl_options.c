/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the URIs of CRLs in the web. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fetch/crl_options.h"

static void
a_url_alone_has_defaults(void **state)
{
	struct fetch_options o;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(fetch_options_read(&o, "http://crl.example/ca.crl?x=1&every=2", &err), VOUCH_OK);
	assert_int_equal(o.urls.count, 1);
	assert_string_equal(o.urls.items[0], "http://crl.example/ca.crl?x=1&every=2");
	assert_int_equal(o.deltas.count, 0);
	assert_true(o.finds_deltas);
	assert_int_equal(o.every_ms, 3600000);
	assert_int_equal(o.timeout_ms, 300000);
	assert_int_equal(o.wait_ms, 5000);
	assert_int_equal(o.limit, 256 << 20);
	assert_null(o.cafile);
	assert_string_equal(o.parameters, "");
	fetch_options_clear(&o);
}

static void
everything_can_be_asked_for_and_the_rest_is_the_lists_own(void **state)
{
	struct fetch_options o;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(
	    fetch_options_read(&o,
		"HTTPS://u:p%23@crl.example/1.crl#issued=a%20b&also=https://x/2.crl%20http://x/3.crl&every=90&"
		"timeout=1500ms&wait=0s&limit=1KiB&delta=http://x/d.crl&cafile=/ca%26.pem&crl_id=yes",
		&err),
	    VOUCH_OK);
	assert_int_equal(o.urls.count, 3);
	assert_string_equal(o.urls.items[0], "HTTPS://u:p%23@crl.example/1.crl");
	assert_string_equal(o.urls.items[1], "https://x/2.crl");
	assert_string_equal(o.urls.items[2], "http://x/3.crl");
	assert_int_equal(o.deltas.count, 1);
	assert_string_equal(o.deltas.items[0], "http://x/d.crl");
	assert_false(o.finds_deltas);
	assert_int_equal(o.every_ms, 90000);
	assert_int_equal(o.timeout_ms, 1500);
	assert_int_equal(o.wait_ms, 0);
	assert_int_equal(o.limit, 1024);
	assert_string_equal(o.cafile, "/ca&.pem");
	assert_string_equal(o.parameters, "issued=a%20b&crl_id=yes");
	fetch_options_clear(&o);
	assert_int_equal(fetch_options_read(&o, "http://x/#delta=none", &err), VOUCH_OK);
	assert_int_equal(o.deltas.count, 0);
	assert_false(o.finds_deltas);
	fetch_options_clear(&o);
}

static void
what_makes_no_sense_is_refused_by_name(void **state)
{
	static const struct {
		const char *uri, *why;
	} rows[] = {
		{ "", "not the URL of a CRL" },
		{ "ftp://x/", "not the URL of a CRL" },
		{ "http:", "not the URL of a CRL" },
		{ "http://", "not the URL of a CRL" },
		{ "http:///ca.crl", "not the URL of a CRL" },
		{ "http://#every=1s", "not the URL of a CRL" },
		{ "http://a b/", "a blank or control character" },
		{ "http://a/\r\nX: y", "a blank or control character" },
		{ "http://a/#every=0", "every: not like 1h" },
		{ "http://a/#every=8d", "every: not like 1h" },
		{ "http://a/#every=1w", "every: not like 1h" },
		{ "http://a/#every=", "every: not like 1h" },
		{ "http://a/#every=-1s", "every: not like 1h" },
		{ "http://a/#every=1s&every=2s", "every is there twice" },
		{ "http://a/#timeout=99ms", "timeout: not like 5m" },
		{ "http://a/#timeout=18446744073709551615d", "timeout: not like 5m" },
		{ "http://a/#limit=0", "limit: not like 256MiB" },
		{ "http://a/#limit=1025GiB", "limit: not like 256MiB" },
		{ "http://a/#also=/b", "also: not the URL of a CRL" },
		{ "http://a/#also=http://b/%20file:///etc/passwd", "also: not the URL of a CRL" },
		{ "http://a/#also=http://a/", "also: the same URL twice" },
		{ "http://a/#also=http://b/%0d%0aX", "also: a blank or control character" },
		{ "http://a/#delta=x", "delta: not the URL of a CRL" },
		{ "http://a/#cafile=%zz", "cafile is not percent-encoded" },
		{ "http://a/#issued=a?b", "%3F" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fetch_options o = { 0 };
		vouch_err err = { 0 };
		print_message("%s\n", rows[i].uri);
		assert_int_equal(fetch_options_read(&o, rows[i].uri, &err), VOUCH_EINVAL);
		if (strstr(err.msg, rows[i].why) == NULL)
			fail_msg("%s", err.msg);
		assert_null(o.urls.items);
	}
}

static void
a_name_has_no_password_and_is_the_url_otherwise(void **state)
{
	static const struct {
		const char *url, *name;
	} rows[] = {
		{ "http://x/a@b?c@d", "http://x/a@b?c@d" },
		{ "http://u@x/%41b", "http://x/%41b" },
		{ "HTTPS://u:p@x", "HTTPS://x" },
		{ "http://u:p@q@x:80?y", "http://x:80?y" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *name = fetch_url_name(rows[i].url);
		assert_string_equal(name, rows[i].name);
		free(name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_alone_has_defaults),
		cmocka_unit_test(everything_can_be_asked_for_and_the_rest_is_the_lists_own),
		cmocka_unit_test(what_makes_no_sense_is_refused_by_name),
		cmocka_unit_test(a_name_has_no_password_and_is_the_url_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
