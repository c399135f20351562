/* SPDX-License-Identifier: Apache-2.0 */
/* One request after another out of a stream of octets. */
#include "http/message.h"

#include "base/buf.h"
#include "http/head.h"

#define SKIPPED_MAX 16 /* RFC 9112 2.2: "at least one empty line" before a request line is ignored */
#define FRAMING_PER_OCTET \
	16 /* chunks of one octet with a short extension fit (11 octets each); endless extensions do not */
#define ROOM_MIN 512 /* less than this is not worth a read */

static void
start_over(struct http_message *m)
{
	m->rest = m->line = m->searched = m->start;
	m->state = HTTP_MESSAGE_HEAD;
	m->request_line = 0;
	m->skipped = 0;
	m->odd_line = false;
	m->method = HTTP_METHOD_NONE;
	m->minor = 1;
	m->target = m->body = m->name = (struct http_part){ 0 };
	m->field_count = 0;
	m->too_many_fields = m->keep_alive = m->chunked = m->expect_continue = false;
	m->content_length = m->framing = 0;
	m->status = 0;
}

void
http_message_init(struct http_message *m, const struct http_limits *limits)
{
	*m = (struct http_message){ .limits = limits };
	start_over(m);
}

/* Moves the request to the front; it is not shown to anybody yet. */
static void
compact(struct http_message *m)
{
	size_t by = m->start;

	if (by == 0)
		return;
	memmove(m->in.data, m->in.data + by, m->in.len - by);
	m->in.len -= by;
	m->start = 0;
	m->rest -= by;
	m->line -= by;
	m->searched -= by;
	if (m->state == HTTP_MESSAGE_HEAD)
		return;
	m->target.at -= by;
	m->body.at -= by;
	for (size_t i = 0; i < m->field_count; i++)
		m->fields[i].value.at -= by;
}

uint8_t *
http_message_room(struct http_message *m, size_t *len)
{
	if (m->in.cap - m->in.len < ROOM_MIN)
		compact(m);
	/* It grows by doubling; the limits of head and body end that. */
	if (m->in.cap - m->in.len < ROOM_MIN && buf_reserve(&m->in, ROOM_MIN) != VOUCH_OK) {
		*len = 0;
		return NULL;
	}
	*len = m->in.cap - m->in.len;
	return m->in.data + m->in.len;
}

void
http_message_received(struct http_message *m, size_t len)
{
	m->in.len += len;
}

static enum http_event
refuse(struct http_message *m, unsigned status)
{
	m->status = status;
	m->keep_alive = false;
	return HTTP_EVENT_REFUSED;
}

/* RFC 9112 2.2: empty lines before the request line are passed over, some of them. */
static bool
skip_empty_lines(struct http_message *m)
{
	while (m->start < m->in.len && (m->in.data[m->start] == '\r' || m->in.data[m->start] == '\n')) {
		if (++m->skipped > SKIPPED_MAX)
			return false;
		m->start++;
	}
	m->line = m->searched = m->rest = m->start;
	return true;
}

/* A whole line of the head; true when it is the empty one that ends it. */
static bool
end_line(struct http_message *m, size_t lf)
{
	size_t len = lf - m->line;
	uint8_t first = m->in.data[m->line];

	if (len == 0 || (len == 1 && first == '\r'))
		return m->request_line > 0;
	if (m->request_line == 0)
		m->request_line = len + 1;
	else if (first == ' ' || first == '\t' || first == ':')
		m->odd_line = true;
	return false;
}

/* True when the head is whole; m->rest is its end then. */
static bool
find_end_of_head(struct http_message *m)
{
	while (m->searched < m->in.len) {
		const uint8_t *from = m->in.data + m->searched;
		const uint8_t *found = memchr(from, '\n', m->in.len - m->searched);
		if (found == NULL) {
			m->searched = m->in.len;
			return false;
		}
		size_t lf = (size_t)(found - m->in.data);
		bool last = end_line(m, lf);
		m->line = m->searched = lf + 1;
		if (last) {
			m->rest = lf + 1;
			return true;
		}
	}
	return false;
}

/* RFC 9112 3: 414 when it is the target that takes the room, RFC 6585 5: 431 when the fields do. */
static enum http_event
refuse_long_head(struct http_message *m)
{
	size_t line = m->request_line > 0 ? m->request_line : m->in.len - m->start;

	return refuse(m, line > m->limits->head / 2 ? 414 : 431);
}

