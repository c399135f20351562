/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the end of the library's server: with exchanges in handlers' hands, under load, by signal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "client.h"
#include "handling.h"
#include "io/clock.h"

static void
what_is_in_flight_is_answered_before_the_end(void **state)
{
	struct handling h;
	vouch_buf read = { 0 };

	(void)state;
	handling_start(&h, (vouch_http_options){ 0 }, NULL);
	int fd = client_connect(&h.http->listeners);
	client_send(fd, GET("/keep"));
	WAIT_UNTIL(handling_kept(&h) == 1);
	vouch_http_stop(h.http);
	handling_answer_kept(&h, "in time\n");
	assert_true(client_read_to_end(fd, &read));
	assert_true(client_has(&read, "Connection: close\r\n") && client_has(&read, "in time\n"));
	/* The server lingers until the client has closed, too. */
	close(fd);
	vouch_http_wait(h.http);
	vouch_buf_free(&read);
	handling_end(&h);
}

/* The exchange is the handler's until it answers, whatever became of the server. */
static void
the_end_waits_no_longer_than_it_may_and_a_late_answer_is_dropped(void **state)
{
	vouch_http_request q = { .size = sizeof(q) };
	vouch_span name, value;
	struct handling h;

	(void)state;
	for (unsigned cut_off = 0; cut_off < 2; cut_off++) {
		handling_start(&h, (vouch_http_options){ .drain_time_ms = cut_off ? 60000 : 100 }, NULL);
		int fds[4];
		for (size_t i = 0; i < 4; i++) {
			fds[i] = client_connect(&h.http->listeners);
			client_send(fds[i],
			    "POST /keep HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
		}
		WAIT_UNTIL(handling_kept(&h) == 4);
		uint64_t begun = io_monotonic_ms();
		vouch_http_stop(h.http);
		if (cut_off)
			vouch_http_stop(h.http);
		vouch_http_wait(h.http);
		assert_in_range(io_monotonic_ms() - begun, cut_off ? 0 : 100, 3000);
		vouch_http_respond(h.kept[3], 200, (vouch_span){ 0 }, (vouch_span){ 0 });
		vouch_http_free(h.http);
		h.http = NULL;
		vouch_http_exchange_request(h.kept[0], &q);
		assert_true(
		    span_equal(q.target, SPAN_LITERAL("/keep")) && span_equal(q.body, SPAN_LITERAL("body")));
		assert_true(vouch_http_exchange_field(h.kept[1], 0, &name, &value) &&
		    span_equal(name, SPAN_LITERAL("Host")));
		h.kept_count = 3;
		handling_answer_kept(&h, "too late\n");
		for (size_t i = 0; i < 4; i++)
			close(fds[i]);
		handling_end(&h);
	}
}

/* The loop is held up while the client resets: it learns of that with the next exchange handed out already. */
static void
what_was_gone_before_the_end_holds_it_up_no_longer(void **state)
{
	static const struct linger at_once = { .l_onoff = 1 };
	struct handling h;

	(void)state;
	handling_start(&h, (vouch_http_options){ .threads = 1, .drain_time_ms = 100 }, NULL);
	int fd = client_connect(&h.http->listeners);
	client_send(fd, GET("/block") GET("/keep"));
	WAIT_UNTIL(handling_blocked(&h) == 1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
	handling_unblock(&h, 1);
	WAIT_UNTIL(handling_kept(&h) == 1);
	struct http_counters c;
	WAIT_UNTIL((http_server_count(h.http->server, &c), c.connections == 0));
	vouch_http_stop(h.http);
	vouch_http_wait(h.http);
	handling_answer_kept(&h, "too late\n");
	handling_end(&h);
}

static void
free_later(void *arg)
{
	vouch_http_free(arg);
}

static void
the_end_waits_for_handlers_that_run_and_calls_none_that_waits(void **state)
{
	struct handling h;
	uv_thread_t thread;
	int fds[4];

	(void)state;
	handling_start(&h,
	    (vouch_http_options){ .flags = VOUCH_HTTP_HANDLER_BLOCKS,
		.pool_threads = 2,
		.drain_time_ms = 50 },
	    NULL);
	for (size_t i = 0; i < 4; i++) {
		fds[i] = client_connect(&h.http->listeners);
		client_send(fds[i], i < 2 ? GET("/block") : GET("/keep"));
		WAIT_UNTIL(__atomic_load_n(&h.http->unanswered, __ATOMIC_RELAXED) == i + 1);
		WAIT_UNTIL(handling_blocked(&h) == (i < 2 ? i + 1 : 2));
	}
	vouch_http_stop(h.http);
	vouch_http_wait(h.http);
	assert_int_equal(handling_blocked(&h), 2);
	assert_int_equal(uv_thread_create(&thread, free_later, h.http), 0);
	poll(NULL, 0, 50);
	assert_int_equal(handling_blocked(&h), 2);
	handling_unblock(&h, 2);
	uv_thread_join(&thread);
	assert_int_equal(handling_blocked(&h), 0);
	assert_int_equal(handling_kept(&h), 0);
	for (size_t i = 0; i < 4; i++)
		close(fds[i]);
	h.http = NULL;
	handling_end(&h);
}

struct load {
	struct handling *h;
	struct io_address address;
	unsigned done, answered; /* atomic */
};

static void
ask_until_done(void *arg)
{
	static const char *const texts[] = { GET("/"), GET("/keep"), GET("/") GET("/keep") GET("/"),
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf" };
	struct load *load = arg;

	for (size_t i = 0; __atomic_load_n(&load->done, __ATOMIC_ACQUIRE) == 0; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (const struct sockaddr *)&load->address.storage, load->address.len) == 0) {
			vouch_buf read = { 0 };
			client_send(fd, texts[i % 4]);
			if (i % 4 == 0)
				client_read(fd, &read, 1);
			if (client_has(&read, " 200 OK"))
				__atomic_add_fetch(&load->answered, 1, __ATOMIC_RELEASE);
			vouch_buf_free(&read);
		}
		close(fd);
	}
}

static void
answer_all(void *arg)
{
	struct load *load = arg;

	while (__atomic_load_n(&load->done, __ATOMIC_ACQUIRE) == 0) {
		handling_answer_kept(load->h, "late\n");
		poll(NULL, 0, 1);
	}
}

static struct io_address
address_of(const struct handling *h)
{
	struct io_address a[IO_ADDRESSES];
	size_t count;
	vouch_err err;

	assert_int_equal(io_address_parse(a, &count, h->http->listeners.items[0].name, &err), VOUCH_OK);
	return a[0];
}

static void
a_server_under_load_ends_cleanly(void **state)
{
	static const uint32_t flags[] = { 0, VOUCH_HTTP_HANDLER_BLOCKS };
	struct handling h;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct load load = { .h = &h };
		uv_thread_t threads[4];
		handling_start(&h,
		    (vouch_http_options){ .flags = flags[i % 2], .drain_time_ms = 200, .jobs = 50 }, NULL);
		load.address = address_of(&h);
		for (size_t j = 0; j < 4; j++)
			assert_int_equal(uv_thread_create(&threads[j], j < 3 ? ask_until_done : answer_all,
					     &load),
			    0);
		WAIT_UNTIL(__atomic_load_n(&load.answered, __ATOMIC_ACQUIRE) > 50);
		vouch_http_stop(h.http);
		if (i >= 2)
			vouch_http_stop(h.http);
		vouch_http_wait(h.http);
		__atomic_store_n(&load.done, 1, __ATOMIC_RELEASE);
		/* Clients that the kernel still queues for it would wait for their answers. */
		vouch_http_free(h.http);
		h.http = NULL;
		for (size_t j = 0; j < 4; j++)
			uv_thread_join(&threads[j]);
		handling_answer_kept(&h, "after the end\n");
		handling_end(&h);
	}
}

