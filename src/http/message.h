/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request after another out of a stream of octets: no sockets here.
 *
 *	in:  | done | head of this request | body, decoded | octets not looked at yet | room |
 *	            start                  body             rest                       in.len
 *
 * A head is kept whole, and capped, before it is parsed.  A chunked body is decoded in its place, so that
 * framing takes no memory. Offsets, not spans, until the request is whole: the buffer may move while it
 * grows.
 */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include <llhttp.h>

#include "http/exchange.h"

struct http_limits {
	size_t head, body; /* octets */
	bool any_method;   /* a method that nobody knows is HTTP_METHOD_OTHER instead of 501 */
};

struct http_part {
	size_t at, len; /* in the buffer */
};

enum http_message_state { HTTP_MESSAGE_HEAD = 0, HTTP_MESSAGE_BODY, HTTP_MESSAGE_CHUNKS, HTTP_MESSAGE_DONE };

struct http_message {
	const struct http_limits *limits;
	vouch_buf in;
	size_t start; /* where this request begins */
	size_t rest;  /* the first octet that is not part of it */
	enum http_message_state state;

	size_t line;	     /* head: where the line being searched for its end begins */
	size_t searched;     /* head: up to where */
	size_t request_line; /* its length with its end; 0 while it has none */
	unsigned skipped;    /* empty lines before it, in octets */
	bool odd_line;	     /* a fold, a field without a name: RFC 9112 5.1, 5.2 */

	llhttp_t parser;
	enum http_method method;
	unsigned minor;
	struct http_part target, body;
	struct {
		enum http_field_name name;
		struct http_part value;
	} fields[HTTP_FIELDS_MAX];
	size_t field_count;
	struct http_part name; /* of the field being parsed */
	bool too_many_fields;
	bool keep_alive, chunked;
	bool expect_continue;
	size_t content_length;
	size_t framing;	 /* octets of chunk heads, extensions and trailers so far */
	unsigned status; /* of a refusal */
};

enum http_event {
	HTTP_EVENT_MORE = 0, /* octets are missing */
	HTTP_EVENT_CONTINUE, /* the client waits for a 100 (Continue); then go on */
	HTTP_EVENT_WHOLE,    /* the request is whole: http_message_show() */
	HTTP_EVENT_REFUSED   /* answer message->status and close: nobody knows where a next request begins */
};

void http_message_init(struct http_message *m, const struct http_limits *limits);
/* Where to put the octets that arrive next; the buffer of m may move.  An empty room: no memory. */
uint8_t *http_message_room(struct http_message *m, size_t *len);
void http_message_received(struct http_message *m, size_t len);
/* Goes on as far as the octets last. */
enum http_event http_message_next(struct http_message *m);
/*
 * Shows a whole, or a refused and then half empty, request.  The spans are valid until http_message_drop().
 */
void http_message_show(const struct http_message *m, struct http_exchange *exchange);
/* Done with this request; the octets after it stay. */
void http_message_drop(struct http_message *m);
/* True when no octet of a next request has arrived. */
bool http_message_is_idle(const struct http_message *m);

#endif
