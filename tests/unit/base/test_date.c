/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of dates: the calendar over ten thousand years, RFC 3339 and the three forms of HTTP-date. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/date.h"

#define DAY 86400
#define NOW INT64_C(1795341600) /* 2026-11-22T10:00:00Z */
#define ABSENT VOUCH_TIME_ABSENT

static bool
leap(int year)
{
	return year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
}

/* Another way to the same calendar: one day after the other. */
static void
every_day_of_years_1_to_9999_follows_the_one_before(void **state)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	vouch_time time = DATE_FIRST;
	int weekday = 1; /* 0001-01-01 of the proleptic calendar was a Monday */

	(void)state;
	for (int year = 1; year <= 9999; year++)
		for (int month = 1; month <= 12; month++) {
			int days = lengths[month - 1] + (month == 2 && leap(year));
			for (int day = 1; day <= days; day++, time += DAY) {
				struct date d = { year, month, day, 0, 0, 0 }, back;
				assert_true(date_to_time(&d) == time);
				assert_true(date_from_time(time + DAY - 1, &back));
				assert_true(back.year == year && back.month == month && back.day == day);
				assert_true(back.hour == 23 && back.minute == 59 && back.second == 59);
				assert_int_equal(date_weekday(time), weekday++ % 7);
			}
			struct date beyond = { year, month, days + 1, 0, 0, 0 };
			assert_true(date_to_time(&beyond) == ABSENT);
		}
	assert_true(time == DATE_LAST + 1);
}

static void
times_outside_years_1_to_9999_have_no_date(void **state)
{
	struct date d;

	(void)state;
	assert_false(date_from_time(DATE_FIRST - 1, &d));
	assert_false(date_from_time(DATE_LAST + 1, &d));
	assert_false(date_from_time(VOUCH_TIME_ABSENT, &d));
	assert_false(date_from_time(INT64_MAX, &d));
}

static void
fields_out_of_range_make_no_time(void **state)
{
	static const struct date bad[] = { { 0, 1, 1, 0, 0, 0 }, { 10000, 1, 1, 0, 0, 0 },
		{ 2026, 0, 1, 0, 0, 0 }, { 2026, 13, 1, 0, 0, 0 }, { 2026, 1, 0, 0, 0, 0 },
		{ 2026, 2, 29, 0, 0, 0 }, { 1900, 2, 29, 0, 0, 0 }, { 2026, 1, 1, 24, 0, 0 },
		{ 2026, 1, 1, -1, 0, 0 }, { 2026, 1, 1, 0, 60, 0 }, { 2026, 1, 1, 0, -1, 0 },
		{ 2026, 1, 1, 0, 0, 60 }, { 2026, 1, 1, 0, 0, -1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(date_to_time(&bad[i]) == ABSENT);
}

static const struct {
	const char *text;
	vouch_time time;
} rfc3339[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1969-12-31T23:59:59Z", -1 },
	{ "2026-11-22T10:00:00Z", NOW },
	{ "2026-11-22t10:00:00z", NOW },
	{ "2026-11-22T10:00:00.999Z", NOW },
	{ "2026-11-22T11:30:00+01:30", NOW },
	{ "2026-11-22T00:00:00.5-10:00", NOW },
	{ "2026-11-22T10:00:00-00:00", NOW },
	{ "2016-12-31T23:59:60Z", 1483228800 },
	{ "9999-12-31T23:59:59Z", DATE_LAST },
	{ "0001-01-01T00:00:00Z", DATE_FIRST },
	{ "9999-12-31T23:59:59-00:01", ABSENT },
	{ "0001-01-01T00:00:00+00:01", ABSENT },
	{ "0000-01-01T00:00:00Z", ABSENT },
	{ "", ABSENT },
	{ "2026-11-22", ABSENT },
	{ "2026-11-22T10:00:00", ABSENT },
	{ "2026-11-22 10:00:00Z", ABSENT },
	{ "2026-11-22T10:00:00.Z", ABSENT },
	{ "2026-11-22T10:00:00.5", ABSENT },
	{ "2026-11-22T10:00:00+0100", ABSENT },
	{ "2026-11-22T10:00:00+24:00", ABSENT },
	{ "2026-11-22T10:00:00+01:60", ABSENT },
	{ "2026-11-22T10:00:00Zjunk", ABSENT },
	{ "2026-11-22T10:00:61Z", ABSENT },
	{ "2026-02-29T10:00:00Z", ABSENT },
	{ "2026-11-22T24:00:00Z", ABSENT },
	{ "+026-11-22T10:00:00Z", ABSENT },
	{ "2026-1 -22T10:00:00Z", ABSENT },
	{ "20261122T100000Z    ", ABSENT },
};

static void
rfc_3339_is_read_and_nothing_like_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rfc3339) / sizeof(rfc3339[0]); i++)
		assert_true(date_parse_rfc3339(span_string(rfc3339[i].text)) == rfc3339[i].time);
}

