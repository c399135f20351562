/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of connections that a handler takes over: for who writes what no server would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/span.h"
#include "client.h"
#include "http/server.h"
#include "io/clock.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

struct running {
	struct io_listeners listeners;
	struct http_server *server;
	struct http_exchange *waiting; /* /late: taken on the next tick */
	unsigned taken, refused;       /* atomic */
};

static void
write_rubbish(int fd)
{
	assert_int_equal(send(fd, "rubbish", 7, MSG_NOSIGNAL), 7);
	close(fd);
}

static void
reset(int fd)
{
	static const struct linger at_once = { .l_onoff = 1 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
}

static void
take(struct running *r, struct http_exchange *e, void (*then)(int fd))
{
	int fd = -1;

	if (!http_exchange_take(e, &fd)) {
		__atomic_add_fetch(&r->refused, 1, __ATOMIC_RELEASE);
		http_exchange_respond_text(e, 500, NULL);
		return;
	}
	__atomic_add_fetch(&r->taken, 1, __ATOMIC_RELEASE);
	then(fd);
}

static void
handle(void *arg, struct http_exchange *e)
{
	struct running *r = arg;

	if (span_equal(e->target, SPAN_LITERAL("/late")))
		__atomic_store_n(&r->waiting, e, __ATOMIC_RELEASE);
	else if (span_equal(e->target, SPAN_LITERAL("/rubbish")))
		take(r, e, write_rubbish);
	else if (span_equal(e->target, SPAN_LITERAL("/reset")))
		take(r, e, reset);
	else
		http_exchange_respond_text(e, 200, "fine\n");
}

static void
tick(void *arg, unsigned thread, uv_loop_t *loop, bool last)
{
	struct running *r = arg;
	struct http_exchange *e = __atomic_exchange_n(&r->waiting, NULL, __ATOMIC_ACQ_REL);

	(void)thread;
	(void)loop;
	(void)last;
	if (e != NULL)
		take(r, e, write_rubbish);
}

static void
start(struct running *r, const char *address)
{
	struct http_server_options o = { .threads = 1,
		.handler = handle,
		.tick = tick,
		.arg = r,
		.idle_time_ms = 200 };
	vouch_err err;

	*r = (struct running){ 0 };
	if (io_listeners_open(&r->listeners, &address, 1, 1, 0600, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(http_server_start(&r->server, &o, &r->listeners, &err), VOUCH_OK);
}

static void
end(struct running *r)
{
	http_server_stop(r->server);
	http_server_free(r->server);
	io_listeners_close(&r->listeners);
}

static unsigned
read_atomic(const unsigned *number)
{
	return __atomic_load_n(number, __ATOMIC_ACQUIRE);
}

static void
expect_rubbish(struct running *r, const char *text, const char *wanted)
{
	vouch_buf read = { 0 };
	int fd = client_connect(&r->listeners);

	client_send(fd, text);
	assert_true(client_read_to_end(fd, &read));
	assert_int_equal(read.len, strlen(wanted));
	assert_memory_equal(read.data, wanted, read.len);
	close(fd);
	vouch_buf_free(&read);
}

static void
whoever_takes_the_connection_writes_what_it_likes(void **state)
{
	char path[64];
	const char *const addresses[] = { "127.0.0.1:0", path };
	struct running r;

	(void)state;
	snprintf(path, sizeof(path), "unix:/tmp/vouch-test-take-%d.sock", (int)getpid());
	for (size_t i = 0; i < 2; i++) {
		start(&r, addresses[i]);
		expect_rubbish(&r, GET("/rubbish"), "rubbish");
		expect_rubbish(&r, GET("/late"), "rubbish");
		assert_int_equal(read_atomic(&r.taken), 2);
		assert_int_equal(client_ask(&r.listeners, GET("/"), NULL), 200);
		end(&r);
	}
}

static void
answers_before_it_arrive_and_requests_behind_it_are_dropped(void **state)
{
	struct running r;
	vouch_buf read = { 0 };

	(void)state;
	start(&r, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	client_send(fd, GET("/1") GET("/2") GET("/rubbish") GET("/3"));
	assert_true(client_read_to_end(fd, &read));
	assert_int_equal(client_count(&read, "HTTP/1.1 200"), 2);
	assert_int_equal(client_count(&read, "rubbish"), 1);
	assert_memory_equal(read.data + read.len - 7, "rubbish", 7);
	close(fd);
	vouch_buf_free(&read);
	end(&r);
}

static void
a_reset_is_a_reset(void **state)
{
	struct running r;
	char octet;

	(void)state;
	start(&r, "127.0.0.1:0");
	int fd = client_connect(&r.listeners);
	client_send(fd, GET("/reset"));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(recv(fd, &octet, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	close(fd);
	end(&r);
}

static void
what_the_client_has_left_cannot_be_taken(void **state)
{
	struct running r;
	struct http_counters c;
	uint64_t until = io_monotonic_ms() + 5000;

	(void)state;
	start(&r, "127.0.0.1:0");
	/* The server reads nothing while an answer is awaited: it learns of the end when it writes. */
	for (unsigned i = 0; i < 20; i++) {
		int fd = client_connect(&r.listeners);
		client_send(fd, GET("/late"));
		close(fd);
		while (read_atomic(&r.taken) + read_atomic(&r.refused) <= i && io_monotonic_ms() < until)
			poll(NULL, 0, 5);
		assert_int_equal(read_atomic(&r.taken) + read_atomic(&r.refused), i + 1);
	}
	do
		http_server_count(r.server, &c);
	while (c.connections > 0 && io_monotonic_ms() < until);
	assert_int_equal(c.connections, 0);
	end(&r);
}

static void
the_server_counts_what_was_taken_no_more(void **state)
{
	struct running r;
	struct http_counters c;
	uint64_t until = io_monotonic_ms() + 5000;

	(void)state;
	start(&r, "127.0.0.1:0");
	for (unsigned i = 0; i < 10; i++)
		expect_rubbish(&r, GET("/rubbish"), "rubbish");
	do
		http_server_count(r.server, &c);
	while (c.connections > 0 && io_monotonic_ms() < until);
	assert_int_equal(c.connections, 0);
	assert_int_equal(c.requests[HTTP_METHOD_GET][0], 0);
	end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_takes_the_connection_writes_what_it_likes),
		cmocka_unit_test(answers_before_it_arrive_and_requests_behind_it_are_dropped),
		cmocka_unit_test(a_reset_is_a_reset),
		cmocka_unit_test(what_the_client_has_left_cannot_be_taken),
		cmocka_unit_test(the_server_counts_what_was_taken_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
