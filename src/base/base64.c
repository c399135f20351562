/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648 section 4), strict or with the liberties that OCSP clients and proxies take in a GET. */
#include "base/base64.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/hex.h"

/* What a character is.  Values from 64 on are no sextets: several or-ed together are still at least 64. */
enum { BAD = 64, PAD, EOL, BLK, MIN, UND }; /* nothing; '='; CR and LF; blank; minus; underscore */
#define PLUS 62
#define SLASH 63

#define ROW16 BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD

/* clang-format off */
static const uint8_t meaning[256] = {
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, EOL, BAD, BAD, EOL, BAD, BAD,
	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
	BLK, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,  62, BAD, MIN, BAD,  63,
	 52,  53,  54,  55,  56,  57,  58,  59,  60,  61, BAD, BAD, BAD, PAD, BAD, BAD,
	BAD,   0,   1,   2,   3,   4,   5,   6,   7,   8,   9,  10,  11,  12,  13,  14,
	 15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25, BAD, BAD, BAD, BAD, UND,
	BAD,  26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,
	 41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51, BAD, BAD, BAD, BAD, BAD,
	ROW16, ROW16, ROW16, ROW16, ROW16, ROW16, ROW16, ROW16
};
/* clang-format on */

/* Where a decoding stands: up to 18 bits wait in group until it has four sextets. */
struct decoder {
	vouch_span text;
	size_t next;
	unsigned flags;
	uint8_t *out;
	size_t len, cap;
	uint32_t group;
	unsigned sextets;
};

static int
bad_character(const struct decoder *d, size_t at, vouch_err *err)
{
	return err_at(err, VOUCH_EPARSE, at, "character 0x%02x is not base64 here", d->text.data[at]);
}

static int
over_limit(const struct decoder *d, vouch_err *err)
{
	return err_at(err, VOUCH_ELIMIT, d->next, "base64 of more than %zu octets", d->cap);
}

/* Whole groups of four plain characters, which is nearly all there ever is. */
static void
decode_groups(struct decoder *d)
{
	const uint8_t *in = d->text.data + d->next, *end = d->text.data + d->text.len;
	uint8_t *out = d->out + d->len, *full = d->out + d->cap;

	while (end - in >= 4 && full - out >= 3) {
		unsigned a = meaning[in[0]], b = meaning[in[1]], c = meaning[in[2]], e = meaning[in[3]];
		if ((a | b | c | e) >= BAD)
			break;
		*out++ = (uint8_t)(a << 2 | b >> 4);
		*out++ = (uint8_t)(b << 4 | c >> 2);
		*out++ = (uint8_t)(c << 6 | e);
		in += 4;
	}
	d->next = (size_t)(in - d->text.data);
	d->len = (size_t)(out - d->out);
}

/* The next character, and how many octets it takes; BAD for a percent sign that begins no encoding. */
static unsigned
next_meaning(const struct decoder *d, size_t *width)
{
	const uint8_t *at = d->text.data + d->next;

	*width = 1;
	if (*at != '%' || (d->flags & BASE64_PERCENT) == 0)
		return meaning[*at];
	int high = d->text.len - d->next > 2 ? hex_digit(at[1]) : -1;
	int low = high >= 0 ? hex_digit(at[2]) : -1;
	if (low < 0)
		return BAD;
	*width = 3;
	return meaning[high << 4 | low];
}

/* A character outside the plain alphabet, as the flags read it: a sextet, EOL (skip), PAD or BAD. */
static unsigned
liberty(unsigned value, unsigned flags)
{
	static const struct {
		uint8_t value, reads_as;
		unsigned flag;
	} liberties[] = {
		{ MIN, PLUS, BASE64_URL_ALPHABET },
		{ UND, SLASH, BASE64_URL_ALPHABET },
		{ BLK, PLUS, BASE64_BLANK_IS_PLUS },
		{ EOL, EOL, BASE64_LINE_ENDS },
	};

	for (size_t i = 0; i < sizeof(liberties) / sizeof(liberties[0]); i++)
		if (liberties[i].value == value && (liberties[i].flag & flags) != 0)
			return liberties[i].reads_as;
	return value == PAD ? PAD : BAD;
}

static int
take_sextet(struct decoder *d, unsigned sextet, vouch_err *err)
{
	d->group = d->group << 6 | sextet;
	if (++d->sextets < 4)
		return VOUCH_OK;
	if (d->cap - d->len < 3)
		return over_limit(d, err);
	d->out[d->len++] = (uint8_t)(d->group >> 16);
	d->out[d->len++] = (uint8_t)(d->group >> 8);
	d->out[d->len++] = (uint8_t)d->group;
	d->sextets = 0;
	d->group = 0;
	return VOUCH_OK;
}

