/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the configuration as numbers, addresses and paths. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "conf/nearest.h"
#include "conf/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct good {
	const char *text;
	int64_t value;
};

typedef int reader(int64_t *out, const char *text, vouch_err *err);

static void
expect_good(reader *read, const struct good *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t value = -1;
		vouch_err err = { 0 };

		if (read(&value, rows[i].text, &err) != VOUCH_OK || value != rows[i].value)
			fail_msg("\"%s\": %lld, %s", rows[i].text, (long long)value, err.msg);
	}
}

static void
expect_bad(reader *read, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t value = -1;
		vouch_err err = { 0 };

		if (read(&value, texts[i], &err) != VOUCH_EPARSE || value != -1 || err.msg[0] == '\0')
			fail_msg("\"%s\" was read as %lld", texts[i], (long long)value);
	}
}

static void
numbers_are_decimal_and_nothing_else(void **state)
{
	static const struct good good[] = { { "0", 0 }, { "16", 16 },
		{ "9223372036854775799", INT64_C(9223372036854775799) } };
	static const char *const bad[] = { "", "12x", "x12", " 12", "12 ", "-1", "+1", "010", "00", "0x10",
		"1e3", "1.0", "1_000", "1,000", "9223372036854775808", "99999999999999999999999", "auto" };

	(void)state;
	expect_good(conf_value_number, good, COUNT(good));
	expect_bad(conf_value_number, bad, COUNT(bad));
}

static void
sizes_have_binary_units(void **state)
{
	static const struct good good[] = { { "4096", 4096 }, { "16KiB", 16384 }, { "256MiB", 268435456 },
		{ "4GiB", INT64_C(4294967296) }, { "0", 0 } };
	static const char *const bad[] = { "", "KiB", "16KB", "16K", "16kib", "16 KiB", "16KiBx", "1.5MiB",
		"-1KiB", "9223372036854775807GiB", "8589934592GiB" };

	(void)state;
	expect_good(conf_value_size, good, COUNT(good));
	expect_bad(conf_value_size, bad, COUNT(bad));
}

static void
durations_are_seconds_or_have_a_unit(void **state)
{
	static const struct good good[] = { { "90", 90000 }, { "90s", 90000 }, { "500ms", 500 },
		{ "15m", 900000 }, { "24h", 86400000 }, { "4d", 345600000 }, { "0", 0 } };
	static const char *const bad[] = { "", "s", "12x", "1y", "7y", "1.5h", "1h30m", "24 h", "24H", "-1s",
		"106751991168d", "99999999999999999d" };

	(void)state;
	expect_good(conf_value_duration, good, COUNT(good));
	expect_bad(conf_value_duration, bad, COUNT(bad));
}

static void
truth_is_true_or_false(void **state)
{
	static const char *const bad[] = { "", "yes", "no", "on", "True", "TRUE", "1", "0", "truex" };
	bool value = false;
	vouch_err err;

	(void)state;
	assert_int_equal(conf_value_boolean(&value, "true", &err), VOUCH_OK);
	assert_true(value);
	assert_int_equal(conf_value_boolean(&value, "false", &err), VOUCH_OK);
	assert_false(value);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(conf_value_boolean(&value, bad[i], &err), VOUCH_EPARSE);
}

/* E-16, F-26, D-10 */
static void
archive_cutoffs_are_calendar_years_seconds_or_the_issuers(void **state)
{
	static const struct {
		const char *text;
		uint8_t archive;
		uint32_t years;
		int64_t seconds;
	} good[] = { { "none", 0, 0, 0 }, { "issuer", 1, 0, 0 }, { "7y", 2, 7, 0 },
		{ "2555d", 2, 0, 220752000 }, { "3600", 2, 0, 3600 } };
	static const char *const bad[] = { "", "0", "0y", "7Y", "-7y", "7years", "500ms", "1001y",
		"999999999d", "Issuer" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		vouch_issuer_options options = { .archive = 9, .archive_years = 9, .archive_seconds = 9 };
		vouch_err err;

		assert_int_equal(conf_value_cutoff(&options, good[i].text, &err), VOUCH_OK);
		assert_int_equal(options.archive, good[i].archive);
		assert_int_equal(options.archive_years, good[i].years);
		assert_int_equal(options.archive_seconds, good[i].seconds);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		vouch_issuer_options options = { 0 };
		vouch_err err;

		if (conf_value_cutoff(&options, bad[i], &err) != VOUCH_EPARSE || options.archive != 0)
			fail_msg("\"%s\" was read", bad[i]);
	}
}

/* S-13: when a CA's key was compromised. */
static void
times_are_those_of_rfc_3339_after_1970(void **state)
{
	static const struct {
		const char *text;
		vouch_time time;
	} good[] = { { "2026-11-22T10:00:00Z", 1795341600 }, { "2026-11-22T11:00:00+01:00", 1795341600 },
		{ "1970-01-01T00:00:01Z", 1 }, { "9999-12-31T23:59:59Z", INT64_C(253402300799) } };
	static const char *const bad[] = { "", "yes", "0", "1795341600", "2026-11-22", "2026-11-22 10:00:00",
		"2026-02-30T10:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
		"2026-11-22T10:00:00Zz" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		vouch_time time = 9;
		vouch_err err;

		assert_int_equal(conf_value_time(&time, good[i].text, &err), VOUCH_OK);
		assert_int_equal(time, good[i].time);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		vouch_time time = 9;
		vouch_err err;

		if (conf_value_time(&time, bad[i], &err) != VOUCH_EPARSE || time != 9)
			fail_msg("\"%s\" was read", bad[i]);
	}
}

