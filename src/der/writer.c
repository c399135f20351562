/* SPDX-License-Identifier: Apache-2.0 */
/* DER out, in the order of the ASN.1. */
#include "der/writer.h"

#include "base/buf.h"
#include "base/date.h"

struct der_writer
der_writer_init(vouch_buf *out)
{
	return (struct der_writer){ .out = out, .start = out->len };
}

void
der_writer_fail(struct der_writer *w, int code, const char *failure)
{
	if (w->code != VOUCH_OK)
		return;
	w->code = code;
	w->failure = failure;
}

int
der_writer_finish(struct der_writer *w, vouch_err *err)
{
	if (w->code == VOUCH_OK)
		return VOUCH_OK;
	w->out->len = w->start;
	return err_set(err, w->code, "%s", w->failure);
}

/* Room for this many octets; false once anything has failed. */
static bool
reserve(struct der_writer *w, size_t octets)
{
	if (w->code != VOUCH_OK)
		return false;
	if (buf_reserve(w->out, octets) == VOUCH_OK)
		return true;
	der_writer_fail(w, VOUCH_ENOMEM, "out of memory");
	return false;
}

#define HEADER_MAX 6 /* a tag, and a length of at most four octets behind the first */

/* The octets of a tag and a length; 0 for a length that our reader would not read. */
static size_t
header(uint8_t out[HEADER_MAX], uint8_t tag, size_t len)
{
	size_t count = 0;

	out[0] = tag;
	if (len < 0x80) {
		out[1] = (uint8_t)len;
		return 2;
	}
	for (size_t rest = len; rest != 0; rest >>= 8)
		count++;
	if (count > 4)
		return 0;
	out[1] = (uint8_t)(0x80 | count);
	for (size_t i = 0; i < count; i++)
		out[2 + i] = (uint8_t)(len >> 8 * (count - 1 - i));
	return 2 + count;
}

/* There is room. */
static void
append(struct der_writer *w, const void *octets, size_t len)
{
	if (len == 0)
		return;
	memcpy(w->out->data + w->out->len, octets, len);
	w->out->len += len;
}

size_t
der_begin(struct der_writer *w, uint8_t tag)
{
	const uint8_t open[2] = { tag, 0 };

	if (!reserve(w, sizeof(open)))
		return 0;
	append(w, open, sizeof(open));
	return w->out->len;
}

void
der_end(struct der_writer *w, size_t mark)
{
	uint8_t h[HEADER_MAX];

	if (w->code != VOUCH_OK)
		return;
	size_t len = w->out->len - mark;
	size_t size = header(h, w->out->data[mark - 2], len);
	if (size == 0)
		der_writer_fail(w, VOUCH_ELIMIT, "an element of more than four length octets");
	if (size == 0 || !reserve(w, size - 2))
		return;
	uint8_t *content = w->out->data + mark;
	if (size > 2)
		memmove(content + size - 2, content, len);
	memcpy(content - 2, h, size);
	w->out->len += size - 2;
}

void
der_put(struct der_writer *w, uint8_t tag, vouch_span content)
{
	uint8_t h[HEADER_MAX];
	size_t size = header(h, tag, content.len);

	if (size == 0)
		der_writer_fail(w, VOUCH_ELIMIT, "an element of more than four length octets");
	if (size == 0 || !reserve(w, size + content.len))
		return;
	append(w, h, size);
	append(w, content.data, content.len);
}

void
der_put_raw(struct der_writer *w, vouch_span elements)
{
	if (reserve(w, elements.len))
		append(w, elements.data, elements.len);
}

void
der_put_integer(struct der_writer *w, vouch_span content)
{
	if (content.len == 0)
		der_writer_fail(w, VOUCH_EINVAL, "INTEGER without content");
	der_put(w, DER_INTEGER, content);
}

static void
put_small_as(struct der_writer *w, uint8_t tag, uint32_t value)
{
	const uint8_t octets[5] = { 0, (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value };
	size_t first = 0;

	while (first < 4 && octets[first] == 0 && octets[first + 1] < 0x80)
		first++;
	der_put(w, tag, span_of(octets + first, sizeof(octets) - first));
}

void
der_put_small(struct der_writer *w, uint32_t value)
{
	put_small_as(w, DER_INTEGER, value);
}

void
der_put_enumerated(struct der_writer *w, uint32_t value)
{
	put_small_as(w, DER_ENUMERATED, value);
}

void
der_put_boolean(struct der_writer *w, bool value)
{
	const uint8_t octet = value ? 0xff : 0x00;

	der_put(w, DER_BOOLEAN, span_of(&octet, 1));
}

void
der_put_null(struct der_writer *w)
{
	der_put(w, DER_NULL, (vouch_span){ NULL, 0 });
}

void
der_put_oid(struct der_writer *w, vouch_span oid)
{
	der_put(w, DER_OID, oid);
}

void
der_put_bit_string(struct der_writer *w, vouch_span octets)
{
	size_t mark = der_begin(w, DER_BIT_STRING);

	der_put_raw(w, SPAN_LITERAL("\x00")); /* no unused bits */
	der_put_raw(w, octets);
	der_end(w, mark);
}

static void
two_digits(uint8_t *out, int value)
{
	out[0] = (uint8_t)('0' + value / 10);
	out[1] = (uint8_t)('0' + value % 10);
}

void
der_put_generalized_time(struct der_writer *w, vouch_time time)
{
	struct date d;
	uint8_t text[15];

	if (!date_from_time(time, &d)) {
		der_writer_fail(w, VOUCH_EINVAL, "a time is absent or not in years 1 to 9999");
		return;
	}
	const int fields[] = { d.year / 100, d.year % 100, d.month, d.day, d.hour, d.minute, d.second };
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		two_digits(text + 2 * i, fields[i]);
	text[14] = 'Z';
	der_put(w, DER_GENERALIZED_TIME, SPAN_ARRAY(text));
}
