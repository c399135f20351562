/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the library's server: with a responder, and beside a handler that does the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/base64.h"
#include "base/buf.h"
#include "client.h"
#include "handling.h"
#include "io/clock.h"
#include "responding.h"

static const char *const any_port = "127.0.0.1:0";

static vouch_http *
start(vouch_http_options o)
{
	vouch_http *http;
	vouch_err err;

	o.size = sizeof(o);
	o.addresses = &any_port;
	o.address_count = 1;
	o.threads = 2;
	if (vouch_http_start(&http, &o, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	return http;
}

/* GET of a request for one serial number. */
static char *
get_of(const struct responding *r, const char *serials, const char *fields)
{
	vouch_buf der = { 0 }, path = { 0 }, text = { 0 };

	responding_request(r, &der, serials, (vouch_span){ 0 });
	assert_int_equal(base64_encode(&path, span_buf(&der)), VOUCH_OK);
	assert_int_equal(buf_printf(&text, "GET /%.*s HTTP/1.1\r\nHost: a\r\n%s\r\n", (int)path.len,
			     (const char *)path.data, fields),
	    VOUCH_OK);
	assert_int_equal(vouch_buf_append(&text, "", 1), VOUCH_OK);
	vouch_buf_free(&der);
	vouch_buf_free(&path);
	return (char *)text.data;
}

/* --- A responder ---------------------------------------------------------------------------------------- */

struct log {
	unsigned answered, with_outcome, stored; /* atomic */
};

static void
answered(void *arg, vouch_http_exchange *x, const vouch_outcome *outcome, unsigned status)
{
	struct log *log = arg;
	vouch_http_request q = { .size = sizeof(q) };

	vouch_http_exchange_request(x, &q);
	assert_true(q.target.len > 0 && status >= 200);
	vouch_http_respond(x, 500, (vouch_span){ 0 }, (vouch_span){ 0 }); /* it may only look */
	__atomic_add_fetch(&log->answered, 1, __ATOMIC_RELEASE);
	__atomic_add_fetch(&log->with_outcome, outcome != NULL ? 1 : 0, __ATOMIC_RELEASE);
	__atomic_add_fetch(&log->stored,
	    outcome != NULL && outcome->served_from == VOUCH_SERVED_STORE ? 1 : 0, __ATOMIC_RELEASE);
}

static void
one_call_makes_a_responder_that_polls_and_stores(void **state)
{
	struct responding r;
	struct log log = { 0 };
	vouch_buf read = { 0 };

	(void)state;
	responding_make(&r, "/", false);
	vouch_http *http = start(
	    (vouch_http_options){ .responder = r.responder, .answered = answered, .answered_arg = &log });
	char *text = get_of(&r, "\x01", "");
	uint64_t until = io_monotonic_ms() + 5000;
	while (__atomic_load_n(&log.stored, __ATOMIC_ACQUIRE) == 0 && io_monotonic_ms() < until)
		assert_int_equal(client_ask(&http->listeners, text, NULL), 200);
	assert_true(__atomic_load_n(&log.stored, __ATOMIC_ACQUIRE) > 0);
	assert_int_equal(client_ask(&http->listeners, text, &read), 200);
	assert_true(client_has(&read, "Cache-Control: public, max-age="));
	unsigned before = __atomic_load_n(&log.with_outcome, __ATOMIC_ACQUIRE);
	assert_int_equal(client_ask(&http->listeners, "PUT / HTTP/1.0\r\nContent-Length: 0\r\n\r\n", NULL),
	    405);
	assert_int_equal(client_ask(&http->listeners, GET("/favicon.ico"), NULL), 400);
	assert_int_equal(__atomic_load_n(&log.with_outcome, __ATOMIC_ACQUIRE), before);
	assert_int_equal(__atomic_load_n(&log.answered, __ATOMIC_ACQUIRE), before + 2);
	vouch_http_free(http);
	free(text);
	vouch_buf_free(&read);
	responding_free(&r);
}

/* More than the event library has threads for. */
static void
sources_that_wait_hold_up_nobody_else(void **state)
{
	struct responding r;
	int fds[12];

	(void)state;
	responding_make(&r, "/", false);
	vouch_http *http = start((vouch_http_options){ .responder = r.responder });
	/* Of two certificates each: twelve who ask for one would wait for the same answer. */
	char *slow = get_of(&r, "\x09\x01", ""), *quick = get_of(&r, "\x01", "");
	for (size_t i = 0; i < 12; i++) {
		fds[i] = client_connect(&http->listeners);
		client_send(fds[i], slow);
	}
	WAIT_UNTIL(responding_held_up() == 12);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(client_ask(&http->listeners, quick, NULL), 200);
	for (size_t i = 0; i < 12; i++)
		responding_let_go();
	for (size_t i = 0; i < 12; i++) {
		vouch_buf read = { 0 };
		client_read(fds[i], &read, 1);
		assert_true(client_has(&read, "HTTP/1.1 200"));
		close(fds[i]);
		vouch_buf_free(&read);
	}
	vouch_http_free(http);
	free(slow);
	free(quick);
	responding_free(&r);
}

/* Another responder's scope begins elsewhere: that is how they are told apart. */
static void
a_responder_can_be_replaced_while_it_serves(void **state)
{
	struct responding r;
	vouch_responder *other;
	vouch_responder_options options = { .size = sizeof(options), .epoch = 2 };
	vouch_err err;

	(void)state;
	responding_make(&r, "/", true);
	vouch_http *http = start((vouch_http_options){ .responder = r.responder });
	char *text = get_of(&r, "\x01", "");
	assert_int_equal(client_ask(&http->listeners, text, NULL), 200);
	assert_int_equal(vouch_responder_new(&other, &options, &err), VOUCH_OK);
	assert_int_equal(vouch_responder_add(other, r.issuer, "/other/", &err), VOUCH_OK);
	vouch_http_set_responder(http, NULL); /* without a handler there is always one */
	assert_int_equal(client_ask(&http->listeners, text, NULL), 200);
	vouch_http_set_responder(http, other);
	vouch_responder_free(other);
	assert_int_equal(client_ask(&http->listeners, text, NULL), 404);
	vouch_http_free(http);
	free(text);
	responding_free(&r);
}

/* --- A handler that does the same ----------------------------------------------------------------------- */

static void
answer_with_responder(void *arg, vouch_http_exchange *x)
{
	vouch_http_request q = { .size = sizeof(q) };
	vouch_http_reply reply = { .size = sizeof(reply) };
	vouch_err err;

	vouch_http_exchange_request(x, &q);
	if (vouch_http_answer(arg, &q, &reply, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	vouch_http_respond_reply(x, &reply);
	vouch_http_reply_clear(&reply);
}

/* What differs from one moment to the next: Date, and max-age. */
static void
cut_moment(vouch_buf *read)
{
	static const char *const names[] = { "\r\nDate: ", "max-age=" };

	assert_int_equal(vouch_buf_append(read, "", 1), VOUCH_OK);
	for (size_t i = 0; i < 2; i++) {
		char *at = memmem(read->data, read->len, names[i], strlen(names[i]));
		for (char *c = at == NULL ? NULL : at + strlen(names[i]);
		     c != NULL && *c != '\r' && *c != ','; c++)
			*c = 'x';
	}
}

/* "If-None-Match: "a"", and a second one with the tag of the answer. */
static char *
two_tags_of(const struct io_listeners *listeners, const char *get)
{
	vouch_buf read = { 0 }, fields = { 0 };

	assert_int_equal(client_ask(listeners, get, &read), 200);
	const char *tag = memmem(read.data, read.len, "ETag: ", 6);
	assert_non_null(tag);
	assert_int_equal(buf_printf(&fields, "If-None-Match: \"a\"\r\nIf-None-Match: %.66s\r\n", tag + 6),
	    VOUCH_OK);
	assert_int_equal(vouch_buf_append(&fields, "", 1), VOUCH_OK);
	vouch_buf_free(&read);
	return (char *)fields.data;
}

static void
a_handler_that_asks_the_responder_answers_as_the_server_does(void **state)
{
	struct responding r;
	struct log log = { 0 };

	(void)state;
	responding_make(&r, "/", true);
	vouch_http *plain = start((vouch_http_options){ .responder = r.responder });
	char *get = get_of(&r, "\x01", ""), *tags = two_tags_of(&plain->listeners, get);
	vouch_http *handled = start((vouch_http_options){ .responder = r.responder,
	    .flags = VOUCH_HTTP_HANDLER_BLOCKS,
	    .handler = answer_with_responder,
	    .handler_arg = r.responder,
	    .answered = answered,
	    .answered_arg = &log });
	char *const texts[] = { get_of(&r, "\x01", ""), get_of(&r, "\x02", ""), get_of(&r, "\x05", ""),
		get_of(&r, "\x01", "If-None-Match: *\r\n"), get_of(&r, "\x01", tags),
		get_of(&r, "\x01", "If-None-Match: \"a\"\r\nIf-None-Match: W/\"b\"\r\n"),
		get_of(&r, "\x01", "If-None-Match: \"a\"\r\nIf-None-Match: *\r\n"),
		get_of(&r, "\x01", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n"),
		get_of(&r, "\x01",
		    "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n"
		    "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n"),
		strdup(GET("/")), strdup(GET("/M!?x")), strdup("HEAD / HTTP/1.0\r\n\r\n"),
		strdup("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
		strdup("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 1\r\n\r\nx"),
		strdup(
		    "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx") };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		vouch_buf a = { 0 }, b = { 0 };
		(void)client_ask(&plain->listeners, texts[i], &a); /* from now on it is stored */
		buf_clear(&a);
		(void)client_ask(&plain->listeners, texts[i], &a);
		(void)client_ask(&handled->listeners, texts[i], &b);
		cut_moment(&a);
		cut_moment(&b);
		if (!span_equal(span_buf(&a), span_buf(&b)))
			fail_msg("%s%.*s\n%.*s", texts[i], (int)a.len, (const char *)a.data, (int)b.len,
			    (const char *)b.data);
		vouch_buf_free(&a);
		vouch_buf_free(&b);
		free(texts[i]);
	}
	assert_int_equal(__atomic_load_n(&log.answered, __ATOMIC_ACQUIRE), sizeof(texts) / sizeof(texts[0]));
	assert_true(__atomic_load_n(&log.with_outcome, __ATOMIC_ACQUIRE) >= 8);
	free(get);
	free(tags);
	vouch_http_free(plain);
	vouch_http_free(handled);
	responding_free(&r);
}

/* --- Starting ------------------------------------------------------------------------------------------- */

static void
nothing(void *arg, vouch_http_exchange *x)
{
	(void)arg;
	vouch_http_respond(x, 204, (vouch_span){ 0 }, (vouch_span){ 0 });
}

static void
what_cannot_be_served_is_refused(void **state)
{
	static const char *const rubbish = "rubbish";
	const struct {
		const char *what;
		vouch_http_options options;
		int code;
	} rows[] = {
		{ "no address", { .handler = nothing }, VOUCH_EINVAL },
		{ "neither responder nor handler", { .addresses = &any_port, .address_count = 1 },
		    VOUCH_EINVAL },
		{ "unknown flags",
		    { .addresses = &any_port, .address_count = 1, .handler = nothing, .flags = 64 },
		    VOUCH_EINVAL },
		{ "too many threads",
		    { .addresses = &any_port, .address_count = 1, .handler = nothing, .pool_threads = 5000 },
		    VOUCH_EINVAL },
		{ "no address at all", { .addresses = &rubbish, .address_count = 1, .handler = nothing },
		    VOUCH_EPARSE },
	};
	vouch_http *http = NULL;
	vouch_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_http_options o = rows[i].options;
		o.size = sizeof(o);
		if (vouch_http_start(&http, &o, &err) != rows[i].code || http != NULL)
			fail_msg("%s: %s", rows[i].what, err.msg);
	}
	assert_int_equal(vouch_http_start(&http, NULL, NULL), VOUCH_EINVAL);
	assert_int_equal(vouch_http_start(&http, &(vouch_http_options){ 0 }, NULL), VOUCH_EINVAL);
	vouch_http_free(NULL);
}

static void
a_taken_port_is_refused_by_name(void **state)
{
	vouch_http *http = start((vouch_http_options){ .handler = nothing }), *second = NULL;
	const char *address = vouch_http_address(http, 0);
	vouch_http_options o = { .size = sizeof(o),
		.addresses = &address,
		.address_count = 1,
		.handler = nothing };
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_http_start(&second, &o, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, address));
	assert_null(second);
	vouch_http_free(http);
}

/* --- Trouble -------------------------------------------------------------------------------------------- */

struct feed {
	bool broken;	      /* atomic */
	unsigned told, ended; /* atomic */
};

static int
feed_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	(void)ctx;
	(void)issuer;
	(void)serial;
	(void)now;
	(void)err;
	out->cert_status = VOUCH_GOOD;
	return VOUCH_OK;
}

static int
feed_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct feed *feed = ctx;

	(void)cb;
	(void)arg;
	if (__atomic_load_n(&feed->broken, __ATOMIC_ACQUIRE)) {
		*err = (vouch_err){ .code = VOUCH_EUNAVAILABLE, .msg = "the feed is broken" };
		return VOUCH_EUNAVAILABLE;
	}
	return cursor->len > 0 ? VOUCH_OK : vouch_buf_append(cursor, "1", 1);
}

static int
feed_watch(void *ctx, int *fd, int *poll_ms)
{
	(void)ctx;
	*fd = -1;
	*poll_ms = 20;
	return VOUCH_OK;
}

static void
on_trouble(void *arg, const vouch_err *err)
{
	struct feed *feed = arg;

	if (err != NULL)
		assert_non_null(strstr(err->msg, "the feed is broken"));
	__atomic_add_fetch(err != NULL ? &feed->told : &feed->ended, 1, __ATOMIC_RELEASE);
}

static void
trouble_is_told_once_and_its_end_as_well(void **state)
{
	static const vouch_source_ops ops = { .abi = VOUCH_ABI,
		.name = "feed",
		.lookup = feed_lookup,
		.changes = feed_changes,
		.watch = feed_watch };
	struct responding r;
	struct feed feed = { .broken = true };
	vouch_source *source;
	vouch_err err;

	(void)state;
	responding_make(&r, "/", true);
	assert_int_equal(vouch_source_new(&source, &ops, &feed, &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_source(r.issuer, source, 0, &err), VOUCH_OK);
	vouch_source_free(source);
	vouch_responder_free(r.responder);
	vouch_responder_options options = { .size = sizeof(options), .epoch = 3, .store = r.store };
	assert_int_equal(vouch_responder_new(&r.responder, &options, &err), VOUCH_OK);
	assert_int_equal(vouch_responder_add(r.responder, r.issuer, "/", &err), VOUCH_OK);
	vouch_http *http = start(
	    (vouch_http_options){ .responder = r.responder, .trouble = on_trouble, .trouble_arg = &feed });
	WAIT_UNTIL(__atomic_load_n(&feed.told, __ATOMIC_ACQUIRE) == 1);
	poll(NULL, 0, 200);
	assert_int_equal(__atomic_load_n(&feed.told, __ATOMIC_ACQUIRE), 1);
	__atomic_store_n(&feed.broken, false, __ATOMIC_RELEASE);
	WAIT_UNTIL(__atomic_load_n(&feed.ended, __ATOMIC_ACQUIRE) == 1);
	vouch_http_free(http);
	responding_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_makes_a_responder_that_polls_and_stores),
		cmocka_unit_test(sources_that_wait_hold_up_nobody_else),
		cmocka_unit_test(a_responder_can_be_replaced_while_it_serves),
		cmocka_unit_test(a_handler_that_asks_the_responder_answers_as_the_server_does),
		cmocka_unit_test(what_cannot_be_served_is_refused),
		cmocka_unit_test(a_taken_port_is_refused_by_name),
		cmocka_unit_test(trouble_is_told_once_and_its_end_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
