/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP response as octets, right and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mock/message.h"

#define NOW INT64_C(1763805600) /* Sat, 22 Nov 2025 10:00:00 GMT */
#define HEAD_OF(version, status) \
	version " " status "\r\nDate: Sat, 22 Nov 2025 10:00:00 GMT\r\nConnection: close\r\n"
#define FIELDS "Content-Type: application/ocsp-response\r\nCache-Control: no-store\r\n\r\n"

static const struct mock_target target = { { (const uint8_t *)"/fault/redirect/x", 17 },
	{ (const uint8_t *)"/x", 2 } };

static void
make(struct mock_plan *plan)
{
	mock_plan_init(plan);
	plan->now = NOW;
	assert_int_equal(vouch_buf_append(&plan->body, "abcdef", 6), VOUCH_OK);
}

static void
expect(struct mock_plan *plan, bool with_body, const char *wanted)
{
	vouch_err err = { 0 };
	vouch_buf out = { 0 };

	assert_int_equal(mock_message_write(plan, &target, with_body, &out, &err), VOUCH_OK);
	assert_int_equal(out.len, strlen(wanted));
	assert_memory_equal(out.data, wanted, out.len);
	vouch_buf_free(&out);
	mock_plan_clear(plan);
}

static void
a_sound_message_is_sound(void **state)
{
	struct mock_plan plan;

	(void)state;
	make(&plan);
	expect(&plan, true, HEAD_OF("HTTP/1.1", "200 OK") "Content-Length: 6\r\n" FIELDS "abcdef");
	make(&plan);
	expect(&plan, false, HEAD_OF("HTTP/1.1", "200 OK") "Content-Length: 6\r\n" FIELDS);
}

static void
a_length_may_be_wrong_or_absent(void **state)
{
	struct mock_plan plan;

	(void)state;
	make(&plan);
	plan.http.length_error = -10;
	expect(&plan, true, HEAD_OF("HTTP/1.1", "200 OK") "Content-Length: 0\r\n" FIELDS "abcdef");
	make(&plan);
	plan.http.length_error = 3;
	expect(&plan, true, HEAD_OF("HTTP/1.1", "200 OK") "Content-Length: 9\r\n" FIELDS "abcdef");
	make(&plan);
	plan.http.version = "HTTP/1.0";
	plan.http.no_length = true;
	expect(&plan, true, HEAD_OF("HTTP/1.0", "200 OK") FIELDS "abcdef");
	make(&plan);
	plan.http.no_head = true;
	expect(&plan, true, "abcdef");
}

static void
a_message_ends_where_it_is_cut(void **state)
{
	struct mock_plan plan;

	(void)state;
	make(&plan);
	plan.socket.body_max = 2;
	expect(&plan, true, HEAD_OF("HTTP/1.1", "200 OK") "Content-Length: 6\r\n" FIELDS "ab");
	make(&plan);
	plan.socket.head_max = 4;
	plan.socket.body_max = 0;
	expect(&plan, true, "HTTP");
	make(&plan);
	plan.socket.head_max = plan.socket.body_max = 0;
	expect(&plan, true, "");
}

static void
chunks_are_spelled_in_every_way(void **state)
{
#define CHUNKED HEAD_OF("HTTP/1.1", "200 OK") "Transfer-Encoding: chunked\r\n" FIELDS
	static const struct {
		enum mock_chunking chunking;
		const char *wanted;
	} rows[] = {
		{ MOCK_CHUNKED, CHUNKED "4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n" },
		{ MOCK_CHUNK_EACH_OCTET,
		    CHUNKED "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n1\r\ne\r\n1\r\nf\r\n0\r\n\r\n" },
		{ MOCK_CHUNK_TRAILER, CHUNKED "4\r\nabcd\r\n2\r\nef\r\n0\r\nX-Trailer: here\r\n\r\n" },
		{ MOCK_CHUNK_BAD_SIZE, CHUNKED "zz\r\nabcd\r\nzz\r\nef\r\n0\r\n\r\n" },
		{ MOCK_CHUNK_NO_END, CHUNKED "4\r\nabcd\r\n2\r\nef\r\n" },
		{ MOCK_CHUNK_SHORT, CHUNKED "4\r\nabcd\r\n2\r\ne" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mock_plan plan;

		make(&plan);
		plan.http.chunking = rows[i].chunking;
		expect(&plan, true, rows[i].wanted);
	}
}

static void
fields_are_added_for_redirects_and_those_who_shall_wait(void **state)
{
	struct mock_plan plan;
	static const struct {
		enum mock_location location;
		const char *wanted;
	} rows[] = {
		{ MOCK_TO_ANSWER, "Location: /fault/none/x\r\n" },
		{ MOCK_TO_ITSELF, "Location: /fault/redirect/x\r\n" },
		{ MOCK_TO_NOBODY, "Location: http://127.0.0.1:1/\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char wanted[200];
		vouch_buf out = { 0 };
		vouch_err err = { 0 };

		make(&plan);
		plan.http.location = rows[i].location;
		plan.http.retry_after = 7;
		plan.http.content_type = NULL;
		plan.http.padding = 3;
		assert_int_equal(mock_message_fields(&plan, &target, &out, &err), VOUCH_OK);
		snprintf(wanted, sizeof(wanted),
		    "Cache-Control: no-store\r\nRetry-After: 7\r\n%sX-Padding: xxx\r\n", rows[i].wanted);
		assert_int_equal(out.len, strlen(wanted));
		assert_memory_equal(out.data, wanted, out.len);
		vouch_buf_free(&out);
		mock_plan_clear(&plan);
	}
}

static void
interim_responses_come_first(void **state)
{
	struct mock_plan plan;

	(void)state;
	make(&plan);
	plan.http.continues = 2;
	expect(&plan, true,
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" HEAD_OF("HTTP/1.1",
		"200 OK") "Content-Length: 6\r\n" FIELDS "abcdef");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_message_is_sound),
		cmocka_unit_test(a_length_may_be_wrong_or_absent),
		cmocka_unit_test(a_message_ends_where_it_is_cut),
		cmocka_unit_test(chunks_are_spelled_in_every_way),
		cmocka_unit_test(fields_are_added_for_redirects_and_those_who_shall_wait),
		cmocka_unit_test(interim_responses_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
