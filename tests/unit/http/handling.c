/* SPDX-License-Identifier: Apache-2.0 */
/* A server of the library with a handler of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "handling.h"

static bool
begins_with(vouch_span s, const char *text)
{
	return s.len >= strlen(text) && memcmp(s.data, text, strlen(text)) == 0;
}

static void
wait_at_gate(struct handling *h)
{
	uv_mutex_lock(&h->lock);
	h->blocked++;
	while (h->permits == 0)
		uv_cond_wait(&h->changed, &h->lock);
	h->permits--;
	h->blocked--;
	uv_mutex_unlock(&h->lock);
}

static void
keep(struct handling *h, vouch_http_exchange *x)
{
	uv_mutex_lock(&h->lock);
	assert_true(h->kept_count < KEPT_MAX);
	h->kept[h->kept_count++] = x;
	uv_mutex_unlock(&h->lock);
}

static void
put(vouch_buf *out, vouch_span s)
{
	assert_int_equal(buf_append_span(out, s), VOUCH_OK);
}

/* method target minor-version peer-kind, each field as [name=value], body. */
static void
describe(vouch_http_exchange *x, const vouch_http_request *q, vouch_buf *out)
{
	vouch_span name, value;

	put(out, span_string(q->method));
	put(out, SPAN_LITERAL(" "));
	put(out, q->target);
	assert_int_equal(buf_printf(out, " %s %s",
			     vouch_http_exchange_version(x) + 7, /* "HTTP/1.1" begins an answer */
			     strncmp(vouch_http_exchange_peer(x), "127.0.0.1:", 10) == 0 ? "local" : "unix"),
	    VOUCH_OK);
	for (size_t i = 0; vouch_http_exchange_field(x, i, &name, &value); i++) {
		put(out, SPAN_LITERAL(" ["));
		put(out, name);
		put(out, SPAN_LITERAL("="));
		put(out, value);
		put(out, SPAN_LITERAL("]"));
	}
	put(out, SPAN_LITERAL(" "));
	put(out, q->body);
	put(out, SPAN_LITERAL("\n"));
}

static void
handle(void *arg, vouch_http_exchange *x)
{
	struct handling *h = arg;
	vouch_http_request q = { .size = sizeof(q) };
	vouch_buf text = { 0 };

	vouch_http_exchange_request(x, &q);
	if (begins_with(q.target, "/keep")) {
		keep(h, x);
		return;
	}
	if (begins_with(q.target, "/block"))
		wait_at_gate(h);
	if (begins_with(q.target, "/status/")) {
		unsigned status = (unsigned)strtoul((const char *)q.target.data + 8, NULL, 10);
		vouch_http_respond(x, status, SPAN_LITERAL("Location: /\r\n"), (vouch_span){ 0 });
	} else if (begins_with(q.target, "/fields")) {
		vouch_http_respond(x, 200, q.body, SPAN_LITERAL("body\n"));
	} else {
		describe(x, &q, &text);
		vouch_http_respond(x, 200, SPAN_LITERAL("Content-Type: text/plain\r\n"), span_buf(&text));
	}
	vouch_buf_free(&text);
}

static void
answered(void *arg, vouch_http_exchange *x, const vouch_outcome *outcome, unsigned status)
{
	struct handling *h = arg;
	vouch_http_request q = { .size = sizeof(q) };
	vouch_span name, value;

	assert_null(outcome);
	vouch_http_exchange_request(x, &q);
	assert_non_null(q.method);
	(void)vouch_http_exchange_field(x, 0, &name, &value);
	assert_non_null(vouch_http_exchange_peer(x));
	uv_mutex_lock(&h->lock);
	h->answered++;
	h->last_status = status;
	uv_mutex_unlock(&h->lock);
}

void
handling_start(struct handling *h, vouch_http_options o, const char *address)
{
	vouch_err err;

	*h = (struct handling){ 0 };
	assert_int_equal(uv_mutex_init(&h->lock), 0);
	assert_int_equal(uv_cond_init(&h->changed), 0);
	if (address == NULL)
		address = "127.0.0.1:0";
	o.size = sizeof(o);
	o.addresses = &address;
	o.address_count = 1;
	o.threads = o.threads != 0 ? o.threads : 2;
	o.handler = handle;
	o.answered = answered;
	o.handler_arg = o.answered_arg = h;
	if (vouch_http_start(&h->http, &o, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
}

void
handling_end(struct handling *h)
{
	vouch_http_free(h->http);
	uv_cond_destroy(&h->changed);
	uv_mutex_destroy(&h->lock);
}

size_t
handling_kept(struct handling *h)
{
	uv_mutex_lock(&h->lock);
	size_t count = h->kept_count;
	uv_mutex_unlock(&h->lock);
	return count;
}

void
handling_answer_kept(struct handling *h, const char *text)
{
	for (;;) {
		uv_mutex_lock(&h->lock);
		vouch_http_exchange *x = h->kept_count > 0 ? h->kept[--h->kept_count] : NULL;
		uv_mutex_unlock(&h->lock);
		if (x == NULL)
			return;
		vouch_http_respond(x, 200, (vouch_span){ 0 }, span_string(text));
	}
}

unsigned
handling_blocked(struct handling *h)
{
	uv_mutex_lock(&h->lock);
	unsigned count = h->blocked;
	uv_mutex_unlock(&h->lock);
	return count;
}

void
handling_unblock(struct handling *h, unsigned count)
{
	uv_mutex_lock(&h->lock);
	h->permits += count;
	uv_cond_broadcast(&h->changed);
	uv_mutex_unlock(&h->lock);
}

unsigned
handling_answered(struct handling *h)
{
	uv_mutex_lock(&h->lock);
	unsigned count = h->answered;
	uv_mutex_unlock(&h->lock);
	return count;
}
