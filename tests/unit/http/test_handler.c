/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the library's server with a handler: what it sees, how it answers, from where and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "client.h"
#include "handling.h"
#include "io/clock.h"

static const struct {
	const char *what;
	uint32_t flags;
	const char *text;
	unsigned status;
	const char *has;
} requests[] = {
	{ "GET", 0, GET("/a?b=%2F"), 200, "\r\n\r\nGET /a?b=%2F 1 local [Host=a] \n" },
	{ "fields as they were sent, in order", 0,
	    "GET / HTTP/1.0\r\nX-One:1\r\nx-tWO:  a b \r\nX-One: 2\r\nEmpty:\r\n\r\n", 200,
	    "\r\n\r\nGET / 0 local [X-One=1] [x-tWO=a b] [X-One=2] [Empty=] \n" },
	{ "POST", 0, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody", 200,
	    "POST /x 1 local [Host=a] [Content-Length=4] body\n" },
	{ "POST in chunks", 0,
	    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
	    200, "[Host=a] [Transfer-Encoding=chunked] body\n" },
	{ "absolute-form", 0, "GET http://h/p HTTP/1.1\r\nHost: a\r\n\r\n", 200, "\r\n\r\nGET /p 1 " },
	{ "HEAD has the length and no body", 0, "HEAD /x HTTP/1.0\r\n\r\n", 200, "Content-Length: 17\r\n" },
	{ "PUT", 0, "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405,
	    "Allow: GET, HEAD, POST, OPTIONS\r\n" },
	{ "BREW", 0, "BREW /x HTTP/1.1\r\nHost: a\r\n\r\n", 501, "Content-Type: text/plain" },
	{ "PUT, wanted", VOUCH_HTTP_ANY_METHOD, "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
	    200, "PUT /x 1 local [Host=a] [Content-Length=4] body\n" },
	{ "OPTIONS, wanted", VOUCH_HTTP_ANY_METHOD, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200,
	    "OPTIONS * 1 local" },
	{ "BREW, wanted", VOUCH_HTTP_ANY_METHOD,
	    "BREW /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody", 200,
	    "BREW /x 1 local [Host=a] [Content-Length=4] body\n" },
	{ "BREW in chunks", VOUCH_HTTP_ANY_METHOD,
	    "BREW /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", 200,
	    " body\n" },
	{ "no token", VOUCH_HTTP_ANY_METHOD, "BR<W /x HTTP/1.1\r\nHost: a\r\n\r\n", 400, " 400 " },
	{ "BREW with a bad target", VOUCH_HTTP_ANY_METHOD, "BREW /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400,
	    " 400 " },
	{ "BREW with a bad field", VOUCH_HTTP_ANY_METHOD, "BREW / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n", 400,
	    " 400 " },
	{ "a status that we do not send ourselves", 0, GET("/status/302"), 302, "HTTP/1.1 302 \r\n" },
	{ "a status with a reason", 0, GET("/status/403"), 403, "HTTP/1.1 403 Forbidden\r\n" },
	{ "no final status", 0, GET("/status/100"), 500, "HTTP/1.1 500 " },
	{ "no status at all", 0, GET("/status/1000"), 500, "HTTP/1.1 500 " },
	{ "HEAD without a body: nobody knows its length", 0, "HEAD /status/200 HTTP/1.0\r\n\r\n", 200,
	    " GMT\r\nConnection: close\r\nLocation: /\r\n\r\n" },
};

static void
a_handler_sees_what_was_sent_and_its_answer_arrives(void **state)
{
	struct handling h;

	(void)state;
	for (unsigned blocks = 0; blocks < 2; blocks++) {
		for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
			vouch_buf read = { 0 };
			uint32_t flags = requests[i].flags | (blocks ? VOUCH_HTTP_HANDLER_BLOCKS : 0u);
			handling_start(&h, (vouch_http_options){ .flags = flags, .threads = 1 }, NULL);
			unsigned status = client_ask(&h.http->listeners, requests[i].text, &read);
			if (status != requests[i].status || !client_has(&read, requests[i].has))
				fail_msg("%s: %u %.*s", requests[i].what, status, (int)read.len,
				    (const char *)read.data);
			WAIT_UNTIL(handling_answered(&h) == 1);
			assert_int_equal(h.last_status, status);
			vouch_buf_free(&read);
			handling_end(&h);
		}
	}
}

