/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of vouch_http_answer(): the server's rules for a request that came in some other way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <vouch_http.h>

#include "base/base64.h"
#include "base/buf.h"
#include "io/clock.h"
#include "responding.h"

#define NONCE SPAN_LITERAL("0123456789abcdef0123456789abcdef")
#define OCSP "Content-Type: application/ocsp-response\r\n"
#define NO_STORE "Cache-Control: no-store\r\n"
#define ALLOW "Allow: GET, HEAD, POST, OPTIONS\r\n"
#define FRESH "Cache-Control: public, max-age="
#define STALE "Cache-Control: max-age=0, no-transform, must-revalidate\r\n"
#define TEXT "Content-Type: text/plain; charset=utf-8\r\n" NO_STORE

static struct responding responding;
static char good_path[600], nonce_path[600], plain_path[600], long_target[20001];
static vouch_buf good, nonced;
static char large[16385];

/* "/" and the base64 of the request. */
static void
put_path(char *out, size_t room, vouch_span request, bool escape)
{
	vouch_buf text = { 0 };

	assert_int_equal(base64_encode(&text, request), VOUCH_OK);
	size_t at = 0;
	out[at++] = '/';
	for (size_t i = 0; i < text.len; i++) {
		assert_true(at + 4 < room);
		if (escape && strchr("+/=", text.data[i]) != NULL)
			at += (size_t)snprintf(out + at, room - at, "%%%02X", text.data[i]);
		else
			out[at++] = (char)text.data[i];
	}
	out[at] = '\0';
	vouch_buf_free(&text);
}

static int
make(void **state)
{
	(void)state;
	responding_make(&responding, "/", true);
	responding_request(&responding, &good, "\x01", (vouch_span){ 0 });
	responding_request(&responding, &nonced, "\x01", NONCE);
	put_path(good_path, sizeof(good_path), span_buf(&good), true);
	put_path(plain_path, sizeof(plain_path), span_buf(&good), false);
	put_path(nonce_path, sizeof(nonce_path), span_buf(&nonced), true);
	memset(long_target, 'M', sizeof(long_target) - 1);
	long_target[0] = '/';
	return 0;
}

static int
clear(void **state)
{
	(void)state;
	vouch_buf_free(&good);
	vouch_buf_free(&nonced);
	responding_free(&responding);
	return 0;
}

enum body { NONE, GOOD, LARGE, RUBBISH };

static const struct {
	const char *what, *method, *target;
	enum body body;
	const char *type, *coding;
	unsigned status;
	int response_status; /* -1: it was not OCSP */
	const char *has;
} rows[] = {
	{ "GET (H-02)", "GET", good_path, NONE, NULL, NULL, 200, VOUCH_SUCCESSFUL, OCSP FRESH },
	{ "GET without escapes (X-01)", "GET", plain_path, NONE, NULL, NULL, 200, VOUCH_SUCCESSFUL,
	    OCSP FRESH },
	{ "POST (H-01)", "POST", "/", GOOD, "application/ocsp-request", NULL, 200, VOUCH_SUCCESSFUL,
	    OCSP FRESH },
	{ "POST without a type (H-08)", "POST", "/", GOOD, NULL, NULL, 200, VOUCH_SUCCESSFUL, OCSP },
	{ "POST with a type of another case (H-08)", "POST", "/", GOOD, "Application/OCSP-Request; a=b", NULL,
	    200, VOUCH_SUCCESSFUL, OCSP },
	{ "POST of another type", "POST", "/", GOOD, "text/xml", NULL, 415, -1, TEXT },
	{ "POST of an encoded body", "POST", "/", GOOD, NULL, "gzip", 415, -1, TEXT },
	{ "POST, too much (H-22)", "POST", "/", LARGE, NULL, NULL, 413, -1, TEXT },
	{ "POST of rubbish (E-01)", "POST", "/", RUBBISH, NULL, NULL, 200, VOUCH_MALFORMED_REQUEST,
	    OCSP NO_STORE },
	{ "POST of nothing", "POST", "/", NONE, NULL, NULL, 200, VOUCH_MALFORMED_REQUEST, OCSP NO_STORE },
	{ "GET with a nonce (L-15)", "GET", nonce_path, NONE, NULL, NULL, 200, VOUCH_SUCCESSFUL, OCSP STALE },
	{ "nobody's path (H-33)", "GET", "/favicon.ico", NONE, NULL, NULL, 400, -1, TEXT },
	{ "no path", "GET", "/", NONE, NULL, NULL, 400, -1, TEXT },
	{ "meant as OCSP", "GET", "/M!", NONE, NULL, NULL, 200, VOUCH_MALFORMED_REQUEST, OCSP NO_STORE },
	{ "a long target (H-07)", "GET", long_target, NONE, NULL, NULL, 414, -1, TEXT },
	{ "an empty target", "GET", "", NONE, NULL, NULL, 400, -1, TEXT },
	{ "a target without a slash", "GET", "MEow", NONE, NULL, NULL, 400, -1, TEXT },
	{ "absolute-form (H-14)", "POST", "http://ocsp.example", GOOD, NULL, NULL, 200, VOUCH_SUCCESSFUL,
	    OCSP },
	{ "absolute-form with a query", "POST", "HTTP://ocsp.example:80?x", GOOD, NULL, NULL, 200,
	    VOUCH_SUCCESSFUL, OCSP },
	{ "absolute-form with a bad authority", "POST", "http://a@b/", GOOD, NULL, NULL, 400, -1, TEXT },
	{ "OPTIONS", "OPTIONS", "*", NONE, NULL, NULL, 200, -1, ALLOW },
	{ "PUT (H-11)", "PUT", "/", GOOD, NULL, NULL, 405, -1, ALLOW NO_STORE },
	{ "CONNECT", "CONNECT", "a:1", NONE, NULL, NULL, 405, -1, ALLOW NO_STORE },
	{ "BREW (H-11)", "BREW", "/", NONE, NULL, NULL, 501, -1, TEXT },
	{ "a method in lower case", "get", "/", NONE, NULL, NULL, 501, -1, TEXT },
	{ "no token", "G T", "/", NONE, NULL, NULL, 400, -1, TEXT },
	{ "no method", "", "/", NONE, NULL, NULL, 400, -1, TEXT },
	{ "NULL for a method", NULL, "/", NONE, NULL, NULL, 400, -1, TEXT },
};