static void
addresses_have_a_host_and_a_port_or_are_unix_sockets(void **state)
{
	static const char *const good[] = { "0.0.0.0:8080", "127.0.0.1:0", "[::]:8080", "[::1]:65535",
		"[fe80::1%eth0]:80", "[::ffff:1.2.3.4]:1", "localhost:8080", "ocsp-1.example.com:80",
		"unix:/run/vouch/http.sock", "unix:http.sock", ":8080", "*:8080", "systemd" };
	static const char *const bad[] = {
		"",
		"8080",
		":",
		"0.0.0.0",
		"0.0.0.0:",
		"0.0.0.0:65536",
		"0.0.0.0:80x",
		"0.0.0.0:-1",
		"0.0.0.0:080",
		"256.0.0.1:80",
		"1.2.3:80",
		"1.2.3.4.5:80",
		"01.2.3.4:80",
		"::1:8080",
		"[::1]",
		"[::1]8080",
		"[]:80",
		"[1.2.3.4]:80",
		"[::g]:80",
		"a b:80",
		"http://localhost:80",
		"unix:",
		"**:80",
		"systemd:",
		("unix:/01234567890123456789012345678901234567890123456789012345678901234567890123456789"
		 "012345678901234567890123456789"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (conf_address_fault(good[i]) != NULL)
			fail_msg("\"%s\": %s", good[i], conf_address_fault(good[i]));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (conf_address_fault(bad[i]) == NULL)
			fail_msg("\"%s\" was accepted", bad[i]);
	}
}

static void
paths_of_urls_begin_with_a_slash_and_have_no_query(void **state)
{
	static const char *const good[] = { "/", "/corp", "/corp/", "/a/b-c_d.e~f", "/%20", "/a+b=c" };
	static const char *const bad[] = { "", "corp", "//", "/a//b", "/a?b", "/a#b", "/a b", "/a\tb",
		"/\xc3\xa9", "/a\\b", "http://a/" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_null(conf_url_path_fault(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (conf_url_path_fault(bad[i]) == NULL)
			fail_msg("\"%s\" was accepted", bad[i]);
	}
}

static void
a_scheme_is_letters_and_digits_before_a_colon(void **state)
{
	(void)state;
	assert_true(conf_has_scheme("pkcs11:token=ca"));
	assert_true(conf_has_scheme("crl+http://ca/ca.crl"));
	assert_false(conf_has_scheme("ocsp.key"));
	assert_false(conf_has_scheme("./pkcs11:key"));
	assert_false(conf_has_scheme("/a:b"));
	assert_false(conf_has_scheme(":a"));
	assert_false(conf_has_scheme("9p:a"));
}

static void
values_print_in_the_largest_unit_that_divides_them(void **state)
{
	char text[CONF_VALUE_TEXT];

	(void)state;
	conf_format_duration(text, 345600000);
	assert_string_equal(text, "4d");
	conf_format_duration(text, 90000);
	assert_string_equal(text, "90s");
	conf_format_duration(text, 1500);
	assert_string_equal(text, "1500ms");
	conf_format_size(text, 16384);
	assert_string_equal(text, "16KiB");
	conf_format_size(text, 100);
	assert_string_equal(text, "100");
	conf_format_size(text, 0);
	assert_string_equal(text, "0");
}

static void
the_nearest_name_is_offered_when_it_is_near(void **state)
{
	static const struct {
		const char *wanted, *nearest;
	} rows[] = { { "validty", "validity" }, { "valditiy", "validity" }, { "Nonce", "nonce" },
		{ "nonces", "nonce" }, { "colour", NULL }, { "", NULL }, { "v", NULL },
		{ "a-name-that-is-longer-than-any-that-there-is-here", NULL } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf_nearest nearest = { .wanted = rows[i].wanted };

		conf_nearest_offer(&nearest, "nonce");
		conf_nearest_offer(&nearest, "validity");
		conf_nearest_offer(&nearest, "max_age");
		if (rows[i].nearest == NULL)
			assert_null(nearest.name);
		else
			assert_string_equal(nearest.name, rows[i].nearest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_decimal_and_nothing_else),
		cmocka_unit_test(sizes_have_binary_units),
		cmocka_unit_test(durations_are_seconds_or_have_a_unit),
		cmocka_unit_test(truth_is_true_or_false),
		cmocka_unit_test(archive_cutoffs_are_calendar_years_seconds_or_the_issuers),
		cmocka_unit_test(times_are_those_of_rfc_3339_after_1970),
		cmocka_unit_test(addresses_have_a_host_and_a_port_or_are_unix_sockets),
		cmocka_unit_test(paths_of_urls_begin_with_a_slash_and_have_no_query),
		cmocka_unit_test(a_scheme_is_letters_and_digits_before_a_colon),
		cmocka_unit_test(values_print_in_the_largest_unit_that_divides_them),
		cmocka_unit_test(the_nearest_name_is_offered_when_it_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
