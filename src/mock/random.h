/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that look random and are the same for the same seed: splitmix64 (Steele, Lea, Flood, 2014). */
#ifndef MOCK_RANDOM_H
#define MOCK_RANDOM_H

#include <vouch.h>

struct mock_random {
	uint64_t state;
};

/* From the seed alone; or with octets, from it and a request, whose order among others is without effect. */
struct mock_random mock_random_begin(uint64_t seed, vouch_span octets);
uint64_t mock_random_next(struct mock_random *random);
/* 0 to below - 1; below is not 0. */
size_t mock_random_below(struct mock_random *random, size_t below);
void mock_random_fill(struct mock_random *random, uint8_t *out, size_t len);

#endif
