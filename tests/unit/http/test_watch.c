/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the watch thread: sources that call are heard at once, and those that cry do not keep it busy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "http/watch.h"
#include "io/clock.h"
#include "io/wakeup.h"
#include "responding.h"

#define INTERVAL_MS 1000 /* with the lease of these tests */
#define DEADLINE_MS 10000

/* A source whose descriptor the test holds. */
struct caller {
	int fd;
	struct io_wakeup
	    wakeup; /* cleared when changes are asked for; fd -1: the descriptor is not cleared */
	_Atomic unsigned polls;
	_Atomic bool fails;
};

static int
caller_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	(void)ctx, (void)issuer, (void)serial, (void)now, (void)out, (void)err;
	return VOUCH_ENOTFOUND;
}

static int
caller_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct caller *c = ctx;

	(void)cb, (void)arg, (void)err;
	if (c->wakeup.fd >= 0)
		io_wakeup_clear(&c->wakeup);
	atomic_fetch_add(&c->polls, 1);
	if (c->fails)
		return VOUCH_EUNAVAILABLE;
	return cursor->len > 0 ? VOUCH_OK : vouch_buf_append(cursor, "1", 1);
}

static int
caller_watch(void *ctx, int *fd, int *poll_ms)
{
	*fd = ((struct caller *)ctx)->fd;
	*poll_ms = 0;
	return VOUCH_OK;
}

static const vouch_source_ops caller_ops = { .abi = VOUCH_ABI,
	.name = "caller",
	.lookup = caller_lookup,
	.changes = caller_changes,
	.watch = caller_watch };

static struct world {
	struct responding responding;
	struct caller callers[2];
	vouch_issuer *issuer;
	vouch_responder *responder;
	struct http_watch *watch;
	_Atomic unsigned failures, recoveries;
} world;

static vouch_responder *
current(void *arg)
{
	(void)arg;
	return vouch_responder_ref(world.responder);
}

static void
report(void *arg, const vouch_err *err)
{
	(void)arg;
	atomic_fetch_add(err != NULL ? &world.failures : &world.recoveries, 1);
}

static void
add_caller(struct caller *c)
{
	vouch_source *source;

	assert_int_equal(vouch_source_new(&source, &caller_ops, c, NULL), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_source(world.issuer, source, 0, NULL), VOUCH_OK);
	vouch_source_free(source);
}

/* The second caller's descriptor is `other`; -1: it has none. */
static void
begin(int other)
{
	vouch_responder_options options = { .size = sizeof(options), .epoch = 1 };
	const struct http_watch_options watch = { .current = current, .report = report };
	vouch_issuer_options policy;
	vouch_err err = { 0 };

	world = (struct world){ 0 };
	responding_make(&world.responding, "/", true);
	vouch_issuer_options_init(&policy);
	policy.lease_ms = 60000;
	assert_int_equal(vouch_issuer_new(&world.issuer, vouch_issuer_certificate(world.responding.issuer),
			     &policy, &err),
	    VOUCH_OK);
	assert_int_equal(vouch_issuer_add_signer(world.issuer, world.responding.signer, 0, &err), VOUCH_OK);
	assert_int_equal(io_wakeup_open(&world.callers[0].wakeup, &err), VOUCH_OK);
	world.callers[0].fd = world.callers[0].wakeup.fd;
	world.callers[1].fd = other;
	world.callers[1].wakeup.fd = -1;
	add_caller(&world.callers[0]);
	add_caller(&world.callers[1]);
	assert_int_equal(vouch_responder_new(&world.responder, &options, &err), VOUCH_OK);
	assert_int_equal(vouch_responder_add(world.responder, world.issuer, "/", &err), VOUCH_OK);
	assert_int_equal(vouch_responder_poll_interval(world.responder), INTERVAL_MS);
	assert_int_equal(http_watch_start(&world.watch, &watch, &err), VOUCH_OK);
}

static int
end(void **state)
{
	(void)state;
	http_watch_stop(world.watch);
	vouch_responder_free(world.responder);
	vouch_issuer_free(world.issuer);
	io_wakeup_close(&world.callers[0].wakeup);
	responding_free(&world.responding);
	return 0;
}

