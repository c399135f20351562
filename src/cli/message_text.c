/* SPDX-License-Identifier: Apache-2.0 */
/* An OCSP message that somebody copied as text. */
#include "cli/message_text.h"

#include "base/base64.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/span.h"

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static vouch_span
trim(vouch_span text)
{
	while (text.len > 0 && is_blank(text.data[0]))
		text = span_of(text.data + 1, text.len - 1);
	while (text.len > 0 && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* What is between the first BEGIN line and the END line; all of it when there are none. */
static vouch_span
unwrap(vouch_span text)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";

	if (text.len < sizeof(begin) || memcmp(text.data, begin, sizeof(begin) - 1) != 0)
		return text;
	const uint8_t *line = memchr(text.data, '\n', text.len);
	if (line == NULL)
		return text;
	vouch_span inner = span_of(line + 1, text.len - (size_t)(line + 1 - text.data));
	const uint8_t *stop = memmem(inner.data, inner.len, end, sizeof(end) - 1);
	if (stop != NULL)
		inner.len = (size_t)(stop - inner.data);
	return trim(inner);
}

/* RFC 3986 2.1, in place: it only gets shorter. */
static size_t
undo_percent(uint8_t *text, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		int high = text[i] == '%' && i + 2 < len ? hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
		text[out++] = low >= 0 ? (uint8_t)(high << 4 | low) : text[i];
		i += low >= 0 ? 2 : 0;
	}
	return out;
}

/* PEM says what it is: of a certificate's octets no decoder of messages has anything to tell. */
static int
refuse_others(vouch_span text, vouch_err *err)
{
	static const struct {
		const char *label, *what;
	} others[] = {
		{ "-----BEGIN CERTIFICATE-----", "a certificate" },
		{ "-----BEGIN CERTIFICATE REQUEST-----", "a certificate request" },
		{ "-----BEGIN X509 CRL-----", "a CRL" },
		{ "-----BEGIN PRIVATE KEY-----", "a private key" },
		{ "-----BEGIN EC PRIVATE KEY-----", "a private key" },
		{ "-----BEGIN RSA PRIVATE KEY-----", "a private key" },
		{ "-----BEGIN ENCRYPTED PRIVATE KEY-----", "a private key" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		size_t len = strlen(others[i].label);
		if (text.len >= len && memcmp(text.data, others[i].label, len) == 0)
			return err_set(err, VOUCH_EPARSE, "%s, not an OCSP request or response",
			    others[i].what);
	}
	return VOUCH_OK;
}

int
message_text_decode(vouch_buf *octets, vouch_err *err)
{
	vouch_span text = trim(span_buf(octets));

	if (refuse_others(text, err) != VOUCH_OK)
		return err->code;
	text = unwrap(text);
	/* A message is a SEQUENCE, 0x30, which makes an 'M'; and an 'M' begins nothing else of OCSP. */
	if (text.len == 0 || text.data[0] != 'M')
		return VOUCH_OK;
	memmove(octets->data, text.data, text.len);
	octets->len = undo_percent(octets->data, text.len);
	if (base64_decode(span_buf(octets), BASE64_LENIENT, octets->data, octets->cap, &octets->len, err) !=
	    VOUCH_OK)
		return err_set(err, VOUCH_EPARSE, "it begins as base64, but character %zu is not of it",
		    err->offset + 1);
	return VOUCH_OK;
}
