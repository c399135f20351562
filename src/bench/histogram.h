/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log-linear histogram of durations: each octave (2^n to 2^(n+1) nanoseconds) has 1024 steps of one width,
 * so that a value is known to a thousandth of itself, however large it is.
 *
 *	0 1 2 ... 1023 | 1024 1025 ... 2047 | 2048 2050 ... 4094 | 4096 4100 ... | ...
 *	one step each  | width 1            | width 2            | width 4
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <vouch.h>

#define BENCH_STEPS_LOG2 10
#define BENCH_TOP_LOG2 44 /* nanoseconds: almost five hours; what is longer counts as that */
#define BENCH_BUCKETS ((BENCH_TOP_LOG2 - BENCH_STEPS_LOG2 + 1) << BENCH_STEPS_LOG2)

struct bench_histogram {	       /* starts as zero */
	uint64_t count, min, max, sum; /* nanoseconds, exact */
	uint64_t buckets[BENCH_BUCKETS];
};

void bench_histogram_add(struct bench_histogram *h, uint64_t nanoseconds);
/* Adds what another one has counted. */
void bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *from);
/*
 * The least duration that at least this share (0 to 1) of the values does not exceed, within a thousandth; 0
 * of an empty one.
 */
uint64_t bench_histogram_quantile(const struct bench_histogram *h, double share);
uint64_t bench_histogram_mean(const struct bench_histogram *h);

#endif
