/* SPDX-License-Identifier: Apache-2.0 */
/* What a load asks: octet for octet what the client's encoder writes, over GET and POST. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../client/draft.h"
#include "base/base64.h"
#include "base/buf.h"
#include "bench/questions.h"
#include "bench/serial.h"
#include "bench/wire.h"

static const uint8_t nonce[BENCH_NONCE] = { 0x11, 0x22, 0x33, 0, 0xff };

static struct bench_questions *
new_questions(bool with_nonce)
{
	struct bench_questions *q = NULL;
	vouch_err err = { 0 };

	assert_int_equal(bench_questions_new(&q, VOUCH_SHA256, with_nonce, &err), VOUCH_OK);
	return q;
}

static void
parse(vouch_buf *out, const char *text)
{
	vouch_err err = { 0 };

	buf_clear(out);
	assert_int_equal(vouch_serial_parse(out, text, &err), VOUCH_OK);
}

static void
add(struct bench_questions *q, enum party ca, const char *serial)
{
	vouch_buf octets = { 0 };
	vouch_err err = { 0 };

	parse(&octets, serial);
	assert_int_equal(bench_questions_add(q, draft_issuer(ca), span_buf(&octets), &err), VOUCH_OK);
	vouch_buf_free(&octets);
}

static int
add_range(struct bench_questions *q, const char *from, const char *to)
{
	vouch_buf first = { 0 }, last = { 0 };
	vouch_err err = { 0 };

	parse(&first, from);
	parse(&last, to);
	int code = bench_questions_add_range(q, draft_issuer(CA), span_buf(&first), span_buf(&last), &err);
	vouch_buf_free(&first);
	vouch_buf_free(&last);
	return code;
}

static void
assert_asks(const struct bench_questions *q, uint64_t number, enum party ca, const char *serial)
{
	vouch_buf octets = { 0 }, wanted = { 0 }, got = { 0 };
	vouch_request *request;

	parse(&octets, serial);
	assert_int_equal(vouch_request_new(&request, NULL), VOUCH_OK);
	assert_int_equal(vouch_request_add(request, draft_issuer(ca), span_buf(&octets), VOUCH_SHA256, NULL),
	    VOUCH_OK);
	if (bench_questions_have_nonce(q))
		assert_int_equal(vouch_request_set_nonce(request, SPAN_ARRAY(nonce), NULL), VOUCH_OK);
	assert_int_equal(vouch_request_encode(request, &wanted, NULL), VOUCH_OK);
	assert_int_equal(bench_questions_write(q, number, nonce, &got), VOUCH_OK);
	assert_int_equal(got.len, wanted.len);
	assert_memory_equal(got.data, wanted.data, got.len);
	vouch_request_free(request);
	vouch_buf_free(&octets);
	vouch_buf_free(&wanted);
	vouch_buf_free(&got);
}

static void
requests_are_those_of_the_encoder(void **state)
{
	(void)state;
	for (int with_nonce = 0; with_nonce < 2; with_nonce++) {
		struct bench_questions *q = new_questions(with_nonce != 0);
		add(q, CA, "1");
		add(q, OTHER_CA, "0123456789ABCDEF0123456789ABCDEF01234567");
		add(q, CA, "80");
		add(q, CA, "-1");
		assert_int_equal(add_range(q, "FE", "101"), VOUCH_OK);
		assert_int_equal(bench_questions_count(q), 8);
		assert_asks(q, 0, CA, "1");
		assert_asks(q, 1, OTHER_CA, "0123456789ABCDEF0123456789ABCDEF01234567");
		assert_asks(q, 2, CA, "80");
		assert_asks(q, 3, CA, "-1");
		assert_asks(q, 4, CA, "FE");
		assert_asks(q, 5, CA, "FF");
		assert_asks(q, 6, CA, "100");
		assert_asks(q, 7, CA, "101");
		bench_questions_free(q);
	}
}

static void
serial_numbers_of_any_length_have_their_place(void **state)
{
	struct bench_questions *q = new_questions(true);
	char text[2 * 140 + 1];

	(void)state;
	for (size_t len = 1; len < 140; len++) {
		memset(text, '5', 2 * len);
		text[2 * len] = '\0';
		add(q, CA, text);
		assert_asks(q, len - 1, CA, text);
	}
	bench_questions_free(q);
}

static void
ranges_cross_the_lengths_of_integers(void **state)
{
	static const struct {
		const char *from, *to;
		uint64_t count;
		const char *last_but_one;
	} rows[] = {
		{ "7E", "81", 4, "80" },
		{ "7FFE", "8001", 4, "8000" },
		{ "FFFF", "10001", 3, "10000" },
		{ "0", "FFFFF", 0x100000, "FFFFE" },
		{ "FFFFFFFFFFFFFFFFFFFF", "100000000000000000002", 4, "100000000000000000001" },
		{ "5A000000000000000000000000000001", "5A0000000000000000000000000F4240", 1000000,
		    "5A0000000000000000000000000F423F" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench_questions *q = new_questions(false);
		assert_int_equal(add_range(q, rows[i].from, rows[i].to), VOUCH_OK);
		assert_int_equal(bench_questions_count(q), rows[i].count);
		assert_asks(q, 0, CA, rows[i].from);
		assert_asks(q, rows[i].count - 2, CA, rows[i].last_but_one);
		assert_asks(q, rows[i].count - 1, CA, rows[i].to);
		bench_questions_free(q);
	}
}

static void
ranges_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = { { "2", "1" }, { "100", "FF" }, { "-1", "5" }, { "1", "-1" }, { "0", "10000000000" },
		{ "0", "FFFFFFFFFFFFFFFFFFFF" } };
	struct bench_questions *q = new_questions(false);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(add_range(q, rows[i].from, rows[i].to), VOUCH_EINVAL);
	assert_int_equal(bench_questions_count(q), 0);
	bench_questions_free(q);
}

static void
lines_may_have_comments_and_blanks(void **state)
{
	static const char text[] = "# of our CA\n0x1A\n\n  2b:3c \t# two octets\r\nFF";
	struct bench_questions *q = new_questions(false);
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(bench_questions_add_lines(q, draft_issuer(CA), span_string(text), &err), VOUCH_OK);
	assert_int_equal(bench_questions_count(q), 3);
	assert_asks(q, 0, CA, "1A");
	assert_asks(q, 1, CA, "2B3C");
	assert_asks(q, 2, CA, "FF");
	bench_questions_free(q);
}

static void
a_line_that_is_no_serial_number_is_named(void **state)
{
	static const char text[] = "1A\n# fine\nxyz\n";
	struct bench_questions *q = new_questions(false);
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(bench_questions_add_lines(q, draft_issuer(CA), span_string(text), &err),
	    VOUCH_EPARSE);
	assert_non_null(strstr(err.msg, "line 3"));
	bench_questions_free(q);
}

static void
assert_wire(const struct bench_questions *q, const char *url_text, bool close, bool get, const char *wanted)
{
	struct bench_wire wire;
	struct bench_url url;
	vouch_buf out = { 0 };
	vouch_err err = { 0 };

	assert_int_equal(bench_url_parse(&url, url_text, &err), VOUCH_OK);
	assert_int_equal(bench_wire_init(&wire, q, &url, close, &err), VOUCH_OK);
	assert_int_equal(bench_wire_write(&wire, 0, nonce, get, &out), VOUCH_OK);
	assert_true(out.len > strlen(wanted));
	assert_memory_equal(out.data, wanted, strlen(wanted));
	vouch_buf_free(&out);
	bench_wire_clear(&wire);
}

static void
posts_and_gets_are_http(void **state)
{
	struct bench_questions *q = new_questions(false);

	(void)state;
	add(q, CA, "5");
	assert_wire(q, "http://a.example:81/x", false, false,
	    "POST /x HTTP/1.1\r\nHost: a.example:81\r\nContent-Type: application/ocsp-request\r\nContent-Length: ");
	assert_wire(q, "http://a.example", true, false,
	    "POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Type: ");
	assert_wire(q, "http://a.example", false, true, "GET /M");
	assert_wire(q, "http://a.example/x/", false, true, "GET /x/M");
	assert_wire(q, "http://a.example/x", false, true, "GET /x/M");
	bench_questions_free(q);
}

/* Undoes RFC 3986 2.1 in place, up to a blank; the new length. */
static size_t
unescape(char *text)
{
	size_t len = 0;

	for (char *from = text; *from != ' '; from++, len++) {
		unsigned octet = (unsigned char)*from;
		if (*from == '%') {
			assert_int_equal(sscanf(from + 1, "%2X", &octet), 1);
			from += 2;
		}
		assert_true(*from == '%' || strchr("+/=", *from) == NULL);
		text[len] = (char)octet;
	}
	return len;
}