static void
rfc_3339_is_written(void **state)
{
	char text[DATE_RFC3339_LENGTH + 1];

	(void)state;
	date_format_rfc3339(NOW, text);
	assert_string_equal(text, "2026-11-22T10:00:00Z");
	date_format_rfc3339(DATE_FIRST, text);
	assert_string_equal(text, "0001-01-01T00:00:00Z");
	date_format_rfc3339(VOUCH_TIME_ABSENT, text);
	assert_string_equal(text, "-");
}

/* RFC 9110 5.6.7. */
static const struct {
	const char *text;
	vouch_time time;
} http[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
	{ "Sun Nov  6 08:49:37 1994", 784111777 },
	{ "Sun Nov 16 08:49:37 1994", 784975777 },
	{ "Mon, 06 Nov 1994 08:49:37 GMT", 784111777 },	  /* the day's name says nothing new */
	{ "Sunday, 22-Nov-76 10:00:00 GMT", 3373264800 }, /* 50 years ahead at most */
	{ "Monday, 22-Nov-77 10:00:00 GMT", 249040800 },
	{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", DATE_LAST },
	{ "", ABSENT },
	{ "0", ABSENT },
	{ "-1", ABSENT },
	{ "yesterday", ABSENT },
	{ "Sun, 06 Nov 1994 08:49:37", ABSENT },
	{ "Sun, 06 Nov 1994 08:49:37 UTC", ABSENT },
	{ "Sun, 06 Nov 1994 08:49:37 gmt", ABSENT },
	{ "Sun, 06 Nov 1994 08:49:37 GMT ", ABSENT },
	{ " Sun, 06 Nov 1994 08:49:37 GMT", ABSENT },
	{ "Sun, 6 Nov 1994 08:49:37 GMT", ABSENT },
	{ "Sun,  6 Nov 1994 08:49:37 GMT", ABSENT },
	{ "Sun, 06 nov 1994 08:49:37 GMT", ABSENT },
	{ "Sun, 31 Nov 1994 08:49:37 GMT", ABSENT },
	{ "Sun, 06 Nov 1994 24:49:37 GMT", ABSENT },
	{ "Sun, 06 Nov 1994 08:49:61 GMT", ABSENT },
	{ "Sun, 06 Nov 94 08:49:37 GMT", ABSENT },
	{ "Xun, 06 Nov 1994 08:49:37 GMT", ABSENT },
	{ "Sun, 06 Nov 1994 08-49-37 GMT", ABSENT },
	{ "Sunday, 06-Nov-1994 08:49:37 GMT", ABSENT },
	{ "Sun, 00 Nov 1994 08:49:37 GMT", ABSENT },
	{ "Sun, 01 Jan 0000 00:00:00 GMT", ABSENT },
};

static void
http_dates_are_read_in_three_forms_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(http) / sizeof(http[0]); i++)
		assert_true(date_parse_http(span_string(http[i].text), NOW) == http[i].time);
}

static void
every_truncation_of_a_date_is_refused(void **state)
{
	static const char *const good[] = { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		for (size_t n = 0; n < strlen(good[i]); n++)
			assert_true(date_parse_http(span_of(good[i], n), NOW) == ABSENT);
	for (size_t n = 0; n < 25; n++)
		assert_true(date_parse_rfc3339(span_of("2026-11-22T11:30:00+01:30", n)) == ABSENT);
}

static void
http_dates_are_written_as_imf_fixdate(void **state)
{
	char text[DATE_HTTP_LENGTH + 1];

	(void)state;
	date_format_http(784111777, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	date_format_http(DATE_LAST + 1, text); /* F-27: the arithmetic of headers must not overflow */
	assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	date_format_http(VOUCH_TIME_ABSENT, text);
	assert_string_equal(text, "Mon, 01 Jan 0001 00:00:00 GMT");
}

static void
what_is_written_is_read_again(void **state)
{
	(void)state;
	for (vouch_time t = DATE_FIRST; t < DATE_LAST - 100000007; t += 100000007) {
		char text[DATE_HTTP_LENGTH + 1];
		date_format_http(t, text);
		assert_true(date_parse_http(span_string(text), NOW) == t);
		date_format_rfc3339(t, text);
		assert_true(date_parse_rfc3339(span_string(text)) == t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_of_years_1_to_9999_follows_the_one_before),
		cmocka_unit_test(times_outside_years_1_to_9999_have_no_date),
		cmocka_unit_test(fields_out_of_range_make_no_time),
		cmocka_unit_test(rfc_3339_is_read_and_nothing_like_it),
		cmocka_unit_test(rfc_3339_is_written),
		cmocka_unit_test(http_dates_are_read_in_three_forms_and_no_other),
		cmocka_unit_test(every_truncation_of_a_date_is_refused),
		cmocka_unit_test(http_dates_are_written_as_imf_fixdate),
		cmocka_unit_test(what_is_written_is_read_again),
	};

	return cmocka_run_group_tests_name("base_date", tests, NULL, NULL);
}
