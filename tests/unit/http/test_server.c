/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the server with real sockets: which answers come, in which order, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "io/clock.h"
#include "serving.h"

static void
fifty_pipelined_requests_are_answered_in_order(void **state)
{
	struct running *r = *state;
	vouch_buf text = { 0 };
	char wanted[32];

	for (int i = 0; i < 50; i++)
		assert_int_equal(buf_printf(&text,
				     i % 3 == 0 ?
					 "POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" :
					 GET("/%d"),
				     i),
		    VOUCH_OK);
	assert_int_equal(vouch_buf_append(&text, "", 1), VOUCH_OK);
	int fd = client_connect(&r->listeners);
	client_send(fd, (const char *)text.data);
	client_read(fd, &r->read, 50);
	assert_int_equal(client_count(&r->read, "HTTP/1.1 200 OK\r\n"), 50);
	assert_int_equal(client_count(&r->read, "\r\nDate: "), 50);
	const char *at = (const char *)r->read.data;
	for (int i = 0; i < 50; i++) {
		snprintf(wanted, sizeof(wanted), "%s /%d %s\n", i % 3 == 0 ? "POST" : "GET", i,
		    i % 3 == 0 ? "body" : "");
		at = memmem(at, r->read.len - (size_t)(at - (const char *)r->read.data), wanted,
		    strlen(wanted));
		assert_non_null(at);
	}
	close(fd);
	vouch_buf_free(&text);
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
	struct running *r = *state;
	int fds[LAST];

	r->prompt_fd = client_connect(&r->listeners);
	int gate = client_connect(&r->listeners);
	for (unsigned i = 0; i < LAST; i++)
		fds[i] = client_connect(&r->listeners);
	/* The first requests are like any other. */
	send_all(fds, GET("/last"));
	read_all(fds);
	/* All of the second ones are there when the loop looks, and another one comes in their midst. */
	client_send(gate, GET("/gate"));
	WAIT_UNTIL(__atomic_load_n(&r->at_gate, __ATOMIC_ACQUIRE) != 0);
	send_all(fds, GET("/last"));
	__atomic_store_n(&r->is_open, 1, __ATOMIC_RELEASE);
	read_all(fds);
	client_read(r->prompt_fd, &r->read, 1);
	assert_true(client_has(&r->read, "GET /prompt \n"));
	assert_int_equal(r->gone_last, 2 * LAST);
	assert_in_range(r->gone_before_prompt, LAST + 10, LAST + 10 + 64);
	close(gate);
	close(r->prompt_fd);
	for (unsigned i = 0; i < LAST; i++)
		close(fds[i]);
}

/* In the order in which requests came it would be the other way round. */
static void
who_goes_last_is_looked_at_after_those_who_came_later(void **state)
{
	struct running *r = *state;

	int last = client_connect(&r->listeners), prompt = client_connect(&r->listeners),
	    gate = client_connect(&r->listeners);
	client_send(last, GET("/last"));
	client_read(last, &r->read, 1);
	client_send(gate, GET("/gate"));
	WAIT_UNTIL(__atomic_load_n(&r->at_gate, __ATOMIC_ACQUIRE) != 0);
	/* Pipelined, and with a half that comes later: it goes on as usual afterwards. */
	client_send(last, GET("/last") GET("/last") "GET /la");
	client_send(prompt, GET("/prompt"));
	__atomic_store_n(&r->is_open, 1, __ATOMIC_RELEASE);
	client_read(prompt, &r->read, 2);
	client_send(last, "st HTTP/1.1\r\nHost: a\r\n\r\n");
	client_read(last, &r->read, 5);
	assert_int_equal(client_count(&r->read, "GET /last \n"), 4);
	assert_int_equal(r->gone_before_prompt, 1);
	/* And one that hangs up while it waits for its turn. */
	client_send(last, GET("/last"));
	close(last);
	close(prompt);
	close(gate);
}

