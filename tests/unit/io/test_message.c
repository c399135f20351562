/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of messages between processes: octet for octet, whole or not at all, never longer than agreed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/span.h"
#include "io/message.h"

#define LIMIT 64

static const uint8_t drawn[] = { 0, 0, 0, 5, 1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 'h',
	'e', 'l', 'l', 'o' };
static const struct io_message hello = { .type = 0x0102,
	.number = 0x0304,
	.id = UINT64_C(0x1112131415161718),
	.body = { (const uint8_t *)"hello", 5 } };

static void
assert_message(const struct io_message *a, const struct io_message *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->number, b->number);
	assert_true(a->id == b->id);
	assert_true(span_equal(a->body, b->body));
}

/* Exactly as long as it says, so that a sanitizer sees an octet too many. */
static int
next_of(const uint8_t *octets, size_t len, size_t limit, struct io_message *out, size_t *rest)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);
	static uint8_t body[LIMIT + 1];

	assert_non_null(exact);
	if (len > 0)
		memcpy(exact, octets, len);
	vouch_span stream = { exact, len };
	int code = io_message_next(&stream, limit, out);
	if (code == VOUCH_OK) {
		memcpy(body, out->body.data, out->body.len);
		out->body.data = body;
	} else {
		assert_ptr_equal(stream.data, exact);
	}
	*rest = stream.len;
	free(exact);
	return code;
}

static void
a_message_is_written_in_network_order(void **state)
{
	vouch_buf out = { 0 };

	(void)state;
	assert_int_equal(io_message_append(&out, &hello), VOUCH_OK);
	assert_true(span_equal(span_buf(&out), SPAN_ARRAY(drawn)));
	vouch_buf_free(&out);
}

static void
what_was_written_is_read(void **state)
{
	struct io_message read;
	size_t rest;

	(void)state;
	assert_int_equal(next_of(drawn, sizeof(drawn), LIMIT, &read, &rest), VOUCH_OK);
	assert_message(&read, &hello);
	assert_int_equal(rest, 0);
}

static void
every_beginning_of_a_message_waits_for_more(void **state)
{
	struct io_message untouched = { .type = 7 };
	size_t rest;

	(void)state;
	for (size_t len = 0; len < sizeof(drawn); len++) {
		assert_int_equal(next_of(drawn, len, LIMIT, &untouched, &rest), VOUCH_EAGAIN);
		assert_int_equal(rest, len);
		assert_int_equal(untouched.type, 7);
	}
}

static void
messages_are_taken_off_a_stream_one_by_one(void **state)
{
	const struct io_message sent[] = { hello, { .type = 1 }, { .id = UINT64_MAX, .body = hello.body },
		{ .type = UINT16_MAX, .number = UINT16_MAX } };
	vouch_buf out = { 0 };
	struct io_message read;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(io_message_append(&out, &sent[i]), VOUCH_OK);
	vouch_span stream = span_of(out.data, out.len - 1);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(io_message_next(&stream, LIMIT, &read), VOUCH_OK);
		assert_message(&read, &sent[i]);
	}
	assert_int_equal(io_message_next(&stream, LIMIT, &read), VOUCH_EAGAIN);
	stream.len++;
	assert_int_equal(io_message_next(&stream, LIMIT, &read), VOUCH_OK);
	assert_message(&read, &sent[3]);
	assert_int_equal(stream.len, 0);
	assert_int_equal(io_message_next(&stream, LIMIT, &read), VOUCH_EAGAIN);
	vouch_buf_free(&out);
}

static void
a_body_is_as_long_as_the_limit_at_most(void **state)
{
	static const struct {
		const char *what;
		uint8_t length[4];
		int code;
	} rows[] = {
		{ "the limit", { 0, 0, 0, LIMIT }, VOUCH_OK },
		{ "one more", { 0, 0, 0, LIMIT + 1 }, VOUCH_ELIMIT },
		{ "256", { 0, 0, 1, 0 }, VOUCH_ELIMIT },
		{ "64 KiB and the limit", { 0, 1, 0, LIMIT }, VOUCH_ELIMIT },
		{ "2 GiB", { 0x80, 0, 0, 0 }, VOUCH_ELIMIT },
		{ "all ones", { 0xff, 0xff, 0xff, 0xff }, VOUCH_ELIMIT },
	};
	struct io_message read;
	size_t rest;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t octets[IO_MESSAGE_HEAD + LIMIT] = { 0 };
		memcpy(octets, rows[i].length, 4);
		if (next_of(octets, sizeof(octets), LIMIT, &read, &rest) != rows[i].code)
			fail_msg("%s", rows[i].what);
		/* Nobody waits for a body that is too long. */
		int early = next_of(octets, IO_MESSAGE_HEAD, LIMIT, &read, &rest);
		if (early != (rows[i].code == VOUCH_OK ? VOUCH_EAGAIN : VOUCH_ELIMIT))
			fail_msg("the head alone: %s", rows[i].what);
	}
}

static void
a_body_may_be_appended_in_between(void **state)
{
	vouch_buf out = { 0 };
	size_t place;

	(void)state;
	assert_int_equal(vouch_buf_append(&out, "x", 1), VOUCH_OK);
	assert_int_equal(io_message_begin(&out, &hello, &place), VOUCH_OK);
	assert_int_equal(place, 1);
	assert_int_equal(vouch_buf_append(&out, "hel", 3), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&out, "lo", 2), VOUCH_OK);
	assert_int_equal(io_message_end(&out, place), VOUCH_OK);
	assert_true(span_equal(span_of(out.data + 1, out.len - 1), SPAN_ARRAY(drawn)));
	vouch_buf_free(&out);
}

static void
a_message_that_came_to_nothing_is_dropped(void **state)
{
	vouch_buf out = { 0 };
	size_t place;

	(void)state;
	assert_int_equal(io_message_append(&out, &hello), VOUCH_OK);
	assert_int_equal(io_message_begin(&out, &hello, &place), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&out, "half", 4), VOUCH_OK);
	out.len = place;
	assert_int_equal(io_message_append(&out, &hello), VOUCH_OK);
	assert_int_equal(out.len, 2 * sizeof(drawn));
	assert_memory_equal(out.data + sizeof(drawn), drawn, sizeof(drawn));
	vouch_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_written_in_network_order),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(every_beginning_of_a_message_waits_for_more),
		cmocka_unit_test(messages_are_taken_off_a_stream_one_by_one),
		cmocka_unit_test(a_body_is_as_long_as_the_limit_at_most),
		cmocka_unit_test(a_body_may_be_appended_in_between),
		cmocka_unit_test(a_message_that_came_to_nothing_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
