/* SPDX-License-Identifier: Apache-2.0 */
/* One of the threads that make a load. */
#include "bench/thread.h"

#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/err.h"
#include "io/loop.h"

#define TICK_MS 20
#define SECOND_NS UINT64_C(1000000000)
#define PACE_NS 100000 /* how often an open loop looks at the clock at most: faster rates go out in batches */

/* --- What is due ---------------------------------------------------------------------------------------- */

/* Requests of a rate are due at even distances; threads take turns. */
static uint64_t
intended_ns(const struct bench_thread *t)
{
	const struct bench_plan *plan = t->plan;
	uint64_t rate = plan->options->rate;
	uint64_t number = t->issued * plan->options->threads + t->number;

	return plan->start_ns + number / rate * SECOND_NS + number % rate * SECOND_NS / rate;
}

bool
bench_thread_has_more(const struct bench_thread *t)
{
	if (t->issued >= t->quota || t->code != VOUCH_OK)
		return false;
	return (t->plan->options->rate > 0 ? intended_ns(t) : t->now_ns) < t->end_ns;
}

/* What waited for a connection until its answer would come too late is not sent any more. */
static void
give_up_late(struct bench_thread *t, uint64_t now)
{
	uint64_t timeout = (uint64_t)t->plan->options->timeout_ms * 1000000;

	while (bench_thread_has_more(t) && intended_ns(t) + timeout < now) {
		bench_thread_error(t, BENCH_TIMEOUT, 1);
		t->issued++;
	}
}

static bool
is_due(struct bench_thread *t, uint64_t now)
{
	if (t->plan->options->rate == 0)
		return bench_thread_has_more(t);
	give_up_late(t, now);
	return bench_thread_has_more(t) && intended_ns(t) <= now;
}

static void
draw_nonce(struct bench_random *random, uint8_t nonce[BENCH_NONCE])
{
	for (size_t at = 0; at < BENCH_NONCE; at += sizeof(uint64_t)) {
		uint64_t octets = bench_random_next(random);
		memcpy(nonce + at, &octets, sizeof(octets));
	}
}

bool
bench_thread_next(struct bench_thread *t, uint64_t now, struct bench_slot *out)
{
	const struct bench_options *options = t->plan->options;

	if (!is_due(t, now))
		return false;
	out->number = bench_order_at(&t->plan->order, t->issued * options->threads + t->number);
	out->intended_ns = options->rate > 0 ? intended_ns(t) : now;
	out->get = bench_random_below(&t->random, 100) < options->get_share;
	out->retried = false;
	if (bench_questions_have_nonce(options->questions))
		draw_nonce(&t->random, out->nonce);
	t->issued++;
	t->outstanding++;
	return true;
}

/* --- An open loop's clock ------------------------------------------------------------------------------- */

void
bench_thread_idle(struct bench_thread *t, struct bench_connection *c)
{
	if (t->plan->options->rate == 0 || c->is_idle)
		return;
	c->is_idle = true;
	c->next_idle = NULL;
	if (t->idle_last != NULL)
		t->idle_last->next_idle = c;
	else
		t->idle_first = c;
	t->idle_last = c;
}

static struct bench_connection *
take_idle(struct bench_thread *t)
{
	struct bench_connection *c = t->idle_first;

	if (c == NULL)
		return NULL;
	t->idle_first = c->next_idle;
	if (t->idle_first == NULL)
		t->idle_last = NULL;
	c->is_idle = false;
	return c;
}

/* Rings when the next request is due. */
static void
set_clock(struct bench_thread *t)
{
	uint64_t at = bench_thread_has_more(t) ? intended_ns(t) : t->now_ns + SECOND_NS;

	if (at < t->now_ns + PACE_NS)
		at = t->now_ns + PACE_NS;
	const struct itimerspec when = { .it_value = { .tv_sec = (time_t)(at / SECOND_NS),
					     .tv_nsec = (long)(at % SECOND_NS) } };
	if (timerfd_settime(t->clock_fd, TFD_TIMER_ABSTIME, &when, NULL) != 0)
		bench_thread_fail(t, VOUCH_EIO);
}

static void
on_clock(uv_poll_t *poll, int status, int events)
{
	struct bench_thread *t = poll->data;
	struct bench_connection *c;
	uint64_t expired;

	(void)status;
	(void)events;
	if (read(t->clock_fd, &expired, sizeof(expired)) < 0)
		return;
	t->now_ns = uv_hrtime();
	while (is_due(t, t->now_ns) && (c = take_idle(t)) != NULL)
		bench_connection_serve(c, t->now_ns);
	set_clock(t);
	bench_thread_end_if_done(t);
}

static int
open_clock(struct bench_thread *t, vouch_err *err)
{
	t->clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (t->clock_fd < 0)
		return err_set(err, VOUCH_EIO, "no timer");
	if (uv_poll_init(&t->loop, &t->clock, t->clock_fd) != 0)
		return err_set(err, VOUCH_EIO, "no timer in the event loop");
	t->clock.data = t;
	return VOUCH_OK;
}

