/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of HTTP from the client's side, against a server of one answer at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch/http.h"

#define LIMIT 4096
#define HEADED "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n"

/* Answers every connection with the same octets, and closes it. */
static struct server {
	int listener;
	pthread_t thread;
	char url[64];
	/* NULL: none, for as long as the test runs. Static: the client may have it all before send() returns. */
	const char *answer;
	char seen[8192]; /* the last request */
	_Atomic int connections;
} server;

/* Head and body: both sides keep their connection, so that its end is not waited for. */
static void
read_request(struct server *s, int fd)
{
	size_t len = 0, wanted = SIZE_MAX;

	while (len < wanted && len < sizeof(s->seen) - 1) {
		ssize_t got = read(fd, s->seen + len, sizeof(s->seen) - 1 - len);
		if (got <= 0)
			break;
		len += (size_t)got;
		s->seen[len] = '\0';
		const char *end = strstr(s->seen, "\r\n\r\n"), *length = strstr(s->seen, "Content-Length: ");
		if (end != NULL)
			wanted = (size_t)(end + 4 - s->seen) +
			    (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
	}
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
		atomic_fetch_add(&s->connections, 1);
		read_request(s, fd);
		size_t len = s->answer != NULL ? strlen(s->answer) : 0;
		if (s->answer == NULL)
			(void)!read(fd, s->seen, 1); /* until the client goes */
		else
			(void)!send(fd, s->answer, len, MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		while (read(fd, s->seen + sizeof(s->seen) - 2, 1) > 0)
			;
		close(fd);
	}
	return NULL;
}

static int
start(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	(void)state;
	/* The environment of a developer may have one. */
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	server = (struct server){ .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	assert_int_equal(bind(server.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server.listener, 16), 0);
	assert_int_equal(getsockname(server.listener, (struct sockaddr *)&address, &len), 0);
	snprintf(server.url, sizeof(server.url), "http://127.0.0.1:%u/ocsp", ntohs(address.sin_port));
	return pthread_create(&server.thread, NULL, serve, &server);
}

static int
stop(void **state)
{
	(void)state;
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	return close(server.listener);
}

static int
get(struct fetch_answer *out, const char *answer, vouch_err *err)
{
	struct fetch_request request = { .url = server.url, .limit = LIMIT, .timeout_ms = 5000 };

	*err = (vouch_err){ 0 };
	*out = (struct fetch_answer){ 0 };
	server.answer = answer;
	return fetch_http(out, &request, err);
}

static void
an_answer_has_its_status_type_and_body(void **state)
{
	static const struct {
		const char *answer;
		long status;
		const char *content_type, *body;
	} rows[] = {
		{ HEADED "Content-Length: 3\r\n\r\nabc", 200, "application/ocsp-response", "abc" },
		{ HEADED "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 200,
		    "application/ocsp-response", "abc" },
		{ "HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "", "until the end" },
		{ "HTTP/1.1 404 No\r\nContent-Type: text/html; charset=x\r\nContent-Length: 2\r\n\r\nno", 404,
		    "text/html; charset=x", "no" },
		{ "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", 503, "", "" },
		{ "HTTP/1.1 200 OK\r\nContent-Type: a\x1b[31m\xff\r\nContent-Length: 0\r\n\r\n", 200,
		    "a?[31m?", "" },
		{ "HTTP/1.1 304 Same\r\n\r\n", 304, "", "" },
		{ "HTTP/1.1 302 To nowhere\r\nContent-Length: 1\r\n\r\nx", 302, "", "x" },
	};
	struct fetch_answer answer;
	vouch_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(get(&answer, rows[i].answer, &err), VOUCH_OK);
		assert_int_equal(answer.status, rows[i].status);
		assert_string_equal(answer.content_type, rows[i].content_type);
		assert_int_equal(answer.body.len, strlen(rows[i].body));
		assert_memory_equal(answer.body.len > 0 ? (const char *)answer.body.data : "", rows[i].body,
		    answer.body.len);
		fetch_answer_clear(&answer);
	}
}

static void
a_long_type_is_cut(void **state)
{
	struct fetch_answer answer;
	vouch_err err;
	static char text[512];

	(void)state;
	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Type: %0200d\r\nContent-Length: 0\r\n\r\n",
	    7);
	assert_int_equal(get(&answer, text, &err), VOUCH_OK);
	assert_int_equal(strlen(answer.content_type), sizeof(answer.content_type) - 1);
	fetch_answer_clear(&answer);
}

static void
what_is_larger_than_the_limit_is_refused_whether_announced_or_not(void **state)
{
	static const char *const heads[] = { HEADED "Content-Length: 4097\r\n\r\n",
		HEADED "Connection: close\r\n\r\n" };
	static char text[LIMIT + 512];
	struct fetch_answer answer;
	vouch_err err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int head = snprintf(text, sizeof(text), "%s", heads[i]);
		memset(text + head, 'x', LIMIT + 1);
		text[head + LIMIT + 1] = '\0';
		assert_int_equal(get(&answer, text, &err), VOUCH_ELIMIT);
		assert_non_null(strstr(err.msg, "the answer is larger than 4096 octets"));
		assert_non_null(strstr(err.msg, server.url));
		assert_string_equal(err.rule, "size");
		assert_null(answer.body.data);
	}
	int head = snprintf(text, sizeof(text), HEADED "Content-Length: 4096\r\n\r\n");
	memset(text + head, 'x', LIMIT);
	text[head + LIMIT] = '\0';
	assert_int_equal(get(&answer, text, &err), VOUCH_OK);
	assert_int_equal(answer.body.len, LIMIT);
	fetch_answer_clear(&answer);
}

