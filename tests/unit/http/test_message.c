/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the reading of requests: what is refused and with which status, and that the cuts of the network
 * do not matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "http/head.h"
#include "http/message.h"

#define MORE 0	/* instead of a status: it waits for more octets */
#define WHOLE 1 /* instead of a status: it is whole */

static const struct http_limits limits = { .head = 16384, .body = 1000 };

/* Gives the message so many octets, as a read of any size would. */
static void
give(struct http_message *m, vouch_span octets)
{
	while (octets.len > 0) {
		size_t room;
		uint8_t *to = http_message_room(m, &room);
		assert_non_null(to);
		size_t n = room < octets.len ? room : octets.len;
		memcpy(to, octets.data, n);
		http_message_received(m, n);
		octets = span_of(octets.data + n, octets.len - n);
	}
}

static unsigned
result_of(struct http_message *m)
{
	for (;;) {
		switch (http_message_next(m)) {
		case HTTP_EVENT_MORE:
			return MORE;
		case HTTP_EVENT_CONTINUE:
			continue;
		case HTTP_EVENT_WHOLE:
			return WHOLE;
		case HTTP_EVENT_REFUSED:
			return m->status;
		}
	}
}

static unsigned
read_text(struct http_message *m, const char *text)
{
	http_message_init(m, &limits);
	give(m, span_string(text));
	return result_of(m);
}

