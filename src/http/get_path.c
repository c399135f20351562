/* SPDX-License-Identifier: Apache-2.0 */
/* The OCSPRequest in the path of a GET. */
#include "http/get_path.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/hex.h"

#define REPAIR_TEXT 512
#define REPAIR_SLASHES 8
#define HEADER_TEXT 8 /* characters of the first six octets: enough for tag and length */

/* RFC 3986 2.1: once; '+' is an ordinary character.  Stops at what is no percent-encoding; false then. */
static bool
percent_decode(vouch_buf *text, vouch_span raw)
{
	uint8_t *out = text->data + text->len;
	size_t i = 0;

	while (i < raw.len) {
		if (raw.data[i] != '%') {
			*out++ = raw.data[i++];
			continue;
		}
		int high = raw.len - i > 2 ? hex_digit(raw.data[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(raw.data[i + 2]) : -1;
		if (low < 0)
			break;
		*out++ = (uint8_t)(high << 4 | low);
		i += 3;
	}
	text->len = (size_t)(out - text->data);
	return i == raw.len;
}

/* an AIA URL that ends in '/' and a client that adds one more.  No request begins with a slash. */
static vouch_span
without_leading_slashes(vouch_span text)
{
	while (text.len > 0 && *text.data == '/') {
		text.data++;
		text.len--;
	}
	return text;
}

/* How many octets a DER element has, tag and length included; 0 when its header does not say. */
static size_t
announced_length(const uint8_t *der, size_t len)
{
	if (len < 4 || der[0] != 0x30)
		return 0;
	if (der[1] < 0x80)
		return (size_t)der[1] + 2;
	if (der[1] == 0x81)
		return (size_t)der[2] + 3;
	return der[1] == 0x82 ? ((size_t)der[2] << 8 | der[3]) + 4 : 0;
}

static bool
decode(struct http_get_path *path, vouch_span text, unsigned flags)
{
	vouch_err err;

	return base64_decode(text, flags, path->der.data, path->der.cap, &path->der.len, &err) == VOUCH_OK;
}

/*
 * Nearly every path: whole, and its first letter is plain.  What is not read here is taken apart step by step
 * and leaves its text for a repair.
 */
static bool
decode_at_once(struct http_get_path *path, vouch_span raw, unsigned flags)
{
	vouch_span text = without_leading_slashes(raw);

	return text.len > 0 && *text.data == 'M' && decode(path, text, flags | BASE64_PERCENT) &&
	    announced_length(path->der.data, path->der.len) <= path->der.len;
}

enum http_get_path_result
http_get_path_decode(struct http_get_path *path, vouch_span raw, bool strict)
{
	unsigned flags = strict ? 0 : BASE64_LENIENT;

	buf_clear(&path->text);
	buf_clear(&path->der);
	if (buf_reserve(&path->text, raw.len + 1) != VOUCH_OK ||
	    buf_reserve(&path->der, base64_octets(raw.len)) != VOUCH_OK)
		return HTTP_GET_PATH_NO_MEMORY;
	if (decode_at_once(path, raw, flags))
		return HTTP_GET_PATH_REQUEST;
	buf_clear(&path->der);
	bool decoded = percent_decode(&path->text, raw);
	vouch_span text = without_leading_slashes(span_buf(&path->text));
	if (text.len == 0 || *text.data != 'M') /* H-33: base64 of 0x30, with which every SEQUENCE begins */
		return HTTP_GET_PATH_OTHER;
	if (!decoded || !decode(path, text, flags))
		return HTTP_GET_PATH_MALFORMED;
	return HTTP_GET_PATH_REQUEST;
}

/* --- Repair --------------------------------------------------------------------------------------------- */

struct repair {
	uint8_t text[REPAIR_TEXT]; /* without padding */
	size_t len;
	size_t slashes[REPAIR_SLASHES]; /* where they are */
	unsigned slash_count;
	size_t octets;	  /* that the DER has, by its own length */
	unsigned missing; /* characters that it takes more than there are */
};

bool
http_get_path_is_short(const struct http_get_path *path, enum http_get_path_result result)
{
	if (result != HTTP_GET_PATH_REQUEST)
		return result == HTTP_GET_PATH_MALFORMED;
	return announced_length(path->der.data, path->der.len) > path->der.len;
}

static bool
measure(struct repair *r)
{
	uint8_t header[6];
	size_t len;
	vouch_err err;

	if (r->len < HEADER_TEXT ||
	    base64_decode(span_of(r->text, HEADER_TEXT), BASE64_LENIENT, header, sizeof(header), &len,
		&err) != VOUCH_OK)
		return false;
	r->octets = announced_length(header, len);
	size_t needed = (r->octets * 4 + 2) / 3;
	if (r->octets == 0 || needed <= r->len || needed - r->len > r->slash_count)
		return false;
	r->missing = (unsigned)(needed - r->len);
	return true;
}

/* Padding, and the line ends around it. */
static bool
is_ending(uint8_t c)
{
	return c == '=' || c == '\r' || c == '\n';
}

static bool
prepare(struct repair *r, vouch_span text)
{
	*r = (struct repair){ 0 };
	while (text.len > 0 && is_ending(text.data[text.len - 1]))
		text.len--;
	if (text.len > REPAIR_TEXT)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\r' || text.data[i] == '\n')
			continue;
		if (text.data[i] == '/') {
			if (r->slash_count == REPAIR_SLASHES)
				return false;
			r->slashes[r->slash_count++] = r->len;
		}
		r->text[r->len++] = text.data[i];
	}
	return measure(r);
}

/* Decodes the text with the chosen slashes doubled; false when it is not base64 of the right length. */
static bool
decode_candidate(const struct repair *r, unsigned chosen, vouch_buf *der)
{
	uint8_t text[REPAIR_TEXT + REPAIR_SLASHES];
	size_t from = 0, to = 0, len;
	vouch_err err;

	for (unsigned i = 0; i < r->slash_count; i++) {
		size_t until = r->slashes[i] + 1;
		memcpy(text + to, r->text + from, until - from);
		to += until - from;
		from = until;
		if ((chosen >> i & 1) != 0)
			text[to++] = '/';
	}
	memcpy(text + to, r->text + from, r->len - from);
	to += r->len - from;
	if (base64_decode(span_of(text, to), BASE64_LENIENT, der->data, der->cap, &len, &err) != VOUCH_OK ||
	    len != r->octets)
		return false;
	der->len = len;
	return true;
}

static unsigned
bits_of(unsigned mask)
{
	unsigned count = 0;

	for (; mask != 0; mask &= mask - 1)
		count++;
	return count;
}

bool
http_get_path_repair(struct http_get_path *path, http_get_path_served *served, void *arg)
{
	struct repair r;
	unsigned found = 0;

	buf_clear(&path->der);
	if (!prepare(&r, without_leading_slashes(span_buf(&path->text))) ||
	    buf_reserve(&path->der, r.octets + 3) != VOUCH_OK)
		return false;
	for (unsigned chosen = 1; chosen < 1u << r.slash_count; chosen++) {
		if (bits_of(chosen) != r.missing || !decode_candidate(&r, chosen, &path->der) ||
		    !served(arg, span_buf(&path->der)))
			continue;
		if (found != 0) /* two readings: nobody knows which was meant */
			return false;
		found = chosen;
	}
	return found != 0 && decode_candidate(&r, found, &path->der);
}

void
http_get_path_free(struct http_get_path *path)
{
	vouch_buf_free(&path->text);
	vouch_buf_free(&path->der);
}
