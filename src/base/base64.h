/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648 section 4), strict or with the liberties that OCSP clients and proxies take in a GET. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/span.h"

enum {				  /* flags of base64_decode(); 0 is RFC 4648 section 4 to the letter */
	BASE64_URL_ALPHABET = 1,  /* '-' and '_' as well */
	BASE64_NO_PADDING = 2,	  /* '=' may be missing at the end */
	BASE64_LINE_ENDS = 4,	  /* CR and LF are skipped */
	BASE64_BLANK_IS_PLUS = 8, /* a blank stands for the '+' that a form decoder ate */
	BASE64_LOOSE_BITS = 16,	  /* bits that no octet uses need not be zero */
	BASE64_LENIENT = 31,
	BASE64_PERCENT = 32 /* RFC 3986 2.1: each character may be percent-encoded, once */
};

/* The most octets that text of this length can stand for. */
static inline size_t
base64_octets(size_t text_len)
{
	return text_len / 4 * 3 + text_len % 4;
}

/*
 * Decodes into out, which has room for cap octets; *len is written on success.  VOUCH_EPARSE with the offset of the character that
 * is wrong (the end of the text if something is missing there), VOUCH_ELIMIT when cap is too small.  out and text may be the same memory.
 */
VOUCH_MUST int base64_decode(vouch_span text, unsigned flags, uint8_t *out, size_t cap, size_t *len,
    vouch_err *err);
/* The same, appending. */
VOUCH_MUST int base64_decode_buf(vouch_buf *out, vouch_span text, unsigned flags, vouch_err *err);
/* Appends the text, padded, on one line. */
VOUCH_MUST int base64_encode(vouch_buf *out, vouch_span octets);

#endif
