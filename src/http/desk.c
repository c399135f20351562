/* SPDX-License-Identifier: Apache-2.0 */
/* The desk of one loop thread. */
#include "http/desk.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/span.h"

#define SPARE_KEPT 256

int
http_desk_new(struct http_desk **out, vouch_err *err)
{
	struct http_desk *d = calloc(1, sizeof(*d));

	if (d == NULL || uv_mutex_init(&d->returned_lock) != 0) {
		free(d);
		return err_nomem(err);
	}
	d->references = 1;
	d->returned_end = &d->returned;
	*out = d;
	return VOUCH_OK;
}

static void
destroy(struct vouch_http_exchange *x)
{
	http_handed_free(x);
	free(x);
}

void
http_desk_free(struct http_desk *desk)
{
	if (desk == NULL || __atomic_sub_fetch(&desk->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	while (desk->spare != NULL) {
		struct vouch_http_exchange *x = desk->spare;
		desk->spare = x->next;
		destroy(x);
	}
	uv_mutex_destroy(&desk->returned_lock);
	free(desk);
}

/* --- On the loop ---------------------------------------------------------------------------------------- */

static void
on_wake(uv_async_t *wake)
{
	http_desk_deliver(wake->data);
}

static bool
open_desk(struct http_desk *d, uv_loop_t *loop)
{
	if (d->open)
		return true;
	d->thread = uv_thread_self();
	d->wake.data = d;
	d->open = uv_async_init(loop, &d->wake, on_wake) == 0;
	return d->open;
}

static struct vouch_http_exchange *
take_spare(struct http_desk *d)
{
	struct vouch_http_exchange *x = d->spare;

	if (x == NULL) {
		x = calloc(1, sizeof(*x));
		if (x != NULL)
			x->reply.size = sizeof(x->reply);
		return x;
	}
	d->spare = x->next;
	d->spare_count--;
	return x;
}

struct vouch_http_exchange *
http_desk_hand(struct http_desk *desk, struct http_exchange *exchange)
{
	struct vouch_http_exchange *x = open_desk(desk, exchange->loop) ? take_spare(desk) : NULL;

	if (x == NULL)
		return NULL;
	x->exchange = exchange;
	x->desk = desk;
	x->strict = desk->strict;
	x->answered = x->abandoned = false;
	exchange->user = x;
	__atomic_add_fetch(desk->unanswered, 1, __ATOMIC_RELAXED);
	return x;
}

void
http_desk_call(struct http_desk *desk, struct vouch_http_exchange *x, vouch_http_handler *handler, void *arg)
{
	desk->current = x;
	handler(arg, x);
	desk->current = NULL;
}

static void
keep(struct http_desk *d, struct vouch_http_exchange *x)
{
	http_handed_reset(x);
	__atomic_sub_fetch(d->unanswered, 1, __ATOMIC_RELAXED);
	if (d->spare_count == SPARE_KEPT) {
		destroy(x);
		return;
	}
	x->next = d->spare;
	d->spare = x;
	d->spare_count++;
}

void
http_desk_send(struct vouch_http_exchange *x, vouch_span body)
{
	struct http_desk *d = x->desk;
	const vouch_http_reply *r = &x->reply;
	struct http_exchange *exchange = x->exchange;
	struct http_answer answer = {
		.status = r->status, .fields = span_buf(&r->fields), .body = body, .no_length = r->no_length
	};

	if (d->current == x)
		d->current = NULL;
	if (d->told != NULL)
		d->told(d->told_arg, x, r->has_outcome ? &r->outcome : NULL, r->status);
	x->exchange = NULL;
	http_exchange_respond(exchange, &answer);
	keep(d, x);
}

struct http_exchange *
http_desk_take_back(struct vouch_http_exchange *x)
{
	struct http_exchange *exchange = x->exchange;

	x->exchange = NULL;
	exchange->user = NULL;
	keep(x->desk, x);
	return exchange;
}

void
http_desk_deliver(struct http_desk *desk)
{
	uv_mutex_lock(&desk->returned_lock);
	struct vouch_http_exchange *x = desk->returned, *next;
	desk->returned = NULL;
	desk->returned_end = &desk->returned;
	uv_mutex_unlock(&desk->returned_lock);
	for (; x != NULL; x = next) {
		next = x->next;
		if (x->abandoned) {
			http_exchange_free(x->exchange);
			destroy(x);
		} else {
			http_desk_send(x, span_buf(&x->reply.body));
		}
	}
}

void
http_desk_abandon(struct vouch_http_exchange *x)
{
	struct http_desk *d = x->desk;

	uv_mutex_lock(&d->returned_lock);
	x->abandoned = true;
	if (!x->answered)
		__atomic_add_fetch(&d->references, 1, __ATOMIC_RELAXED);
	__atomic_sub_fetch(d->unanswered, 1, __ATOMIC_RELAXED);
	uv_mutex_unlock(&d->returned_lock);
}

/* --- On any thread -------------------------------------------------------------------------------------- */

bool
http_desk_is_current(const struct vouch_http_exchange *x)
{
	uv_thread_t self = uv_thread_self();

	return uv_thread_equal(&self, &x->desk->thread) && x->desk->current == x;
}

static void
drop(struct vouch_http_exchange *x)
{
	struct http_desk *d = x->desk;

	http_exchange_free(x->exchange);
	destroy(x);
	http_desk_free(d);
}

bool
http_desk_drop_abandoned(struct vouch_http_exchange *x)
{
	uv_mutex_lock(&x->desk->returned_lock);
	bool abandoned = x->abandoned;
	uv_mutex_unlock(&x->desk->returned_lock);
	if (abandoned)
		drop(x);
	return abandoned;
}

/* False when it was abandoned: the loop may be gone. */
static bool
push(struct http_desk *d, struct vouch_http_exchange *x)
{
	uv_mutex_lock(&d->returned_lock);
	bool wanted = !x->abandoned;
	if (wanted) {
		x->answered = true;
		x->next = NULL;
		*d->returned_end = x;
		d->returned_end = &x->next;
		uv_async_send(&d->wake);
	}
	uv_mutex_unlock(&d->returned_lock);
	return wanted;
}

void
http_desk_return(struct vouch_http_exchange *x)
{
	struct http_desk *d = x->desk;

	/* Of our own: once it is returned, the server may end before we have let go of the lock. */
	__atomic_add_fetch(&d->references, 1, __ATOMIC_RELAXED);
	if (!push(d, x))
		drop(x);
	http_desk_free(d);
}