static void
what_a_get_carries_is_the_request(void **state)
{
	struct bench_questions *q = new_questions(true);
	struct bench_wire wire;
	struct bench_url url;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(add_range(q, "0", "3FF"), VOUCH_OK);
	assert_int_equal(bench_url_parse(&url, "http://a/", &err), VOUCH_OK);
	assert_int_equal(bench_wire_init(&wire, q, &url, false, &err), VOUCH_OK);
	for (uint64_t i = 0; i < 0x400; i++) {
		vouch_buf out = { 0 }, der = { 0 }, decoded = { 0 };
		assert_int_equal(bench_wire_write(&wire, i, nonce, true, &out), VOUCH_OK);
		assert_int_equal(bench_questions_write(q, i, nonce, &der), VOUCH_OK);
		char *base64 = (char *)out.data + strlen("GET /");
		assert_int_equal(base64_decode_buf(&decoded, span_of(base64, unescape(base64)), 0, &err),
		    VOUCH_OK);
		assert_true(span_equal(span_buf(&decoded), span_buf(&der)));
		vouch_buf_free(&out);
		vouch_buf_free(&der);
		vouch_buf_free(&decoded);
	}
	bench_wire_clear(&wire);
	bench_questions_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_those_of_the_encoder),
		cmocka_unit_test(serial_numbers_of_any_length_have_their_place),
		cmocka_unit_test(ranges_cross_the_lengths_of_integers),
		cmocka_unit_test(ranges_that_are_none_are_refused),
		cmocka_unit_test(lines_may_have_comments_and_blanks),
		cmocka_unit_test(a_line_that_is_no_serial_number_is_named),
		cmocka_unit_test(posts_and_gets_are_http),
		cmocka_unit_test(what_a_get_carries_is_the_request),
	};

	return cmocka_run_group_tests(tests, draft_world_make, draft_world_clear);
}
