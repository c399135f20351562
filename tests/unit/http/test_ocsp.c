/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of OCSP over HTTP with a real responder behind it: statuses, header fields, jobs that wait, a
 * responder that is replaced.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include "client.h"
#include "http/ocsp.h"
#include "http/server.h"
#include "io/clock.h"
#include "responding.h"

#define PATIENCE_MS 5000
#define NONCE SPAN_LITERAL("0123456789abcdef0123456789abcdef")
#define MALFORMED "\r\n\r\n\x30\x03\x0a\x01\x01"
#define TRY_LATER "\r\n\r\n\x30\x03\x0a\x01\x03"
#define UNAUTHORIZED "\r\n\r\n\x30\x03\x0a\x01\x06"

struct running {
	struct responding responding;
	struct io_listeners listeners;
	struct http_ocsp *ocsp;
	struct http_server *server;
	unsigned answered, with_outcome; /* atomic */
	uv_thread_t loop_thread;	 /* which answered last */
};

static void
on_answered(void *arg, struct http_exchange *exchange, const vouch_outcome *outcome, unsigned status)
{
	struct running *r = arg;

	assert_true(status >= 200 && http_exchange_peer(exchange)[0] != '\0');
	uv_thread_t self = uv_thread_self();
	__atomic_store(&r->loop_thread, &self, __ATOMIC_RELEASE);
	__atomic_add_fetch(&r->answered, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&r->with_outcome, outcome != NULL ? 1 : 0, __ATOMIC_RELAXED);
}

static void
start(struct running *r, struct http_ocsp_options o, const char *path, bool inline_lookups)
{
	static const char *const address = "127.0.0.1:0";
	struct http_server_options server = { .threads = 2,
		.handler = http_ocsp_handle,
		.tick = http_ocsp_tick,
		.header_time_ms = 400 };
	vouch_err err;

	*r = (struct running){ 0 };
	responding_make(&r->responding, path, inline_lookups);
	o.threads = 2;
	o.answered = on_answered;
	o.answered_arg = r;
	assert_int_equal(http_ocsp_new(&r->ocsp, &o, r->responding.responder, &err), VOUCH_OK);
	server.arg = r->ocsp;
	assert_int_equal(io_listeners_open(&r->listeners, &address, 1, 2, 0600, &err), VOUCH_OK);
	assert_int_equal(http_server_start(&r->server, &server, &r->listeners, &err), VOUCH_OK);
}

static void
end(struct running *r)
{
	http_server_stop(r->server);
	http_server_free(r->server);
	http_ocsp_free(r->ocsp);
	io_listeners_close(&r->listeners);
	responding_free(&r->responding);
}

