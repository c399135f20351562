/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text of octets. */
#include "base/hex.h"

#include "base/buf.h"
#include "base/err.h"

int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_encode(vouch_buf *out, vouch_span octets)
{
	static const char digits[] = "0123456789abcdef";

	if (octets.len > SIZE_MAX / 2 || buf_reserve(out, 2 * octets.len) != VOUCH_OK)
		return VOUCH_ENOMEM;
	for (size_t i = 0; i < octets.len; i++) {
		out->data[out->len++] = (uint8_t)digits[octets.data[i] >> 4];
		out->data[out->len++] = (uint8_t)digits[octets.data[i] & 15];
	}
	return VOUCH_OK;
}

/* Writes half as many octets as the text has digits. */
static int
decode_pairs(uint8_t *out, vouch_span text, vouch_err *err)
{
	for (size_t i = 0; i < text.len; i++) {
		int digit = hex_digit(text.data[i]);
		if (digit < 0)
			return err_at(err, VOUCH_EPARSE, i, "not a hexadecimal digit");
		out[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
	}
	return VOUCH_OK;
}

int
hex_decode(vouch_buf *out, vouch_span text, vouch_err *err)
{
	if (text.len % 2 != 0)
		return err_at(err, VOUCH_EPARSE, text.len, "odd number of hexadecimal digits");
	if (text.len == 0)
		return VOUCH_OK;
	if (buf_reserve(out, text.len / 2) != VOUCH_OK)
		return err_nomem(err);
	if (decode_pairs(out->data + out->len, text, err) != VOUCH_OK)
		return err->code;
	out->len += text.len / 2;
	return VOUCH_OK;
}