#define H "Host: a\r\n"
static const struct {
	const char *what, *text;
	unsigned result;
} requests[] = {
	/* The request line */
	{ "GET", "GET / HTTP/1.1\r\n" H "\r\n", WHOLE },
	{ "HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", WHOLE },
	{ "no version (HTTP/0.9)", "GET /\r\n\r\n", 400 },
	{ "HTTP/2.0", "GET / HTTP/2.0\r\n" H "\r\n", 505 },
	{ "HTTP/1.2", "GET / HTTP/1.2\r\n" H "\r\n", 505 },
	{ "HTTP/0.9", "GET / HTTP/0.9\r\n" H "\r\n", 505 },
	{ "HTTP/3.0 of an unknown method", "BREW / HTTP/3.0\r\n" H "\r\n", 505 },
	{ "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
	{ "a version in lower case", "GET / http/1.1\r\n" H "\r\n", 400 },
	{ "a version with letters", "GET / HTTP/a.b\r\n" H "\r\n", 400 },
	{ "a version of two digits", "GET / HTTP/1.10\r\n" H "\r\n", 400 },
	{ "unknown method", "BREW / HTTP/1.1\r\n" H "\r\n", 501 },
	{ "a method is case-sensitive", "get / HTTP/1.1\r\n" H "\r\n", 501 },
	{ "known method of others", "PUT / HTTP/1.1\r\n" H "\r\n", WHOLE },
	{ "TRACE", "TRACE / HTTP/1.1\r\n" H "\r\n", WHOLE },
	{ "CONNECT", "CONNECT a:443 HTTP/1.1\r\n" H "\r\n", WHOLE },
	{ "OPTIONS *", "OPTIONS * HTTP/1.1\r\n" H "\r\n", WHOLE },
	{ "GET *", "GET * HTTP/1.1\r\n" H "\r\n", 400 },
	{ "a method that is no token", "G(T / HTTP/1.1\r\n" H "\r\n", 400 },
	{ "no method", " / HTTP/1.1\r\n" H "\r\n", 400 },
	{ "two blanks", "GET  / HTTP/1.1\r\n" H "\r\n", 400 },
	{ "a blank in the target", "GET /a b HTTP/1.1\r\n" H "\r\n", 400 },
	{ "a target without slash", "GET a HTTP/1.1\r\n" H "\r\n", 400 },
	{ "TLS", "\x16\x03\x01\x02", 400 },
	{ "empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", WHOLE },
	{ "twenty empty lines before",
	    "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", 400 },
	/* Absolute-form, H-14 */
	{ "absolute-form", "GET http://ocsp.example/ HTTP/1.1\r\n" H "\r\n", WHOLE },
	{ "absolute-form without a path", "GET http://ocsp.example HTTP/1.1\r\n" H "\r\n", WHOLE },
	{ "absolute-form with userinfo", "GET http://u@ocsp.example/ HTTP/1.1\r\n" H "\r\n", 400 },
	{ "absolute-form without a host", "GET http:/// HTTP/1.1\r\n" H "\r\n", 400 },
	{ "another scheme", "GET ftp://ocsp.example/ HTTP/1.1\r\n" H "\r\n", 400 },
	/* Host, H-12 */
	{ "no Host", "GET / HTTP/1.1\r\n\r\n", 400 },
	{ "two Hosts", "GET / HTTP/1.1\r\n" H H "\r\n", 400 },
	{ "two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" H H "\r\n", 400 },
	{ "an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400 },
	{ "an empty Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost:\r\n\r\n", WHOLE },
	{ "a Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
	{ "a Host with a slash", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
	{ "a Host with userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400 },
	{ "a Host with a bad port", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", 400 },
	{ "a Host with port 65536", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400 },
	{ "a Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", WHOLE },
	{ "an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", WHOLE },
	{ "half an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400 },
	{ "an IPv6 Host without brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 400 },
	/* Fields, H-15 */
	{ "a blank before the colon", "GET / HTTP/1.1\r\n" H "Content-Length : 0\r\n\r\n", 400 },
	{ "a fold", "GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n", 400 },
	{ "a fold with a tab", "GET / HTTP/1.1\r\n" H "A: b\r\n\tc\r\n\r\n", 400 },
	{ "a blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400 },
	{ "a field without a name", "GET / HTTP/1.1\r\n" H ": b\r\n\r\n", 400 },
	{ "a field without a colon", "GET / HTTP/1.1\r\n" H "A\r\n\r\n", 400 },
	{ "a bare CR in a value", "GET / HTTP/1.1\r\n" H "A: b\rc\r\n\r\n", 400 },
	{ "a bare CR at the end", "GET / HTTP/1.1\r\n" H "A: b\r\r\n\r\n", 400 },
	{ "a field name that is no token", "GET / HTTP/1.1\r\n" H "A(: b\r\n\r\n", 400 },
	{ "an empty value", "GET / HTTP/1.1\r\n" H "A:\r\n\r\n", WHOLE },
	{ "an offer of h2c",
	    "GET / HTTP/1.1\r\n" H "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n", WHOLE },
	{ "an offer of h2c with chunks",
	    "POST / HTTP/1.1\r\n" H
	    "Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "1\r\na\r\n0\r\n\r\n",
	    WHOLE },
	/* Length, H-17 to H-21 */
	{ "POST without length", "POST / HTTP/1.1\r\n" H "\r\n", 411 },
	{ "POST of nothing", "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", WHOLE },
	{ "a short body", "POST / HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nabc", MORE },
	{ "a body", "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc", WHOLE },
	{ "+3", "POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\nabc", 400 },
	{ "-1", "POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\nabc", 400 },
	{ "0x3", "POST / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\nabc", 400 },
	{ "3, 3", "POST / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\nabc", 400 },
	{ "3, 4", "POST / HTTP/1.1\r\n" H "Content-Length: 3, 4\r\n\r\nabc", 400 },
	{ "3 twice", "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400 },
	{ "nothing", "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\nabc", 400 },
	{ "2^64 + 99", "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551715\r\n\r\nabc", 400 },
	{ "too large", "POST / HTTP/1.1\r\n" H "Content-Length: 1001\r\n\r\n", 413 },
	{ "as large as may be", "POST / HTTP/1.1\r\n" H "Content-Length: 1000\r\n\r\n", MORE },
	{ "GET with a body that is too large", "GET / HTTP/1.1\r\n" H "Content-Length: 1001\r\n\r\n", 413 },
	{ "both length and coding",
	    "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "the same the other way",
	    "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400 },
	{ "chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "chunked, gzip", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400 },
	{ "foo, chunked", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: foo, chunked\r\n\r\n0\r\n\r\n", 501 },
	{ "foo", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: foo\r\n\r\n0\r\n\r\n", 400 },
	{ "chunked, chunked", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
	    400 },
	{ "chunked twice",
	    "POST / HTTP/1.1\r\n" H
	    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    400 },
	{ "an empty coding", "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n0\r\n\r\n", 400 },
	{ "xchunked", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400 },
	{ "Chunked", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", WHOLE },
	{ "a chunk of 2^68",
	    "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", 400 },
	{ "a chunk of 2^63", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\n",
	    413 },
	{ "a chunk size that is none", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
	    400 },
	{ "a chunk without its end", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
	    400 },
	{ "a trailer",
	    "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nHost: b\r\n\r\n",
	    WHOLE },
	/* Expect, H-23 */
	{ "Expect: magic", "POST / HTTP/1.1\r\n" H "Expect: magic\r\nContent-Length: 3\r\n\r\n", 417 },
	{ "Expect: magic in HTTP/1.0", "POST / HTTP/1.0\r\nExpect: magic\r\nContent-Length: 3\r\n\r\nabc",
	    WHOLE },
	{ "Expect with a body that is too large",
	    "POST / HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n", 413 },
};

static void
each_request_gets_its_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct http_message m;
		unsigned result = read_text(&m, requests[i].text);
		if (result != requests[i].result)
			fail_msg("%s: %u instead of %u", requests[i].what, result, requests[i].result);
		vouch_buf_free(&m.in);
	}
}

/* The same results octet by octet: no decision is taken on half a line. */
static void
each_request_gets_its_status_octet_by_octet(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct http_message m;
		unsigned result = MORE;
		http_message_init(&m, &limits);
		for (const char *c = requests[i].text; *c != '\0' && result == MORE; c++) {
			give(&m, span_of(c, 1));
			result = result_of(&m);
		}
		if (result != requests[i].result)
			fail_msg("%s: %u instead of %u", requests[i].what, result, requests[i].result);
		vouch_buf_free(&m.in);
	}
}

static void
no_beginning_of_a_request_is_whole(void **state)
{
	static const char text[] =
	    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n";

	(void)state;
	for (size_t len = 0; len + 1 < sizeof(text); len++) {
		struct http_message m;
		http_message_init(&m, &limits);
		give(&m, span_of(text, len));
		assert_int_equal(result_of(&m), MORE);
		vouch_buf_free(&m.in);
	}
}

static void
assert_span(vouch_span s, const char *text)
{
	if (!span_equal(s, span_string(text)))
		fail_msg("\"%.*s\" instead of \"%s\"", (int)s.len, (const char *)s.data, text);
}

static void
the_target_stays_as_it_was_sent(void **state)
{
	static const struct {
		const char *line, *target;
	} rows[] = {
		{ "GET /a//b/../c%2F+=?q#f HTTP/1.1", "/a//b/../c%2F+=?q#f" },
		{ "GET //a HTTP/1.1", "//a" },
		{ "GET http://x/a//b HTTP/1.1", "/a//b" },
		{ "GET HTTP://X:80//b HTTP/1.1", "//b" },
		{ "GET http://x HTTP/1.1", "/" },
		{ "GET https://x?q HTTP/1.1", "/?q" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200];
		struct http_message m;
		struct http_exchange e = { 0 };
		snprintf(text, sizeof(text), "%s\r\nHost: a\r\n\r\n", rows[i].line);
		assert_int_equal(read_text(&m, text), WHOLE);
		http_message_show(&m, &e);
		assert_span(e.target, rows[i].target);
		vouch_buf_free(&m.in);
	}
}

static void
fields_are_found_in_any_case_and_without_blanks(void **state)
{
	struct http_message m;
	struct http_exchange e = { 0 };

	(void)state;
	assert_int_equal(
	    read_text(&m,
		"GET / HTTP/1.1\r\nHOST:a\r\nIf-None-Match:  \"x\" \t\r\nif-none-match: *\r\nOther: y\r\n\r\n"),
	    WHOLE);
	http_message_show(&m, &e);
	assert_int_equal(e.field_count, 3);
	assert_span(e.fields[0].value, "a");
	assert_span(e.fields[1].value, "\"x\"");
	assert_int_equal(e.fields[2].name, HTTP_FIELD_IF_NONE_MATCH);
	assert_span(e.fields[2].value, "*");
	vouch_buf_free(&m.in);
}

static void
too_many_fields_of_those_we_keep_are_refused(void **state)
{
	char text[2000] = "GET / HTTP/1.1\r\nHost: a\r\n";
	struct http_message m;

	(void)state;
	for (size_t i = 0; i < HTTP_FIELDS_MAX; i++)
		strncat(text, "If-None-Match: \"x\"\r\n", sizeof(text) - strlen(text) - 1);
	strncat(text, "\r\n", sizeof(text) - strlen(text) - 1);
	assert_int_equal(read_text(&m, text), 431);
	vouch_buf_free(&m.in);
}

/*
 * Chunks of one octet with an extension each (H-20), decoded in their place and followed by the next request.
 */
static void
chunks_are_decoded_and_the_next_request_follows(void **state)
{
	struct http_message m;
	struct http_exchange e = { 0 };

	(void)state;
	http_message_init(&m, &limits);
	give(&m, span_string("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
	for (char c = 'a'; c <= 'z'; c++) {
		char chunk[] = "1;x=y\r\n?\r\n";
		chunk[7] = c;
		give(&m, span_string(chunk));
		if (c % 5 == 0)
			assert_int_equal(result_of(&m), MORE);
	}
	give(&m, span_string("0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n"));
	assert_int_equal(result_of(&m), WHOLE);
	http_message_show(&m, &e);
	assert_span(e.body, "abcdefghijklmnopqrstuvwxyz");
	http_message_drop(&m);
	assert_false(http_message_is_idle(&m));
	assert_int_equal(result_of(&m), WHOLE);
	http_message_show(&m, &e);
	assert_span(e.target, "/next");
	http_message_drop(&m);
	assert_true(http_message_is_idle(&m));
	vouch_buf_free(&m.in);
}

static void
endless_chunks_extensions_and_trailers_end_at_a_limit(void **state)
{
	static const char *const endless[] = { "3\r\nabc\r\n",
		"1;abcdefghijklmnopqrstuvwxyz=abcdefghijklmnopqrstuvwxyz\r\nx\r\n", "0\r\n",
		";xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" };
	static const char *const then[] = { NULL, NULL, "Trailer: abcdefghijklmnopqrstuvwxyz\r\n", NULL };
	static const char *const first[] = { "", "", "", "1" };

	(void)state;
	for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
		struct http_message m;
		unsigned result = MORE;
		size_t rounds = 0;
		http_message_init(&m, &limits);
		give(&m, span_string("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
		give(&m, span_string(first[i]));
		for (; result == MORE && rounds < 100000; rounds++) {
			give(&m, span_string(rounds > 0 && then[i] != NULL ? then[i] : endless[i]));
			result = result_of(&m);
			assert_true(m.in.cap <= 8192);
		}
		assert_int_equal(result, 413);
		vouch_buf_free(&m.in);
	}
}

static void
a_long_target_is_414_and_long_fields_are_431(void **state)
{
	static const struct {
		size_t target, field;
		unsigned result;
	} rows[] = { { 8000, 10, WHOLE }, { 16000, 10, WHOLE }, { 20000, 10, 414 }, { 10, 20000, 431 },
		{ 10, 16000, WHOLE }, { 300000, 10, 414 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_message m;
		unsigned result = MORE;
		vouch_buf text = { 0 };
		assert_int_equal(buf_append_string(&text, "GET /"), 0);
		for (size_t n = 0; n < rows[i].target; n++)
			assert_int_equal(buf_append_string(&text, "M"), 0);
		assert_int_equal(buf_append_string(&text, " HTTP/1.1\r\nHost: a\r\nField: "), 0);
		for (size_t n = 0; n < rows[i].field; n++)
			assert_int_equal(buf_append_string(&text, "x"), 0);
		assert_int_equal(buf_append_string(&text, "\r\n\r\n"), 0);
		http_message_init(&m, &limits);
		for (size_t at = 0; at < text.len && result == MORE; at += 1000) {
			give(&m, span_of(text.data + at, text.len - at < 1000 ? text.len - at : 1000));
			result = result_of(&m);
		}
		assert_int_equal(result, rows[i].result);
		assert_true(m.in.cap <= 65536);
		vouch_buf_free(&text);
		vouch_buf_free(&m.in);
	}
}

static void
a_client_that_expects_100_is_told_once_and_only_if_it_waits(void **state)
{
	static const char head[] =
	    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n";
	struct http_message m;

	(void)state;
	http_message_init(&m, &limits);
	give(&m, span_string(head));
	assert_int_equal(http_message_next(&m), HTTP_EVENT_CONTINUE);
	assert_int_equal(http_message_next(&m), HTTP_EVENT_MORE);
	give(&m, span_string("abc"));
	assert_int_equal(http_message_next(&m), HTTP_EVENT_WHOLE);
	http_message_drop(&m);
	give(&m, span_string(head));
	give(&m, span_string("a"));
	assert_int_equal(http_message_next(&m), HTTP_EVENT_MORE);
	vouch_buf_free(&m.in);
}

static void
what_persists_is_what_rfc_9112_says(void **state)
{
	static const struct {
		const char *text;
		bool keep_alive;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n" H "\r\n", true },
		{ "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" H "Connection: x, Close\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_message m;
		assert_int_equal(read_text(&m, rows[i].text), WHOLE);
		assert_int_equal(m.keep_alive, rows[i].keep_alive);
		vouch_buf_free(&m.in);
	}
}

/* Fifty requests in one go, some with bodies, through a buffer that moves and grows. */
static void
pipelined_requests_come_out_one_after_another(void **state)
{
	struct http_message m;
	char text[120], target[16];

	(void)state;
	http_message_init(&m, &limits);
	for (int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text),
		    i % 2 == 0 ? "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" :
				 "POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /",
		    i);
		give(&m, span_string(text));
	}
	for (int i = 0; i < 50; i++) {
		struct http_exchange e = { 0 };
		assert_int_equal(result_of(&m), WHOLE);
		http_message_show(&m, &e);
		snprintf(target, sizeof(target), "/%d", i);
		assert_span(e.target, target);
		assert_int_equal(e.body.len, i % 2 == 0 ? 0 : 5);
		http_message_drop(&m);
	}
	assert_true(http_message_is_idle(&m));
	vouch_buf_free(&m.in);
}

/* The buffer is nearly full of requests that are done when a body begins: what was read of it moves with it. */
static void
a_body_that_begins_at_the_end_of_the_buffer_arrives_whole(void **state)
{
	static const char first[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	struct http_message m;
	struct http_exchange e = { 0 };
	char body[900];

	(void)state;
	memset(body, 'b', sizeof(body));
	for (int chunked = 0; chunked < 2; chunked++) {
		http_message_init(&m, &limits);
		assert_int_equal(buf_reserve(&m.in, 4096), VOUCH_OK);
		for (size_t n = 0; n < 3500; n += sizeof(first) - 1)
			give(&m, span_of(first, sizeof(first) - 1));
		give(&m, span_string("POST /x HTTP/1.1\r\nHost: a\r\nUser-Agent: u\r\n"));
		give(&m,
		    span_string(chunked ? "Transfer-Encoding: chunked\r\n\r\n384\r\n" :
					  "Content-Length: 900\r\n\r\n"));
		while (result_of(&m) == WHOLE)
			http_message_drop(&m);
		for (size_t at = 0; at < sizeof(body); at += 300) {
			assert_int_equal(result_of(&m), MORE);
			give(&m, span_of(body + at, 300));
		}
		give(&m, span_string(chunked ? "\r\n0\r\n\r\n" : ""));
		assert_int_equal(result_of(&m), WHOLE);
		http_message_show(&m, &e);
		assert_true(span_equal(e.body, span_of(body, sizeof(body))));
		assert_span(e.target, "/x");
		assert_span(e.fields[1].value, "u");
		vouch_buf_free(&m.in);
	}
}

static void
tokens_are_those_of_rfc_9110(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		bool token = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c != 0 && c < 128 && strchr("!#$%&'*+-.^_`|~", (int)c) != NULL);
		assert_int_equal(http_is_token_character((uint8_t)c), token);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_gets_its_status),
		cmocka_unit_test(each_request_gets_its_status_octet_by_octet),
		cmocka_unit_test(no_beginning_of_a_request_is_whole),
		cmocka_unit_test(the_target_stays_as_it_was_sent),
		cmocka_unit_test(fields_are_found_in_any_case_and_without_blanks),
		cmocka_unit_test(too_many_fields_of_those_we_keep_are_refused),
		cmocka_unit_test(chunks_are_decoded_and_the_next_request_follows),
		cmocka_unit_test(endless_chunks_extensions_and_trailers_end_at_a_limit),
		cmocka_unit_test(a_long_target_is_414_and_long_fields_are_431),
		cmocka_unit_test(a_client_that_expects_100_is_told_once_and_only_if_it_waits),
		cmocka_unit_test(what_persists_is_what_rfc_9112_says),
		cmocka_unit_test(pipelined_requests_come_out_one_after_another),
		cmocka_unit_test(a_body_that_begins_at_the_end_of_the_buffer_arrives_whole),
		cmocka_unit_test(tokens_are_those_of_rfc_9110),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
