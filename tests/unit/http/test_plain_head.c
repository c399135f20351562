/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the short way through a head: it reads what llhttp reads, and leaves it the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "http/plain_head.h"
#include "twin.h"

static const struct http_limits limits = { .head = 2048, .body = 1000 };

/* Read without llhttp: what clients, tools and proxies send. */
static const char *const plain[] = {
	"GET /ME4w%2BA== HTTP/1.1\r\nHost: ocsp.example\r\n\r\n",
	"GET / HTTP/1.1\r\nhOsT:[::1]:80 \r\nUser-Agent:  curl/8  \r\nAccept: */*\r\n\r\n",
	"HEAD /a?b HTTP/1.1\r\nConnection: Keep-Alive\r\nHost: a\r\nIf-None-Match: \"x\", *\r\n\r\n",
	"POST /\"<>\\^`{|} HTTP/1.1\r\nHost: a\r\nContent-Length: 007\r\nContent-Type: a/b\r\n\r\n",
	"\r\nOPTIONS /* HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
};

/* llhttp's: what it makes of them is not for us to know. */
static const char *const others[] = {
	"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
	"PUT / HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\n\n",
	"GET / HTTP/1.1\r\nHost:\r\n\r\n",
	"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\t\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: \xe4\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000000\r\n\r\n",
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Brings a message to where the short way begins, and tries it. */
static bool
is_plain(const char *text)
{
	struct http_message m;

	(void)twin_read(&m, &limits, span_string(text));
	m.rest = m.in.len;
	m.field_count = 0;
	m.content_length = 0;
	m.keep_alive = false;
	/* A target of absolute-form has been cut down meanwhile. */
	m.target.at = m.start + (size_t)(strchr(text + m.start, ' ') - text - (ptrdiff_t)m.start) + 1;
	bool read = http_plain_head_read(&m);
	if (!read)
		assert_true(m.field_count == 0 && m.content_length == 0 && !m.keep_alive);
	vouch_buf_free(&m.in);
	return read;
}

static void
what_is_plain_needs_no_llhttp(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(plain); i++)
		if (!is_plain(plain[i]))
			fail_msg("%s", plain[i]);
}

static void
what_has_something_to_it_is_left_to_llhttp_untouched(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(others); i++)
		if (is_plain(others[i]))
			fail_msg("%s", others[i]);
}

static void
assert_same(vouch_span octets)
{
	const char *difference = twin_difference(&limits, octets);

	if (difference != NULL)
		fail_msg("%s: %.*s", difference, (int)octets.len, (const char *)octets.data);
}

/* Each octet in each place of each head. */
static void
both_ways_read_the_same(void **state)
{
	const char *const *const tables[] = { plain, others };
	const size_t counts[] = { COUNT(plain), COUNT(others) };

	(void)state;
	for (size_t t = 0; t < COUNT(tables); t++) {
		for (size_t i = 0; i < counts[t]; i++) {
			uint8_t text[256];
			size_t len = strlen(tables[t][i]);
			memcpy(text, tables[t][i], len);
			assert_same(span_of(text, len));
			for (size_t at = 0; at < len; at++) {
				for (unsigned octet = 0; octet < 256; octet++) {
					text[at] = (uint8_t)octet;
					assert_same(span_of(text, len));
				}
				text[at] = (uint8_t)tables[t][i][at];
			}
		}
	}
}

static void
fields_beyond_the_limit_are_refused_both_ways(void **state)
{
	vouch_buf text = { 0 };

	(void)state;
	assert_int_equal(vouch_buf_append(&text, plain[0], strlen(plain[0]) - 2), VOUCH_OK);
	for (size_t i = 0; i < HTTP_FIELDS_MAX; i++) {
		static const char field[] = "If-None-Match: \"x\"\r\n";
		assert_int_equal(vouch_buf_append(&text, field, sizeof(field) - 1), VOUCH_OK);
		assert_int_equal(vouch_buf_append(&text, "\r\n", 2), VOUCH_OK);
		assert_same(span_buf(&text));
		text.len -= 2;
	}
	vouch_buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_plain_needs_no_llhttp),
		cmocka_unit_test(what_has_something_to_it_is_left_to_llhttp_untouched),
		cmocka_unit_test(both_ways_read_the_same),
		cmocka_unit_test(fields_beyond_the_limit_are_refused_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
