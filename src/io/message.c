/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between processes of ours, in a stream. */
#include "io/message.h"

#include "base/buf.h"

enum { AT_LENGTH = 0, AT_TYPE = 4, AT_NUMBER = 6, AT_ID = 8 };

static void
put(uint8_t *at, size_t octets, uint64_t value)
{
	for (size_t i = octets; i-- > 0; value >>= 8)
		at[i] = (uint8_t)value;
}

static uint64_t
get(const uint8_t *at, size_t octets)
{
	uint64_t value = 0;

	for (size_t i = 0; i < octets; i++)
		value = value << 8 | at[i];
	return value;
}

int
io_message_begin(vouch_buf *out, const struct io_message *head, size_t *place)
{
	if (buf_reserve(out, IO_MESSAGE_HEAD) != VOUCH_OK)
		return VOUCH_ENOMEM;
	uint8_t *at = out->data + out->len;
	*place = out->len;
	put(at + AT_LENGTH, 4, 0);
	put(at + AT_TYPE, 2, head->type);
	put(at + AT_NUMBER, 2, head->number);
	put(at + AT_ID, 8, head->id);
	out->len += IO_MESSAGE_HEAD;
	return VOUCH_OK;
}

int
io_message_end(vouch_buf *out, size_t place)
{
	size_t len = out->len - place - IO_MESSAGE_HEAD;

	if (len > UINT32_MAX)
		return VOUCH_ELIMIT;
	put(out->data + place + AT_LENGTH, 4, len);
	return VOUCH_OK;
}

int
io_message_append(vouch_buf *out, const struct io_message *message)
{
	size_t place;

	if (buf_reserve(out, IO_MESSAGE_HEAD + message->body.len) != VOUCH_OK ||
	    io_message_begin(out, message, &place) != VOUCH_OK ||
	    buf_append_span(out, message->body) != VOUCH_OK)
		return VOUCH_ENOMEM;
	return io_message_end(out, place);
}

int
io_message_next(vouch_span *stream, size_t limit, struct io_message *out)
{
	if (stream->len < IO_MESSAGE_HEAD)
		return VOUCH_EAGAIN;
	size_t len = get(stream->data + AT_LENGTH, 4);
	if (len > limit)
		return VOUCH_ELIMIT;
	if (stream->len - IO_MESSAGE_HEAD < len)
		return VOUCH_EAGAIN;
	*out = (struct io_message){ .type = (uint16_t)get(stream->data + AT_TYPE, 2),
		.number = (uint16_t)get(stream->data + AT_NUMBER, 2),
		.id = get(stream->data + AT_ID, 8),
		.body = span_of(stream->data + IO_MESSAGE_HEAD, len) };
	*stream = span_of(stream->data + IO_MESSAGE_HEAD + len, stream->len - IO_MESSAGE_HEAD - len);
	return VOUCH_OK;
}
