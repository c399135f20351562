/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional requests (RFC 9110 13). */
#include "http/conditional.h"

#include "base/date.h"
#include "base/span.h"

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Takes one entity-tag from the left, without its W/; false when there is none. */
static bool
take_tag(vouch_span *list, vouch_span *tag)
{
	const uint8_t *at = list->data, *end = list->data + list->len;

	if (end - at >= 2 && at[0] == 'W' && at[1] == '/')
		at += 2;
	const uint8_t *from = at;
	if (at == end || *at++ != '"')
		return false;
	while (at < end && *at != '"')
		at++;
	if (at == end)
		return false;
	at++;
	*tag = span_of(from, (size_t)(at - from));
	*list = span_of(at, (size_t)(end - at));
	return true;
}

static void
skip_separators(vouch_span *list)
{
	while (list->len > 0 && (is_blank(*list->data) || *list->data == ',')) {
		list->data++;
		list->len--;
	}
}

bool
http_etag_is_listed(vouch_span list, vouch_span etag)
{
	vouch_span tag;

	skip_separators(&list);
	if (list.len == 1 && *list.data == '*')
		return true;
	while (list.len > 0) {
		if (!take_tag(&list, &tag)) /* what follows is not a list of tags: it names nothing */
			return false;
		if (etag.len > 0 && span_equal(tag, etag))
			return true;
		skip_separators(&list);
	}
	return false;
}

bool
http_is_not_modified(const struct http_exchange *exchange, vouch_span etag, vouch_time last_modified,
    vouch_time now)
{
	bool has_tags = false, listed = false;
	vouch_span since = { 0 };
	size_t since_count = 0;

	if (exchange->method != HTTP_METHOD_GET && exchange->method != HTTP_METHOD_HEAD)
		return false;
	for (size_t i = 0; i < exchange->field_count; i++) {
		const struct http_field *f = &exchange->fields[i];
		if (f->name == HTTP_FIELD_IF_NONE_MATCH) {
			has_tags = true;
			listed = listed || http_etag_is_listed(f->value, etag);
		} else if (f->name == HTTP_FIELD_IF_MODIFIED_SINCE) {
			since = f->value;
			since_count++;
		}
	}
	if (has_tags || since_count != 1)
		return listed;
	vouch_time date = date_parse_http(since, now);
	return date != VOUCH_TIME_ABSENT && last_modified <= date;
}