/* --- A program's whole life ----------------------------------------------------------------------------- */

struct serving {
	vouch_http *http; /* atomic */
	int code;
};

static void
started(void *arg, vouch_http *http)
{
	__atomic_store_n(&((struct serving *)arg)->http, http, __ATOMIC_RELEASE);
}

static void
no_content(void *arg, vouch_http_exchange *x)
{
	(void)arg;
	vouch_http_respond(x, 204, (vouch_span){ 0 }, (vouch_span){ 0 });
}

static void
serve(void *arg)
{
	static const char *const address = "127.0.0.1:0";
	struct serving *s = arg;
	vouch_http_options o = { .size = sizeof(o),
		.addresses = &address,
		.address_count = 1,
		.threads = 1,
		.handler = no_content };
	vouch_err err;

	s->code = vouch_http_serve(&o, started, s, &err);
}

static void
serve_runs_until_a_signal_or_a_stop(void **state)
{
	sigset_t term, before;

	(void)state;
	/* As the main thread of such a program has them: nobody else takes them. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigaddset(&term, SIGINT);
	pthread_sigmask(SIG_BLOCK, &term, &before);
	for (unsigned i = 0; i < 3; i++) {
		struct serving s = { .code = 1 };
		uv_thread_t thread;
		vouch_http *http;
		assert_int_equal(uv_thread_create(&thread, serve, &s), 0);
		WAIT_UNTIL((http = __atomic_load_n(&s.http, __ATOMIC_ACQUIRE)) != NULL);
		assert_int_equal(client_ask(&http->listeners, GET("/"), NULL), 204);
		if (i == 2)
			vouch_http_stop(http);
		else
			assert_int_equal(kill(getpid(), i == 0 ? SIGTERM : SIGINT), 0);
		uv_thread_join(&thread);
		assert_int_equal(s.code, VOUCH_OK);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
serve_that_cannot_start_says_why(void **state)
{
	sigset_t before, after;
	vouch_err err;

	(void)state;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(vouch_http_serve(NULL, NULL, NULL, &err), VOUCH_EINVAL);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_flight_is_answered_before_the_end),
		cmocka_unit_test(the_end_waits_no_longer_than_it_may_and_a_late_answer_is_dropped),
		cmocka_unit_test(what_was_gone_before_the_end_holds_it_up_no_longer),
		cmocka_unit_test(the_end_waits_for_handlers_that_run_and_calls_none_that_waits),
		cmocka_unit_test(a_server_under_load_ends_cleanly),
		cmocka_unit_test(serve_runs_until_a_signal_or_a_stop),
		cmocka_unit_test(serve_that_cannot_start_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
