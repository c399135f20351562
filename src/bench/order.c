/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which a load asks: a Feistel network over the smallest square, walked until it is within
 * bounds.
 */
#include "bench/order.h"

#include "bench/random.h"

/* Three make a pseudorandom permutation (Luby and Rackoff, 1988); one more, since halves are small. */
#define ROUNDS 4

struct bench_order
bench_order_begin(uint64_t count, bool random, uint64_t seed)
{
	struct bench_order order = { .count = count, .seed = seed, .half_bits = 1, .random = random };

	while (order.half_bits < 31 && UINT64_C(1) << (2 * order.half_bits) < count)
		order.half_bits++;
	return order;
}

/* A permutation of the square, whatever the rounds compute. */
static uint64_t
permute(const struct bench_order *order, uint64_t key, uint64_t value)
{
	uint64_t mask = (UINT64_C(1) << order->half_bits) - 1;
	uint64_t left = value >> order->half_bits, right = value & mask;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t mixed = bench_random_mix(key + right * ROUNDS + round) & mask;
		uint64_t next = left ^ mixed;
		left = right;
		right = next;
	}
	return left << order->half_bits | right;
}

uint64_t
bench_order_at(const struct bench_order *order, uint64_t number)
{
	uint64_t value = number % order->count;

	if (!order->random)
		return value;
	uint64_t key = bench_random_mix(order->seed ^ bench_random_mix(number / order->count));
	/* Who starts within bounds comes back to them: the cycle of a permutation is closed. */
	do
		value = permute(order, key, value);
	while (value >= order->count);
	return value;
}
