/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that look random and are the same for the same seed. */
#include "mock/random.h"

#define INCREMENT UINT64_C(0x9e3779b97f4a7c15)
#define FNV_PRIME UINT64_C(0x100000001b3)

struct mock_random
mock_random_begin(uint64_t seed, vouch_span octets)
{
	struct mock_random random = { .state = seed };

	for (size_t i = 0; i < octets.len; i++)
		random.state = (random.state ^ octets.data[i]) * FNV_PRIME;
	return random;
}

uint64_t
mock_random_next(struct mock_random *random)
{
	uint64_t z = random->state += INCREMENT;

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t
mock_random_below(struct mock_random *random, size_t below)
{
	return (size_t)(mock_random_next(random) % below);
}

void
mock_random_fill(struct mock_random *random, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)mock_random_next(random);
}
