/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of waiting for descriptors, and of being woken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/wakeup.h"

#define LONG_MS 10000

static bool
is_ready(int fd)
{
	struct io_awaited awaited = { .fd = fd };

	io_wait(&awaited, 1, 0);
	return awaited.ready;
}

static void
many_calls_are_one_and_stand_until_they_are_cleared(void **state)
{
	struct io_wakeup w;
	vouch_err err;

	(void)state;
	assert_int_equal(io_wakeup_open(&w, &err), VOUCH_OK);
	assert_false(is_ready(w.fd));
	for (int i = 0; i < 1000; i++)
		io_wakeup_call(&w);
	assert_true(is_ready(w.fd));
	assert_true(is_ready(w.fd));
	io_wakeup_clear(&w);
	assert_false(is_ready(w.fd));
	io_wakeup_clear(&w);
	io_wakeup_close(&w);
	assert_int_equal(w.fd, -1);
	io_wakeup_close(&w);
}

static void *
call_later(void *arg)
{
	io_wait(NULL, 0, 20);
	io_wakeup_call(arg);
	return NULL;
}

static void
another_thread_ends_the_wait(void **state)
{
	struct io_wakeup w;
	pthread_t thread;
	vouch_err err;

	(void)state;
	assert_int_equal(io_wakeup_open(&w, &err), VOUCH_OK);
	struct io_awaited awaited[2] = { { .fd = -1, .ready = true }, { .fd = w.fd } };
	uint64_t begin = io_monotonic_ms();
	assert_int_equal(pthread_create(&thread, NULL, call_later, &w), 0);
	while (!awaited[1].ready && io_monotonic_ms() - begin < LONG_MS)
		io_wait(awaited, 2, LONG_MS);
	assert_true(awaited[1].ready);
	assert_false(awaited[0].ready);
	assert_true(io_monotonic_ms() - begin < LONG_MS);
	pthread_join(thread, NULL);
	io_wakeup_close(&w);
}

static void
what_is_broken_or_closed_is_ready(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_false(is_ready(ends[0]));
	close(ends[1]);
	assert_true(is_ready(ends[0]));
	close(ends[0]);
	assert_true(is_ready(ends[0]));
}

static void
one_descriptor_is_readable_while_any_of_several_is(void **state)
{
	struct io_wakeup w[2];
	int any = -1, closed = -1;
	vouch_err err;

	(void)state;
	assert_int_equal(io_wakeup_open(&w[0], &err), VOUCH_OK);
	assert_int_equal(io_wakeup_open(&w[1], &err), VOUCH_OK);
	const int fds[] = { w[0].fd, w[1].fd };
	assert_int_equal(io_wakeup_any(&any, fds, 2, &err), VOUCH_OK);
	for (int i = 0; i < 2; i++) {
		assert_false(is_ready(any));
		io_wakeup_call(&w[i]);
		assert_true(is_ready(any));
		io_wakeup_clear(&w[i]);
	}
	assert_false(is_ready(any));
	close(any);
	assert_int_equal(io_wakeup_any(&any, &closed, 1, &err), VOUCH_EIO);
	io_wakeup_close(&w[0]);
	io_wakeup_close(&w[1]);
}

static void
a_time_is_kept(void **state)
{
	uint64_t begin = io_monotonic_ms();

	(void)state;
	io_wait(NULL, 0, -1);
	assert_true(io_monotonic_ms() - begin < LONG_MS);
	begin = io_monotonic_ms();
	io_wait(NULL, 0, 50);
	assert_true(io_monotonic_ms() - begin >= 49);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_calls_are_one_and_stand_until_they_are_cleared),
		cmocka_unit_test(another_thread_ends_the_wait),
		cmocka_unit_test(what_is_broken_or_closed_is_ready),
		cmocka_unit_test(one_descriptor_is_readable_while_any_of_several_is),
		cmocka_unit_test(a_time_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