#define WAIT_UNTIL(condition) \
	do { \
		uint64_t until = io_monotonic_ms() + PATIENCE_MS; \
		while (!(condition)) { \
			if (io_monotonic_ms() > until) \
				fail_msg("%s does not come true", #condition); \
			poll(NULL, 0, 5); \
		} \
	} while (0)

static void
append(vouch_buf *to, const char *text)
{
	assert_int_equal(buf_append_string(to, text), VOUCH_OK);
}

/* METHOD /base64 with these header lines. */
static void
put_get(vouch_buf *out, const char *method, const char *prefix, vouch_span request, const char *fields)
{
	append(out, method);
	append(out, " ");
	append(out, prefix);
	assert_int_equal(base64_encode(out, request), VOUCH_OK);
	append(out, " HTTP/1.1\r\nHost: a\r\n");
	append(out, fields);
	append(out, "\r\n");
}

static void
put_post(vouch_buf *out, const char *path, vouch_span request, const char *fields)
{
	assert_int_equal(buf_printf(out, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n%s\r\n", path,
			     request.len, fields),
	    VOUCH_OK);
	assert_int_equal(buf_append_span(out, request), VOUCH_OK);
}

static void
send_all(int fd, const vouch_buf *b)
{
	assert_int_equal(send(fd, b->data, b->len, MSG_NOSIGNAL), b->len);
}

/* Sends one request on a connection of its own and returns the answer. */
static vouch_buf
exchange(const struct running *r, vouch_buf *request)
{
	vouch_buf answer = { 0 };
	int fd = client_connect(&r->listeners);

	send_all(fd, request);
	client_read(fd, &answer, 1);
	close(fd);
	buf_clear(request);
	return answer;
}

static vouch_span
body_of(const vouch_buf *answer)
{
	const uint8_t *end = memmem(answer->data, answer->len, "\r\n\r\n", 4);

	assert_non_null(end);
	return span_of(end + 4, answer->len - (size_t)(end + 4 - answer->data));
}

/* The value of a header field of the answer, as a string of its own. */
static char *
field_of(const vouch_buf *answer, const char *name)
{
	const char *at = memmem(answer->data, answer->len, name, strlen(name));

	if (at == NULL)
		return NULL;
	at += strlen(name);
	const char *end = memmem(at, answer->len - (size_t)(at - (const char *)answer->data), "\r\n", 2);
	assert_non_null(end);
	return strndup(at, (size_t)(end - at));
}

static void
get_and_post_give_the_same_cacheable_answer(void **state)
{
	static const char *const fields[] = { "Content-Type: application/ocsp-response\r\n",
		"Content-Length: ", "Last-Modified: ", "ETag: \"",
		"Expires: ", "Cache-Control: public, max-age=", ", no-transform, must-revalidate\r\n",
		"Date: " };
	struct running r;
	vouch_buf der = { 0 }, text = { 0 };

	(void)state;
	start(&r, (struct http_ocsp_options){ 0 }, "/", true);
	responding_request(&r.responding, &der, "\x01", (vouch_span){ 0 });
	put_get(&text, "GET", "/", span_buf(&der), "");
	vouch_buf got = exchange(&r, &text);
	put_post(&text, "/", span_buf(&der), "Content-Type: application/ocsp-request\r\n");
	vouch_buf posted = exchange(&r, &text);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!client_has(&got, fields[i]) || !client_has(&posted, fields[i]))
			fail_msg("%s", fields[i]);
	assert_true(body_of(&got).len > 100);
	assert_true(span_equal(body_of(&got), body_of(&posted)));
	assert_int_equal(__atomic_load_n(&r.with_outcome, __ATOMIC_RELAXED), 2);
	vouch_buf_free(&got);
	vouch_buf_free(&posted);
	vouch_buf_free(&der);
	vouch_buf_free(&text);
	end(&r);
}

static void
a_client_that_has_the_answer_is_told_so(void **state)
{
	struct running r;
	vouch_buf der = { 0 }, text = { 0 };
	char tag_field[120], date_field[120];

	(void)state;
	start(&r, (struct http_ocsp_options){ 0 }, "/", true);
	responding_request(&r.responding, &der, "\x01", (vouch_span){ 0 });
	put_get(&text, "GET", "/", span_buf(&der), "");
	vouch_buf first = exchange(&r, &text);
	char *tag = field_of(&first, "ETag: "), *date = field_of(&first, "Last-Modified: ");
	assert_non_null(tag);
	snprintf(tag_field, sizeof(tag_field), "If-None-Match: W/%s\r\n", tag);
	snprintf(date_field, sizeof(date_field), "If-Modified-Since: %s\r\n", date);
	const char *const asked[] = { tag_field, "If-None-Match: *\r\n", date_field };
	for (size_t i = 0; i < 3; i++) {
		put_get(&text, i == 1 ? "HEAD" : "GET", "/", span_buf(&der), asked[i]);
		vouch_buf answer = exchange(&r, &text);
		assert_true(client_has(&answer, "HTTP/1.1 304 Not Modified\r\n") && client_has(&answer, tag));
		assert_true(client_has(&answer, "Cache-Control: public") && client_has(&answer, "Expires: "));
		assert_false(client_has(&answer, "Content-"));
		assert_int_equal(body_of(&answer).len, 0);
		vouch_buf_free(&answer);
	}
	put_post(&text, "/", span_buf(&der), tag_field);
	vouch_buf posted = exchange(&r, &text);
	assert_true(client_has(&posted, "HTTP/1.1 200 OK\r\n"));
	free(tag);
	free(date);
	vouch_buf_free(&first);
	vouch_buf_free(&posted);
	vouch_buf_free(&der);
	vouch_buf_free(&text);
	end(&r);
}

