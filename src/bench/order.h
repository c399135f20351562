/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which a load asks: one after another, or at random so that each pass over all asks about each
 * once, in another order each time, without a table.
 */
#ifndef BENCH_ORDER_H
#define BENCH_ORDER_H

#include <vouch.h>

struct bench_order {
	uint64_t count; /* of the things to ask about; at least 1 */
	uint64_t seed;
	unsigned half_bits; /* of the smallest square that holds count */
	bool random;
};

struct bench_order bench_order_begin(uint64_t count, bool random, uint64_t seed);
/* What the request of this number (from 0, without end) asks about: below count. */
uint64_t bench_order_at(const struct bench_order *order, uint64_t number);

#endif
