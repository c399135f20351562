/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text of octets. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/span.h"

/* 0 to 15, or -1. */
int hex_digit(uint8_t c);
/* Appends two lower-case digits for each octet. */
VOUCH_MUST int hex_encode(vouch_buf *out, vouch_span octets);
/* Appends the octets; only pairs of digits, either case.  The error's offset is into the text. */
VOUCH_MUST int hex_decode(vouch_buf *out, vouch_span text, vouch_err *err);

#endif