static enum http_event
read_counted_body(struct http_message *m)
{
	if (m->in.len - m->body.at < m->content_length)
		return HTTP_EVENT_MORE;
	m->body.len = m->content_length;
	m->rest = m->body.at + m->body.len;
	m->state = HTTP_MESSAGE_DONE;
	return HTTP_EVENT_WHOLE;
}

static enum http_event
read_chunks(struct http_message *m)
{
	size_t raw = m->in.len - m->rest, before = m->body.len;
	const char *from = (const char *)m->in.data + m->rest;

	if (raw == 0)
		return HTTP_EVENT_MORE;
	llhttp_errno_t rc = llhttp_execute(&m->parser, from, raw);
	if (m->status != 0 || (rc != HPE_OK && rc != HPE_PAUSED))
		return refuse(m, m->status != 0 ? m->status : 400);
	size_t used = rc == HPE_PAUSED ? (size_t)(llhttp_get_error_pos(&m->parser) - from) : raw;
	m->framing += used - (m->body.len - before);
	if (m->framing > m->limits->body * FRAMING_PER_OCTET)
		return refuse(m, 413);
	if (rc == HPE_PAUSED) {
		m->rest += used;
		m->state = HTTP_MESSAGE_DONE;
		return HTTP_EVENT_WHOLE;
	}
	m->rest = m->in.len = m->body.at + m->body.len;
	return HTTP_EVENT_MORE;
}

static enum http_event
begin_body(struct http_message *m)
{
	m->body = (struct http_part){ .at = m->rest };
	m->state = m->chunked ? HTTP_MESSAGE_CHUNKS : HTTP_MESSAGE_BODY;
	/* RFC 9110 10.1.1: nothing to continue when there is no content, or some of it is here already. */
	if (m->expect_continue && m->rest == m->in.len && (m->chunked || m->content_length > 0))
		return HTTP_EVENT_CONTINUE;
	return m->chunked ? read_chunks(m) : read_counted_body(m);
}

static enum http_event
read_head(struct http_message *m)
{
	if (m->request_line == 0 && m->line == m->start && !skip_empty_lines(m))
		return refuse(m, 400);
	if (m->start == m->in.len)
		return HTTP_EVENT_MORE;
	/* Not HTTP at all (TLS, a port scan): there is no sense in waiting for a line's end. */
	if (!http_is_token_character(m->in.data[m->start]))
		return refuse(m, 400);
	bool whole = find_end_of_head(m);
	if ((whole ? m->rest : m->in.len) - m->start > m->limits->head)
		return refuse_long_head(m);
	if (!whole)
		return HTTP_EVENT_MORE;
	unsigned status = http_head_parse(m);
	return status != 0 ? refuse(m, status) : begin_body(m);
}

enum http_event
http_message_next(struct http_message *m)
{
	switch (m->state) {
	case HTTP_MESSAGE_HEAD:
		return read_head(m);
	case HTTP_MESSAGE_BODY:
		return read_counted_body(m);
	case HTTP_MESSAGE_CHUNKS:
		return read_chunks(m);
	case HTTP_MESSAGE_DONE:
		break;
	}
	return HTTP_EVENT_WHOLE;
}

static vouch_span
span_at(const struct http_message *m, struct http_part part)
{
	return (vouch_span){ m->in.data + part.at, part.len };
}

void
http_message_show(const struct http_message *m, struct http_exchange *exchange)
{
	size_t head = m->start + m->request_line;

	exchange->method = m->method;
	exchange->line = exchange->head = (vouch_span){ 0 };
	if (m->request_line > 0)
		exchange->line = span_at(m, (struct http_part){ m->start, m->request_line });
	if (m->body.at > head)
		exchange->head = span_at(m, (struct http_part){ head, m->body.at - head });
	exchange->minor = m->minor;
	exchange->target = m->target.len > 0 ? span_at(m, m->target) : (vouch_span){ 0 };
	exchange->body = m->body.len > 0 ? span_at(m, m->body) : (vouch_span){ 0 };
	exchange->field_count = m->field_count;
	for (size_t i = 0; i < m->field_count; i++)
		exchange->fields[i] = (struct http_field){ m->fields[i].name,
			span_at(m, m->fields[i].value) };
}

void
http_message_drop(struct http_message *m)
{
	m->start = m->rest;
	if (m->start == m->in.len)
		m->start = m->in.len = 0;
	start_over(m);
}

bool
http_message_is_idle(const struct http_message *m)
{
	return m->state == HTTP_MESSAGE_HEAD && m->start == m->in.len;
}
