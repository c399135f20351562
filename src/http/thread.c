/* SPDX-License-Identifier: Apache-2.0 */
/* One thread of the server: its loop from the first connection to the last. */
#include "http/thread.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "http/acceptor.h"
#include "http/connection.h"
#include "http/output.h"
#include "io/loop.h"

#define TICK_MS_MIN 20
#define TICK_MS_MAX 500
#define LINGER_MS 5000	/* for a client to read why it was refused */
#define FAREWELL_MS 300 /* for a request that was sent before the client saw our end of the connection */

/*
 * All is answered and closed: the loop ends when its last handle is gone, and whatever the handler has left
 * in the pool.
 */
static void
end(struct http_thread *t)
{
	const struct http_server_options *o = &t->server->options;

	t->ended = true;
	if (o->tick != NULL)
		o->tick(o->arg, t->number, &t->loop, true);
	io_loop_close_handles(&t->loop);
}

static void
end_if_empty(struct http_thread *t)
{
	if (t->draining && t->open == 0 && !t->ended)
		end(t);
}

void
http_thread_left(struct http_thread *thread)
{
	thread->open--;
	end_if_empty(thread);
}

static void
stop_accepting(struct http_thread *t)
{
	for (size_t i = 0; i < t->acceptor_count; i++) {
		/* Those in the queue of our socket would be reset. */
		http_acceptor_take(&t->acceptors[i]);
		uv_close((uv_handle_t *)&t->acceptors[i].poll, NULL);
	}
	t->acceptor_count = 0;
}

static void
drain(struct http_thread *t)
{
	if (t->draining)
		return;
	stop_accepting(t);
	t->draining = true;
	t->drain_until = uv_now(&t->loop) + t->server->options.drain_time_ms;
	for (struct http_connection *c = t->connections, *next; c != NULL; c = next) {
		next = c->next;
		http_connection_drain(c);
	}
	end_if_empty(t);
}

static void
cut_off(struct http_thread *t)
{
	t->cut_off = true;
	for (struct http_connection *c = t->connections, *next; c != NULL; c = next) {
		next = c->next;
		http_connection_close(c);
	}
	for (struct http_connection *c = t->gone, *next; c != NULL && !t->ended; c = next) {
		next = c->next;
		http_connection_abandon(c);
	}
}

static void
on_wake(uv_async_t *wake)
{
	struct http_thread *t = wake->data;
	unsigned stops = __atomic_load_n(&t->server->stops, __ATOMIC_ACQUIRE);

	if (stops == 0 || t->ended)
		return;
	drain(t);
	if (stops > 1)
		cut_off(t);
}

static void
resume_accepting(struct http_thread *t)
{
	t->paused = false;
	for (size_t i = 0; i < t->acceptor_count && !t->paused; i++)
		if (http_acceptor_start(&t->acceptors[i]) != 0)
			t->paused = true;
}

static void
on_tick(uv_timer_t *timer)
{
	struct http_thread *t = timer->data;
	const struct http_server_options *o = &t->server->options;
	uint64_t now = uv_now(&t->loop);
	struct http_deadline *expired;

	for (size_t i = 0; i < HTTP_WAITS; i++)
		while ((expired = http_deadlines_expired(&t->waits[i], now)) != NULL)
			http_connection_expire(http_connection_of(expired));
	if (t->paused)
		resume_accepting(t);
	if (t->draining && now >= t->drain_until)
		cut_off(t);
	if (o->tick != NULL && !t->ended)
		o->tick(o->arg, t->number, &t->loop, false);
}

/*
 * Connections that let others go first have their turn; those that let them again come in the next turn of
 * the loop.
 */
static void
on_again(uv_idle_t *again)
{
	struct http_thread *t = again->data;
	struct http_connection **last = t->ready_end;
	bool was_last = false;

	for (unsigned i = 0; i < HTTP_TURN && t->ready != NULL && !was_last; i++) {
		struct http_connection *c = t->ready;
		was_last = last == &c->next_ready;
		http_thread_not_again(t, c);
		c->exchange.waited_ms = (unsigned)(uv_now(&t->loop) - c->ready_since);
		http_connection_advance(c);
	}
	if (t->ready == NULL)
		uv_idle_stop(again);
}

void
http_thread_again(struct http_thread *thread, struct http_connection *c)
{
	if (c->ready_link != NULL)
		return;
	c->next_ready = NULL;
	c->ready_link = thread->ready_end;
	c->ready_since = uv_now(&thread->loop);
	*thread->ready_end = c;
	thread->ready_end = &c->next_ready;
	uv_idle_start(&thread->again, on_again);
}

void
http_thread_not_again(struct http_thread *thread, struct http_connection *c)
{
	if (c->ready_link == NULL)
		return;
	*c->ready_link = c->next_ready;
	if (c->next_ready != NULL)
		c->next_ready->ready_link = c->ready_link;
	else
		thread->ready_end = c->ready_link;
	c->ready_link = NULL;
}

/* What the handler and the connections have put off. */
static void
catch_up(struct http_thread *t)
{
	void (*call)(void *arg) = t->before_waiting;

	t->before_waiting = NULL;
	if (call != NULL)
		call(t->before_waiting_arg);
	http_output_flush_all(t);
}

