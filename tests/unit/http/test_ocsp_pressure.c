/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the pressure on a loop thread: a busy one asks for less, one with time for more, and all of it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/ocsp_pressure.h"
#include "io/clock.h"

#define LOOK_MS 10
#define LONG_MS 1000

/* Uses up so much of the core, whatever the wall clock says. */
static void
work_ms(uint64_t ms)
{
	uint64_t until = io_thread_ns() + ms * 1000000;

	while (io_thread_ns() < until)
		;
}

/* All of the time that has passed was work. */
static void
refuse_busily(struct http_ocsp_pressure *p, uint64_t *now_ms)
{
	work_ms(LOOK_MS);
	*now_ms += LOOK_MS;
	http_ocsp_pressure_refused(p, *now_ms);
}

static void
without_refusals_there_is_none(void **state)
{
	struct http_ocsp_pressure p = { 0 };

	(void)state;
	assert_int_equal(http_ocsp_pressure_window(&p, LONG_MS), 0);
	work_ms(LOOK_MS);
	assert_int_equal(http_ocsp_pressure_window(&p, LONG_MS + LOOK_MS), 0);
}

static void
a_busy_thread_asks_for_less_and_never_for_nothing(void **state)
{
	struct http_ocsp_pressure p = { 0 };
	uint64_t now_ms = LONG_MS;

	(void)state;
	http_ocsp_pressure_refused(&p, now_ms);
	unsigned before = http_ocsp_pressure_window(&p, now_ms);
	assert_true(before > 0);
	for (int i = 0; i < 12; i++) {
		refuse_busily(&p, &now_ms);
		unsigned window = http_ocsp_pressure_window(&p, now_ms);
		assert_true(window < before || i > 4);
		assert_true(window > 0);
		before = window;
	}
	assert_in_range(before, 1, 4);
}

static void
a_thread_with_time_asks_for_more_again(void **state)
{
	struct http_ocsp_pressure p = { 0 };
	uint64_t now_ms = LONG_MS;

	(void)state;
	for (int i = 0; i < 12; i++)
		refuse_busily(&p, &now_ms);
	unsigned before = http_ocsp_pressure_window(&p, now_ms);
	for (int i = 0; i < 20; i++) {
		now_ms += 100;
		http_ocsp_pressure_refused(&p, now_ms);
	}
	assert_true(http_ocsp_pressure_window(&p, now_ms) > before + 10);
}

static void
it_ends_some_time_after_the_last_refusal(void **state)
{
	struct http_ocsp_pressure p = { 0 };
	uint64_t now_ms = LONG_MS;

	(void)state;
	http_ocsp_pressure_refused(&p, now_ms);
	assert_int_not_equal(http_ocsp_pressure_window(&p, now_ms + LOOK_MS), 0);
	assert_int_equal(http_ocsp_pressure_window(&p, now_ms + LONG_MS), 0);
	http_ocsp_pressure_refused(&p, now_ms + 2 * LONG_MS);
	assert_int_not_equal(http_ocsp_pressure_window(&p, now_ms + 2 * LONG_MS), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_refusals_there_is_none),
		cmocka_unit_test(a_busy_thread_asks_for_less_and_never_for_nothing),
		cmocka_unit_test(a_thread_with_time_asks_for_more_again),
		cmocka_unit_test(it_ends_some_time_after_the_last_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
