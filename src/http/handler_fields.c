/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields that a public handler gives. */
#include "http/handler_fields.h"

#include "base/buf.h"
#include "http/head.h"

/* RFC 9110 5.5: visible characters, blanks, and the octets above; so no CR, LF or NUL. */
static bool
is_value(vouch_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.data[i] < ' ' && s.data[i] != '\t') || s.data[i] == 0x7f)
			return false;
	return true;
}

/* Takes the next line, without its end; false when there is no end. */
static bool
take_line(vouch_span *fields, vouch_span *line)
{
	const uint8_t *end = memchr(fields->data, '\n', fields->len);

	if (end == NULL || end == fields->data || end[-1] != '\r')
		return false;
	size_t len = (size_t)(end - fields->data);
	*line = span_of(fields->data, len - 1);
	*fields = span_of(end + 1, fields->len - len - 1);
	return true;
}

static bool
name_of(vouch_span line, vouch_span *name)
{
	const uint8_t *colon = memchr(line.data, ':', line.len);

	if (colon == NULL)
		return false;
	*name = span_of(line.data, (size_t)(colon - line.data));
	return http_is_token(*name) && is_value(span_of(colon + 1, line.len - name->len - 1));
}

static bool
is_the_servers(vouch_span name)
{
	static const char *const names[] = { "connection", "content-length", "date", "transfer-encoding" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (http_name_is(name, names[i]))
			return true;
	return false;
}

int
http_handler_fields_append(vouch_buf *out, vouch_span fields)
{
	vouch_span line, name;

	while (fields.len > 0) {
		if (!take_line(&fields, &line) || !name_of(line, &name))
			return VOUCH_EREFUSED;
		if (is_the_servers(name))
			continue;
		if (vouch_buf_append(out, line.data, line.len + 2) != VOUCH_OK)
			return VOUCH_ENOMEM;
	}
	return VOUCH_OK;
}
