/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what a process hears from another: messages in a stream, and the octets of one record.  Whatever is read would
 * be written as it came, and a stream is read the same wherever it was cut.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/span.h"
#include "io/channel.h"
#include "target.h"

#define LIMIT 300

/* Appends what was taken off again; the rest of the stream, or NULL data when it is none of ours. */
static vouch_span
read_messages(vouch_span stream, vouch_buf *written)
{
	struct io_message message;
	int code;

	for (;;) {
		vouch_span before = stream;
		code = io_message_next(&stream, LIMIT, &message);
		if (code != VOUCH_OK) {
			FUZZ_CHECK(stream.data == before.data && stream.len == before.len);
			break;
		}
		FUZZ_CHECK(message.body.len <= LIMIT);
		FUZZ_CHECK(stream.len + IO_MESSAGE_HEAD + message.body.len == before.len);
		FUZZ_CHECK(io_message_append(written, &message) == VOUCH_OK);
	}
	FUZZ_CHECK(code == VOUCH_EAGAIN || code == VOUCH_ELIMIT);
	if (code == VOUCH_EAGAIN)
		FUZZ_CHECK(stream.len < IO_MESSAGE_HEAD + LIMIT);
	return code == VOUCH_EAGAIN ? stream : span_of(NULL, 0);
}

static void
check_stream(const uint8_t *data, size_t size, size_t cut)
{
	vouch_buf whole = { 0 }, parts = { 0 };
	vouch_span rest = read_messages(span_of(data, size), &whole);

	FUZZ_CHECK(whole.len <= size && (whole.len == 0 || memcmp(whole.data, data, whole.len) == 0));
	vouch_span first = read_messages(span_of(data, cut), &parts);
	if (first.data != NULL) {
		size_t taken = cut - first.len;
		vouch_span second = read_messages(span_of(data + taken, size - taken), &parts);
		FUZZ_CHECK((second.data == NULL) == (rest.data == NULL));
	} else {
		FUZZ_CHECK(rest.data == NULL);
	}
	FUZZ_CHECK(span_equal(span_buf(&whole), span_buf(&parts)));
	vouch_buf_free(&whole);
	vouch_buf_free(&parts);
}

static void
check_record(const uint8_t *data, size_t size)
{
	static int ends[2] = { -1, -1 };
	struct io_message message;
	struct io_record got;
	vouch_err err;

	if (ends[0] < 0)
		FUZZ_CHECK(io_channel_records(ends, &err) == VOUCH_OK);
	if (size == 0 || size > sizeof(got.octets) + 1)
		return;
	FUZZ_CHECK(send(ends[0], data, size, MSG_NOSIGNAL) == (ssize_t)size);
	int code = io_record_receive(ends[1], &got, &err);
	vouch_span stream = span_of(data, size);
	bool is_one = io_message_next(&stream, IO_RECORD_MOST, &message) == VOUCH_OK && stream.len == 0;
	FUZZ_CHECK(code == (is_one ? VOUCH_OK : VOUCH_EPARSE) && got.fd_count == 0);
	if (is_one)
		FUZZ_CHECK(span_equal(got.message.body, message.body) && got.message.id == message.id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	check_stream(data + 1, size - 1, data[0] % size);
	check_record(data + 1, size - 1);
	return 0;
}
