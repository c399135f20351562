/* SPDX-License-Identifier: Apache-2.0 */
/* The desk of one loop thread. */
#include "http/desk.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/span.h"

#define SPARE_KEPT 64

static void on_answer(void *arg, struct http_pool_item *item);

int
http_desk_new(struct http_desk **out, vouch_err *err)
{
	struct http_desk *d = calloc(1, sizeof(*d));

	if (d == NULL || !http_returns_init(&d->answers, on_answer, d)) {
		free(d);
		return err_nomem(err);
	}
	d->references = 1;
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
	http_returns_destroy(&desk->answers);
	free(desk);
}

/* --- On the loop ---------------------------------------------------------------------------------------- */

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
	struct vouch_http_exchange *x = http_returns_open(&desk->answers, exchange->loop) ? take_spare(desk) :
											    NULL;

	if (x == NULL)
		return NULL;
	desk->thread = uv_thread_self();
	x->exchange = exchange;
	x->desk = desk;
	x->strict = desk->strict;
	x->state = HTTP_HANDED;
	x->unwanted = false;
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
	struct http_answer answer = { .status = r->status,
		.fields = span_buf(&r->fields),
		.body = body,
		.no_length = r->no_length };

	if (d->current == x)
		d->current = NULL;
	x->desk = NULL; /* who is told may only look */
	if (d->told != NULL)
		d->told(d->told_arg, x, r->has_outcome ? &r->outcome : NULL, r->status);
	x->desk = d;
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

/* One that nobody waits for any more: on whichever thread finds out. */
static void
destroy_whole(struct vouch_http_exchange *x)
{
	http_exchange_free(x->exchange);
	destroy(x);
}

static void
on_answer(void *arg, struct http_pool_item *item)
{
	struct vouch_http_exchange *x = (struct vouch_http_exchange *)item;

	(void)arg;
	if (x->unwanted)
		destroy_whole(x);
	else
		http_desk_send(x, span_buf(&x->reply.body));
}

void
http_desk_close(struct http_desk *desk)
{
	http_returns_close(&desk->answers);
}

/* True when it went from handed to that state. */
static bool
move_to(struct vouch_http_exchange *x, enum http_handed_state state)
{
	unsigned from = HTTP_HANDED;

	return __atomic_compare_exchange_n(&x->state, &from, (unsigned)state, false, __ATOMIC_ACQ_REL,
	    __ATOMIC_ACQUIRE);
}

void
http_desk_abandon(struct vouch_http_exchange *x)
{
	struct http_desk *d = x->desk;

	__atomic_sub_fetch(d->unanswered, 1, __ATOMIC_RELAXED);
	x->unwanted = true;
	/* Its own reference, before anybody can know; not needed when its answer is on its way. */
	__atomic_add_fetch(&d->references, 1, __ATOMIC_RELAXED);
	if (!move_to(x, HTTP_HANDED_ABANDONED))
		http_desk_free(d);
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

	destroy_whole(x);
	http_desk_free(d);
}

bool
http_desk_drop_abandoned(struct vouch_http_exchange *x)
{
	bool abandoned = __atomic_load_n(&x->state, __ATOMIC_ACQUIRE) == HTTP_HANDED_ABANDONED;

	if (abandoned)
		drop(x);
	return abandoned;
}

void
http_desk_return(struct vouch_http_exchange *x)
{
	struct http_desk *d = x->desk;

	/* One reference of our own: once it is answered, the server may end before we have let go. */
	__atomic_add_fetch(&d->references, 1, __ATOMIC_RELAXED);
	if (!move_to(x, HTTP_HANDED_ANSWERED))
		drop(x);
	else if (!http_returns_put(&d->answers, &x->item))
		destroy_whole(x); /* it was cut off meanwhile */
	http_desk_free(d);
}