static vouch_http_request
request_for(const char *method, const char *target, vouch_span body)
{
	vouch_http_request q = { .size = sizeof(q),
		.method = method,
		.target = span_string(target),
		.body = body,
		.now = io_wall_seconds(),
		.monotonic_ms = io_monotonic_ms() };

	return q;
}

static void
answer(vouch_http_reply *reply, const vouch_http_request *q)
{
	vouch_err err;

	if (vouch_http_answer(responding.responder, q, reply, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
}

static bool
has(const vouch_http_reply *reply, const char *text)
{
	return memmem(reply->fields.data, reply->fields.len, text, strlen(text)) != NULL;
}

static void
each_request_is_answered_as_our_server_does(void **state)
{
	const vouch_span bodies[] = { { 0 }, span_buf(&good), span_of(large, sizeof(large)),
		SPAN_LITERAL("rubbish") };
	vouch_http_reply reply = { .size = sizeof(reply) };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_http_request q = request_for(rows[i].method, rows[i].target, bodies[rows[i].body]);
		if (rows[i].type != NULL)
			q.content_type = span_string(rows[i].type);
		if (rows[i].coding != NULL)
			q.content_encoding = span_string(rows[i].coding);
		answer(&reply, &q);
		int response_status = reply.has_outcome ? reply.outcome.response_status : -1;
		if (reply.status != rows[i].status || response_status != rows[i].response_status ||
		    !has(&reply, rows[i].has) || reply.no_length || has(&reply, "Content-Length"))
			fail_msg("%s: %u, %d, %.*s", rows[i].what, reply.status, response_status,
			    (int)reply.fields.len, (const char *)reply.fields.data);
		if (response_status > 0)
			assert_int_equal(reply.body.len, 5);
	}
	vouch_http_reply_clear(&reply);
	assert_null(reply.body.data);
}

/* The value of ETag or Last-Modified in what was answered to a GET. */
static char *
field_of(const vouch_http_reply *reply, const char *name)
{
	const char *at = memmem(reply->fields.data, reply->fields.len, name, strlen(name));

	assert_non_null(at);
	at += strlen(name);
	return strndup(at, strcspn(at, "\r"));
}

static void
who_has_the_answer_is_told_so_without_it(void **state)
{
	vouch_http_reply reply = { .size = sizeof(reply) };
	vouch_http_request q = request_for("GET", good_path, (vouch_span){ 0 });

	(void)state;
	answer(&reply, &q);
	char *tag = field_of(&reply, "ETag: "), *date = field_of(&reply, "Last-Modified: ");
	const struct {
		const char *what, *method, *none_match, *since;
		unsigned status;
	} conditions[] = {
		{ "the tag (H-29)", "GET", tag, NULL, 304 },
		{ "the tag, HEAD", "HEAD", tag, NULL, 304 },
		{ "any tag", "GET", "*", NULL, 304 },
		{ "another tag, and the date (H-30)", "GET", "\"x\"", date, 200 },
		{ "the date", "GET", NULL, date, 304 },
		{ "no date", "GET", NULL, "yesterday", 200 },
		{ "the tag, POST (H-31)", "POST", tag, NULL, 200 },
	};
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		bool post = strcmp(conditions[i].method, "POST") == 0;
		q = request_for(conditions[i].method, post ? "/" : good_path,
		    post ? span_buf(&good) : (vouch_span){ 0 });
		if (conditions[i].none_match != NULL)
			q.if_none_match = span_string(conditions[i].none_match);
		if (conditions[i].since != NULL)
			q.if_modified_since = span_string(conditions[i].since);
		answer(&reply, &q);
		if (reply.status != conditions[i].status || !has(&reply, "ETag: \"") || !has(&reply, FRESH) ||
		    (reply.body.len == 0) != (reply.status == 304))
			fail_msg("%s: %u", conditions[i].what, reply.status);
		assert_int_equal(reply.outcome.served_from, VOUCH_SERVED_STORE);
	}
	free(tag);
	free(date);
	vouch_http_reply_clear(&reply);
}

