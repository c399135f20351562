/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange in the hands of a public handler: what it may ask of it, and how it answers. */
#include "http/handed.h"

#include "base/buf.h"
#include "base/versioned.h"
#include "http/desk.h"
#include "http/handler_fields.h"
#include "io/clock.h"

#define KEPT 16384 /* octets of each buffer that wait for the next request */

void
http_handed_show(struct vouch_http_exchange *x, struct http_exchange *exchange)
{
	*x = (struct vouch_http_exchange){ .exchange = exchange };
}

static void
reset(vouch_buf *buf)
{
	if (buf->cap > KEPT)
		vouch_buf_free(buf);
	buf_clear(buf);
}

void
http_handed_reset(struct vouch_http_exchange *x)
{
	reset(&x->reply.fields);
	reset(&x->reply.body);
	reset(&x->method);
	reset(&x->tags);
	reset(&x->fields);
}

void
http_handed_free(struct vouch_http_exchange *x)
{
	vouch_buf_free(&x->reply.fields);
	vouch_buf_free(&x->reply.body);
	vouch_buf_free(&x->method);
	vouch_buf_free(&x->tags);
	vouch_buf_free(&x->fields);
}

/* --- The request ---------------------------------------------------------------------------------------- */

/* As it was sent, which for those that we know is a literal. */
static const char *
method_of(vouch_http_exchange *x)
{
	const struct http_exchange *e = x->exchange;
	size_t len = 0;

	if (e->method == HTTP_METHOD_NONE)
		return "";
	if (e->method != HTTP_METHOD_OTHER)
		return http_method_name(e->method);
	while (len < e->line.len && e->line.data[len] != ' ')
		len++;
	buf_clear(&x->method);
	if (vouch_buf_append(&x->method, e->line.data, len) != VOUCH_OK ||
	    vouch_buf_append(&x->method, "", 1) != VOUCH_OK)
		return "";
	return (const char *)x->method.data;
}

static size_t
count_fields(const struct http_exchange *e, enum http_field_name name)
{
	size_t count = 0;

	for (size_t i = 0; i < e->field_count; i++)
		count += e->fields[i].name == name ? 1 : 0;
	return count;
}

static bool
join_tags(vouch_buf *out, const struct http_exchange *e)
{
	buf_clear(out);
	for (size_t i = 0; i < e->field_count; i++) {
		if (e->fields[i].name != HTTP_FIELD_IF_NONE_MATCH)
			continue;
		if ((out->len > 0 && vouch_buf_append(out, ", ", 2) != VOUCH_OK) ||
		    buf_append_span(out, e->fields[i].value) != VOUCH_OK)
			return false;
	}
	return true;
}

/* RFC 9110 5.3: a list may come in several fields.  Without memory it is the first, which promises less. */
static vouch_span
if_none_match_of(vouch_http_exchange *x)
{
	const struct http_exchange *e = x->exchange;
	vouch_span first = http_exchange_field(e, HTTP_FIELD_IF_NONE_MATCH);

	if (count_fields(e, HTTP_FIELD_IF_NONE_MATCH) < 2)
		return first;
	/* Any tag is no member of a list, and is any tag beside one, too. */
	for (size_t i = 0; i < e->field_count; i++)
		if (e->fields[i].name == HTTP_FIELD_IF_NONE_MATCH &&
		    span_equal(e->fields[i].value, SPAN_LITERAL("*")))
			return e->fields[i].value;
	return join_tags(&x->tags, e) ? span_buf(&x->tags) : first;
}

void
vouch_http_exchange_request(vouch_http_exchange *exchange, vouch_http_request *request)
{
	const struct http_exchange *e = exchange->exchange;
	vouch_http_request made = { .size = sizeof(made),
		.flags = exchange->strict ? VOUCH_HTTP_STRICT : 0u,
		.method = method_of(exchange),
		.target = e->target,
		.content_type = http_exchange_field(e, HTTP_FIELD_CONTENT_TYPE),
		.content_encoding = http_exchange_field(e, HTTP_FIELD_CONTENT_ENCODING),
		.if_none_match = if_none_match_of(exchange),
		.body = e->body,
		.now = io_wall_seconds(),
		.monotonic_ms = io_monotonic_ms() };

	/* H-30: two dates are none. */
	if (count_fields(e, HTTP_FIELD_IF_MODIFIED_SINCE) == 1)
		made.if_modified_since = http_exchange_field(e, HTTP_FIELD_IF_MODIFIED_SINCE);
	if (versioned_has_size(request))
		versioned_write(request, &made, sizeof(made));
}