static void
head_is_get_without_its_body_and_signs_nothing_for_a_nonce(void **state)
{
	struct running r;
	struct http_ocsp_counters before, after;
	vouch_buf der = { 0 }, nonced = { 0 }, text = { 0 };

	(void)state;
	start(&r, (struct http_ocsp_options){ 0 }, "/", true);
	responding_request(&r.responding, &der, "\x01", (vouch_span){ 0 });
	responding_request(&r.responding, &nonced, "\x01", NONCE);
	put_get(&text, "GET", "/", span_buf(&der), "");
	vouch_buf got = exchange(&r, &text);
	put_get(&text, "HEAD", "/", span_buf(&der), "Connection: close\r\n");
	vouch_buf head = exchange(&r, &text);
	char *one = field_of(&got, "ETag: "), *other = field_of(&head, "ETag: ");
	assert_string_equal(one, other);
	free(one);
	free(other);
	one = field_of(&got, "Content-Length: ");
	other = field_of(&head, "Content-Length: ");
	assert_string_equal(one, other);
	free(one);
	free(other);
	assert_int_equal(body_of(&head).len, 0);
	http_ocsp_count(r.ocsp, &before);
	put_get(&text, "HEAD", "/", span_buf(&nonced), "Connection: close\r\n");
	vouch_buf silent = exchange(&r, &text);
	http_ocsp_count(r.ocsp, &after);
	assert_true(client_has(&silent, "HTTP/1.1 200 OK\r\n"));
	assert_false(client_has(&silent, "Content-Length") || client_has(&silent, "ETag") ||
	    client_has(&silent, "public"));
	assert_int_equal(before.signatures, after.signatures);
	put_get(&text, "GET", "/", span_buf(&nonced), "If-None-Match: *\r\n");
	vouch_buf fresh = exchange(&r, &text);
	assert_true(client_has(&fresh, "HTTP/1.1 200 OK\r\n"));
	assert_true(client_has(&fresh, "Cache-Control: max-age=0, no-transform, must-revalidate\r\n"));
	assert_false(client_has(&fresh, "ETag") || client_has(&fresh, "Last-Modified") ||
	    client_has(&fresh, "no-store"));
	vouch_buf_free(&got);
	vouch_buf_free(&head);
	vouch_buf_free(&silent);
	vouch_buf_free(&fresh);
	vouch_buf_free(&der);
	vouch_buf_free(&nonced);
	vouch_buf_free(&text);
	end(&r);
}

