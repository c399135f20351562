/* SPDX-License-Identifier: Apache-2.0 */
/* Strict DER in: elements. */
#include "der/reader.h"

#include <stdarg.h>
#include <stdio.h>

struct der_reader
der_reader_init(vouch_span der, vouch_err *err)
{
	/* An empty message has a place, too, at which something is missing. */
	static const uint8_t nothing[1] = { 0 };
	const uint8_t *start = der.len == 0 ? nothing : der.data;

	return (struct der_reader){ start, start + der.len, start, err };
}

struct der_reader
der_inside(const struct der_reader *r, vouch_span content)
{
	if (content.len == 0) /* of a failed read, perhaps: without a place */
		return (struct der_reader){ r->next, r->next, r->start, r->err };
	return (struct der_reader){ content.data, content.data + content.len, r->start, r->err };
}

int
der_fail(const struct der_reader *r, int code, const uint8_t *at, const char *format, ...)
{
	va_list args;

	if (der_failed(r))
		return r->err->code;
	r->err->code = code;
	r->err->offset = (size_t)(at - r->start);
	va_start(args, format);
	vsnprintf(r->err->msg, sizeof(r->err->msg), format, args);
	va_end(args);
	return code;
}

void
der_leave(const struct der_reader *r)
{
	if (der_more(r))
		der_fail(r, VOUCH_EPARSE, r->next, "octets left over: %zu", (size_t)(r->end - r->next));
}

int
der_finish(const struct der_reader *r)
{
	der_leave(r);
	return r->err->code;
}

/* Where an element's parts are: header is the length of its tag and length octets. */
struct element {
	const uint8_t *at;
	size_t header, len;
};

static bool
fail_element(const struct der_reader *r, const char *what)
{
	der_fail(r, VOUCH_EPARSE, r->next, "%s", what);
	return false;
}

/* X.690 8.1.3.5 and 10.1: one to four length octets behind the first, definite and as few as can be. */
static bool
long_length(const struct der_reader *r, size_t left, struct element *out)
{
	size_t count = r->next[1] & 0x7f, len = 0;

	if (count == 0)
		return fail_element(r, "indefinite length is not DER");
	if (count > 4)
		return fail_element(r, "length of more than four octets");
	if (left < 2 + count)
		return fail_element(r, "the octets end within a length");
	for (size_t i = 0; i < count; i++)
		len = len << 8 | r->next[2 + i];
	if (len < 0x80 || r->next[2] == 0)
		return fail_element(r, "length is not encoded in the fewest octets");
	out->header = 2 + count;
	out->len = len;
	return true;
}

/* Reads a tag and a length, and steps over the element; false on failure. */
static inline bool
next_element(struct der_reader *r, struct element *out)
{
	size_t left = (size_t)(r->end - r->next);

	if (der_failed(r))
		return false;
	if (left < 2)
		return fail_element(r,
		    left == 0 ? "an element is missing" : "the octets end within an element");
	if ((r->next[0] & DER_NUMBER_BITS) == DER_NUMBER_BITS)
		return fail_element(r, "tag number above 30");
	out->at = r->next;
	out->header = 2;
	out->len = r->next[1];
	if (out->len >= 0x80 && !long_length(r, left, out))
		return false;
	if (out->len > left - out->header)
		return fail_element(r, "length goes past the end of what holds it");
	r->next += out->header + out->len;
	return true;
}

static bool
wrong_tag(const struct der_reader *r, uint8_t tag)
{
	if (r->next == r->end)
		der_fail(r, VOUCH_EPARSE, r->next, "an element with tag 0x%02x is missing", tag);
	else
		der_fail(r, VOUCH_EPARSE, r->next, "tag 0x%02x where 0x%02x belongs", *r->next, tag);
	return false;
}

static inline bool
next_of(struct der_reader *r, uint8_t tag, struct element *out)
{
	if (r->next == r->end || *r->next != tag)
		return wrong_tag(r, tag);
	return next_element(r, out);
}

vouch_span
der_element(struct der_reader *r)
{
	struct element e;

	return next_element(r, &e) ? span_of(e.at, e.header + e.len) : (vouch_span){ NULL, 0 };
}

vouch_span
der_element_of(struct der_reader *r, uint8_t tag)
{
	struct element e;

	return next_of(r, tag, &e) ? span_of(e.at, e.header + e.len) : (vouch_span){ NULL, 0 };
}

vouch_span
der_read(struct der_reader *r, uint8_t tag)
{
	struct element e;

	return next_of(r, tag, &e) ? span_of(e.at + e.header, e.len) : (vouch_span){ NULL, 0 };
}

struct der_reader
der_enter(struct der_reader *r, uint8_t tag)
{
	struct element e;

	if (!next_of(r, tag, &e))
		return (struct der_reader){ r->next, r->next, r->start, r->err };
	const uint8_t *content = e.at + e.header;
	return (struct der_reader){ content, content + e.len, r->start, r->err };
}

void
der_skip(struct der_reader *r)
{
	struct element e;

	(void)next_element(r, &e);
}

vouch_span
der_content(vouch_span element)
{
	if (element.len < 2)
		return (vouch_span){ NULL, 0 };
	size_t header = 2 + (element.data[1] < 0x80 ? 0 : (size_t)(element.data[1] & 0x7f));
	return span_of(element.data + header, element.len - header);
}