static const struct {
	const char *what, *fields;
	unsigned status;
	const char *has, *has_not;
} answers[] = {
	{ "none", "", 200, "Content-Length: 5\r\n", "\r\n\r\n\r\n" },
	{ "lines", "A: b\r\nC:d\r\n", 200, "\r\nA: b\r\nC:d\r\n\r\nbody\n", "500" },
	{ "what the server gives is given once",
	    "content-length: 99\r\nA: b\r\nDATE: x\r\nConnection: close\r\n"
	    "Transfer-Encoding: chunked\r\n",
	    200, "\r\nA: b\r\n\r\nbody\n", "99" },
	{ "no end of line", "A: b", 500, "500", "A: b" },
	{ "a bare LF", "A: b\nC: d\r\n", 500, "500", "C: d" },
	{ "a bare CR", "A: b\rC: d\r\n", 500, "500", "C: d" },
	{ "an end of the head", "A: b\r\n\r\nbody", 500, "500", "A: b" },
	{ "no name", ": b\r\n", 500, "500", ": b\r\n" },
	{ "no token", "A b: c\r\n", 500, "500", "A b" },
	{ "no colon", "A\r\n", 500, "500", "\r\nA\r\n" },
};

static void
nothing_that_a_handler_copied_can_end_a_line_or_frame_a_body(void **state)
{
	struct handling h;

	(void)state;
	handling_start(&h, (vouch_http_options){ 0 }, NULL);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		vouch_buf text = { 0 }, read = { 0 };
		assert_int_equal(buf_printf(&text,
				     "POST /fields HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
				     strlen(answers[i].fields), answers[i].fields),
		    VOUCH_OK);
		assert_int_equal(vouch_buf_append(&text, "", 1), VOUCH_OK);
		unsigned status = client_ask(&h.http->listeners, (const char *)text.data, &read);
		if (status != answers[i].status || !client_has(&read, answers[i].has) ||
		    client_has(&read, answers[i].has_not))
			fail_msg("%s: %.*s", answers[i].what, (int)read.len, (const char *)read.data);
		vouch_buf_free(&text);
		vouch_buf_free(&read);
	}
	handling_end(&h);
}

struct answerer {
	struct handling *h;
	unsigned done; /* atomic */
};

static void
answer_until_done(void *arg)
{
	struct answerer *a = arg;

	while (__atomic_load_n(&a->done, __ATOMIC_ACQUIRE) == 0) {
		handling_answer_kept(a->h, "late\n");
		poll(NULL, 0, 1);
	}
}

/* Two threads that are nobody's loop answer what the loops handed out, while these hand out more. */
static void
exchanges_are_answered_later_and_from_other_threads(void **state)
{
	struct handling h;
	struct answerer a = { &h, 0 };
	uv_thread_t threads[2];
	int fds[8];

	(void)state;
	handling_start(&h, (vouch_http_options){ 0 }, NULL);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(uv_thread_create(&threads[i], answer_until_done, &a), 0);
	for (size_t i = 0; i < 8; i++) {
		fds[i] = client_connect(&h.http->listeners);
		for (size_t j = 0; j < 20; j++)
			client_send(fds[i], GET("/keep") GET("/now"));
	}
	for (size_t i = 0; i < 8; i++) {
		vouch_buf read = { 0 };
		client_read(fds[i], &read, 40);
		assert_int_equal(client_count(&read, "\r\n\r\nlate\n"), 20);
		assert_int_equal(client_count(&read, "\r\n\r\nGET /now "), 20);
		close(fds[i]);
		vouch_buf_free(&read);
	}
	__atomic_store_n(&a.done, 1, __ATOMIC_RELEASE);
	for (size_t i = 0; i < 2; i++)
		uv_thread_join(&threads[i]);
	assert_int_equal(handling_answered(&h), 320);
	handling_end(&h);
}

