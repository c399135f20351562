/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP responses, however the network cuts them, and what an answer is worth at a glance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/span.h"
#include "bench/judge.h"
#include "bench/reader.h"

#define OCSP "Content-Type: application/ocsp-response\r\n"

struct heard {
	unsigned count, statuses[8];
	bool is_ocsp[8], is_last[8];
	char bodies[8][64];
};

static int
hear(void *arg, const struct bench_answer *answer)
{
	struct heard *h = arg;

	assert_true(h->count < 8 && answer->body.len < 64);
	h->statuses[h->count] = answer->status;
	h->is_ocsp[h->count] = answer->is_ocsp;
	h->is_last[h->count] = answer->is_last;
	if (answer->body.len > 0)
		memcpy(h->bodies[h->count], answer->body.data, answer->body.len);
	h->count++;
	return VOUCH_OK;
}

/* The code of the whole, the end of the connection included when asked for. */
static int
read_in_pieces(struct heard *out, const char *text, size_t len, size_t piece, bool end)
{
	struct bench_reader r = { 0 };
	int code = VOUCH_OK;

	*out = (struct heard){ 0 };
	bench_reader_begin(&r, hear, out);
	for (size_t at = 0; at < len && code == VOUCH_OK; at += piece)
		code = bench_reader_feed(&r, (const uint8_t *)text + at, len - at < piece ? len - at : piece);
	if (code == VOUCH_OK && end)
		code = bench_reader_end(&r);
	bench_reader_clear(&r);
	return code;
}

static const struct {
	const char *what, *text;
	unsigned count, status;
	const char *body; /* of the last one */
	bool is_ocsp, is_last;
} good[] = {
	{ "with a length", "HTTP/1.1 200 OK\r\n" OCSP "Content-Length: 5\r\n\r\nhello", 1, 200, "hello", true,
	    false },
	{ "chunked",
	    "HTTP/1.1 200 OK\r\n" OCSP
	    "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: x\r\n\r\n",
	    1, 200, "hello", true, false },
	{ "up to the end", "HTTP/1.1 200 OK\r\n" OCSP "\r\nhello", 1, 200, "hello", true, true },
	{ "HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\n" OCSP "Content-Length: 5\r\n\r\nhello", 1, 200,
	    "hello", true, true },
	{ "HTTP/1.0 kept alive",
	    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" OCSP "Content-Length: 2\r\n\r\nhi", 1, 200, "hi",
	    true, false },
	{ "HTTP/1.0 up to the end", "HTTP/1.0 200 OK\r\n" OCSP "\r\nhello", 1, 200, "hello", true, true },
	{ "closed", "HTTP/1.1 200 OK\r\nConnection: close\r\n" OCSP "Content-Length: 2\r\n\r\nhi", 1, 200,
	    "hi", true, true },
	{ "a redirect", "HTTP/1.1 301 Moved\r\nLocation: http://b/\r\nContent-Length: 0\r\n\r\n", 1, 301, "",
	    false, false },
	{ "no content", "HTTP/1.1 204 No Content\r\n\r\n", 1, 204, "", false, false },
	{ "a farewell", "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 1,
	    408, "", false, true },
	{ "another type", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", 1, 200,
	    "hi", false, false },
	{ "a longer type",
	    "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-responses\r\nContent-Length: 2\r\n\r\nhi", 1,
	    200, "hi", false, false },
	{ "a type with parameters",
	    "HTTP/1.1 200 OK\r\ncontent-TYPE:  Application/OCSP-Response ; q=1\r\nContent-Length: 2\r\n\r\nhi",
	    1, 200, "hi", true, false },
	{ "a field whose name begins alike",
	    "HTTP/1.1 200 OK\r\nContent-Type-X: application/ocsp-response\r\nContent-Length: 2\r\n\r\nhi", 1,
	    200, "hi", false, false },
	{ "two in a row",
	    "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n" OCSP
	    "Content-Length: 2\r\n\r\nhi",
	    2, 200, "hi", true, false },
	{ "an interim one before it",
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" OCSP "Content-Length: 2\r\n\r\nhi", 1, 200,
	    "hi", true, false },
	{ "an upgrade that is offered",
	    "HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n" OCSP "Content-Length: 2\r\n\r\nhi",
	    1, 200, "hi", true, false },
};

static void
answers_are_read_whole_however_they_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		for (size_t piece = 1; piece <= strlen(good[i].text); piece++) {
			struct heard h;
			assert_int_equal(read_in_pieces(&h, good[i].text, strlen(good[i].text), piece, true),
			    VOUCH_OK);
			if (h.count != good[i].count)
				fail_msg("%s: %u answers", good[i].what, h.count);
			unsigned last = h.count - 1;
			assert_int_equal(h.statuses[last], good[i].status);
			assert_string_equal(h.bodies[last], good[i].body);
			if (h.is_ocsp[last] != good[i].is_ocsp || h.is_last[last] != good[i].is_last)
				fail_msg("%s: type or end", good[i].what);
		}
	}
}

/* Cut short, none is taken for a whole one but where its end is the connection's. */
static void
what_is_cut_short_is_no_answer(void **state)
{
	const char *text = good[0].text;

	(void)state;
	for (size_t len = 1; len < strlen(text); len++) {
		struct heard h;
		assert_int_equal(read_in_pieces(&h, text, len, len, true), VOUCH_EPARSE);
		assert_int_equal(h.count, 0);
	}
}