#define BODY "\x30\x03\x0a\x01\x01" /* a body that is no OCSPRequest */
static const struct {
	const char *what, *text;
	unsigned lenient, strict;
	const char *has;
} requests[] = {
	{ "nothing after the prefix", "GET /ca/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400, "no-store" },
	{ "a favicon (H-33)", "GET /ca/favicon.ico HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400, "no-store" },
	{ "another scope", "GET /cb/MEkw HTTP/1.1\r\nHost: a\r\n\r\n", 404, 404, "no-store" },
	{ "no slash after the prefix (X-09)", "GET /caMEkw HTTP/1.1\r\nHost: a\r\n\r\n", 404, 404,
	    "no-store" },
	{ "what begins with M is OCSP", "GET /ca/Manual HTTP/1.1\r\nHost: a\r\n\r\n", 200, 200, MALFORMED },
	{ "double encoding", "GET /ca/ME4w%252F HTTP/1.1\r\nHost: a\r\n\r\n", 200, 200, MALFORMED },
	{ "a query (X-11)", "GET /ca/Manual?x=y HTTP/1.1\r\nHost: a\r\n\r\n", 200, 200, MALFORMED },
	{ "an empty POST (P-02)",
	    "POST /ca/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Length: 0\r\n\r\n",
	    200, 200, MALFORMED },
	{ "POST to the prefix without its slash",
	    "POST /ca HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Length: 5\r\n\r\n" BODY,
	    200, 200, MALFORMED },
	{ "POST below the prefix",
	    "POST /ca/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Length: 5\r\n\r\n" BODY,
	    200, 200, MALFORMED },
	{ "POST elsewhere", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" BODY, 404, 404,
	    "no-store" },
	{ "the type in other letters and with parameters (H-08)",
	    "POST /ca/ HTTP/1.1\r\nHost: a\r\nContent-Type: Application/OCSP-Request ; a=b\r\nContent-Length: 5\r\n\r\n" BODY,
	    200, 200, MALFORMED },
	{ "no type (X-36)", "POST /ca/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" BODY, 200, 200,
	    MALFORMED },
	{ "another type",
	    "POST /ca/ HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n\r\n" BODY, 415,
	    415, "no-store" },
	{ "a longer type",
	    "POST /ca/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-requests\r\nContent-Length: 5\r\n\r\n" BODY,
	    415, 415, "no-store" },
	{ "a coding",
	    "POST /ca/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Encoding: gzip\r\n"
	    "Content-Length: 5\r\n\r\n" BODY,
	    415, 415, "no-store" },
	{ "no coding",
	    "POST /ca/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/ocsp-request\r\nContent-Encoding: Identity\r\n"
	    "Content-Length: 5\r\n\r\n" BODY,
	    200, 200, MALFORMED },
};

static void
each_request_gets_its_status_lenient_and_strict(void **state)
{
	(void)state;
	for (int strict = 0; strict < 2; strict++) {
		struct running r;
		start(&r, (struct http_ocsp_options){ .strict = strict != 0 }, "/ca/", true);
		for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
			vouch_buf answer = { 0 };
			unsigned status = client_ask(&r.listeners, requests[i].text, &answer);
			unsigned wanted = strict ? requests[i].strict : requests[i].lenient;
			bool has = client_has(&answer, requests[i].has);
			if (status != wanted || (!has && status == requests[i].lenient))
				fail_msg("%s, strict %d: %.*s", requests[i].what, strict, (int)answer.len,
				    (const char *)answer.data);
			vouch_buf_free(&answer);
		}
		struct http_ocsp_counters c;
		http_ocsp_count(r.ocsp, &c);
		assert_int_equal(c.signatures, 0);
		assert_int_equal(__atomic_load_n(&r.answered, __ATOMIC_RELAXED),
		    sizeof(requests) / sizeof(requests[0]));
		end(&r);
	}
}

/* A nonce of which the base64 has "//" once; one slash of it is lost on the way. */
static void
a_path_that_a_proxy_merged_is_repaired_and_counted(void **state)
{
	struct running r;
	struct http_ocsp_counters c;
	vouch_buf der = { 0 }, base64 = { 0 }, text = { 0 };
	char nonce[9] = "........", *slashes = NULL;

	(void)state;
	start(&r, (struct http_ocsp_options){ 0 }, "/", true);
	for (size_t at = 0; slashes == NULL; at++) { /* where 12 one bits meet two whole characters */
		assert_true(at < 6);
		memset(nonce, '.', 8);
		memset(nonce + at, '\xff', 2);
		buf_clear(&der);
		buf_clear(&base64);
		responding_request(&r.responding, &der, "\x01", span_of(nonce, 8));
		assert_int_equal(base64_encode(&base64, span_buf(&der)), VOUCH_OK);
		assert_int_equal(vouch_buf_append(&base64, "", 1), VOUCH_OK);
		slashes = strstr((char *)base64.data, "//");
	}
	memmove(slashes, slashes + 1, strlen(slashes));
	assert_int_equal(buf_printf(&text, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", (char *)base64.data),
	    VOUCH_OK);
	vouch_buf answer = exchange(&r, &text);
	http_ocsp_count(r.ocsp, &c);
	assert_true(body_of(&answer).len > 100);
	assert_int_equal(c.repaired_paths, 1);
	vouch_buf_free(&answer);
	vouch_buf_free(&base64);
	vouch_buf_free(&text);
	vouch_buf_free(&der);
	end(&r);
}

static void
a_lookup_that_waits_holds_up_nobody_else(void **state)
{
	struct running r;
	vouch_buf slow = { 0 }, text = { 0 }, read = { 0 };

	(void)state;
	start(&r, (struct http_ocsp_options){ 0 }, "/", false);
	responding_request(&r.responding, &slow, "\x09", (vouch_span){ 0 });
	put_get(&text, "GET", "/", span_buf(&slow), "");
	int fd = client_connect(&r.listeners);
	send_all(fd, &text);
	WAIT_UNTIL(responding_held_up() == 1);
	for (int i = 0; i < 8; i++) {
		vouch_buf der = { 0 };
		buf_clear(&text);
		responding_request(&r.responding, &der, "\x02", NONCE);
		put_post(&text, "/", span_buf(&der), "");
		vouch_buf answer = exchange(&r, &text);
		assert_true(body_of(&answer).len > 100);
		vouch_buf_free(&answer);
		vouch_buf_free(&der);
	}
	responding_let_go();
	client_read(fd, &read, 1);
	assert_true(body_of(&read).len > 100);
	close(fd);
	vouch_buf_free(&slow);
	vouch_buf_free(&text);
	vouch_buf_free(&read);
	end(&r);
}

static void
send_three(struct running *r, int fds[3])
{
	vouch_buf slow = { 0 }, text = { 0 };

	responding_request(&r->responding, &slow, "\x09", (vouch_span){ 0 });
	put_get(&text, "GET", "/", span_buf(&slow), "Connection: close\r\n");
	for (size_t i = 0; i < 3; i++) {
		fds[i] = client_connect(&r->listeners);
		send_all(fds[i], &text);
	}
	vouch_buf_free(&slow);
	vouch_buf_free(&text);
}

static void
jobs_that_take_too_long_are_told_to_try_later_and_go_on(void **state)
{
	struct running r;
	struct http_ocsp_counters c;
	int fds[3];

	(void)state;
	start(&r, (struct http_ocsp_options){ .job_time_ms = 150 }, "/", false);
	send_three(&r, fds);
	for (size_t i = 0; i < 3; i++) {
		vouch_buf read = { 0 };
		assert_true(client_read_to_end(fds[i], &read));
		assert_true(client_has(&read, TRY_LATER) && client_has(&read, "no-store"));
		close(fds[i]);
		vouch_buf_free(&read);
	}
	http_ocsp_count(r.ocsp, &c);
	assert_int_equal(c.refused_jobs, 3);
	assert_int_equal(c.jobs, 3);
	for (int i = 0; i < 3; i++)
		responding_let_go();
	WAIT_UNTIL((http_ocsp_count(r.ocsp, &c), c.jobs == 0));
	send_three(&r, fds); /* what came too late was kept: nobody waits at the gate */
	for (size_t i = 0; i < 3; i++) {
		vouch_buf read = { 0 };
		assert_true(client_read_to_end(fds[i], &read));
		assert_true(body_of(&read).len > 100);
		close(fds[i]);
		vouch_buf_free(&read);
	}
	end(&r);
}

/* One job for each of two threads: of three requests one at least is one too many. */
static void
too_many_jobs_are_told_to_try_later_at_once(void **state)
{
	struct running r;
	struct http_ocsp_counters c;
	int fds[3];
	size_t later = 0, good = 0;

	(void)state;
	start(&r, (struct http_ocsp_options){ .jobs = 2, .job_time_ms = 60000 }, "/", false);
	send_three(&r, fds);
	WAIT_UNTIL((http_ocsp_count(r.ocsp, &c), c.jobs + c.refused_jobs == 3));
	assert_in_range(c.refused_jobs, 1, 2);
	for (size_t i = 0; i < c.jobs; i++)
		responding_let_go();
	for (size_t i = 0; i < 3; i++) {
		vouch_buf read = { 0 };
		assert_true(client_read_to_end(fds[i], &read));
		later += client_has(&read, TRY_LATER) ? 1 : 0;
		good += body_of(&read).len > 100 ? 1 : 0;
		close(fds[i]);
		vouch_buf_free(&read);
	}
	assert_int_equal(later, c.refused_jobs);
	assert_int_equal(good, 3 - later);
	end(&r);
}

static void
a_client_that_hangs_up_does_not_stop_the_job(void **state)
{
	struct running r;
	struct http_ocsp_counters c;
	vouch_buf slow = { 0 }, text = { 0 };

	(void)state;
	start(&r, (struct http_ocsp_options){ 0 }, "/", false);
	responding_request(&r.responding, &slow, "\x09", (vouch_span){ 0 });
	put_get(&text, "GET", "/", span_buf(&slow), "");
	int fd = client_connect(&r.listeners);
	send_all(fd, &text);
	WAIT_UNTIL(responding_held_up() == 1);
	close(fd);
	responding_let_go();
	WAIT_UNTIL((http_ocsp_count(r.ocsp, &c), c.jobs == 0));
	vouch_buf answer = exchange(&r, &text); /* stored: nobody waits at the gate */
	assert_true(body_of(&answer).len > 100);
	vouch_buf_free(&answer);
	vouch_buf_free(&slow);
	vouch_buf_free(&text);
	end(&r);
}

struct own_signer {
	uv_thread_t self; /* where it was called last */
	unsigned calls;
};

/* Refuses every second time; on a thread of the pool. */
static int
sign_sometimes(void *arg, vouch_signer *signer, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	struct own_signer *own = arg;

	uv_thread_t self = uv_thread_self();
	__atomic_store(&own->self, &self, __ATOMIC_RELEASE);
	if (__atomic_add_fetch(&own->calls, 1, __ATOMIC_RELAXED) % 2 == 0)
		return err_set(err, VOUCH_EUNAVAILABLE, "the test says so");
	return vouch_signer_sign(signer, tbs, signature, err);
}

/* In the pool, because it may wait, or because the lookup went there: one trip for both. */
static void
a_signer_of_ones_own_may_wait_and_fail(void **state)
{
	(void)state;
	for (unsigned waits = 0; waits < 2; waits++) {
		struct own_signer own = { .calls = 0 };
		struct running r;
		struct http_ocsp_counters c;
		vouch_buf der = { 0 }, text = { 0 };
		unsigned good = 0, later = 0;
		start(&r,
		    (struct http_ocsp_options){ .sign = sign_sometimes,
			.sign_arg = &own,
			.sign_in_pool = waits == 1 },
		    "/", waits == 1);
		responding_request(&r.responding, &der, "\x01", NONCE);
		for (int i = 0; i < 6; i++) {
			put_post(&text, "/", span_buf(&der), "");
			vouch_buf answer = exchange(&r, &text);
			good += body_of(&answer).len > 100 ? 1 : 0;
			later += client_has(&answer, TRY_LATER) ? 1 : 0;
			vouch_buf_free(&answer);
		}
		http_ocsp_count(r.ocsp, &c);
		assert_true(good == 3 && later == 3);
		assert_true(c.signatures == 3 && c.signature_errors == 3);
		uv_thread_t signing, answering;
		__atomic_load(&own.self, &signing, __ATOMIC_ACQUIRE);
		__atomic_load(&r.loop_thread, &answering, __ATOMIC_ACQUIRE);
		assert_false(uv_thread_equal(&signing, &answering));
		vouch_buf_free(&der);
		vouch_buf_free(&text);
		end(&r);
	}
}

/*
 * A reload: requests after it meet the new responder on every thread, while a job of the old one still waits.
 */
static void
a_responder_is_replaced_while_it_answers(void **state)
{
	struct running r;
	vouch_responder_options options = { .size = sizeof(options), .epoch = 2 };
	vouch_responder *next;
	vouch_buf slow = { 0 }, der = { 0 }, text = { 0 }, read = { 0 };
	vouch_err err;

	(void)state;
	start(&r, (struct http_ocsp_options){ 0 }, "/", false);
	responding_request(&r.responding, &slow, "\x09", (vouch_span){ 0 });
	responding_request(&r.responding, &der, "\x01", (vouch_span){ 0 });
	put_get(&text, "GET", "/", span_buf(&slow), "");
	int fd = client_connect(&r.listeners);
	send_all(fd, &text);
	buf_clear(&text);
	WAIT_UNTIL(responding_held_up() == 1);
	assert_int_equal(vouch_responder_new(&next, &options, &err), VOUCH_OK); /* it serves nobody */
	http_ocsp_set_responder(r.ocsp, next);
	vouch_responder_free(next);
	for (int i = 0; i < 8; i++) {
		put_get(&text, "GET", "/", span_buf(&der), "");
		vouch_buf answer = exchange(&r, &text);
		assert_true(client_has(&answer, "HTTP/1.1 404 ") || client_has(&answer, UNAUTHORIZED));
		vouch_buf_free(&answer);
	}
	responding_let_go();
	client_read(fd, &read, 1);
	assert_true(body_of(&read).len > 100);
	close(fd);
	vouch_buf_free(&slow);
	vouch_buf_free(&der);
	vouch_buf_free(&text);
	vouch_buf_free(&read);
	end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_and_post_give_the_same_cacheable_answer),
		cmocka_unit_test(a_client_that_has_the_answer_is_told_so),
		cmocka_unit_test(head_is_get_without_its_body_and_signs_nothing_for_a_nonce),
		cmocka_unit_test(each_request_gets_its_status_lenient_and_strict),
		cmocka_unit_test(a_path_that_a_proxy_merged_is_repaired_and_counted),
		cmocka_unit_test(a_lookup_that_waits_holds_up_nobody_else),
		cmocka_unit_test(jobs_that_take_too_long_are_told_to_try_later_and_go_on),
		cmocka_unit_test(too_many_jobs_are_told_to_try_later_at_once),
		cmocka_unit_test(a_client_that_hangs_up_does_not_stop_the_job),
		cmocka_unit_test(a_signer_of_ones_own_may_wait_and_fail),
		cmocka_unit_test(a_responder_is_replaced_while_it_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