const char *
vouch_http_exchange_version(const vouch_http_exchange *exchange)
{
	return exchange->exchange->minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

const char *
vouch_http_exchange_peer(vouch_http_exchange *exchange)
{
	return http_exchange_peer(exchange->exchange);
}

/* --- Its header fields ---------------------------------------------------------------------------------- */

/* Where each line of the head begins, and where the empty one does that ends it. */
static int
find_fields(vouch_buf *out, vouch_span head)
{
	size_t at = 0;

	while (at < head.len) {
		if (vouch_buf_append(out, &at, sizeof(at)) != VOUCH_OK)
			return VOUCH_ENOMEM;
		const uint8_t *end = memchr(head.data + at, '\n', head.len - at);
		at = end == NULL ? head.len : (size_t)(end - head.data) + 1;
	}
	return VOUCH_OK;
}

static size_t
offset_at(const vouch_buf *fields, size_t number)
{
	size_t at;

	memcpy(&at, fields->data + number * sizeof(at), sizeof(at));
	return at;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static vouch_span
trimmed(vouch_span s)
{
	while (s.len > 0 && is_blank(s.data[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_blank(*s.data)) {
		s.data++;
		s.len--;
	}
	return s;
}

bool
vouch_http_exchange_field(const vouch_http_exchange *exchange, size_t number, vouch_span *name,
    vouch_span *value)
{
	/* Whoever has an exchange has it alone: the index is made for the first who asks. */
	vouch_buf *fields = &((vouch_http_exchange *)exchange)->fields;
	vouch_span head = exchange->exchange->head;

	if (fields->len == 0 && find_fields(fields, head) != VOUCH_OK)
		buf_clear(fields);
	size_t count = fields->len / sizeof(size_t);
	if (count == 0 || number >= count - 1)
		return false;
	size_t at = offset_at(fields, number), end = offset_at(fields, number + 1);
	const uint8_t *colon = memchr(head.data + at, ':', end - at);
	if (colon == NULL)
		return false;
	size_t len = (size_t)(colon - (head.data + at));
	*name = span_of(head.data + at, len);
	*value = trimmed(span_of(colon + 1, end - at - len - 1));
	return true;
}

/* --- The answer ----------------------------------------------------------------------------------------- */

static void
copy_body(vouch_http_reply *to, vouch_span body)
{
	if (buf_append_span(&to->body, body) == VOUCH_OK)
		return;
	buf_clear(&to->fields);
	to->status = 500;
	to->has_outcome = false;
}

static void
respond(vouch_http_exchange *x, const vouch_http_reply *reply)
{
	vouch_http_reply *r = &x->reply;
	vouch_span body = span_buf(&reply->body);

	buf_clear(&r->fields);
	buf_clear(&r->body);
	r->status = reply->status < 200 || reply->status > 599 ? 500 : reply->status;
	r->has_outcome = reply->has_outcome;
	r->outcome = reply->outcome;
	/* The length that a GET would tell is not known (RFC 9110 8.6). */
	r->no_length = reply->no_length || (x->exchange->method == HTTP_METHOD_HEAD && body.len == 0);
	if (http_handler_fields_append(&r->fields, span_buf(&reply->fields)) != VOUCH_OK) {
		buf_clear(&r->fields);
		body = (vouch_span){ 0 };
		r->status = 500;
		r->has_outcome = false;
	}
	if (http_desk_is_current(x)) {
		http_desk_send(x, body);
		return;
	}
	copy_body(r, body);
	http_desk_return(x);
}

/* The reply only lends its buffers. */
static vouch_buf
lent(vouch_span s)
{
	return (vouch_buf){ (uint8_t *)s.data, s.len, s.len };
}

void
vouch_http_respond(vouch_http_exchange *exchange, unsigned status, vouch_span fields, vouch_span body)
{
	vouch_http_reply reply = { .size = sizeof(reply),
		.status = status,
		.fields = lent(fields),
		.body = lent(body) };

	if (exchange->desk != NULL)
		respond(exchange, &reply);
}

void
vouch_http_respond_reply(vouch_http_exchange *exchange, const vouch_http_reply *reply)
{
	vouch_http_reply ours = { .size = sizeof(ours), .status = 500 };

	/* Without a size it is no reply, and the client is told so. */
	(void)!versioned_read(&ours, sizeof(ours), reply, "vouch_http_reply", NULL);
	if (exchange->desk != NULL)
		respond(exchange, &ours);
}
