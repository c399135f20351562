/* SPDX-License-Identifier: Apache-2.0 */
/* Octets written as text. */
#ifndef QUERY_FORM_H
#define QUERY_FORM_H

#include <vouch.h>

VOUCH_MUST int query_write_hex(vouch_buf *out, vouch_span octets, bool upper);
/* url: the alphabet of URLs, and no padding (RFC 4648 5). */
VOUCH_MUST int query_write_base64(vouch_buf *out, vouch_span octets, bool url);
/* The content of a DER INTEGER of up to QUERY_SERIAL_MAX octets in decimal digits. */
VOUCH_MUST int query_write_decimal(vouch_buf *out, vouch_span serial_number);

/* The content of a DER INTEGER that is written in decimal digits, with a '-' or not; false: it is not. */
VOUCH_MUST bool query_read_decimal(vouch_span text, uint8_t *out, size_t cap, vouch_span *serial_number);

#endif
