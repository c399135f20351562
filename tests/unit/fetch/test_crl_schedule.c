/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of when a CRL is fetched again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fetch/crl_schedule.h"

#define NOW 1700000000
#define HOUR 3600000

static const struct {
	const char *what;
	struct fetch_facts facts;
	uint64_t wait_ms;
} rows[] = {
	{ "no nextUpdate: as often as is asked for", { NOW, VOUCH_TIME_ABSENT, HOUR, -1, 0, 0 }, HOUR },
	{ "a week to go: as often as is asked for", { NOW, NOW + 604800, HOUR, -1, 0, 0 }, HOUR },
	{ "an hour to go: half-way", { NOW, NOW + 3600, HOUR, -1, 0, 0 }, HOUR / 2 },
	{ "a second to go: not all the time", { NOW, NOW + 1, HOUR, -1, 0, 0 }, 1000 },
	{ "nothing to go", { NOW, NOW, HOUR, -1, 0, 0 }, 1000 },
	{ "long over", { NOW, NOW - 100000, HOUR, -1, 0, 0 }, 1000 },
	{ "a nextUpdate at the end of time", { NOW, INT64_C(253402300799), HOUR, -1, 0, 0 }, HOUR },
	{ "max-age is sooner", { NOW, NOW + 604800, HOUR, 600, 0, 0 }, 600000 },
	{ "max-age is later", { NOW, NOW + 604800, HOUR, 86400, 0, 0 }, HOUR },
	{ "a max-age of a second", { NOW, NOW + 604800, HOUR, 1, 0, 0 }, 10000 },
	{ "a max-age of nothing", { NOW, NOW + 604800, HOUR, 0, 0, 0 }, HOUR },
	{ "every second, max-age or not", { NOW, NOW + 604800, 1000, 1, 0, 0 }, 1000 },
	{ "the first failure", { NOW, NOW + 604800, HOUR, 600, 1, 0 }, 1000 },
	{ "the fourth", { NOW, NOW + 604800, HOUR, 600, 4, 0 }, 8000 },
	{ "the ninth", { NOW, NOW + 604800, HOUR, 600, 9, 0 }, 256000 },
	{ "the tenth", { NOW, NOW + 604800, HOUR, 600, 10, 0 }, 300000 },
	{ "any number", { NOW, NOW + 604800, HOUR, 600, UINT32_MAX, 0 }, 300000 },
	{ "a server that wants a minute", { NOW, NOW + 604800, HOUR, -1, 1, 60 }, 60000 },
	{ "a server that wants less than we give it", { NOW, NOW + 604800, HOUR, -1, 10, 60 }, 300000 },
	{ "a server that wants a year", { NOW, NOW + 604800, HOUR, -1, 1, 31536000 }, HOUR },
};

static void
a_list_is_fetched_half_way_to_its_end_and_as_often_as_asked_and_later_and_later_after_failures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].what);
		assert_int_equal(fetch_schedule(&rows[i].facts, 0), rows[i].wait_ms);
	}
}

static void
many_do_not_come_at_once_and_none_comes_late(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t least = fetch_schedule(&rows[i].facts, 1023), most = rows[i].wait_ms;
		assert_true(least < most);
		assert_true(least >= most - most / 10);
		for (uint32_t random = 0; random < 5000; random += 7) {
			uint64_t wait = fetch_schedule(&rows[i].facts, random);
			assert_true(wait >= least && wait <= most);
		}
	}
}

static void
max_age_is_read_among_others(void **state)
{
	static const struct {
		const char *field;
		int64_t age;
	} ages[] = {
		{ "", -1 },
		{ "no-cache", -1 },
		{ "max-age=60", 60 },
		{ "public, max-age=60", 60 },
		{ "public,max-age=60,no-transform", 60 },
		{ "MAX-AGE=60", 60 },
		{ "max-age=\"60\"", 60 },
		{ "s-maxage=5, max-age=60", 60 },
		{ "max-age=60, max-age=50", 50 },
		{ "x-max-age=60", -1 },
		{ "max-age", -1 },
		{ "max-age=", -1 },
		{ "max-age=-1", -1 },
		{ "max-age=1x", -1 },
		{ "max-age=99999999999999999999999", -1 },
		{ ",,, , max-age=0", 0 },
		{ "private=\"a, b\", max-age=7", 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		print_message("%s\n", ages[i].field);
		assert_int_equal(fetch_max_age(ages[i].field), ages[i].age);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_list_is_fetched_half_way_to_its_end_and_as_often_as_asked_and_later_and_later_after_failures),
		cmocka_unit_test(many_do_not_come_at_once_and_none_comes_late),
		cmocka_unit_test(max_age_is_read_among_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
