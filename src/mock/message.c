/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP response as octets. */
#include "mock/message.h"

#include <inttypes.h>

#include "base/date.h"

/* --- The head ------------------------------------------------------------------------------------------- */

static int
put_location(const struct mock_plan *plan, const struct mock_target *target, vouch_buf *out)
{
	static const char nobody[] = "http://127.0.0.1:1/";
	int code = buf_append_string(out, "Location: ");

	if (code == VOUCH_OK && plan->http.location == MOCK_TO_NOBODY)
		code = buf_append_string(out, nobody);
	if (code == VOUCH_OK && plan->http.location == MOCK_TO_ANSWER)
		code = buf_append_string(out, "/fault/none");
	if (code == VOUCH_OK && plan->http.location != MOCK_TO_NOBODY)
		code = buf_append_span(out,
		    plan->http.location == MOCK_TO_ANSWER ? target->rest : target->whole);
	return code == VOUCH_OK ? buf_append_string(out, "\r\n") : code;
}

static int
put_padding(size_t octets, vouch_buf *out)
{
	int code = buf_append_string(out, "X-Padding: ");

	if (code != VOUCH_OK || buf_reserve(out, octets) != VOUCH_OK)
		return VOUCH_ENOMEM;
	memset(out->data + out->len, 'x', octets);
	out->len += octets;
	return buf_append_string(out, "\r\n");
}

static int
put_fields(const struct mock_plan *plan, const struct mock_target *target, vouch_buf *out)
{
	const struct mock_http *http = &plan->http;
	int code = VOUCH_OK;

	if (http->content_type != NULL)
		code = buf_printf(out, "Content-Type: %s\r\n", http->content_type);
	if (code == VOUCH_OK)
		code = buf_append_string(out,
		    http->fields != NULL ? http->fields : "Cache-Control: no-store\r\n");
	if (code == VOUCH_OK && http->retry_after >= 0)
		code = buf_printf(out, "Retry-After: %" PRId64 "\r\n", http->retry_after);
	if (code == VOUCH_OK && http->location != MOCK_NOWHERE)
		code = put_location(plan, target, out);
	if (code == VOUCH_OK && http->padding > 0)
		code = put_padding(http->padding, out);
	return code;
}

int
mock_message_fields(const struct mock_plan *plan, const struct mock_target *target, vouch_buf *out,
    vouch_err *err)
{
	return put_fields(plan, target, out) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
put_framing(const struct mock_plan *plan, vouch_buf *out)
{
	int64_t length = (int64_t)plan->body.len + plan->http.length_error;

	if (plan->http.chunking != MOCK_NOT_CHUNKED)
		return buf_append_string(out, "Transfer-Encoding: chunked\r\n");
	/* RFC 9110 8.6: never in 204. */
	if (plan->http.no_length || plan->http.status == 204)
		return VOUCH_OK;
	return buf_printf(out, "Content-Length: %" PRId64 "\r\n", length < 0 ? 0 : length);
}

static int
put_head(const struct mock_plan *plan, const struct mock_target *target, vouch_buf *out)
{
	char date[DATE_HTTP_LENGTH + 1];
	int code = VOUCH_OK;

	date_format_http(plan->now, date);
	for (size_t i = 0; i < plan->http.continues && code == VOUCH_OK; i++)
		code = buf_append_string(out, "HTTP/1.1 100 Continue\r\n\r\n");
	if (code == VOUCH_OK)
		code = buf_printf(out, "%s %u %s\r\nDate: %s\r\nConnection: close\r\n", plan->http.version,
		    plan->http.status, plan->http.reason, date);
	if (code == VOUCH_OK)
		code = put_framing(plan, out);
	if (code == VOUCH_OK)
		code = put_fields(plan, target, out);
	return code == VOUCH_OK ? buf_append_string(out, "\r\n") : code;
}

/* --- The body ------------------------------------------------------------------------------------------- */

/* One row is one way to spell chunks. */
struct spelling {
	const char *size; /* NULL: its true size in hexadecimal */
	const char *extension, *end;
	size_t chunk;  /* octets in each; 0: half of the body */
	bool is_short; /* half of the last chunk is withheld */
};

static const struct spelling spellings[] = {
	[MOCK_CHUNKED] = { NULL, "", "0\r\n\r\n", 0, false },
	[MOCK_CHUNK_EACH_OCTET] = { NULL, "", "0\r\n\r\n", 1, false },
	[MOCK_CHUNK_EXTENSION] = { NULL, ";name=value;other=\"quoted; text\"", "0;last\r\n\r\n", 0, false },
	[MOCK_CHUNK_TRAILER] = { NULL, "", "0\r\nX-Trailer: here\r\n\r\n", 0, false },
	[MOCK_CHUNK_BAD_SIZE] = { "zz", "", "0\r\n\r\n", 0, false },
	[MOCK_CHUNK_HUGE_SIZE] = { "fffffffffffffffff", "", "0\r\n\r\n", 0, false },
	[MOCK_CHUNK_SHORT] = { NULL, "", "", 0, true },
	[MOCK_CHUNK_NO_END] = { NULL, "", "", 0, false },
};

static int
put_chunk(const struct spelling *s, vouch_span octets, bool last, vouch_buf *out)
{
	size_t sent = last && s->is_short ? octets.len / 2 : octets.len;
	int code = s->size != NULL ? buf_printf(out, "%s%s\r\n", s->size, s->extension) :
				     buf_printf(out, "%zx%s\r\n", octets.len, s->extension);

	if (code == VOUCH_OK)
		code = vouch_buf_append(out, octets.data, sent);
	if (code == VOUCH_OK && sent == octets.len)
		code = buf_append_string(out, "\r\n");
	return code;
}

static int
put_chunks(const struct spelling *s, vouch_span body, vouch_buf *out)
{
	size_t chunk = s->chunk != 0 ? s->chunk : body.len / 2 + 1;
	int code = VOUCH_OK;

	for (size_t at = 0; at < body.len && code == VOUCH_OK; at += chunk) {
		size_t len = body.len - at < chunk ? body.len - at : chunk;

		code = put_chunk(s, span_of(body.data + at, len), at + len == body.len, out);
	}
	return code == VOUCH_OK ? buf_append_string(out, s->end) : code;
}

static int
put_body(const struct mock_plan *plan, vouch_buf *out)
{
	if (plan->http.status == 204)
		return VOUCH_OK;
	if (plan->http.chunking != MOCK_NOT_CHUNKED)
		return put_chunks(&spellings[plan->http.chunking], span_buf(&plan->body), out);
	return buf_append_span(out, span_buf(&plan->body));
}

static void
cut(vouch_buf *out, size_t start, size_t max)
{
	if (out->len - start > max)
		out->len = start + max;
}

int
mock_message_write(const struct mock_plan *plan, const struct mock_target *target, bool with_body,
    vouch_buf *out, vouch_err *err)
{
	size_t start = out->len;
	int code = plan->http.no_head ? VOUCH_OK : put_head(plan, target, out);

	cut(out, start, plan->socket.head_max);
	start = out->len;
	if (code == VOUCH_OK && with_body)
		code = put_body(plan, out);
	cut(out, start, plan->socket.body_max);
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}