void
http_thread_before_waiting(struct http_thread *thread, void (*call)(void *arg), void *arg)
{
	if (thread->before_waiting != NULL &&
	    (thread->before_waiting != call || thread->before_waiting_arg != arg))
		catch_up(thread);
	thread->before_waiting = call;
	thread->before_waiting_arg = arg;
}

static void
on_departure(uv_prepare_t *departure)
{
	catch_up(departure->data);
}

static void
on_arrival(uv_check_t *arrival)
{
	catch_up(arrival->data);
}

/* --- Birth and death ------------------------------------------------------------------------------------ */

static unsigned
tick_of(const struct http_server_options *o)
{
	unsigned shortest = o->header_time_ms < o->body_time_ms ? o->header_time_ms : o->body_time_ms;

	if (o->idle_time_ms < shortest)
		shortest = o->idle_time_ms;
	if (o->drain_time_ms < shortest)
		shortest = o->drain_time_ms;
	unsigned tick = shortest / 8;
	return tick < TICK_MS_MIN ? TICK_MS_MIN : tick > TICK_MS_MAX ? TICK_MS_MAX : tick;
}

static void
init_waits(struct http_thread *t)
{
	const struct http_server_options *o = &t->server->options;
	const uint64_t ms[HTTP_WAITS] = {
		[HTTP_WAIT_REQUEST] = o->idle_time_ms,
		[HTTP_WAIT_HEAD] = o->header_time_ms,
		[HTTP_WAIT_BODY] = o->body_time_ms,
		[HTTP_WAIT_WRITE] = o->idle_time_ms,
		[HTTP_WAIT_LINGER] = LINGER_MS,
		[HTTP_WAIT_FAREWELL] = FAREWELL_MS,
	};

	for (size_t i = 0; i < HTTP_WAITS; i++)
		http_deadlines_init(&t->waits[i], ms[i]);
}

static int
init_handles(struct http_thread *t, const struct io_listeners *listeners)
{
	unsigned tick = tick_of(&t->server->options);
	int rc = uv_async_init(&t->loop, &t->wake, on_wake);

	t->wake.data = t->tick.data = t->again.data = t;
	t->departure.data = t->arrival.data = t;
	if (rc != 0 || (rc = uv_timer_init(&t->loop, &t->tick)) != 0 ||
	    (rc = uv_idle_init(&t->loop, &t->again)) != 0 ||
	    (rc = uv_prepare_init(&t->loop, &t->departure)) != 0 ||
	    (rc = uv_prepare_start(&t->departure, on_departure)) != 0 ||
	    (rc = uv_check_init(&t->loop, &t->arrival)) != 0 ||
	    (rc = uv_check_start(&t->arrival, on_arrival)) != 0 ||
	    (rc = uv_timer_start(&t->tick, on_tick, tick, tick)) != 0)
		return rc;
	for (size_t i = 0; i < listeners->count; i++) {
		rc = http_acceptor_init(&t->acceptors[i], t, io_listener_fd(&listeners->items[i], t->number));
		if (rc != 0)
			return rc;
		t->acceptor_count++;
		rc = http_acceptor_start(&t->acceptors[i]);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static void
run_dry(struct http_thread *t)
{
	io_loop_close_handles(&t->loop);
	while (uv_run(&t->loop, UV_RUN_DEFAULT) != 0)
		;
}

int
http_thread_new(struct http_thread **out, struct http_server *server, unsigned number,
    const struct io_listeners *listeners, vouch_err *err)
{
	struct http_thread *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return err_nomem(err);
	t->server = server;
	t->number = number;
	t->ready_end = &t->ready;
	init_waits(t);
	t->acceptors = calloc(listeners->count, sizeof(*t->acceptors));
	int rc = t->acceptors == NULL ? UV_ENOMEM : uv_loop_init(&t->loop);
	if (rc != 0) {
		free(t->acceptors);
		free(t);
		return err_set(err, VOUCH_EIO, "event loop: %s", uv_strerror(rc));
	}
	rc = init_handles(t, listeners);
	if (rc != 0) {
		http_thread_free(t);
		return err_set(err, VOUCH_EIO, "event loop: %s", uv_strerror(rc));
	}
	*out = t;
	return VOUCH_OK;
}

static void
run(void *arg)
{
	struct http_thread *t = arg;
	struct http_server *s = t->server;
	/* Read before the count goes down: whoever waits for that may free the server. */
	void (*stopped)(void *) = s->options.stopped;
	void *stopped_arg = s->options.stopped_arg;

	uv_run(&t->loop, UV_RUN_DEFAULT);
	if (__atomic_sub_fetch(&s->running, 1, __ATOMIC_ACQ_REL) == 0 && stopped != NULL)
		stopped(stopped_arg);
}

int
http_thread_run(struct http_thread *thread, vouch_err *err)
{
	int rc = uv_thread_create(&thread->id, run, thread);

	return rc == 0 ? VOUCH_OK : err_set(err, VOUCH_EIO, "thread: %s", uv_strerror(rc));
}

void
http_thread_free(struct http_thread *thread)
{
	if (thread == NULL)
		return;
	run_dry(thread);
	uv_loop_close(&thread->loop);
	while (thread->spare != NULL) {
		struct http_connection *c = thread->spare;
		thread->spare = c->next;
		free(c);
	}
	http_buffers_clear(&thread->buffers);
	free(thread->acceptors);
	free(thread);
}
