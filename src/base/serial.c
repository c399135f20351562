/* SPDX-License-Identifier: Apache-2.0 */
/* Serial numbers: the content of a DER INTEGER, and its hexadecimal text. */
#include "base/buf.h"
#include "base/err.h"
#include "base/hex.h"

#define SERIAL_MAX 1024 /* octets; RFC 5280 4.1.2.2 allows 20, the field has seen a few hundred */

/* Text without its sign and prefix, and where it began, for the offset of an error. */
struct digits {
	const char *text;
	size_t offset;
};

static bool
is_separator(char c)
{
	return c == ':' || c == ' ';
}

/* Counts the digits.  Separators stand between octets: behind the first one, groups have whole octets. */
static int
count_digits(const struct digits *d, size_t *count, vouch_err *err)
{
	size_t group = 0, groups = 0;

	*count = 0;
	for (size_t i = 0;; i++) {
		char c = d->text[i];
		if (c != '\0' && !is_separator(c)) {
			if (hex_digit((uint8_t)c) < 0)
				return err_at(err, VOUCH_EPARSE, d->offset + i, "not a hexadecimal digit");
			group++;
			continue;
		}
		if (group == 0 || (groups > 0 && group % 2 != 0))
			return err_at(err, VOUCH_EPARSE, d->offset + i,
			    "a serial number lacks a hexadecimal digit here");
		*count += group;
		if (*count > (size_t)2 * SERIAL_MAX)
			return err_at(err, VOUCH_ELIMIT, d->offset + i,
			    "serial number of more than %d octets", SERIAL_MAX);
		if (c == '\0')
			return VOUCH_OK;
		groups++;
		group = 0;
	}
}

/* The magnitude, right-aligned behind one zero octet. */
static void
fill_magnitude(const struct digits *d, size_t count, uint8_t *out, size_t len)
{
	size_t nibble = 2 * len - count;

	memset(out, 0, len);
	for (const char *p = d->text; *p != '\0'; p++) {
		if (is_separator(*p))
			continue;
		out[nibble / 2] |= (uint8_t)(hex_digit((uint8_t)*p) << (nibble % 2 == 0 ? 4 : 0));
		nibble++;
	}
}

static void
negate(uint8_t *octets, size_t len)
{
	unsigned carry = 1;

	for (size_t i = len; i-- > 0;) {
		carry += (uint8_t)~octets[i];
		octets[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

/* X.690 8.3.2: the first nine bits are not all alike. */
static vouch_span
minimal(const uint8_t *octets, size_t len)
{
	while (
	    len > 1 && ((octets[0] == 0 && octets[1] < 0x80) || (octets[0] == 0xff && octets[1] >= 0x80))) {
		octets++;
		len--;
	}
	return span_of(octets, len);
}

int
vouch_serial_parse(vouch_buf *out, const char *text, vouch_err *err)
{
	vouch_err unread;
	uint8_t octets[SERIAL_MAX + 1];
	size_t count;

	err = err_or(err, &unread);
	bool negative = text[0] == '-';
	const char *digits = text + negative;
	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		digits += 2;
	struct digits d = { digits, (size_t)(digits - text) };
	if (count_digits(&d, &count, err) != VOUCH_OK)
		return err->code;
	size_t len = (count + 1) / 2 + 1;
	fill_magnitude(&d, count, octets, len);
	if (negative)
		negate(octets, len);
	if (buf_append_span(out, minimal(octets, len)) != VOUCH_OK)
		return err_nomem(err);
	return VOUCH_OK;
}

/* There is room.  Two's complement is undone from the right, where the carry comes from. */
static void
append_magnitude(vouch_buf *out, vouch_span serial_number, bool negative)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t first = out->len;
	unsigned carry = 1;

	for (size_t i = serial_number.len; i-- > 0;) {
		unsigned octet = serial_number.data[i];
		if (negative) {
			octet = (uint8_t)~octet + carry;
			carry = octet >> 8;
		}
		out->data[first + 2 * i] = (uint8_t)digits[octet >> 4 & 15];
		out->data[first + 2 * i + 1] = (uint8_t)digits[octet & 15];
	}
	size_t len = 2 * serial_number.len, zeros = 0;
	while (zeros + 1 < len && out->data[first + zeros] == '0')
		zeros++;
	memmove(out->data + first, out->data + first + zeros, len - zeros);
	out->len = first + len - zeros;
}

int
vouch_serial_format(vouch_buf *out, vouch_span serial_number)
{
	if (serial_number.len == 0 || serial_number.len > SIZE_MAX / 4)
		return VOUCH_EINVAL;
	bool negative = serial_number.data[0] >= 0x80;
	if (buf_reserve(out, 2 * serial_number.len + 1) != VOUCH_OK)
		return VOUCH_ENOMEM;
	if (negative)
		out->data[out->len++] = '-';
	append_magnitude(out, serial_number, negative);
	return VOUCH_OK;
}
