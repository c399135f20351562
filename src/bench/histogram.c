/* SPDX-License-Identifier: Apache-2.0 */
/* A log-linear histogram of durations. */
#include "bench/histogram.h"

#define STEPS (UINT64_C(1) << BENCH_STEPS_LOG2)
#define TOP ((UINT64_C(1) << BENCH_TOP_LOG2) - 1)

static unsigned
octave_of(uint64_t value)
{
	unsigned log2 = 63 - (unsigned)__builtin_clzll(value | 1);

	return log2 < BENCH_STEPS_LOG2 ? 0 : log2 - BENCH_STEPS_LOG2;
}

/* The leading bit of the step number is the first of the next octave, so the octaves join without a gap. */
static size_t
bucket_of(uint64_t value)
{
	if (value > TOP)
		value = TOP;
	unsigned octave = octave_of(value);
	return ((size_t)octave << BENCH_STEPS_LOG2) + (size_t)(value >> octave);
}

/* The middle of what the bucket stands for. */
static uint64_t
value_of(size_t bucket)
{
	size_t octave = bucket >> BENCH_STEPS_LOG2;

	if (octave <= 1)
		return bucket;
	octave--;
	uint64_t step = bucket - (octave << BENCH_STEPS_LOG2);
	return (step << octave) + (UINT64_C(1) << octave) / 2;
}

void
bench_histogram_add(struct bench_histogram *h, uint64_t nanoseconds)
{
	if (h->count == 0 || nanoseconds < h->min)
		h->min = nanoseconds;
	if (nanoseconds > h->max)
		h->max = nanoseconds;
	h->count++;
	h->sum += nanoseconds;
	h->buckets[bucket_of(nanoseconds)]++;
}

void
bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *from)
{
	if (from->count == 0)
		return;
	if (into->count == 0 || from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	into->count += from->count;
	into->sum += from->sum;
	for (size_t i = 0; i < BENCH_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

/* The rank of the value that is asked for, from 1. */
static uint64_t
rank_of(const struct bench_histogram *h, double share)
{
	double exact = share * (double)h->count;
	uint64_t rank = exact > 0 ? (uint64_t)exact : 0;

	if ((double)rank < exact)
		rank++;
	if (rank < 1)
		return 1;
	return rank < h->count ? rank : h->count;
}

uint64_t
bench_histogram_quantile(const struct bench_histogram *h, double share)
{
	uint64_t seen = 0, rank = rank_of(h, share);

	if (h->count == 0)
		return 0;
	for (size_t i = 0; i < BENCH_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen < rank)
			continue;
		uint64_t value = value_of(i);
		value = value < h->min ? h->min : value;
		return value > h->max ? h->max : value;
	}
	return h->max;
}

uint64_t
bench_histogram_mean(const struct bench_histogram *h)
{
	return h->count > 0 ? h->sum / h->count : 0;
}
