/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3, a keyed hash for tables whose keys are chosen by peers (Aumasson and Bernstein, 2012). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/span.h"

#define HASH_KEY_LENGTH 16

struct hash_128 {
	uint64_t first, second;
};

uint64_t hash_64(const uint8_t key[HASH_KEY_LENGTH], vouch_span octets);
struct hash_128 hash_128(const uint8_t key[HASH_KEY_LENGTH], vouch_span octets);

#endif
