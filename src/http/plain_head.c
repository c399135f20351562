/* SPDX-License-Identifier: Apache-2.0 */
/* A head as nearly every client writes it: read in one pass, without llhttp. */
#include "http/plain_head.h"

#include "base/span.h"
#include "http/head.h"

#define LENGTH_DIGITS 15 /* of a Content-Length; no overflow to think of */

/* From the blank to the tilde.  No way out of the loop: compilers look at many octets at once. */
static bool
is_printable(vouch_span s)
{
	uint8_t odd = 0;

	for (size_t i = 0; i < s.len; i++)
		odd |= (uint8_t)(s.data[i] - ' ') > '~' - ' ';
	return odd == 0;
}

static bool
read_length(struct http_message *m, vouch_span value)
{
	size_t length = 0;

	if (value.len > LENGTH_DIGITS)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return false;
		length = length * 10 + (size_t)(value.data[i] - '0');
	}
	for (size_t i = 0; i < m->field_count; i++)
		if (m->fields[i].name == HTTP_FIELD_CONTENT_LENGTH)
			return false;
	m->content_length = length;
	return true;
}

/* What decides on framing and on the connection's end is plain in one form only. */
static bool
field_is_plain(struct http_message *m, int name, vouch_span value)
{
	switch (name) {
	case HTTP_FIELD_CONNECTION:
		return http_name_is(value, "keep-alive");
	case HTTP_FIELD_CONTENT_LENGTH:
		return read_length(m, value);
	case HTTP_FIELD_TRANSFER_ENCODING:
		return false;
	default:
		return m->field_count < HTTP_FIELDS_MAX;
	}
}

static bool
read_field(struct http_message *m, vouch_span line)
{
	size_t len = 0;

	while (len < line.len && http_is_token_character(line.data[len]))
		len++;
	if (len == 0 || len == line.len || line.data[len] != ':')
		return false;
	vouch_span name = span_of(line.data, len);
	vouch_span value = http_field_trimmed(span_of(line.data + len + 1, line.len - len - 1));
	int known = http_field_of(name);
	if (value.len == 0 || !field_is_plain(m, known, value))
		return false;
	if (known >= 0) {
		http_head_keep_field(m, (enum http_field_name)known, value);
		return true;
	}
	/* Two more that llhttp looks at. */
	return !http_name_is(name, "upgrade") && !http_name_is(name, "proxy-connection");
}

/* Takes a line of the head that ends in CR LF, without them. */
static bool
take_line(vouch_span *head, vouch_span *line)
{
	const uint8_t *end = memchr(head->data, '\n', head->len);

	if (end == NULL || end == head->data || end[-1] != '\r')
		return false;
	size_t len = (size_t)(end - head->data) + 1;
	*line = span_of(head->data, len - 2);
	*head = span_of(end + 1, head->len - len);
	return is_printable(*line);
}

static bool
read_lines(struct http_message *m)
{
	vouch_span head = span_of(m->in.data + m->start, m->rest - m->start), line;

	/* The request line: its target may have any octet that is printable, but a fragment. */
	if (!take_line(&head, &line) || memchr(line.data, '#', line.len) != NULL)
		return false;
	while (head.len > 2)
		if (!take_line(&head, &line) || !read_field(m, line))
			return false;
	return head.len == 2 && head.data[0] == '\r';
}

bool
http_plain_head_read(struct http_message *m)
{
	bool method_is_plain = m->method >= HTTP_METHOD_GET && m->method <= HTTP_METHOD_OPTIONS;

	if (!method_is_plain || m->minor != 1 || m->in.data[m->target.at] != '/')
		return false;
	m->keep_alive = read_lines(m);
	if (!m->keep_alive) {
		m->field_count = 0;
		m->content_length = 0;
	}
	return m->keep_alive;
}
