/* SPDX-License-Identifier: Apache-2.0 */
/* A server of a test's own on a free port, whose handler does what the path asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "serving.h"

static void
answer(struct http_exchange *e, vouch_span body)
{
	struct http_answer a = { .status = 200,
		.fields = SPAN_LITERAL("Content-Type: text/plain\r\n"),
		.body = body };

	http_exchange_respond(e, &a);
}

void
serving_handle(void *arg, struct http_exchange *e)
{
	struct running *r = arg;
	char text[600];

	if (span_equal(e->target, SPAN_LITERAL("/late"))) {
		uv_mutex_lock(&r->late.lock);
		r->late.waiting[r->late.count++] = e;
		uv_mutex_unlock(&r->late.lock);
		return;
	}
	if (span_equal(e->target, SPAN_LITERAL("/gate"))) {
		__atomic_store_n(&r->at_gate, 1, __ATOMIC_RELEASE);
		while (__atomic_load_n(&r->is_open, __ATOMIC_ACQUIRE) == 0)
			poll(NULL, 0, 1);
	}
	if (span_equal(e->target, SPAN_LITERAL("/last"))) {
		http_exchange_go_last(e);
		r->gone_last++;
		if (r->gone_last == LAST + 10)
			client_send(r->prompt_fd, GET("/prompt"));
	}
	if (span_equal(e->target, SPAN_LITERAL("/prompt")))
		r->gone_before_prompt = r->gone_last;
	if (span_equal(e->target, SPAN_LITERAL("/large"))) {
		answer(e, span_of(r->large, LARGE));
		return;
	}
	int n = snprintf(text, sizeof(text), "%s %.*s %.*s\n", http_method_name(e->method),
	    (int)e->target.len, (const char *)e->target.data, (int)(e->body.len < 100 ? e->body.len : 100),
	    (const char *)e->body.data);
	answer(e, span_of(text, (size_t)n));
}

/* Late exchanges are answered on their own loop. */
static void
tick(void *arg, unsigned thread, uv_loop_t *loop, bool last)
{
	struct running *r = arg;
	struct http_exchange *ready[LATE_MAX];
	size_t count = 0, kept = 0;

	(void)loop;
	(void)last;
	uv_mutex_lock(&r->late.lock);
	for (size_t i = 0; r->late.release && i < r->late.count; i++) {
		if (r->late.waiting[i]->thread == thread)
			ready[count++] = r->late.waiting[i];
		else
			r->late.waiting[kept++] = r->late.waiting[i];
	}
	if (r->late.release)
		r->late.count = kept;
	uv_mutex_unlock(&r->late.lock);
	for (size_t i = 0; i < count; i++)
		answer(ready[i], SPAN_LITERAL("late\n"));
}

static void
stopped(void *arg)
{
	__atomic_add_fetch((unsigned *)arg, 1, __ATOMIC_RELEASE);
}

void
serving_start(struct running *r, struct http_server_options *o, const char *address)
{
	vouch_err err;

	*r = (struct running){ .large = calloc(1, LARGE) };
	assert_int_equal(uv_mutex_init(&r->late.lock), 0);
	o->threads = o->threads != 0 ? o->threads : 2;
	o->handler = serving_handle;
	o->tick = tick;
	o->arg = r;
	o->stopped = stopped;
	o->stopped_arg = &r->stopped;
	if (io_listeners_open(&r->listeners, &address, 1, o->threads, 0600, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(http_server_start(&r->server, o, &r->listeners, &err), VOUCH_OK);
}

void
serving_end(struct running *r)
{
	http_server_stop(r->server);
	http_server_free(r->server);
	assert_int_equal(r->stopped, 1);
	io_listeners_close(&r->listeners);
	uv_mutex_destroy(&r->late.lock);
	free(r->large);
	vouch_buf_free(&r->read);
}

void
serving_release(struct running *r)
{
	uv_mutex_lock(&r->late.lock);
	r->late.release = true;
	uv_mutex_unlock(&r->late.lock);
}

uint64_t
serving_connections(const struct running *r)
{
	struct http_counters c;

	http_server_count(r->server, &c);
	return c.connections;
}

size_t
serving_late(struct running *r)
{
	uv_mutex_lock(&r->late.lock);
	size_t count = r->late.count;
	uv_mutex_unlock(&r->late.lock);
	return count;
}

int
serving_setup(void **state)
{
	struct running *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	serving_start(r, *state, "127.0.0.1:0");
	*state = r;
	return 0;
}

int
serving_teardown(void **state)
{
	serving_end(*state);
	free(*state);
	return 0;
}
