/* SPDX-License-Identifier: Apache-2.0 */
/* Message digests. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "base/span.h"

#define CRYPTO_DIGEST_MAX 64

/* Octets written to out, or 0 when the digest is not available. */
size_t crypto_digest(enum vouch_hash hash, vouch_span data, uint8_t out[CRYPTO_DIGEST_MAX]);

#endif
