/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_http_answer(): the same rules as the server's, for a request that came in some other way. */
#include <vouch_http.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/versioned.h"
#include "http/answer.h"
#include "http/head.h"
#include "http/ocsp_answer.h"
#include "http/ocsp_request.h"

#define TARGET_LIMIT 16384 /* octets: the head's, as the server has it */
#define BODY_LIMIT 16384
/* What is made must find its way back to vouch_http_reply_clear(). */
#define REPLY_SIZE_LEAST (offsetof(vouch_http_reply, body) + sizeof(vouch_buf))

static void
add_field(struct http_exchange *e, enum http_field_name name, vouch_span value)
{
	if (value.len > 0)
		e->fields[e->field_count++] = (struct http_field){ name, value };
}

/* RFC 9112 3.2: origin-form, or absolute-form as a server may have left it. */
static unsigned
read_target(struct http_exchange *e, vouch_span target)
{
	vouch_span path = target;

	if (target.len > TARGET_LIMIT) /* H-07 */
		return 414;
	if (http_target_strip(&path) != 0)
		return 400;
	bool absolute = path.data != target.data, rooted = path.len > 0 && *path.data == '/';
	/* What follows an empty path is no part of an OCSPRequest. */
	e->target = absolute && !rooted ? SPAN_LITERAL("/") : path;
	return absolute || rooted ? 0 : 400;
}

/* 0, or the status that a request gets which the server would not have handed on. */
static unsigned
read_request(struct http_exchange *e, const vouch_http_request *q)
{
	vouch_span method = q->method == NULL ? (vouch_span){ 0 } : span_string(q->method);

	e->minor = 1;
	e->method = http_method_of(method);
	if (e->method == HTTP_METHOD_NONE)
		return http_is_token(method) ? 501 : 400;
	if (q->body.len > BODY_LIMIT)
		return 413;
	if (e->method == HTTP_METHOD_OPTIONS || e->method == HTTP_METHOD_OTHER)
		return 0;
	e->body = q->body;
	add_field(e, HTTP_FIELD_CONTENT_TYPE, q->content_type);
	add_field(e, HTTP_FIELD_CONTENT_ENCODING, q->content_encoding);
	add_field(e, HTTP_FIELD_IF_NONE_MATCH, q->if_none_match);
	add_field(e, HTTP_FIELD_IF_MODIFIED_SINCE, q->if_modified_since);
	return read_target(e, q->target);
}

static int
put(vouch_http_reply *reply, const struct http_answer *answer)
{
	reply->status = answer->status;
	reply->no_length = answer->no_length;
	return buf_append_span(&reply->fields, answer->fields);
}

static int
put_text(vouch_http_reply *reply, unsigned status, const char *text)
{
	char room[HTTP_TEXT_ROOM];
	struct http_answer answer;

	http_answer_text(&answer, room, status, text);
	int code = put(reply, &answer);
	return code != VOUCH_OK ? code : buf_append_span(&reply->body, answer.body);
}

/* The body is in the reply. */
static int
put_ocsp(vouch_http_reply *reply, const struct http_exchange *e, vouch_time now)
{
	struct http_ocsp_fields fields;
	struct http_answer answer;

	http_ocsp_answer_make(&answer, &fields, e, span_buf(&reply->body), &reply->outcome, now);
	if (answer.status == 304)
		buf_clear(&reply->body);
	reply->has_outcome = true;
	return put(reply, &answer);
}

static int
answer_ocsp(vouch_responder *responder, const vouch_http_request *q, const struct http_exchange *e,
    vouch_http_reply *reply)
{
	struct http_ocsp_rules rules = { (q->flags & VOUCH_HTTP_STRICT) != 0, HTTP_OCSP_REQUEST_LIMIT };
	struct http_ocsp_asked asked = {
		.call = { .size = sizeof(asked.call), .now = q->now, .monotonic_ms = q->monotonic_ms }
	};
	struct http_get_path path = { 0 };
	unsigned status = http_ocsp_request_read(&asked, &path, responder, &rules, e);
	int code = VOUCH_ENOMEM;

	if (status == 0)
		code = vouch_handle(responder, &asked.call, asked.request, &reply->body, &reply->outcome);
	http_get_path_free(&path);
	if (status == 503) /* which is about memory, in a path */
		return VOUCH_ENOMEM;
	if (status != 0)
		return put_text(reply, status, http_ocsp_refusal(status));
	return code != VOUCH_OK ? code : put_ocsp(reply, e, q->now);
}

static int
answer(vouch_responder *responder, const vouch_http_request *q, vouch_http_reply *reply)
{
	struct http_exchange e = { 0 };
	struct http_answer by_method;
	unsigned status = read_request(&e, q);

	if (status != 0)
		return put_text(reply, status, NULL);
	if (e.method != HTTP_METHOD_OPTIONS && e.method != HTTP_METHOD_OTHER)
		return answer_ocsp(responder, q, &e, reply);
	http_answer_method(&by_method, e.method);
	return put(reply, &by_method);
}

int
vouch_http_answer(vouch_responder *responder, const vouch_http_request *request, vouch_http_reply *reply,
    vouch_err *err)
{
	vouch_err unread;
	vouch_http_request asked = { .size = sizeof(asked) };
	vouch_http_reply made = { .size = sizeof(made) };

	err = err_or(err, &unread);
	if (responder == NULL)
		return err_set(err, VOUCH_EINVAL, "vouch_http_answer: the responder is missing");
	if (versioned_read(&asked, sizeof(asked), request, "vouch_http_request", err) != VOUCH_OK ||
	    versioned_read(&made, sizeof(made), reply, "vouch_http_reply", err) != VOUCH_OK)
		return err->code;
	if (reply->size < REPLY_SIZE_LEAST)
		return err_set(err, VOUCH_EINVAL, "vouch_http_reply has no room for its buffers");
	buf_clear(&made.fields);
	buf_clear(&made.body);
	made.has_outcome = false;
	made.outcome = (vouch_outcome){ .size = sizeof(made.outcome) };
	int code = answer(responder, &asked, &made);
	/* The buffers have grown, whatever came of it. */
	versioned_write(reply, &made, sizeof(made));
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

void
vouch_http_reply_clear(vouch_http_reply *reply)
{
	if (reply == NULL)
		return;
	vouch_buf_free(&reply->fields);
	vouch_buf_free(&reply->body);
}
