/* SPDX-License-Identifier: Apache-2.0 */
/* The log of changes: each is told to whoever does not know it, or all is, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "status/change_log.h"

struct heard {
	size_t count, all;
	uint32_t first, last;
};

static void
hear(void *arg, vouch_span serial_number)
{
	struct heard *h = arg;
	uint32_t number = 0;

	if (serial_number.len == 0) {
		h->all++;
		return;
	}
	assert_int_equal(serial_number.len, sizeof(number));
	memcpy(&number, serial_number.data, sizeof(number));
	if (h->count++ == 0)
		h->first = number;
	h->last = number;
}

static struct heard
told(const struct change_log *log, uint64_t known)
{
	struct heard h = { 0 };

	change_log_tell(log, known, hear, &h);
	return h;
}

static void
add(struct change_log *log, uint32_t from, uint32_t to)
{
	change_log_begin(log);
	for (uint32_t i = from; i < to; i++)
		change_log_add(log, span_of(&i, sizeof(i)));
}

static void
what_changed_later_is_told_and_no_more(void **state)
{
	struct change_log log = { 0 };

	(void)state;
	change_log_begin(&log);
	change_log_add_all(&log);
	add(&log, 10, 13);
	add(&log, 20, 21);
	assert_int_equal(told(&log, 3).count + told(&log, 3).all, 0);
	assert_int_equal(told(&log, 2).count, 1);
	assert_int_equal(told(&log, 2).first, 20);
	assert_int_equal(told(&log, 1).count, 4);
	assert_int_equal(told(&log, 1).all, 0);
	change_log_free(&log);
}

static void
who_knows_nothing_or_what_never_was_is_told_all(void **state)
{
	struct change_log log = { 0 };

	(void)state;
	change_log_begin(&log);
	change_log_add_all(&log);
	add(&log, 10, 13);
	assert_int_equal(told(&log, 0).all, 1);
	assert_int_equal(told(&log, 0).count, 0);
	assert_int_equal(told(&log, 3).all, 1);
	change_log_free(&log);
}

static void
a_generation_with_too_many_changes_is_all(void **state)
{
	struct change_log log = { 0 };

	(void)state;
	add(&log, 0, 3);
	add(&log, 0, CHANGE_LOG_TOLD + 1);
	assert_int_equal(told(&log, 1).all, 1);
	assert_int_equal(told(&log, 1).count, 0);
	assert_int_equal(told(&log, 2).all, 0);
	add(&log, 7, 9);
	assert_int_equal(told(&log, 2).count, 2);
	assert_int_equal(told(&log, 1).all, 1);
	change_log_free(&log);
}

static void
as_many_as_are_told_are_told(void **state)
{
	struct change_log log = { 0 };

	(void)state;
	add(&log, 0, 1);
	add(&log, 0, CHANGE_LOG_TOLD);
	assert_int_equal(told(&log, 1).count, CHANGE_LOG_TOLD);
	assert_int_equal(told(&log, 1).all, 0);
	change_log_free(&log);
}

static void
who_was_away_for_long_is_told_all_and_who_was_not_is_told_what_changed(void **state)
{
	struct change_log log = { 0 };
	uint64_t at = 0;

	(void)state;
	for (uint32_t i = 0; i < 300; i++)
		add(&log, i * 1000, i * 1000 + 1000);
	at = log.generation;
	assert_int_equal(told(&log, 1).all, 1);
	for (uint64_t back = 0; back <= CHANGE_LOG_TOLD / 2 / 1000; back++) {
		struct heard h = told(&log, at - back);
		assert_int_equal(h.all, 0);
		assert_int_equal(h.count, 1000 * back);
		if (back > 0)
			assert_int_equal(h.last, 299999);
	}
	for (uint64_t back = 0; back < at; back++) {
		struct heard h = told(&log, at - back);
		assert_true(h.all == 1 ? h.count == 0 : h.count == 1000 * back);
	}
	change_log_free(&log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_changed_later_is_told_and_no_more),
		cmocka_unit_test(who_knows_nothing_or_what_never_was_is_told_all),
		cmocka_unit_test(a_generation_with_too_many_changes_is_all),
		cmocka_unit_test(as_many_as_are_told_are_told),
		cmocka_unit_test(who_was_away_for_long_is_told_all_and_who_was_not_is_told_what_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