static void
what_is_no_answer_is_named_with_its_url(void **state)
{
	static const char *const rows[] = {
		"",
		"SSH-2.0-OpenSSH\r\n",
		HEADED "Content-Length: 9\r\n\r\ncut",
		HEADED "Transfer-Encoding: chunked\r\n\r\n9\r\ncut",
		HEADED "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
	};
	struct fetch_answer answer;
	vouch_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i]);
		assert_int_equal(get(&answer, rows[i], &err), VOUCH_EUNAVAILABLE);
		assert_ptr_equal(strstr(err.msg, server.url), err.msg);
		assert_string_equal(err.rule, "connection");
		assert_null(answer.body.data);
	}
}

static void
redirects_are_few_and_lead_to_no_other_scheme(void **state)
{
	static const char *const schemes[] = { "file:///etc/passwd", "ftp://127.0.0.1/",
		"gopher://127.0.0.1/", "dict://127.0.0.1/" };
	struct fetch_answer answer;
	vouch_err err;
	static char text[256];

	(void)state;
	snprintf(text, sizeof(text),
	    "HTTP/1.1 302 On\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", server.url);
	assert_int_equal(get(&answer, text, &err), VOUCH_EUNAVAILABLE);
	assert_string_equal(err.rule, "redirect");
	assert_int_equal(server.connections, 4);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		snprintf(text, sizeof(text), "HTTP/1.1 302 On\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
		    schemes[i]);
		assert_int_equal(get(&answer, text, &err), VOUCH_EUNAVAILABLE);
		assert_string_equal(err.rule, "redirect");
		assert_null(answer.body.data);
	}
}

static void
only_http_is_asked(void **state)
{
	static const char *const urls[] = { "file:///etc/passwd", "ldap://127.0.0.1/", "http://", "",
		"http://a b/", "http://127.0.0.1:99999/" };
	struct fetch_answer answer = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct fetch_request request = { .url = urls[i], .limit = LIMIT, .timeout_ms = 5000 };
		vouch_err err = { 0 };
		assert_int_equal(fetch_http(&answer, &request, &err), VOUCH_EUNAVAILABLE);
		assert_null(answer.body.data);
	}
	assert_int_equal(server.connections, 0);
}

static void
a_time_is_kept(void **state)
{
	struct fetch_request request = { .url = server.url, .limit = LIMIT, .timeout_ms = 200 };
	struct fetch_answer answer = { 0 };
	vouch_err err = { 0 };

	(void)state;
	server.answer = NULL;
	assert_int_equal(fetch_http(&answer, &request, &err), VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(err.msg, "timed out"));
	assert_string_equal(err.rule, "timeout");
}

static void
a_post_has_its_type_and_all_of_its_body(void **state)
{
	struct fetch_request request = { .url = server.url,
		.content_type = "application/ocsp-request",
		.body = { (const uint8_t *)"a\0b", 3 },
		.limit = LIMIT,
		.timeout_ms = 5000 };
	struct fetch_answer answer = { 0 };
	vouch_err err = { 0 };

	(void)state;
	server.answer = HEADED "Content-Length: 0\r\n\r\n";
	assert_int_equal(fetch_http(&answer, &request, &err), VOUCH_OK);
	assert_ptr_equal(strstr(server.seen, "POST /ocsp HTTP/1.1\r\n"), server.seen);
	assert_non_null(strstr(server.seen, "\r\nContent-Type: application/ocsp-request\r\n"));
	assert_non_null(strstr(server.seen, "\r\nContent-Length: 3\r\n"));
	const char *body = strstr(server.seen, "\r\n\r\n") + 4;
	assert_memory_equal(body, "a\0b", 3);
	fetch_answer_clear(&answer);
	/* without a body there is none: nobody reads standard input */
	request.body = (vouch_span){ 0 };
	assert_int_equal(fetch_http(&answer, &request, &err), VOUCH_OK);
	assert_non_null(strstr(server.seen, "\r\nContent-Length: 0\r\n"));
	fetch_answer_clear(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_has_its_status_type_and_body, start, stop),
		cmocka_unit_test_setup_teardown(a_long_type_is_cut, start, stop),
		cmocka_unit_test_setup_teardown(
		    what_is_larger_than_the_limit_is_refused_whether_announced_or_not, start, stop),
		cmocka_unit_test_setup_teardown(what_is_no_answer_is_named_with_its_url, start, stop),
		cmocka_unit_test_setup_teardown(redirects_are_few_and_lead_to_no_other_scheme, start, stop),
		cmocka_unit_test_setup_teardown(only_http_is_asked, start, stop),
		cmocka_unit_test_setup_teardown(a_time_is_kept, start, stop),
		cmocka_unit_test_setup_teardown(a_post_has_its_type_and_all_of_its_body, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
