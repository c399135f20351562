/* SPDX-License-Identifier: Apache-2.0 */
/* The OCSPRequest in an HTTP request. */
#include "http/ocsp_request.h"

#include "base/buf.h"

static vouch_span
path_of(vouch_span target)
{
	static const char ends[] = { '?', '#' };

	for (size_t i = 0; i < sizeof(ends) && target.len > 0; i++) {
		const uint8_t *end = memchr(target.data, ends[i], target.len);
		if (end != NULL)
			target.len = (size_t)(end - target.data);
	}
	return target;
}

static bool
starts_with_ignoring_case(vouch_span s, const char *word, size_t len)
{
	if (s.len < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((s.data[i] | (s.data[i] >= 'A' && s.data[i] <= 'Z' ? 0x20 : 0)) != (uint8_t)word[i])
			return false;
	return true;
}

/* H-08: the type without its parameters, case aside. */
static bool
type_is_accepted(vouch_span type)
{
	static const char wanted[] = "application/ocsp-request";
	size_t len = sizeof(wanted) - 1;

	if (type.data == NULL)
		return true;
	if (!starts_with_ignoring_case(type, wanted, len))
		return false;
	return type.len == len || type.data[len] == ';' || type.data[len] == ' ' || type.data[len] == '\t';
}

static bool
coding_is_accepted(vouch_span coding)
{
	return coding.len == 0 || (coding.len == 8 && starts_with_ignoring_case(coding, "identity", 8));
}

struct served {
	const vouch_responder *responder;
	const vouch_scope *scope;
};

static bool
is_served(void *arg, vouch_span der)
{
	const struct served *s = arg;

	return vouch_is_served(s->responder, s->scope, der);
}

static unsigned
request_of_path(struct http_ocsp_asked *asked, struct http_get_path *path, const vouch_responder *responder,
    const struct http_ocsp_rules *rules, vouch_span raw)
{
	struct served arg = { responder, asked->call.scope };
	enum http_get_path_result result = http_get_path_decode(path, raw, rules->strict);

	if (result == HTTP_GET_PATH_OTHER)
		return 400;
	if (result == HTTP_GET_PATH_NO_MEMORY)
		return 503;
	if (result == HTTP_GET_PATH_REQUEST)
		asked->request = span_buf(&path->der);
	if (!rules->strict && http_get_path_is_short(path, result)) {
		asked->repaired = http_get_path_repair(path, is_served, &arg);
		asked->request = asked->repaired ? span_buf(&path->der) : (vouch_span){ 0 };
	}
	if (asked->request.len > rules->request_limit)
		asked->request = (vouch_span){ 0 };
	return 0;
}

static unsigned
request_of_body(struct http_ocsp_asked *asked, const struct http_exchange *exchange)
{
	if (!type_is_accepted(http_exchange_field(exchange, HTTP_FIELD_CONTENT_TYPE)) ||
	    !coding_is_accepted(http_exchange_field(exchange, HTTP_FIELD_CONTENT_ENCODING)))
		return 415;
	asked->request = exchange->body;
	return 0;
}

unsigned
http_ocsp_request_read(struct http_ocsp_asked *asked, struct http_get_path *path, vouch_responder *responder,
    const struct http_ocsp_rules *rules, const struct http_exchange *exchange)
{
	vouch_span target = path_of(exchange->target);
	size_t prefix = 0;

	asked->request = (vouch_span){ 0 };
	asked->repaired = false;
	asked->call.flags = (rules->strict ? VOUCH_CALL_STRICT : 0u) |
	    (exchange->method == HTTP_METHOD_HEAD ? VOUCH_CALL_NO_NONCED : 0u);
	asked->call.scope = vouch_responder_scope(responder, target, &prefix);
	if (asked->call.scope == NULL)
		return 404;
	if (exchange->method == HTTP_METHOD_POST)
		return request_of_body(asked, exchange);
	return request_of_path(asked, path, responder, rules,
	    span_of(target.data + prefix, target.len - prefix));
}

const char *
http_ocsp_refusal(unsigned status)
{
	return status == 400 ? "This is an OCSP responder; there is no OCSP request in this path.\n" : NULL;
}
