/* SPDX-License-Identifier: Apache-2.0 */
/* Paths: /status/ and base64 behind it. */
#include "path.h"

#include <string.h>

static const char PREFIX[] = "/status/";
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)
#define SEXTET_BITS 6
#define OCTET_BITS 8
#define NO_SEXTET (-1)

static int
sextet_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : NO_SEXTET;
}

static int
nibble_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next character of the text, its percent-encoding taken away; false at the end or when that is broken. */
static bool
next_character(vouch_span *text, uint8_t *out)
{
	if (text->len == 0)
		return false;
	size_t taken = 1;
	*out = text->data[0];
	if (*out == '%') {
		int high = text->len > 2 ? nibble_of(text->data[1]) : -1;
		int low = text->len > 2 ? nibble_of(text->data[2]) : -1;
		if (high < 0 || low < 0)
			return false;
		*out = (uint8_t)(high << 4 | low);
		taken = 3;
	}
	text->data += taken;
	text->len -= taken;
	return true;
}

/* A slash in front is the join of two halves of an URL: no request begins with it. */
static bool
begins_with_slash(vouch_span text)
{
	uint8_t c;

	return next_character(&text, &c) && c == '/';
}

/* Padding may be there or not; anything else that is no base64 is for the compatible way. */
static bool
decode(vouch_span text, uint8_t memory[PATH_OCTETS_MAX], vouch_span *out)
{
	unsigned bits = 0, bit_count = 0;
	size_t len = 0, padding = 0;
	uint8_t c;

	while (next_character(&text, &c)) {
		int sextet = sextet_of(c);
		padding += c == '=';
		if (c == '=' && padding <= 2)
			continue;
		if (sextet == NO_SEXTET || padding > 0 || len == PATH_OCTETS_MAX)
			return false;
		bits = bits << SEXTET_BITS | (unsigned)sextet;
		bit_count += SEXTET_BITS;
		if (bit_count < OCTET_BITS)
			continue;
		bit_count -= OCTET_BITS;
		memory[len++] = (uint8_t)(bits >> bit_count);
		bits &= (1u << bit_count) - 1;
	}
	*out = (vouch_span){ memory, len };
	/* A whole sextet left over is no base64 at all (RFC 4648 4). */
	return text.len == 0 && bit_count < SEXTET_BITS;
}

bool
path_request(const vouch_http_request *http, uint8_t memory[PATH_OCTETS_MAX], vouch_span *out)
{
	const uint8_t *query = memchr(http->target.data, '?', http->target.len);
	vouch_span path = { http->target.data,
		query == NULL ? http->target.len : (size_t)(query - http->target.data) };

	if (path.len < PREFIX_LENGTH || memcmp(path.data, PREFIX, PREFIX_LENGTH) != 0)
		return false;
	path.data += PREFIX_LENGTH;
	path.len -= PREFIX_LENGTH;
	if (strcmp(http->method, "POST") == 0) {
		*out = http->body;
		return path.len == 0;
	}
	return strcmp(http->method, "GET") == 0 && path.len > 0 && !begins_with_slash(path) &&
	    decode(path, memory, out);
}