/* Reads up to the first '=' or the end. */
static int
decode_sextets(struct decoder *d, vouch_err *err)
{
	while (d->next < d->text.len) {
		if (d->sextets == 0 && d->cap - d->len >= 3)
			decode_groups(d);
		if (d->next == d->text.len)
			break;
		size_t width;
		unsigned value = next_meaning(d, &width);
		if (value >= BAD)
			value = liberty(value, d->flags);
		if (value == PAD)
			break;
		if (value == BAD)
			return bad_character(d, d->next, err);
		if (value != EOL && take_sextet(d, value, err) != VOUCH_OK)
			return err->code;
		d->next += width;
	}
	return VOUCH_OK;
}

/* Counts the '=' that follow; nothing else may, but line ends. */
static int
read_padding(struct decoder *d, unsigned *count, vouch_err *err)
{
	size_t width;

	*count = 0;
	for (; d->next < d->text.len; d->next += width) {
		unsigned value = next_meaning(d, &width);
		if (value == EOL && (d->flags & BASE64_LINE_ENDS) != 0)
			continue;
		if (value != PAD || *count + d->sextets == 4 || d->sextets < 2)
			return bad_character(d, d->next, err);
		++*count;
	}
	return VOUCH_OK;
}

/* The last one or two octets, which two or three sextets hold. */
static int
decode_tail(struct decoder *d, vouch_err *err)
{
	if (d->sextets == 0)
		return VOUCH_OK;
	size_t octets = d->sextets - 1;
	uint32_t group = d->group << 6 * (4 - d->sextets);
	uint32_t unused = octets == 1 ? 0xffff : 0xff;
	if ((group & unused) != 0 && (d->flags & BASE64_LOOSE_BITS) == 0)
		return err_at(err, VOUCH_EPARSE, d->text.len, "base64 ends in bits that belong to no octet");
	if (d->cap - d->len < octets)
		return over_limit(d, err);
	for (size_t i = 0; i < octets; i++)
		d->out[d->len++] = (uint8_t)(group >> (16 - 8 * i));
	return VOUCH_OK;
}

int
base64_decode(vouch_span text, unsigned flags, uint8_t *out, size_t cap, size_t *len, vouch_err *err)
{
	struct decoder d = { .text = text, .flags = flags, .out = out, .cap = cap };
	unsigned padding;

	if (decode_sextets(&d, err) != VOUCH_OK || read_padding(&d, &padding, err) != VOUCH_OK)
		return err->code;
	if (d.sextets == 1)
		return err_at(err, VOUCH_EPARSE, text.len, "base64 ends within an octet");
	if (d.sextets != 0 && d.sextets + padding != 4 && (flags & BASE64_NO_PADDING) == 0)
		return err_at(err, VOUCH_EPARSE, text.len, "base64 lacks its padding");
	if (decode_tail(&d, err) != VOUCH_OK)
		return err->code;
	*len = d.len;
	return VOUCH_OK;
}

int
base64_decode_buf(vouch_buf *out, vouch_span text, unsigned flags, vouch_err *err)
{
	size_t most = base64_octets(text.len), len = 0;

	if (buf_reserve(out, most + 1) != VOUCH_OK)
		return err_nomem(err);
	if (base64_decode(text, flags, out->data + out->len, most, &len, err) != VOUCH_OK)
		return err->code;
	out->len += len;
	return VOUCH_OK;
}

int
base64_encode(vouch_buf *out, vouch_span octets)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	if (octets.len > SIZE_MAX / 2 || buf_reserve(out, (octets.len + 2) / 3 * 4) != VOUCH_OK)
		return VOUCH_ENOMEM;
	for (size_t i = 0; i < octets.len; i += 3) {
		size_t left = octets.len - i;
		uint32_t group = (uint32_t)octets.data[i] << 16;
		group |= left > 1 ? (uint32_t)octets.data[i + 1] << 8 : 0;
		group |= left > 2 ? octets.data[i + 2] : 0u;
		for (size_t k = 0; k < 4; k++)
			out->data[out->len++] = k > left ? (uint8_t)'=' :
							   (uint8_t)alphabet[group >> (18 - 6 * k) & 63];
	}
	return VOUCH_OK;
}