static void
head_is_a_get_whose_body_stays_and_makes_no_signature_for_a_nonce(void **state)
{
	vouch_http_reply reply = { .size = sizeof(reply) };
	vouch_http_request q = request_for("HEAD", good_path, (vouch_span){ 0 });

	(void)state;
	answer(&reply, &q);
	assert_true(reply.status == 200 && !reply.no_length && reply.body.len > 100 && has(&reply, "ETag: "));
	q = request_for("HEAD", nonce_path, (vouch_span){ 0 });
	answer(&reply, &q);
	assert_true(reply.status == 200 && reply.no_length && reply.body.len == 0 && !has(&reply, "ETag: "));
	vouch_http_reply_clear(&reply);
}

/* a line's end behind the request, which is forgiven by default. */
static void
strict_forgives_nothing(void **state)
{
	vouch_http_reply reply = { .size = sizeof(reply) };
	vouch_buf longer = { 0 };

	(void)state;
	assert_int_equal(buf_append_span(&longer, span_buf(&good)), VOUCH_OK);
	assert_int_equal(buf_append_span(&longer, SPAN_LITERAL("\r\n")), VOUCH_OK);
	for (unsigned strict = 0; strict < 2; strict++) {
		vouch_http_request q = request_for("POST", "/", span_buf(&longer));
		q.flags = strict ? VOUCH_HTTP_STRICT : 0;
		answer(&reply, &q);
		assert_int_equal(reply.outcome.response_status,
		    strict ? VOUCH_MALFORMED_REQUEST : VOUCH_SUCCESSFUL);
	}
	vouch_buf_free(&longer);
	vouch_http_reply_clear(&reply);
}

static void
what_is_no_request_at_all_is_an_error_of_the_caller(void **state)
{
	vouch_http_reply reply = { .size = sizeof(reply) }, sizeless = { 0 };
	vouch_http_request q = request_for("GET", "/", (vouch_span){ 0 }), no_size = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_http_answer(NULL, &q, &reply, &err), VOUCH_EINVAL);
	assert_int_equal(vouch_http_answer(responding.responder, NULL, &reply, &err), VOUCH_EINVAL);
	assert_int_equal(vouch_http_answer(responding.responder, &no_size, &reply, &err), VOUCH_EINVAL);
	assert_int_equal(vouch_http_answer(responding.responder, &q, &sizeless, NULL), VOUCH_EINVAL);
	assert_int_equal(vouch_http_answer(responding.responder, &q, NULL, NULL), VOUCH_EINVAL);
	vouch_http_reply_clear(NULL);
}

/* Callers of an older header have less of the outcome, and get less of it. */
static void
a_shorter_reply_is_filled_as_far_as_it_goes(void **state)
{
	vouch_http_reply reply = { .size = offsetof(vouch_http_reply, outcome) };
	vouch_http_request q = request_for("GET", good_path, (vouch_span){ 0 });

	(void)state;
	reply.outcome.certids = 77;
	answer(&reply, &q);
	assert_true(reply.status == 200 && reply.has_outcome && reply.outcome.certids == 77);
	vouch_http_reply_clear(&reply);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_is_answered_as_our_server_does),
		cmocka_unit_test(who_has_the_answer_is_told_so_without_it),
		cmocka_unit_test(head_is_a_get_whose_body_stays_and_makes_no_signature_for_a_nonce),
		cmocka_unit_test(strict_forgives_nothing),
		cmocka_unit_test(what_is_no_request_at_all_is_an_error_of_the_caller),
		cmocka_unit_test(a_shorter_reply_is_filled_as_far_as_it_goes),
	};

	return cmocka_run_group_tests(tests, make, clear);
}
