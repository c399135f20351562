/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the server with real sockets: limits, deadlines, and clients that misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "io/clock.h"
#include "serving.h"

/* H-22: the client sends all of it, and reads the refusal afterwards. */
static void
a_client_that_sends_too_much_reads_why_it_was_refused(void **state)
{
	struct running *r = *state;
	char *body = malloc(10000001);

	memset(body, 'x', 10000000);
	body[10000000] = '\0';
	int fd = client_connect(&r->listeners);
	client_send(fd,
	    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10000000\r\n\r\n");
	client_read(fd, &r->read, 1);
	assert_true(client_has(&r->read, "HTTP/1.1 413 "));
	assert_false(client_has(&r->read, "HTTP/1.1 100 "));
	close(fd);
	buf_clear(&r->read);
	fd = client_connect(&r->listeners);
	client_send(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
	assert_true(client_send(fd, body));
	assert_true(client_read_to_end(fd, &r->read));
	assert_true(client_has(&r->read, "HTTP/1.1 413 "));
	assert_int_equal(client_count(&r->read, "HTTP/1.1 "), 1);
	close(fd);
	free(body);
}

static void
slow_heads_and_bodies_are_told_and_idle_connections_are_closed(void **state)
{
	struct running *r = *state;
	static const struct {
		const char *text, *answer;
	} rows[] = {
		{ "", "" },
		{ "GET / HT", "HTTP/1.1 408 " },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf", "HTTP/1.1 408 " },
		{ GET("/"), "HTTP/1.1 200 " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&r->read);
		int fd = client_connect(&r->listeners);
		client_send(fd, rows[i].text);
		assert_true(client_read_to_end(fd, &r->read));
		assert_int_equal(r->read.len == 0, rows[i].answer[0] == '\0');
		assert_true(r->read.len == 0 || client_has(&r->read, rows[i].answer));
		assert_int_equal(client_count(&r->read, "HTTP/1.1 "), rows[i].answer[0] != '\0');
		close(fd);
	}
}

/* An octet now and then does not lengthen the deadline of a head. */
static void
dripping_octets_wins_no_time(void **state)
{
	struct running *r = *state;

	int fd = client_connect(&r->listeners);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t began = io_monotonic_ms();
	client_send(fd, "GET /");
	while (poll(&p, 1, 20) == 0 && io_monotonic_ms() - began < 5000)
		client_send(fd, "x");
	assert_true(io_monotonic_ms() - began < 3000);
	client_read(fd, &r->read, 1);
	assert_true(client_has(&r->read, "HTTP/1.1 408 "));
	close(fd);
}

/* Its time begins with its own first octet, even if that came together with the end of another. */
static void
a_second_head_has_a_time_of_its_own(void **state)
{
	struct running *r = *state;

	int fd = client_connect(&r->listeners);
	client_send(fd, "GET /1 HTTP/1.1\r\n");
	poll(NULL, 0, 700);
	client_send(fd, "Host: a\r\n\r\nGET /2 HTTP/1.1\r\n");
	poll(NULL, 0, 600);
	client_send(fd, "Host: a\r\n\r\n");
	client_read(fd, &r->read, 2);
	assert_int_equal(client_count(&r->read, "HTTP/1.1 200"), 2);
	close(fd);
}

static void
a_client_that_never_reads_is_dropped(void **state)
{
	struct running *r = *state;

	int fd = client_connect(&r->listeners);
	for (int i = 0; i < 4; i++)
		client_send(fd, GET("/large"));
	WAIT_UNTIL(serving_connections(r) == 1);
	WAIT_UNTIL(serving_connections(r) == 0);
	close(fd);
}

/* A thousand idle ones and two hundred halves stop nobody, and are limited only from elsewhere. */
static void
a_thousand_idle_and_two_hundred_half_sent_stop_nobody(void **state)
{
	struct running *r = *state;
	enum { IDLE = 1000, HALF = 200 };
	static int fds[IDLE + HALF];

	assert_true(io_descriptors_raise(2 * (IDLE + HALF) + 100) >= 2 * (IDLE + HALF) + 100);
	for (size_t i = 0; i < IDLE + HALF; i++) {
		fds[i] = client_connect(&r->listeners);
		if (i >= IDLE)
			client_send(fds[i],
			    i % 2 == 0 ? "GET /half HTTP/1.1\r\nHo" :
					 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf");
	}
	uint64_t began = io_monotonic_ms();
	assert_int_equal(client_ask(&r->listeners, GET("/"), NULL), 200);
	assert_true(io_monotonic_ms() - began < 1000);
	for (size_t i = 0; i < IDLE + HALF; i++)
		close(fds[i]);
	WAIT_UNTIL(serving_connections(r) == 0);
}

static void
connections_over_a_cap_are_turned_away_and_counted(void **state)
{
	struct running *r = *state;
	struct http_counters c;
	int fds[3];

	for (size_t n = 0; n < 3; n++)
		fds[n] = client_connect(&r->listeners);
	WAIT_UNTIL(serving_connections(r) == 3);
	assert_int_equal(client_ask(&r->listeners, GET("/"), NULL), 503);
	http_server_count(r->server, &c);
	assert_int_equal(c.refused, 1);
	assert_int_equal(c.accepted, 3);
	client_send(fds[0], GET("/"));
	client_read(fds[0], &r->read, 1);
	assert_true(client_has(&r->read, "HTTP/1.1 200 "));
	close(fds[1]);
	WAIT_UNTIL(serving_connections(r) == 2);
	assert_int_equal(client_ask(&r->listeners, GET("/"), NULL), 200);
	close(fds[0]);
	close(fds[2]);
}

/* Without a descriptor left, accept would fail and be woken for ever: it rests instead, and goes on when some are free. */
static void
a_server_without_descriptors_neither_spins_nor_stops(void **state)
{
	enum { CLIENTS = 40 };
	static const char *const address = "127.0.0.1:0";
	struct http_server_options o = { .threads = 1, .handler = serving_handle };
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(a_client_that_sends_too_much_reads_why_it_was_refused, .threads = 2),
		SERVED(slow_heads_and_bodies_are_told_and_idle_connections_are_closed, .header_time_ms = 150,
		    .body_time_ms = 150, .idle_time_ms = 200),
		SERVED(dripping_octets_wins_no_time, .header_time_ms = 200),
		SERVED(a_second_head_has_a_time_of_its_own, .header_time_ms = 1000),
		SERVED(a_client_that_never_reads_is_dropped, .idle_time_ms = 200),
		SERVED(a_thousand_idle_and_two_hundred_half_sent_stop_nobody, .threads = 2),
		SERVED(connections_over_a_cap_are_turned_away_and_counted, .connections = 3),
		SERVED(connections_over_a_cap_are_turned_away_and_counted, .per_address = 3),
		cmocka_unit_test(a_server_without_descriptors_neither_spins_nor_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
