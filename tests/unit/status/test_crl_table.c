/* SPDX-License-Identifier: Apache-2.0 */
/* The sorted table of serial numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status/crl_table.h"

#define MANY 20000

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

/* Of 1 to 24 octets, with few different beginnings, so that many are alike for long. */
static size_t
make_serial(uint64_t *seed, uint8_t out[24])
{
	size_t len = 1 + next_random(seed) % 24;

	memset(out, 0x11, len);
	out[0] = (uint8_t)(0x40 | next_random(seed) % 3);
	for (size_t i = len > 4 ? len - 3 : 1; i < len; i++)
		out[i] = (uint8_t)next_random(seed);
	return len;
}

static void
add_dates(struct crl_fact *kept, const struct crl_fact *other)
{
	kept->date += other->date;
}

static void
whatever_comes_is_in_order_once_and_found(void **state)
{
	struct crl_table t = { 0 };
	uint64_t seed = 88172645463325252u;
	uint8_t octets[24];
	vouch_err err;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		size_t len = make_serial(&seed, octets);
		struct crl_fact fact = { 1, 1, VOUCH_TIME_ABSENT };
		assert_int_equal(crl_table_add(&t, span_of(octets, len), &fact, &err), VOUCH_OK);
	}
	crl_table_finish(&t, add_dates);
	struct crl_cursor c = crl_cursor_after(&t, (vouch_span){ NULL, 0 });
	struct crl_fact fact;
	vouch_span serial, before = { NULL, 0 };
	vouch_time total = 0;
	size_t count = 0;
	for (; crl_cursor_get(&c, &serial, &fact); c.at++, count++) {
		assert_true(crl_serial_compare(before, serial) < 0);
		assert_int_equal(crl_cursor_after(&t, before).at, count);
		total += fact.date;
		before = serial;
	}
	assert_int_equal(total, MANY);
	assert_int_equal(count, crl_table_count(&t));
	seed = 88172645463325252u;
	for (int i = 0; i < MANY; i++) {
		size_t len = make_serial(&seed, octets);
		assert_true(crl_table_find(&t, span_of(octets, len), &fact));
		assert_int_equal(fact.extra, VOUCH_TIME_ABSENT);
		octets[0] ^= 0x20;
		assert_false(crl_table_find(&t, span_of(octets, len), &fact));
	}
	crl_table_clear(&t);
}

static void
times_of_all_years_are_kept(void **state)
{
	static const vouch_time times[] = { INT64_C(-62135596800), -1, 0, 1, INT64_C(253402300799),
		VOUCH_TIME_ABSENT };
	struct crl_table t = { 0 };
	vouch_err err;

	(void)state;
	for (uint8_t i = 0; i < 6; i++) {
		struct crl_fact fact = { i, times[i], times[5 - i] };
		assert_int_equal(crl_table_add(&t, span_of(&i, 1), &fact, &err), VOUCH_OK);
	}
	crl_table_finish(&t, add_dates);
	for (uint8_t i = 0; i < 6; i++) {
		struct crl_fact fact;
		assert_true(crl_table_find(&t, span_of(&i, 1), &fact));
		assert_int_equal(fact.reason, i);
		assert_int_equal(fact.date, times[i]);
		assert_int_equal(fact.extra, times[5 - i]);
	}
	crl_table_clear(&t);
}

static void
an_absurdly_long_serial_number_is_refused(void **state)
{
	static const uint8_t octets[CRL_SERIAL_MAX + 1] = { 1 };
	struct crl_table t = { 0 };
	struct crl_fact fact = { 0, 0, 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(crl_table_add(&t, span_of(octets, CRL_SERIAL_MAX), &fact, &err), VOUCH_OK);
	assert_int_equal(crl_table_add(&t, span_of(octets, CRL_SERIAL_MAX + 1), &fact, &err), VOUCH_ELIMIT);
	crl_table_finish(&t, add_dates);
	assert_true(crl_table_find(&t, span_of(octets, CRL_SERIAL_MAX), &fact));
	crl_table_clear(&t);
}

static void
the_latest_are_kept_and_no_more_than_that(void **state)
{
	struct crl_table t = { 0 };
	size_t most = 3;
	vouch_err err;

	(void)state;
	for (uint8_t i = 0; i < 10; i++) {
		struct crl_fact fact = { 0, i, 0 };
		assert_int_equal(crl_table_add(&t, span_of(&i, 1), &fact, &err), VOUCH_OK);
	}
	crl_table_keep_later(&t, 6, &most);
	assert_int_equal(crl_table_count(&t), 3);
	assert_int_equal(most, 0);
	crl_table_clear(&t);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_comes_is_in_order_once_and_found),
		cmocka_unit_test(times_of_all_years_are_kept),
		cmocka_unit_test(an_absurdly_long_serial_number_is_refused),
		cmocka_unit_test(the_latest_are_kept_and_no_more_than_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