static void
a_handler_that_blocks_holds_up_nobody_else(void **state)
{
	struct handling h;
	int fds[6], idle;

	(void)state;
	handling_start(&h,
	    (vouch_http_options){ .flags = VOUCH_HTTP_HANDLER_BLOCKS, .threads = 1, .pool_threads = 8 },
	    NULL);
	idle = client_connect(&h.http->listeners);
	client_send(idle, "GET / HT");
	for (size_t i = 0; i < 6; i++) {
		fds[i] = client_connect(&h.http->listeners);
		client_send(fds[i], GET("/block"));
	}
	WAIT_UNTIL(handling_blocked(&h) == 6);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(client_ask(&h.http->listeners, GET("/"), NULL), 200);
	handling_unblock(&h, 6);
	for (size_t i = 0; i < 6; i++) {
		vouch_buf read = { 0 };
		client_read(fds[i], &read, 1);
		assert_true(client_has(&read, "GET /block 1"));
		close(fds[i]);
		vouch_buf_free(&read);
	}
	close(idle);
	handling_end(&h);
}

static void
what_exceeds_the_pool_waits_and_what_exceeds_the_jobs_is_told_to_come_again(void **state)
{
	struct handling h;
	vouch_buf read = { 0 };
	int fds[4];

	(void)state;
	handling_start(&h,
	    (vouch_http_options){ .flags = VOUCH_HTTP_HANDLER_BLOCKS,
		.threads = 2,
		.pool_threads = 2,
		.jobs = 4 },
	    NULL);
	for (size_t i = 0; i < 4; i++) {
		fds[i] = client_connect(&h.http->listeners);
		client_send(fds[i], GET("/block"));
	}
	WAIT_UNTIL(__atomic_load_n(&h.http->unanswered, __ATOMIC_RELAXED) == 4);
	WAIT_UNTIL(handling_blocked(&h) == 2);
	assert_int_equal(client_ask(&h.http->listeners, GET("/"), &read), 503);
	assert_true(client_has(&read, "Retry-After: 1\r\n"));
	vouch_buf_free(&read);
	handling_unblock(&h, 4);
	for (size_t i = 0; i < 4; i++) {
		client_read(fds[i], &read, 1);
		assert_true(client_has(&read, "HTTP/1.1 200 OK\r\n"));
		close(fds[i]);
		vouch_buf_free(&read);
	}
	assert_int_equal(client_ask(&h.http->listeners, GET("/"), NULL), 200);
	handling_end(&h);
}

static void
the_answer_to_a_client_that_has_gone_is_dropped(void **state)
{
	struct handling h;

	(void)state;
	handling_start(&h, (vouch_http_options){ .threads = 1 }, NULL);
	for (size_t i = 0; i < 20; i++) {
		int fd = client_connect(&h.http->listeners);
		client_send(fd, GET("/keep") GET("/keep"));
		WAIT_UNTIL(handling_kept(&h) == i + 1);
		close(fd);
	}
	WAIT_UNTIL((handling_answer_kept(&h, "late\n"),
	    __atomic_load_n(&h.http->unanswered, __ATOMIC_RELAXED) == 0));
	assert_int_equal(client_ask(&h.http->listeners, GET("/"), NULL), 200);
	handling_end(&h);
}

static void
a_unix_socket_serves_a_handler_as_well(void **state)
{
	struct handling h;
	vouch_buf read = { 0 };
	char address[64];

	(void)state;
	snprintf(address, sizeof(address), "unix:/tmp/vouch-test-handler-%d.sock", (int)getpid());
	handling_start(&h, (vouch_http_options){ 0 }, address);
	assert_string_equal(vouch_http_address(h.http, 0), address);
	assert_null(vouch_http_address(h.http, 1));
	assert_int_equal(client_ask(&h.http->listeners, GET("/"), &read), 200);
	assert_true(client_has(&read, "GET / 1 unix [Host=a]"));
	vouch_buf_free(&read);
	handling_end(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handler_sees_what_was_sent_and_its_answer_arrives),
		cmocka_unit_test(nothing_that_a_handler_copied_can_end_a_line_or_frame_a_body),
		cmocka_unit_test(exchanges_are_answered_later_and_from_other_threads),
		cmocka_unit_test(a_handler_that_blocks_holds_up_nobody_else),
		cmocka_unit_test(what_exceeds_the_pool_waits_and_what_exceeds_the_jobs_is_told_to_come_again),
		cmocka_unit_test(the_answer_to_a_client_that_has_gone_is_dropped),
		cmocka_unit_test(a_unix_socket_serves_a_handler_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