/* A late answer holds back those behind it, and only those of its own connection. */
static void
an_answer_that_takes_long_keeps_its_place(void **state)
{
	struct running *r = *state;

	int fd = client_connect(&r->listeners);
	client_send(fd, GET("/1") GET("/late") GET("/2") GET("/late") GET("/3"));
	WAIT_UNTIL(serving_late(r) == 1);
	assert_int_equal(client_ask(&r->listeners, GET("/other"), NULL), 200);
	client_read(fd, &r->read, 1);
	assert_int_equal(client_count(&r->read, "HTTP/1.1 "), 1);
	serving_release(r);
	client_read(fd, &r->read, 5);
	assert_int_equal(client_count(&r->read, "HTTP/1.1 200"), 5);
	const char *one = memmem(r->read.data, r->read.len, "late\n", 5),
		   *two = memmem(r->read.data, r->read.len, "/2", 2);
	assert_true(one != NULL && two != NULL && one < two);
	close(fd);
}

static void
a_client_that_hangs_up_is_forgotten_when_its_answer_comes(void **state)
{
	struct running *r = *state;

	for (int i = 0; i < 10; i++) {
		int fd = client_connect(&r->listeners);
		client_send(fd, GET("/late"));
		WAIT_UNTIL(serving_late(r) == (size_t)i + 1);
		close(fd);
	}
	serving_release(r);
	WAIT_UNTIL(serving_connections(r) == 0);
	assert_int_equal(client_ask(&r->listeners, GET("/after"), NULL), 200);
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
	struct running *r = *state;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		buf_clear(&r->read);
		int fd = client_connect(&r->listeners);
		client_send(fd, requests[i].text);
		if (requests[i].closed) {
			assert_true(client_read_to_end(fd, &r->read));
		} else {
			client_send(fd, "GET /next HTTP/1.0\r\n\r\n");
			assert_true(client_read_to_end(fd, &r->read));
		}
		unsigned status = r->read.len > 12 ?
		    (unsigned)strtoul((const char *)r->read.data + 9, NULL, 10) :
		    0;
		if (status != requests[i].status ||
		    client_count(&r->read, "HTTP/1.1 ") != (requests[i].closed ? 1 : 2) ||
		    !client_has(&r->read, requests[i].has) || client_has(&r->read, "X-Secret") ||
		    client_has(&r->read, "HEAD /abc"))
			fail_msg("%s: %.*s", requests[i].what, (int)r->read.len, (const char *)r->read.data);
		close(fd);
	}
}

static void
a_client_that_expects_100_gets_it_and_then_its_answer(void **state)
{
	struct running *r = *state;

	int fd = client_connect(&r->listeners);
	client_send(fd, "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
	client_read(fd, &r->read, 1);
	assert_true(client_has(&r->read, "HTTP/1.1 100 Continue\r\n\r\n"));
	client_send(fd, "body");
	client_read(fd, &r->read, 2);
	assert_true(client_has(&r->read, "POST /x body\n"));
	close(fd);
}

static void
a_large_answer_arrives_whole_and_the_next_follows(void **state)
{
	struct running *r = *state;

	int fd = client_connect(&r->listeners);
	client_send(fd, GET("/large") GET("/late") GET("/after"));
	serving_release(r);
	client_read(fd, &r->read, 3);
	assert_true(r->read.len > LARGE);
	assert_int_equal(client_count(&r->read, "HTTP/1.1 200"), 3);
	assert_true(client_has(&r->read, "GET /after"));
	close(fd);
}

static void
requests_are_counted_by_method_and_status(void **state)
{
	struct running *r = *state;
	struct http_counters c;
	const unsigned *statuses = http_statuses();
	size_t ok = 0, wrong = 0;

	while (statuses[ok] != 200)
		ok++;
	while (statuses[wrong] != 400)
		wrong++;
	for (int i = 0; i < 5; i++)
		assert_int_equal(client_ask(&r->listeners, GET("/"), NULL), 200);
	assert_int_equal(client_ask(&r->listeners, "POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n", NULL),
	    200);
	assert_int_equal(client_ask(&r->listeners, "\x16\x03", NULL), 400);
	http_server_count(r->server, &c);
	assert_int_equal(c.requests[HTTP_METHOD_GET][ok], 5);
	assert_int_equal(c.requests[HTTP_METHOD_POST][ok], 1);
	assert_int_equal(c.requests[HTTP_METHOD_NONE][wrong], 1);
}

static void
a_unix_socket_serves_as_well(void **state)
{
	struct http_server_options o = { 0 };
	struct running r;
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "unix:/tmp/vouch-test-server-%ld", (long)getpid());
	serving_start(&r, &o, name);
	assert_int_equal(client_ask(&r.listeners, GET("/"), NULL), 200);
	serving_end(&r);
	assert_int_not_equal(access(name + 5, F_OK), 0);
}

