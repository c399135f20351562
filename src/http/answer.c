/* SPDX-License-Identifier: Apache-2.0 */
/* An answer as octets. */
#include "http/answer.h"

#include <stdio.h>

#include "base/buf.h"
#include "http/status.h"

#define FRAMING_ROOM 192 /* status line, Date, Connection, Content-Length, the empty line */

void
http_date_update(struct http_date *date, vouch_time now)
{
	if (date->second == now && date->line[0] != '\0')
		return;
	date->second = now;
	memcpy(date->line, "Date: ", 6);
	date_format_http(now, date->line + 6);
	memcpy(date->line + 6 + DATE_HTTP_LENGTH, "\r\n", 3);
}

/* The room was reserved. */
static void
put(vouch_buf *out, vouch_span s)
{
	if (s.len > 0)
		memcpy(out->data + out->len, s.data, s.len);
	out->len += s.len;
}

static void
put_content_length(vouch_buf *out, size_t length)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + length % 10);
		length /= 10;
	} while (length > 0);
	put(out, SPAN_LITERAL("Content-Length: "));
	put(out, span_of(digits + at, sizeof(digits) - at));
	put(out, SPAN_LITERAL("\r\n"));
}

/* RFC 9112 9.3: 1.1 stays open unless told, 1.0 closes unless told. */
static void
put_connection(vouch_buf *out, const struct http_framing *framing)
{
	if (!framing->keep_alive)
		put(out, SPAN_LITERAL("Connection: close\r\n"));
	else if (framing->minor == 0)
		put(out, SPAN_LITERAL("Connection: keep-alive\r\n"));
}

int
http_answer_write(vouch_buf *out, const struct http_answer *answer, const struct http_date *date,
    const struct http_framing *framing)
{
	bool bodiless = framing->head || answer->status == 304 || answer->status == 204;
	char room[HTTP_STATUS_ROOM];

	if (buf_reserve(out, FRAMING_ROOM + answer->fields.len + (bodiless ? 0 : answer->body.len)) !=
	    VOUCH_OK)
		return VOUCH_ENOMEM;
	put(out, http_status_line(answer->status, room));
	put(out, span_of(date->line, 6 + DATE_HTTP_LENGTH + 2));
	put_connection(out, framing);
	/* RFC 9110 8.6: never in 204; in 304 it would have to be that of the 200. */
	if (!answer->no_length && answer->status != 304 && answer->status != 204)
		put_content_length(out, answer->body.len);
	put(out, answer->fields);
	put(out, SPAN_LITERAL("\r\n"));
	if (!bodiless)
		put(out, answer->body);
	return VOUCH_OK;
}

void
http_answer_text(struct http_answer *answer, char room[HTTP_TEXT_ROOM], unsigned status, const char *text)
{
	if (text == NULL) {
		snprintf(room, HTTP_TEXT_ROOM, "%s\n", http_status_reason(status));
		text = room;
	}
	*answer = (struct http_answer){ .status = status,
		.fields = SPAN_LITERAL(
		    "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"),
		.body = span_string(text) };
}

void
http_answer_method(struct http_answer *answer, enum http_method method)
{
	static const char options[] = "Allow: GET, HEAD, POST, OPTIONS\r\n";
	static const char refused[] = "Allow: GET, HEAD, POST, OPTIONS\r\nCache-Control: no-store\r\n";

	*answer = method == HTTP_METHOD_OPTIONS ?
	    (struct http_answer){ .status = 200, .fields = SPAN_LITERAL(options) } :
	    (struct http_answer){ .status = 405, .fields = SPAN_LITERAL(refused) };
}
