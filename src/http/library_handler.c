/* SPDX-License-Identifier: Apache-2.0 */
/* A handler of the user's behind the server: called on the loop, or on a thread of the pool. */
#include <stdlib.h>

#include "base/err.h"
#include "base/span.h"
#include "http/library.h"

static void
told(void *arg, struct vouch_http_exchange *x, const vouch_outcome *outcome, unsigned status)
{
	const vouch_http_options *o = &((struct vouch_http *)arg)->options;

	if (o->answered != NULL)
		o->answered(o->answered_arg, x, outcome, status);
}

/* Too many wait already, or there is no memory or thread: the client may come again. */
static void
turn_away(struct vouch_http *http, struct http_exchange *exchange)
{
	static const char fields[] = "Retry-After: 1\r\nCache-Control: no-store\r\n";
	struct http_answer answer = { .status = 503, .fields = SPAN_LITERAL(fields) };
	struct vouch_http_exchange shown;

	http_handed_show(&shown, exchange);
	told(http, &shown, NULL, answer.status);
	http_handed_free(&shown);
	http_exchange_respond(exchange, &answer);
}

void
http_library_handle(void *arg, struct http_exchange *exchange)
{
	struct vouch_http *http = arg;
	struct http_desk *desk = http->desks[exchange->thread];
	bool full = __atomic_load_n(&http->unanswered, __ATOMIC_RELAXED) >= http->options.jobs;
	struct vouch_http_exchange *x = full ? NULL : http_desk_hand(desk, exchange);

	if (x == NULL)
		turn_away(http, exchange);
	else if (http->pool == NULL)
		http_desk_call(desk, x, http->options.handler, http->options.handler_arg);
	else if (!http_pool_put(http->pool, &x->item, false))
		turn_away(http, http_desk_take_back(x));
}

void
http_library_run(void *arg, struct http_pool_item *item)
{
	const vouch_http_options *o = &((struct vouch_http *)arg)->options;
	struct vouch_http_exchange *x = (struct vouch_http_exchange *)item;

	/* Nobody waits for it: at the end of the server the queue is not worked off. */
	if (!http_desk_drop_abandoned(x))
		o->handler(o->handler_arg, x);
}

void
http_library_tick(void *arg, unsigned thread, uv_loop_t *loop, bool last)
{
	struct vouch_http *http = arg;

	(void)loop;
	if (last)
		http_desk_close(http->desks[thread]);
}

void
http_library_abandoned(void *arg, struct http_exchange *exchange)
{
	(void)arg;
	http_desk_abandon(exchange->user);
}

int
http_library_handler_open(struct vouch_http *http, vouch_err *err)
{
	const vouch_http_options *o = &http->options;

	http->desks = calloc(http->threads, sizeof(struct http_desk *));
	if (http->desks == NULL)
		return err_nomem(err);
	for (unsigned i = 0; i < http->threads; i++) {
		if (http_desk_new(&http->desks[i], err) != VOUCH_OK)
			return err->code;
		http->desks[i]->told = told;
		http->desks[i]->told_arg = http;
		http->desks[i]->unanswered = &http->unanswered;
		http->desks[i]->strict = (o->flags & VOUCH_HTTP_STRICT) != 0;
	}
	if ((o->flags & VOUCH_HTTP_HANDLER_BLOCKS) == 0)
		return VOUCH_OK;
	return http_pool_new(&http->pool, o->pool_threads, http_library_run, http, err);
}

void
http_library_handler_close(struct vouch_http *http)
{
	http_pool_free(http->pool);
	for (unsigned i = 0; http->desks != NULL && i < http->threads; i++)
		http_desk_free(http->desks[i]);
	free(http->desks);
}
