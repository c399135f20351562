/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that look random, fast: splitmix64 (Steele, Lea, Flood, 2014).  For the nonces of a load, never for
 * a secret.
 */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <vouch.h>

struct bench_random {
	uint64_t state;
};

/* The mixing alone: another number for each number. */
static inline uint64_t
bench_random_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline uint64_t
bench_random_next(struct bench_random *random)
{
	return bench_random_mix(random->state += UINT64_C(0x9e3779b97f4a7c15));
}

/* From 0 to below, exclusive; below is not 0. */
static inline uint64_t
bench_random_below(struct bench_random *random, uint64_t below)
{
	return bench_random_next(random) % below;
}

#endif
