/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3, a keyed hash for tables whose keys are chosen by peers (Aumasson and Bernstein, 2012). */
#include "base/hash.h"

#define FINAL_ROUNDS 3

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

/* Little-endian whatever the machine is; compilers make one load of it. */
static inline uint64_t
load(const uint8_t *p)
{
	uint64_t x = 0;

	for (unsigned i = 0; i < 8; i++)
		x |= (uint64_t)p[i] << 8 * i;
	return x;
}

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32) + s->v3;
	s->v2 += s->v1;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static inline void
sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

static inline uint64_t
sip_final(struct sip *s)
{
	for (int i = 0; i < FINAL_ROUNDS; i++)
		sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static inline struct sip
sip_start(const uint8_t key[HASH_KEY_LENGTH])
{
	uint64_t k0 = load(key), k1 = load(key + 8);

	return (struct sip){ k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
		k1 ^ 0x7465646279746573 };
}

static inline void
sip_octets(struct sip *s, vouch_span octets)
{
	size_t whole = octets.len - octets.len % 8;
	uint64_t last = (uint64_t)octets.len << 56;

	for (size_t i = 0; i < whole; i += 8)
		sip_word(s, load(octets.data + i));
	for (size_t i = whole; i < octets.len; i++)
		last |= (uint64_t)octets.data[i] << 8 * (i - whole);
	sip_word(s, last);
}

uint64_t
hash_64(const uint8_t key[HASH_KEY_LENGTH], vouch_span octets)
{
	struct sip s = sip_start(key);

	sip_octets(&s, octets);
	s.v2 ^= 0xff;
	return sip_final(&s);
}

struct hash_128
hash_128(const uint8_t key[HASH_KEY_LENGTH], vouch_span octets)
{
	struct sip s = sip_start(key);
	struct hash_128 h;

	s.v1 ^= 0xee;
	sip_octets(&s, octets);
	s.v2 ^= 0xee;
	h.first = sip_final(&s);
	s.v1 ^= 0xdd;
	h.second = sip_final(&s);
	return h;
}
