/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the server with real sockets: order, limits, deadlines, clients that misbehave, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "client.h"
#include "http/server.h"
#include "io/clock.h"
#include "waiting.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define LATE_MAX 64
#define LARGE 4000000
#define LAST 200 /* connections that go last */

/* Exchanges that wait for /release. */
struct late {
	uv_mutex_t lock;
	struct http_exchange *waiting[LATE_MAX];
	size_t count;
	bool release;
};

struct running {
	struct io_listeners listeners;
	struct http_server *server;
	struct late late;
	uint8_t *large;
	unsigned stopped;
	/* Of the one thread of a test about turns: */
	unsigned at_gate, is_open; /* atomic */
	int prompt_fd; /* sends a request of its own when the tenth of those that go last is there */
	unsigned gone_last, gone_before_prompt;
};

static void
answer(struct http_exchange *e, vouch_span body)
{
	struct http_answer a = { .status = 200,
		.fields = SPAN_LITERAL("Content-Type: text/plain\r\n"),
		.body = body };

	http_exchange_respond(e, &a);
}

/* "METHOD target body", or what the path asks for. */
static void
handle(void *arg, struct http_exchange *e)
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

static void
start(struct running *r, struct http_server_options *o, const char *address)
{
	vouch_err err;

	*r = (struct running){ .large = calloc(1, LARGE) };
	assert_int_equal(uv_mutex_init(&r->late.lock), 0);
	o->threads = o->threads != 0 ? o->threads : 2;
	o->handler = handle;
	o->tick = tick;
	o->arg = r;
	o->stopped = stopped;
	o->stopped_arg = &r->stopped;
	if (io_listeners_open(&r->listeners, &address, 1, o->threads, 0600, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(http_server_start(&r->server, o, &r->listeners, &err), VOUCH_OK);
}

static void
end(struct running *r)
{
	http_server_stop(r->server);
	http_server_free(r->server);
	assert_int_equal(r->stopped, 1);
	io_listeners_close(&r->listeners);
	uv_mutex_destroy(&r->late.lock);
	free(r->large);
}

static void
release(struct running *r)
{
	uv_mutex_lock(&r->late.lock);
	r->late.release = true;
	uv_mutex_unlock(&r->late.lock);
}

static uint64_t
open_connections(const struct running *r)
{
	struct http_counters c;

	http_server_count(r->server, &c);
	return c.connections;
}

static size_t
late_count(struct running *r)
{
	uv_mutex_lock(&r->late.lock);
	size_t count = r->late.count;
	uv_mutex_unlock(&r->late.lock);
	return count;
}

static void
fifty_pipelined_requests_are_answered_in_order(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;
	vouch_buf text = { 0 }, read = { 0 };
	char wanted[32];

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	for (int i = 0; i < 50; i++)
		assert_int_equal(buf_printf(&text,
				     i % 3 == 0 ?
					 "POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" :
					 GET("/%d"),
				     i),
		    VOUCH_OK);
	assert_int_equal(vouch_buf_append(&text, "", 1), VOUCH_OK);
	int fd = client_connect(&r.listeners);
	client_send(fd, (const char *)text.data);
	client_read(fd, &read, 50);
	assert_int_equal(client_count(&read, "HTTP/1.1 200 OK\r\n"), 50);
	assert_int_equal(client_count(&read, "\r\nDate: "), 50);
	const char *at = (const char *)read.data;
	for (int i = 0; i < 50; i++) {
		snprintf(wanted, sizeof(wanted), "%s /%d %s\n", i % 3 == 0 ? "POST" : "GET", i,
		    i % 3 == 0 ? "body" : "");
		at = memmem(at, read.len - (size_t)(at - (const char *)read.data), wanted, strlen(wanted));
		assert_non_null(at);
	}
	close(fd);
	vouch_buf_free(&text);
	vouch_buf_free(&read);
	end(&r);
}

static void
send_all(const int *fds, const char *text)
{
	for (unsigned i = 0; i < LAST; i++)
		assert_true(client_send(fds[i], text));
}

static void
read_all(const int *fds)
{
	vouch_buf read = { 0 };

	for (unsigned i = 0; i < LAST; i++) {
		buf_clear(&read);
		client_read(fds[i], &read, 1);
		assert_true(client_has(&read, "GET /last \n"));
	}
	vouch_buf_free(&read);
}

static void
who_goes_last_lets_others_through_between_his_turns(void **state)
{
	struct http_server_options o = { .threads = 1 };
	struct running r;
	vouch_buf read = { 0 };
	int fds[LAST];

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	r.prompt_fd = client_connect(&r.listeners);
	int gate = client_connect(&r.listeners);
	for (unsigned i = 0; i < LAST; i++)
		fds[i] = client_connect(&r.listeners);
	/* The first requests are like any other. */
	send_all(fds, GET("/last"));
	read_all(fds);
	/* All of the second ones are there when the loop looks, and another one comes in their midst. */
	client_send(gate, GET("/gate"));
	WAIT_UNTIL(__atomic_load_n(&r.at_gate, __ATOMIC_ACQUIRE) != 0);
	send_all(fds, GET("/last"));
	__atomic_store_n(&r.is_open, 1, __ATOMIC_RELEASE);
	read_all(fds);
	client_read(r.prompt_fd, &read, 1);
	assert_true(client_has(&read, "GET /prompt \n"));
	assert_int_equal(r.gone_last, 2 * LAST);
	assert_in_range(r.gone_before_prompt, LAST + 10, LAST + 10 + 64);
	vouch_buf_free(&read);
	close(gate);
	close(r.prompt_fd);
	for (unsigned i = 0; i < LAST; i++)
		close(fds[i]);
	end(&r);
}

/* In the order in which requests came it would be the other way round. */
static void
who_goes_last_is_looked_at_after_those_who_came_later(void **state)
{
	struct http_server_options o = { .threads = 1 };
	struct running r;
	vouch_buf read = { 0 };

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	int last = client_connect(&r.listeners), prompt = client_connect(&r.listeners),
	    gate = client_connect(&r.listeners);
	client_send(last, GET("/last"));
	client_read(last, &read, 1);
	client_send(gate, GET("/gate"));
	WAIT_UNTIL(__atomic_load_n(&r.at_gate, __ATOMIC_ACQUIRE) != 0);
	/* Pipelined, and with a half that comes later: it goes on as usual afterwards. */
	client_send(last, GET("/last") GET("/last") "GET /la");
	client_send(prompt, GET("/prompt"));
	__atomic_store_n(&r.is_open, 1, __ATOMIC_RELEASE);
	client_read(prompt, &read, 2);
	client_send(last, "st HTTP/1.1\r\nHost: a\r\n\r\n");
	client_read(last, &read, 5);
	assert_int_equal(client_count(&read, "GET /last \n"), 4);
	assert_int_equal(r.gone_before_prompt, 1);
	/* And one that hangs up while it waits for its turn. */
	client_send(last, GET("/last"));
	close(last);
	close(prompt);
	close(gate);
	vouch_buf_free(&read);
	end(&r);
}

/* A late answer holds back those behind it, and only those of its own connection. */
static void
an_answer_that_takes_long_keeps_its_place(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;
	vouch_buf read = { 0 };

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	client_send(fd, GET("/1") GET("/late") GET("/2") GET("/late") GET("/3"));
	WAIT_UNTIL(late_count(&r) == 1);
	assert_int_equal(client_ask(&r.listeners, GET("/other"), NULL), 200);
	client_read(fd, &read, 1);
	assert_int_equal(client_count(&read, "HTTP/1.1 "), 1);
	release(&r);
	client_read(fd, &read, 5);
	assert_int_equal(client_count(&read, "HTTP/1.1 200"), 5);
	const char *one = memmem(read.data, read.len, "late\n", 5),
		   *two = memmem(read.data, read.len, "/2", 2);
	assert_true(one != NULL && two != NULL && one < two);
	close(fd);
	vouch_buf_free(&read);
	end(&r);
}

static void
a_client_that_hangs_up_is_forgotten_when_its_answer_comes(void **state)
{
	struct http_server_options o = { .idle_time_ms = 100 };
	struct running r;

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	for (int i = 0; i < 10; i++) {
		int fd = client_connect(&r.listeners);
		client_send(fd, GET("/late"));
		WAIT_UNTIL(late_count(&r) == (size_t)i + 1);
		close(fd);
	}
	release(&r);
	WAIT_UNTIL(open_connections(&r) == 0);
	assert_int_equal(client_ask(&r.listeners, GET("/after"), NULL), 200);
	end(&r);
}

static const struct {
	const char *what, *text;
	unsigned status;
	bool closed;
	const char *has;
} requests[] = {
	{ "HEAD has a length and no body", "HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n", 200, false,
	    "Content-Length: 11\r\n" },
	{ "OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200, false,
	    "Allow: GET, HEAD, POST, OPTIONS\r\n" },
	{ "PUT (H-11)", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 405, false,
	    "Allow: GET, HEAD, POST, OPTIONS\r\n" },
	{ "TRACE is not echoed", "TRACE / HTTP/1.1\r\nHost: a\r\nX-Secret: b\r\n\r\n", 405, false,
	    "Content-Length: 0\r\n" },
	{ "BREW", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, true, "no-store" },
	{ "HTTP/1.0 closes (H-24)", "GET / HTTP/1.0\r\n\r\n", 200, true, "Connection: close\r\n" },
	{ "HTTP/1.0 that asks to stay", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, false,
	    "Connection: keep-alive\r\n" },
	{ "Connection: close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200, true,
	    "Connection: close\r\n" },
	{ "an early refusal leaves nothing to be read as a request (H-25)",
	    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	    400, true, "Date: " },
	{ "POST without length", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", 411, true, "Date: " },
};

static void
each_request_gets_one_answer_and_the_end_it_asked_for(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		vouch_buf read = { 0 };
		int fd = client_connect(&r.listeners);
		client_send(fd, requests[i].text);
		if (requests[i].closed) {
			assert_true(client_read_to_end(fd, &read));
		} else {
			client_send(fd, "GET /next HTTP/1.0\r\n\r\n");
			assert_true(client_read_to_end(fd, &read));
		}
		unsigned status = read.len > 12 ? (unsigned)strtoul((const char *)read.data + 9, NULL, 10) :
						  0;
		if (status != requests[i].status ||
		    client_count(&read, "HTTP/1.1 ") != (requests[i].closed ? 1 : 2) ||
		    !client_has(&read, requests[i].has) || client_has(&read, "X-Secret") ||
		    client_has(&read, "HEAD /abc"))
			fail_msg("%s: %.*s", requests[i].what, (int)read.len, (const char *)read.data);
		close(fd);
		vouch_buf_free(&read);
	}
	end(&r);
}

/* H-22: the client sends all of it, and reads the refusal afterwards. */
static void
a_client_that_sends_too_much_reads_why_it_was_refused(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;
	vouch_buf read = { 0 };
	char *body = malloc(10000001);

	(void)state;
	memset(body, 'x', 10000000);
	body[10000000] = '\0';
	start(&r, &o, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	client_send(fd,
	    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10000000\r\n\r\n");
	client_read(fd, &read, 1);
	assert_true(client_has(&read, "HTTP/1.1 413 "));
	assert_false(client_has(&read, "HTTP/1.1 100 "));
	close(fd);
	buf_clear(&read);
	fd = client_connect(&r.listeners);
	client_send(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
	assert_true(client_send(fd, body));
	assert_true(client_read_to_end(fd, &read));
	assert_true(client_has(&read, "HTTP/1.1 413 "));
	assert_int_equal(client_count(&read, "HTTP/1.1 "), 1);
	close(fd);
	free(body);
	vouch_buf_free(&read);
	end(&r);
}

static void
a_client_that_expects_100_gets_it_and_then_its_answer(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;
	vouch_buf read = { 0 };

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	client_send(fd, "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
	client_read(fd, &read, 1);
	assert_true(client_has(&read, "HTTP/1.1 100 Continue\r\n\r\n"));
	client_send(fd, "body");
	client_read(fd, &read, 2);
	assert_true(client_has(&read, "POST /x body\n"));
	close(fd);
	vouch_buf_free(&read);
	end(&r);
}

static void
slow_heads_and_bodies_are_told_and_idle_connections_are_closed(void **state)
{
	static const struct {
		const char *text, *answer;
	} rows[] = {
		{ "", "" },
		{ "GET / HT", "HTTP/1.1 408 " },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf", "HTTP/1.1 408 " },
		{ GET("/"), "HTTP/1.1 200 " },
	};
	struct http_server_options o = { .header_time_ms = 150, .body_time_ms = 150, .idle_time_ms = 200 };
	struct running r;

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_buf read = { 0 };
		int fd = client_connect(&r.listeners);
		client_send(fd, rows[i].text);
		assert_true(client_read_to_end(fd, &read));
		assert_int_equal(read.len == 0, rows[i].answer[0] == '\0');
		assert_true(read.len == 0 || client_has(&read, rows[i].answer));
		assert_int_equal(client_count(&read, "HTTP/1.1 "), rows[i].answer[0] != '\0');
		close(fd);
		vouch_buf_free(&read);
	}
	end(&r);
}

/* An octet now and then does not lengthen the deadline of a head. */
static void
dripping_octets_wins_no_time(void **state)
{
	struct http_server_options o = { .header_time_ms = 200 };
	struct running r;
	vouch_buf read = { 0 };

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t began = io_monotonic_ms();
	client_send(fd, "GET /");
	while (poll(&p, 1, 20) == 0 && io_monotonic_ms() - began < 5000)
		client_send(fd, "x");
	assert_true(io_monotonic_ms() - began < 3000);
	client_read(fd, &read, 1);
	assert_true(client_has(&read, "HTTP/1.1 408 "));
	close(fd);
	vouch_buf_free(&read);
	end(&r);
}

/* Its time begins with its own first octet, even if that came together with the end of another. */
static void
a_second_head_has_a_time_of_its_own(void **state)
{
	struct http_server_options o = { .header_time_ms = 1000 };
	struct running r;
	vouch_buf read = { 0 };

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	client_send(fd, "GET /1 HTTP/1.1\r\n");
	poll(NULL, 0, 700);
	client_send(fd, "Host: a\r\n\r\nGET /2 HTTP/1.1\r\n");
	poll(NULL, 0, 600);
	client_send(fd, "Host: a\r\n\r\n");
	client_read(fd, &read, 2);
	assert_int_equal(client_count(&read, "HTTP/1.1 200"), 2);
	close(fd);
	vouch_buf_free(&read);
	end(&r);
}

static void
a_client_that_never_reads_is_dropped(void **state)
{
	struct http_server_options o = { .idle_time_ms = 200 };
	struct running r;

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	for (int i = 0; i < 4; i++)
		client_send(fd, GET("/large"));
	WAIT_UNTIL(open_connections(&r) == 1);
	WAIT_UNTIL(open_connections(&r) == 0);
	close(fd);
	end(&r);
}

static void
a_large_answer_arrives_whole_and_the_next_follows(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;
	vouch_buf read = { 0 };

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	client_send(fd, GET("/large") GET("/late") GET("/after"));
	release(&r);
	client_read(fd, &read, 3);
	assert_true(read.len > LARGE);
	assert_int_equal(client_count(&read, "HTTP/1.1 200"), 3);
	assert_true(client_has(&read, "GET /after"));
	close(fd);
	vouch_buf_free(&read);
	end(&r);
}

/* A thousand idle ones and two hundred halves stop nobody, and are limited only from elsewhere. */
static void
a_thousand_idle_and_two_hundred_half_sent_stop_nobody(void **state)
{
	enum { IDLE = 1000, HALF = 200 };
	struct http_server_options o = { 0 };
	struct running r;
	static int fds[IDLE + HALF];

	(void)state;
	assert_true(io_descriptors_raise(2 * (IDLE + HALF) + 100) >= 2 * (IDLE + HALF) + 100);
	start(&r, &o, "127.0.0.1:0");
	for (size_t i = 0; i < IDLE + HALF; i++) {
		fds[i] = client_connect(&r.listeners);
		if (i >= IDLE)
			client_send(fds[i],
			    i % 2 == 0 ? "GET /half HTTP/1.1\r\nHo" :
					 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf");
	}
	uint64_t began = io_monotonic_ms();
	assert_int_equal(client_ask(&r.listeners, GET("/"), NULL), 200);
	assert_true(io_monotonic_ms() - began < 1000);
	for (size_t i = 0; i < IDLE + HALF; i++)
		close(fds[i]);
	WAIT_UNTIL(open_connections(&r) == 0);
	end(&r);
}

static void
connections_over_a_cap_are_turned_away_and_counted(void **state)
{
	static const struct http_server_options caps[] = {
		{ .connections = 3 },
		{ .per_address = 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		struct http_server_options o = caps[i];
		struct running r;
		struct http_counters c;
		int fds[3];
		start(&r, &o, "127.0.0.1:0");
		for (size_t n = 0; n < 3; n++)
			fds[n] = client_connect(&r.listeners);
		WAIT_UNTIL(open_connections(&r) == 3);
		assert_int_equal(client_ask(&r.listeners, GET("/"), NULL), 503);
		http_server_count(r.server, &c);
		assert_int_equal(c.refused, 1);
		assert_int_equal(c.accepted, 3);
		vouch_buf read = { 0 };
		client_send(fds[0], GET("/"));
		client_read(fds[0], &read, 1);
		assert_true(client_has(&read, "HTTP/1.1 200 "));
		close(fds[1]);
		WAIT_UNTIL(open_connections(&r) == 2);
		assert_int_equal(client_ask(&r.listeners, GET("/"), NULL), 200);
		close(fds[0]);
		close(fds[2]);
		vouch_buf_free(&read);
		end(&r);
	}
}

/* Without a descriptor left, accept would fail and be woken for ever: it rests instead, and goes on when some are free. */
static void
a_server_without_descriptors_neither_spins_nor_stops(void **state)
{
	enum { CLIENTS = 40 };
	static const char *const address = "127.0.0.1:0";
	struct http_server_options o = { .threads = 1, .handler = handle };
	struct running r = { 0 };
	struct rlimit before, low;
	struct http_counters c;
	int fds[CLIENTS];
	vouch_err err;

	(void)state;
	assert_int_equal(io_listeners_open(&r.listeners, &address, 1, 1, 0600, &err), VOUCH_OK);
	for (size_t i = 0; i < CLIENTS; i++) /* they wait in the queue of the kernel */
		fds[i] = client_connect(&r.listeners);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = (rlim_t)fds[CLIENTS - 1] + 20; /* for a loop, and some of them */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	o.arg = &r;
	assert_int_equal(http_server_start(&r.server, &o, &r.listeners, &err), VOUCH_OK);
	WAIT_UNTIL((http_server_count(r.server, &c), c.refused > 0));
	assert_in_range(c.connections, 1, CLIENTS - 1);
	poll(NULL, 0, 300);
	http_server_count(r.server, &c);
	assert_in_range(c.refused, 1, 10);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (size_t i = 0; i < CLIENTS; i++)
		close(fds[i]);
	assert_int_equal(client_ask(&r.listeners, GET("/"), NULL), 200);
	http_server_stop(r.server);
	http_server_free(r.server);
	io_listeners_close(&r.listeners);
}

static void
requests_are_counted_by_method_and_status(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;
	struct http_counters c;
	const unsigned *statuses = http_statuses();
	size_t ok = 0, wrong = 0;

	(void)state;
	while (statuses[ok] != 200)
		ok++;
	while (statuses[wrong] != 400)
		wrong++;
	start(&r, &o, "127.0.0.1:0");
	for (int i = 0; i < 5; i++)
		assert_int_equal(client_ask(&r.listeners, GET("/"), NULL), 200);
	assert_int_equal(client_ask(&r.listeners, "POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n", NULL), 200);
	assert_int_equal(client_ask(&r.listeners, "\x16\x03", NULL), 400);
	http_server_count(r.server, &c);
	assert_int_equal(c.requests[HTTP_METHOD_GET][ok], 5);
	assert_int_equal(c.requests[HTTP_METHOD_POST][ok], 1);
	assert_int_equal(c.requests[HTTP_METHOD_NONE][wrong], 1);
	end(&r);
}

static void
a_unix_socket_serves_as_well(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "unix:/tmp/vouch-test-server-%ld", (long)getpid());
	start(&r, &o, name);
	assert_int_equal(client_ask(&r.listeners, GET("/"), NULL), 200);
	end(&r);
	assert_int_not_equal(access(name + 5, F_OK), 0);
}

static void
a_graceful_end_answers_what_is_in_flight(void **state)
{
	struct http_server_options o = { .drain_time_ms = 4000 };
	struct running r;
	vouch_buf late = { 0 }, half = { 0 }, idle = { 0 };

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	int idle_fd = client_connect(&r.listeners), half_fd = client_connect(&r.listeners),
	    late_fd = client_connect(&r.listeners);
	client_send(half_fd, "GET /half HTTP/1.1\r\n");
	client_send(late_fd, GET("/late"));
	WAIT_UNTIL(late_count(&r) == 1 && open_connections(&r) == 3);
	http_server_stop(r.server);
	assert_true(client_read_to_end(idle_fd, &idle));
	assert_int_equal(idle.len, 0);
	client_send(half_fd, "Host: a\r\n\r\n");
	assert_true(client_read_to_end(half_fd, &half));
	assert_true(client_has(&half, "GET /half") && client_has(&half, "Connection: close\r\n"));
	release(&r);
	assert_true(client_read_to_end(late_fd, &late));
	assert_true(client_has(&late, "late\n") && client_has(&late, "Connection: close\r\n"));
	close(idle_fd);
	close(half_fd);
	close(late_fd);
	WAIT_UNTIL(__atomic_load_n(&r.stopped, __ATOMIC_ACQUIRE) == 1);
	vouch_buf_free(&late);
	vouch_buf_free(&half);
	vouch_buf_free(&idle);
	end(&r);
}

static void
a_second_stop_or_the_drain_deadline_cuts_off(void **state)
{
	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		struct http_server_options o = { .drain_time_ms = twice ? 60000 : 200 };
		struct running r;
		vouch_buf read = { 0 };
		start(&r, &o, "127.0.0.1:0");
		int fd = client_connect(&r.listeners);
		client_send(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf");
		WAIT_UNTIL(open_connections(&r) == 1);
		http_server_stop(r.server);
		if (twice)
			http_server_stop(r.server);
		assert_true(client_read_to_end(fd, &read));
		assert_int_equal(read.len, 0);
		WAIT_UNTIL(__atomic_load_n(&r.stopped, __ATOMIC_ACQUIRE) == 1);
		close(fd);
		vouch_buf_free(&read);
		end(&r);
	}
}

/* The connection is cut off, but what its handler holds of it stays until the handler has answered. */
static void
a_server_that_is_cut_off_waits_for_its_handlers(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;
	vouch_buf read = { 0 };

	(void)state;
	start(&r, &o, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	client_send(fd, GET("/late"));
	WAIT_UNTIL(late_count(&r) == 1);
	http_server_stop(r.server);
	http_server_stop(r.server);
	assert_true(client_read_to_end(fd, &read));
	assert_int_equal(read.len, 0);
	WAIT_UNTIL(open_connections(&r) == 0);
	assert_int_equal(__atomic_load_n(&r.stopped, __ATOMIC_ACQUIRE), 0);
	uv_mutex_lock(&r.late.lock);
	assert_true(span_equal(r.late.waiting[0]->target, SPAN_LITERAL("/late")));
	uv_mutex_unlock(&r.late.lock);
	release(&r);
	close(fd);
	vouch_buf_free(&read);
	end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fifty_pipelined_requests_are_answered_in_order),
		cmocka_unit_test(who_goes_last_lets_others_through_between_his_turns),
		cmocka_unit_test(who_goes_last_is_looked_at_after_those_who_came_later),
		cmocka_unit_test(an_answer_that_takes_long_keeps_its_place),
		cmocka_unit_test(a_client_that_hangs_up_is_forgotten_when_its_answer_comes),
		cmocka_unit_test(each_request_gets_one_answer_and_the_end_it_asked_for),
		cmocka_unit_test(a_client_that_sends_too_much_reads_why_it_was_refused),
		cmocka_unit_test(a_client_that_expects_100_gets_it_and_then_its_answer),
		cmocka_unit_test(slow_heads_and_bodies_are_told_and_idle_connections_are_closed),
		cmocka_unit_test(dripping_octets_wins_no_time),
		cmocka_unit_test(a_second_head_has_a_time_of_its_own),
		cmocka_unit_test(a_client_that_never_reads_is_dropped),
		cmocka_unit_test(a_large_answer_arrives_whole_and_the_next_follows),
		cmocka_unit_test(a_thousand_idle_and_two_hundred_half_sent_stop_nobody),
		cmocka_unit_test(connections_over_a_cap_are_turned_away_and_counted),
		cmocka_unit_test(a_server_without_descriptors_neither_spins_nor_stops),
		cmocka_unit_test(requests_are_counted_by_method_and_status),
		cmocka_unit_test(a_unix_socket_serves_as_well),
		cmocka_unit_test(a_graceful_end_answers_what_is_in_flight),
		cmocka_unit_test(a_server_that_is_cut_off_waits_for_its_handlers),
		cmocka_unit_test(a_second_stop_or_the_drain_deadline_cuts_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