/* --- The end -------------------------------------------------------------------------------------------- */

void
bench_thread_done(struct bench_thread *t)
{
	t->outstanding--;
}

void
bench_thread_error(struct bench_thread *t, enum bench_error error, uint64_t count)
{
	t->tally->errors[error] += count;
	atomic_fetch_add_explicit(&t->errors, count, memory_order_relaxed);
}

void
bench_thread_fail(struct bench_thread *t, int code)
{
	t->code = code;
	atomic_store(&t->plan->stop, true);
}

static void
end(struct bench_thread *t)
{
	t->is_over = true;
	/* With time left over there was nothing more to ask. */
	t->finished_ns = t->issued < t->quota && t->now_ns < t->end_ns ? t->end_ns : t->now_ns;
	for (unsigned i = 0; i < t->connection_count; i++)
		bench_connection_end(&t->connections[i]);
	io_loop_close_handles(&t->loop);
}

void
bench_thread_end_if_done(struct bench_thread *t)
{
	if (!t->is_over && (t->code != VOUCH_OK || (t->outstanding == 0 && !bench_thread_has_more(t))))
		end(t);
}

static void
on_tick(uv_timer_t *timer)
{
	struct bench_thread *t = timer->data;

	t->now_ns = uv_hrtime();
	if (atomic_load(&t->plan->stop) && t->quota > t->issued) {
		t->quota = t->issued;
		t->end_ns = t->now_ns;
	}
	for (unsigned i = 0; i < t->connection_count; i++)
		bench_connection_tick(&t->connections[i], t->now_ns);
	bench_thread_end_if_done(t);
}

/* --- Life ----------------------------------------------------------------------------------------------- */

static uint64_t
share_of(uint64_t all, unsigned number, unsigned of)
{
	return all / of + (number < all % of ? 1 : 0);
}

static int
allocate(struct bench_thread *t, vouch_err *err)
{
	t->tally = calloc(1, sizeof(*t->tally));
	t->input = malloc(BENCH_INPUT);
	t->connections = calloc(t->connection_count, sizeof(*t->connections));
	return t->tally != NULL && t->input != NULL && t->connections != NULL ? VOUCH_OK : err_nomem(err);
}

static int
open_connections(struct bench_thread *t, vouch_err *err)
{
	for (unsigned i = 0; i < t->connection_count; i++)
		if (bench_connection_init(&t->connections[i], t, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static int
open_loop(struct bench_thread *t, vouch_err *err)
{
	if (uv_loop_init(&t->loop) != 0)
		return err_set(err, VOUCH_EIO, "no event loop");
	t->loop.data = t;
	uv_timer_init(&t->loop, &t->tick);
	t->tick.data = t;
	return t->plan->options->rate > 0 ? open_clock(t, err) : VOUCH_OK;
}

int
bench_thread_init(struct bench_thread *t, struct bench_plan *plan, unsigned number, vouch_err *err)
{
	const struct bench_options *o = plan->options;

	*t = (struct bench_thread){ .plan = plan, .number = number, .clock_fd = -1 };
	t->connection_count = (unsigned)share_of(o->connections, number, o->threads);
	t->quota = o->requests > 0 ? share_of(o->requests, number, o->threads) : UINT64_MAX;
	t->random.state = bench_random_mix(o->seed + number);
	if (allocate(t, err) != VOUCH_OK || open_connections(t, err) != VOUCH_OK ||
	    bench_sample_init(&t->sample, (size_t)share_of(o->sample, number, o->threads), o->seed ^ number,
		err) != VOUCH_OK ||
	    bench_wire_init(&t->wire, o->questions, &o->url, o->close, err) != VOUCH_OK)
		return err->code;
	return open_loop(t, err);
}

void
bench_thread_clear(struct bench_thread *t)
{
	if (t->loop.data != NULL)
		io_loop_end(&t->loop);
	if (t->clock_fd >= 0)
		close(t->clock_fd);
	for (unsigned i = 0; t->connections != NULL && i < t->connection_count; i++)
		bench_connection_clear(&t->connections[i]);
	free(t->connections);
	free(t->tally);
	free(t->input);
	bench_wire_clear(&t->wire);
	bench_sample_clear(&t->sample);
}

void
bench_thread_main(void *arg)
{
	struct bench_thread *t = arg;

	t->end_ns = t->plan->end_ns;
	t->now_ns = uv_hrtime();
	uv_timer_start(&t->tick, on_tick, TICK_MS, TICK_MS);
	for (unsigned i = 0; i < t->connection_count; i++)
		bench_connection_serve(&t->connections[i], t->now_ns);
	if (t->plan->options->rate > 0) {
		set_clock(t);
		uv_poll_start(&t->clock, UV_READABLE, on_clock);
	}
	bench_thread_end_if_done(t);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	atomic_store(&t->has_ended, true);
}
