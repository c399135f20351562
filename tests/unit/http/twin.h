/* SPDX-License-Identifier: Apache-2.0 */
/* A head read in both ways, the short one and llhttp's: they may not differ in anything. */
#ifndef TEST_HTTP_TWIN_H
#define TEST_HTTP_TWIN_H

#include "base/buf.h"
#include "http/head.h"

static inline bool
twin_same_part(struct http_part a, struct http_part b)
{
	return a.at == b.at && a.len == b.len;
}

static inline bool
twin_same_fields(const struct http_message *a, const struct http_message *b)
{
	if (a->field_count != b->field_count)
		return false;
	for (size_t i = 0; i < a->field_count; i++)
		if (a->fields[i].name != b->fields[i].name ||
		    !twin_same_part(a->fields[i].value, b->fields[i].value))
			return false;
	return true;
}

/* What differs in what was read; NULL: nothing. */
static inline const char *
twin_difference_of(const struct http_message *a, const struct http_message *b)
{
	if (a->method != b->method || a->minor != b->minor || !twin_same_part(a->target, b->target))
		return "the request line";
	if (!twin_same_fields(a, b))
		return "the fields";
	if (a->keep_alive != b->keep_alive)
		return "whether the connection stays";
	if (a->chunked != b->chunked || a->content_length != b->content_length)
		return "the framing";
	return a->expect_continue != b->expect_continue ? "what the client expects" : NULL;
}

/* 0, or the status of its refusal. */
static inline unsigned
twin_read(struct http_message *m, const struct http_limits *limits, vouch_span octets)
{
	http_message_init(m, limits);
	if (buf_append_span(&m->in, octets) != VOUCH_OK)
		return 1;
	return http_message_next(m) == HTTP_EVENT_REFUSED ? m->status : 0;
}

/* Where the head ends that octets begin with; 0: it has no end, or was refused before it was parsed. */
static inline size_t
twin_end_of_head(const struct http_limits *limits, vouch_span octets)
{
	struct http_message m;

	(void)twin_read(&m, limits, octets);
	size_t end = m.state == HTTP_MESSAGE_HEAD ? m.rest : m.body.at;
	bool whole = m.request_line > 0 && end > m.start && end - m.start <= limits->head;
	vouch_buf_free(&m.in);
	return whole ? end : 0;
}

/* Reads a head both ways, without what follows it; what differs, or NULL. */
static inline const char *
twin_difference(const struct http_limits *limits, vouch_span octets)
{
	struct http_message one, other = { 0 };
	const char *difference = NULL;
	size_t end = twin_end_of_head(limits, octets);

	if (end == 0)
		return NULL;
	octets.len = end;
	unsigned status = twin_read(&one, limits, octets);
	http_message_init(&other, limits);
	if (buf_append_span(&other.in, octets) != VOUCH_OK)
		difference = "out of memory";
	other.start = one.start;
	other.rest = end;
	other.request_line = one.request_line;
	other.odd_line = one.odd_line;
	if (difference == NULL && http_head_parse_with_llhttp(&other) != status)
		difference = "the status";
	else if (difference == NULL && status == 0)
		difference = twin_difference_of(&one, &other);
	vouch_buf_free(&one.in);
	vouch_buf_free(&other.in);
	return difference;
}

#endif
