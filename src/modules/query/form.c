/* SPDX-License-Identifier: Apache-2.0 */
/* Octets written as text. */
#include "modules/query/form.h"
#include "modules/query/parameter.h"

#include <stdio.h>
#include <string.h>

int
query_write_hex(vouch_buf *out, vouch_span octets, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	int code = VOUCH_OK;

	for (size_t i = 0; i < octets.len && code == VOUCH_OK; i++) {
		char pair[2] = { digits[octets.data[i] >> 4], digits[octets.data[i] & 15] };
		code = vouch_buf_append(out, pair, sizeof(pair));
	}
	return code;
}

int
query_write_base64(vouch_buf *out, vouch_span octets, bool url)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *alphabet = url ? urls : plain;
	int code = VOUCH_OK;

	for (size_t i = 0; i < octets.len && code == VOUCH_OK; i += 3) {
		size_t n = octets.len - i < 3 ? octets.len - i : 3;
		uint32_t bits = (uint32_t)octets.data[i] << 16;
		char four[4] = { '=', '=', '=', '=' };

		bits |= n > 1 ? (uint32_t)octets.data[i + 1] << 8 : 0;
		bits |= n > 2 ? octets.data[i + 2] : 0;
		for (size_t k = 0; k <= n; k++)
			four[k] = alphabet[bits >> (18 - 6 * k) & 63];
		code = vouch_buf_append(out, four, url ? n + 1 : 4);
	}
	return code;
}

/* Decimal digits are taken nine at a time, and numbers held in limbs of 32 bits, the lowest first: a magnitude has no more octets than its content. */
#define CHUNK 1000000000u
#define CHUNK_DIGITS 9
#define LIMBS (QUERY_SERIAL_MAX / 4)
#define CHUNKS (LIMBS * 32 / 29 + 1) /* 10^9 is more than 2^29 */

/* The magnitude; how many limbs there are. */
static size_t
take_limbs(uint32_t limbs[LIMBS], vouch_span number)
{
	bool negative = number.data[0] >= 0x80;
	unsigned carry = 1;

	memset(limbs, 0, LIMBS * sizeof(limbs[0]));
	for (size_t i = 0; i < number.len; i++) {
		unsigned octet = number.data[number.len - 1 - i];
		if (negative) {
			octet = (uint8_t)~octet + carry;
			carry = octet >> 8;
			octet &= 0xff;
		}
		limbs[i / 4] |= (uint32_t)octet << 8 * (i % 4);
	}
	return (number.len + 3) / 4;
}

static uint32_t
divide(uint32_t *limbs, size_t *count)
{
	uint64_t remainder = 0;

	for (size_t i = *count; i-- > 0;) {
		remainder = remainder << 32 | limbs[i];
		limbs[i] = (uint32_t)(remainder / CHUNK);
		remainder %= CHUNK;
	}
	while (*count > 0 && limbs[*count - 1] == 0)
		(*count)--;
	return (uint32_t)remainder;
}

int
query_write_decimal(vouch_buf *out, vouch_span serial_number)
{
	uint32_t limbs[LIMBS], chunks[CHUNKS];
	char text[1 + CHUNKS * CHUNK_DIGITS + 1];
	size_t n = 0, len = 0;

	if (serial_number.len == 0 || serial_number.len > QUERY_SERIAL_MAX)
		return VOUCH_EINVAL;
	size_t count = take_limbs(limbs, serial_number);
	do {
		chunks[n++] = divide(limbs, &count);
	} while (count > 0 && n < CHUNKS);
	len += (size_t)snprintf(text, sizeof(text), "%s%u", serial_number.data[0] >= 0x80 ? "-" : "",
	    chunks[n - 1]);
	while (--n > 0)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%09u", chunks[n - 1]);
	return vouch_buf_append(out, text, len);
}

/* Times ten and a digit more, in two's complement of the whole array, the highest octet first; false: it is full. */
static bool
shift_in(uint8_t *octets, size_t len, unsigned digit)
{
	unsigned carry = digit;

	for (size_t i = len; i-- > 0;) {
		carry += 10u * octets[i];
		octets[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return carry == 0 && octets[0] < 0x80;
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

bool
query_read_decimal(vouch_span text, uint8_t *out, size_t cap, vouch_span *serial_number)
{
	bool negative = text.len > 0 && text.data[0] == '-';
	size_t at = negative ? 1 : 0;

	if (at == text.len)
		return false;
	memset(out, 0, cap);
	for (; at < text.len; at++)
		if (text.data[at] < '0' || text.data[at] > '9' || !shift_in(out, cap, text.data[at] - '0'))
			return false;
	if (negative)
		negate(out, cap);
	/* X.690 8.3.2: the first nine bits are not all alike. */
	while (cap > 1 && ((out[0] == 0 && out[1] < 0x80) || (out[0] == 0xff && out[1] >= 0x80))) {
		out++;
		cap--;
	}
	*serial_number = (vouch_span){ out, cap };
	return true;
}
