/* SPDX-License-Identifier: Apache-2.0 */
/* Names (RFC 5280 4.1.2.4) in short. */
#ifndef CRYPTO_NAME_H
#define CRYPTO_NAME_H

#include "base/span.h"

/*
 * A new string: the last commonName, else the whole Name (RFC 4514), without control characters.
 * NULL: out of memory.
 */
char *crypto_name_short(vouch_span name);
/* Two Names in DER name the same (RFC 5280 7.1: case, blanks and kinds of string make no difference). */
bool crypto_name_equal(vouch_span a, vouch_span b);

#endif