static void
what_is_no_http_is_refused(void **state)
{
	static const char *const rows[] = { "hello", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n",
		"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhimore" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard h;
		if (read_in_pieces(&h, rows[i], strlen(rows[i]), 1000, true) != VOUCH_EPARSE)
			fail_msg("taken: %s", rows[i]);
	}
}

static void
a_body_without_end_is_refused(void **state)
{
	static uint8_t octets[65536];
	struct bench_reader r = { 0 };
	struct heard h = { 0 };
	int code = VOUCH_OK;
	size_t sent = 0;

	(void)state;
	bench_reader_begin(&r, hear, &h);
	assert_int_equal(bench_reader_feed(&r, (const uint8_t *)"HTTP/1.1 200 OK\r\n\r\n", 19), VOUCH_OK);
	for (; code == VOUCH_OK && sent < 10 * BENCH_ANSWER_MAX; sent += sizeof(octets))
		code = bench_reader_feed(&r, octets, sizeof(octets));
	assert_int_equal(code, VOUCH_ELIMIT);
	assert_true(sent <= BENCH_ANSWER_MAX + sizeof(octets));
	bench_reader_clear(&r);
}

static void
it_is_known_whether_an_answer_has_begun(void **state)
{
	struct bench_reader r = { 0 };
	struct heard h = { 0 };
	const char *text = good[0].text;

	(void)state;
	bench_reader_begin(&r, hear, &h);
	assert_false(bench_reader_has_begun(&r));
	assert_int_equal(bench_reader_feed(&r, (const uint8_t *)text, 1), VOUCH_OK);
	assert_true(bench_reader_has_begun(&r));
	assert_int_equal(bench_reader_feed(&r, (const uint8_t *)text + 1, strlen(text) - 1), VOUCH_OK);
	assert_false(bench_reader_has_begun(&r));
	bench_reader_begin(&r, hear, &h);
	assert_false(bench_reader_has_begun(&r));
	bench_reader_clear(&r);
}

static const struct {
	const char *what;
	uint8_t octets[12];
	size_t len;
	int status; /* -1: no OCSPResponse */
} bodies[] = {
	{ "tryLater", { 0x30, 3, 0x0a, 1, 3 }, 5, VOUCH_TRY_LATER },
	{ "unauthorized", { 0x30, 3, 0x0a, 1, 6 }, 5, 6 },
	{ "successful", { 0x30, 7, 0x0a, 1, 0, 0xa0, 2, 0x30, 0 }, 9, VOUCH_SUCCESSFUL },
	{ "successful without anything", { 0x30, 3, 0x0a, 1, 0 }, 5, -1 },
	{ "nothing", { 0 }, 0, -1 },
	{ "a status beyond the last", { 0x30, 3, 0x0a, 1, 7 }, 5, -1 },
	{ "an INTEGER", { 0x30, 3, 0x02, 1, 3 }, 5, -1 },
	{ "octets behind it", { 0x30, 3, 0x0a, 1, 3, 0 }, 6, -1 },
	{ "octets behind it, inside", { 0x30, 5, 0x0a, 1, 3, 5, 0 }, 7, -1 },
	{ "cut short", { 0x30, 7, 0x0a, 1, 0, 0xa0, 2, 0x30 }, 8, -1 },
	{ "a length that is not minimal", { 0x30, 0x81, 3, 0x0a, 1, 3 }, 6, -1 },
};

static void
the_status_of_a_response_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		unsigned status = 99;
		int code = bench_judge_status(span_of(bodies[i].octets, bodies[i].len), &status);
		if ((code == VOUCH_OK ? (int)status : -1) != bodies[i].status)
			fail_msg("%s: %d, %u", bodies[i].what, code, status);
	}
}

static void
the_serial_number_is_found_as_an_integer(void **state)
{
	static const uint8_t body[] = { 0x30, 9, 0x02, 2, 0x12, 0x34, 0x04, 3, 1, 0x77, 2 };
	static const uint8_t there[] = { 0x12, 0x34 }, no_integer[] = { 0x77 }, shorter[] = { 0x12 };
	uint8_t longest[200] = { 1 }, around[202] = { 0x82 };

	(void)state;
	assert_true(bench_judge_mentions(SPAN_ARRAY(body), SPAN_ARRAY(there)));
	assert_false(bench_judge_mentions(SPAN_ARRAY(body), SPAN_ARRAY(no_integer)));
	assert_false(bench_judge_mentions(SPAN_ARRAY(body), SPAN_ARRAY(shorter)));
	assert_false(bench_judge_mentions(SPAN_ARRAY(body), SPAN_ARRAY(longest)));
	memcpy(around + 1, longest, sizeof(longest));
	assert_true(bench_judge_mentions(SPAN_ARRAY(around), SPAN_ARRAY(longest)));
	assert_false(bench_judge_mentions((vouch_span){ 0 }, SPAN_ARRAY(there)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_read_whole_however_they_are_cut),
		cmocka_unit_test(what_is_cut_short_is_no_answer),
		cmocka_unit_test(what_is_no_http_is_refused),
		cmocka_unit_test(a_body_without_end_is_refused),
		cmocka_unit_test(it_is_known_whether_an_answer_has_begun),
		cmocka_unit_test(the_status_of_a_response_is_read),
		cmocka_unit_test(the_serial_number_is_found_as_an_integer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
