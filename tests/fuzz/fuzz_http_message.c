/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reading of HTTP requests: the first octet says how the network cuts the rest, and no cut may
 * change what is read.
 */
#include <string.h>

#include "base/buf.h"
#include "http/handed.h"
#include "http/message.h"
#include "target.h"

static const struct http_limits limits[] = {
	{ .head = 2048, .body = 512 },
	{ .head = 2048, .body = 512, .any_method = true },
};

static void
note_number(vouch_buf *log, uint64_t number)
{
	FUZZ_CHECK(vouch_buf_append(log, &number, sizeof(number)) == VOUCH_OK);
}

static void
note_span(vouch_buf *log, vouch_span s)
{
	note_number(log, s.len);
	FUZZ_CHECK(buf_append_span(log, s) == VOUCH_OK);
}

/* A handler's view of the head: each field is in it, behind the one before. */
static void
note_fields(vouch_buf *log, struct http_exchange *e)
{
	struct vouch_http_exchange x;
	vouch_span name, value;
	const uint8_t *at = e->head.data;

	http_handed_show(&x, e);
	for (size_t i = 0; vouch_http_exchange_field(&x, i, &name, &value); i++) {
		FUZZ_CHECK(name.len > 0 && name.data >= at && name.data + name.len < value.data);
		at = value.data + value.len;
		FUZZ_CHECK(at <= e->head.data + e->head.len);
		note_span(log, name);
		note_span(log, value);
	}
	http_handed_free(&x);
}

/* Everything that a handler would see. */
static void
note_request(vouch_buf *log, const struct http_message *m)
{
	struct http_exchange e = { 0 };

	http_message_show(m, &e);
	FUZZ_CHECK(e.target.len > 0 && (*e.target.data == '/' || e.method > HTTP_METHOD_POST));
	FUZZ_CHECK(e.body.len <= limits[0].body && e.field_count <= HTTP_FIELDS_MAX);
	note_number(log, e.method);
	note_number(log, e.minor);
	note_number(log, m->keep_alive);
	note_span(log, e.line);
	note_span(log, e.target);
	note_span(log, e.body);
	note_fields(log, &e);
	for (size_t i = 0; i < e.field_count; i++) {
		note_number(log, e.fields[i].name);
		note_span(log, e.fields[i].value);
	}
}

/* Reads as far as the octets last; false when the rest is refused. */
static bool
read_requests(struct http_message *m, vouch_buf *log)
{
	for (;;) {
		switch (http_message_next(m)) {
		case HTTP_EVENT_MORE:
			return true;
		case HTTP_EVENT_CONTINUE: /* depends on the cut, as it must */
			continue;
		case HTTP_EVENT_WHOLE:
			note_request(log, m);
			http_message_drop(m);
			continue;
		case HTTP_EVENT_REFUSED:
			FUZZ_CHECK(m->status >= 400 && m->status <= 505 && !m->keep_alive);
			note_number(log, UINT64_MAX);
			return false;
		}
	}
}

static void
read_in_pieces(const struct http_limits *with, const uint8_t *data, size_t size, size_t piece, vouch_buf *log)
{
	struct http_message m;
	bool more = true;

	http_message_init(&m, with);
	while (more && size > 0) {
		size_t room, len = piece < size ? piece : size;
		uint8_t *to = http_message_room(&m, &room);
		FUZZ_CHECK(to != NULL && room > 0);
		len = len < room ? len : room;
		memcpy(to, data, len);
		http_message_received(&m, len);
		data += len;
		size -= len;
		more = read_requests(&m, log);
		/*
		 * One read's room, a whole head and body, and the doubling that goes beyond what is needed.
		 */
		FUZZ_CHECK(m.in.cap <= 16384);
	}
	vouch_buf_free(&m.in);
}

static void
compare_cuts(const struct http_limits *with, const uint8_t *data, size_t size, size_t piece)
{
	vouch_buf at_once = { 0 }, cut = { 0 };

	read_in_pieces(with, data, size, 1024, &at_once);
	read_in_pieces(with, data, size, piece, &cut);
	FUZZ_CHECK(span_equal(span_of(at_once.data, at_once.len), span_of(cut.data, cut.len)));
	vouch_buf_free(&at_once);
	vouch_buf_free(&cut);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		compare_cuts(&limits[i], data + 1, size - 1, (size_t)data[0] + 1);
	return 0;
}