static void
a_graceful_end_answers_what_is_in_flight(void **state)
{
	struct running *r = *state;
	vouch_buf late = { 0 }, half = { 0 }, idle = { 0 };

	int idle_fd = client_connect(&r->listeners), half_fd = client_connect(&r->listeners),
	    late_fd = client_connect(&r->listeners);
	client_send(half_fd, "GET /half HTTP/1.1\r\n");
	client_send(late_fd, GET("/late"));
	WAIT_UNTIL(serving_late(r) == 1 && serving_connections(r) == 3);
	http_server_stop(r->server);
	assert_true(client_read_to_end(idle_fd, &idle));
	assert_int_equal(idle.len, 0);
	client_send(half_fd, "Host: a\r\n\r\n");
	assert_true(client_read_to_end(half_fd, &half));
	assert_true(client_has(&half, "GET /half") && client_has(&half, "Connection: close\r\n"));
	serving_release(r);
	assert_true(client_read_to_end(late_fd, &late));
	assert_true(client_has(&late, "late\n") && client_has(&late, "Connection: close\r\n"));
	close(idle_fd);
	close(half_fd);
	close(late_fd);
	WAIT_UNTIL(__atomic_load_n(&r->stopped, __ATOMIC_ACQUIRE) == 1);
	vouch_buf_free(&late);
	vouch_buf_free(&half);
	vouch_buf_free(&idle);
}

static void
stop_in_the_middle_of_a_request(struct running *r, unsigned times)
{
	int fd = client_connect(&r->listeners);

	client_send(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf");
	WAIT_UNTIL(serving_connections(r) == 1);
	for (unsigned i = 0; i < times; i++)
		http_server_stop(r->server);
	assert_true(client_read_to_end(fd, &r->read));
	assert_int_equal(r->read.len, 0);
	WAIT_UNTIL(__atomic_load_n(&r->stopped, __ATOMIC_ACQUIRE) == 1);
	close(fd);
}

static void
a_second_stop_cuts_off(void **state)
{
	stop_in_the_middle_of_a_request(*state, 2);
}

static void
the_drain_deadline_cuts_off(void **state)
{
	stop_in_the_middle_of_a_request(*state, 1);
}

/* The connection is cut off, but what its handler holds of it stays until the handler has answered. */
static void
a_server_that_is_cut_off_waits_for_its_handlers(void **state)
{
	struct running *r = *state;

	int fd = client_connect(&r->listeners);
	client_send(fd, GET("/late"));
	WAIT_UNTIL(serving_late(r) == 1);
	http_server_stop(r->server);
	http_server_stop(r->server);
	assert_true(client_read_to_end(fd, &r->read));
	assert_int_equal(r->read.len, 0);
	WAIT_UNTIL(serving_connections(r) == 0);
	assert_int_equal(__atomic_load_n(&r->stopped, __ATOMIC_ACQUIRE), 0);
	uv_mutex_lock(&r->late.lock);
	assert_true(span_equal(r->late.waiting[0]->target, SPAN_LITERAL("/late")));
	uv_mutex_unlock(&r->late.lock);
	serving_release(r);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(fifty_pipelined_requests_are_answered_in_order, .threads = 2),
		SERVED(who_goes_last_lets_others_through_between_his_turns, .threads = 1),
		SERVED(who_goes_last_is_looked_at_after_those_who_came_later, .threads = 1),
		SERVED(an_answer_that_takes_long_keeps_its_place, .threads = 2),
		SERVED(a_client_that_hangs_up_is_forgotten_when_its_answer_comes, .idle_time_ms = 100),
		SERVED(each_request_gets_one_answer_and_the_end_it_asked_for, .threads = 2),
		SERVED(a_client_that_expects_100_gets_it_and_then_its_answer, .threads = 2),
		SERVED(a_large_answer_arrives_whole_and_the_next_follows, .threads = 2),
		SERVED(requests_are_counted_by_method_and_status, .threads = 2),
		cmocka_unit_test(a_unix_socket_serves_as_well),
		SERVED(a_graceful_end_answers_what_is_in_flight, .drain_time_ms = 4000),
		SERVED(a_second_stop_cuts_off, .drain_time_ms = 60000),
		SERVED(the_drain_deadline_cuts_off, .drain_time_ms = 200),
		SERVED(a_server_that_is_cut_off_waits_for_its_handlers, .threads = 2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