static void
pass(int ms)
{
	io_wait(NULL, 0, ms);
}

static void
until_polls(unsigned least)
{
	uint64_t begin = io_monotonic_ms();

	while (world.callers[0].polls < least && io_monotonic_ms() < begin + DEADLINE_MS)
		pass(1);
	assert_true(world.callers[0].polls >= least);
}

static void
a_source_that_calls_is_asked_long_before_the_interval_is_over(void **state)
{
	(void)state;
	begin(-1);
	until_polls(1);
	uint64_t start = io_monotonic_ms();
	for (unsigned i = 0; i < 10; i++) {
		unsigned before = world.callers[0].polls;
		io_wakeup_call(&world.callers[0].wakeup);
		until_polls(before + 1);
	}
	assert_true(io_monotonic_ms() - start < 10 * INTERVAL_MS / 2);
}

static void
calls_in_quick_succession_are_answered_by_few_polls(void **state)
{
	(void)state;
	begin(-1);
	until_polls(1);
	uint64_t start = io_monotonic_ms(), passed;
	unsigned before = world.callers[0].polls, calls = 0;
	while ((passed = io_monotonic_ms() - start) < 400) {
		io_wakeup_call(&world.callers[0].wakeup);
		calls++;
		pass(1);
	}
	unsigned polls = world.callers[0].polls - before;
	assert_true(calls > polls);
	assert_true(polls >= 1 && polls <= passed / 20 + 1);
}

static void
a_descriptor_that_stays_readable_keeps_nobody_busy_and_no_other_from_being_heard(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	begin(ends[0]);
	until_polls(1);
	uint64_t start = io_monotonic_ms();
	unsigned before = world.callers[0].polls;
	pass(2 * INTERVAL_MS);
	/* 20, 40, 80, 160, 320 and 640 ms, and then the interval. */
	assert_true(world.callers[0].polls - before <= 8 + (io_monotonic_ms() - start) / INTERVAL_MS);
	start = io_monotonic_ms();
	for (unsigned i = 0; i < 10; i++) {
		before = world.callers[0].polls;
		io_wakeup_call(&world.callers[0].wakeup);
		until_polls(before + 1);
	}
	assert_true(io_monotonic_ms() - start < 10 * INTERVAL_MS / 2);
	close(ends[0]);
	/* A descriptor that was closed is one that stays readable. */
	before = world.callers[0].polls;
	io_wakeup_call(&world.callers[0].wakeup);
	until_polls(before + 1);
}

static void
a_failure_is_told_each_time_and_its_end_once(void **state)
{
	(void)state;
	begin(-1);
	until_polls(1);
	world.callers[0].fails = true;
	unsigned before = world.callers[0].polls;
	for (unsigned i = 1; i <= 3; i++) {
		io_wakeup_call(&world.callers[0].wakeup);
		until_polls(before + i);
	}
	world.callers[0].fails = false;
	http_watch_again(world.watch);
	until_polls(before + 4);
	http_watch_again(world.watch);
	until_polls(before + 5);
	assert_true(world.failures >= 3);
	assert_int_equal(world.recoveries, 1);
}

static void
a_wish_is_heard_at_once(void **state)
{
	(void)state;
	begin(-1);
	until_polls(1);
	uint64_t start = io_monotonic_ms();
	for (unsigned i = 0; i < 10; i++) {
		unsigned before = world.callers[0].polls;
		http_watch_again(world.watch);
		until_polls(before + 1);
	}
	assert_true(io_monotonic_ms() - start < 10 * INTERVAL_MS / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_source_that_calls_is_asked_long_before_the_interval_is_over, end),
		cmocka_unit_test_teardown(calls_in_quick_succession_are_answered_by_few_polls, end),
		cmocka_unit_test_teardown(
		    a_descriptor_that_stays_readable_keeps_nobody_busy_and_no_other_from_being_heard, end),
		cmocka_unit_test_teardown(a_failure_is_told_each_time_and_its_end_once, end),
		cmocka_unit_test_teardown(a_wish_is_heard_at_once, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
