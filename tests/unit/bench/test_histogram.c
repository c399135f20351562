/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles of the histogram beside those of the sorted values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "bench/histogram.h"
#include "bench/random.h"

#define VALUES 20000

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The least value that at least this share of the sorted ones does not exceed. */
static uint64_t
exact_quantile(const uint64_t *sorted, size_t count, double share)
{
	size_t rank = (size_t)(share * (double)count);

	if ((double)rank < share * (double)count)
		rank++;
	return sorted[rank == 0 ? 0 : rank - 1];
}

static void
assert_within_a_thousandth(uint64_t got, uint64_t exact)
{
	uint64_t off = got > exact ? got - exact : exact - got;

	if (off > exact / 1000)
		fail_msg("%llu is more than a thousandth from %llu", (unsigned long long)got,
		    (unsigned long long)exact);
}

/* Values of every size: as many of ten digits as of three. */
static void
fill(struct bench_histogram *h, uint64_t *values, uint64_t seed)
{
	struct bench_random random = { seed };

	for (size_t i = 0; i < VALUES; i++) {
		values[i] = bench_random_next(&random) >> (20 + bench_random_below(&random, 44));
		bench_histogram_add(h, values[i]);
	}
	qsort(values, VALUES, sizeof(*values), compare);
}

static void
quantiles_are_exact_to_a_thousandth(void **state)
{
	static const double shares[] = { 0, 0.0001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1 };
	struct bench_histogram *h = calloc(1, sizeof(*h));
	uint64_t *values = calloc(VALUES, sizeof(*values));

	(void)state;
	assert_true(h != NULL && values != NULL);
	fill(h, values, 7);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		assert_within_a_thousandth(bench_histogram_quantile(h, shares[i]),
		    exact_quantile(values, VALUES, shares[i]));
	assert_true(h->min == values[0] && h->max == values[VALUES - 1]);
	free(values);
	free(h);
}

static void
each_value_alone_comes_back_within_a_thousandth(void **state)
{
	struct bench_histogram *h = calloc(1, sizeof(*h));

	(void)state;
	assert_non_null(h);
	for (unsigned bit = 0; bit < BENCH_TOP_LOG2; bit++) {
		for (int by = -1; by <= 1; by++) {
			uint64_t value = (UINT64_C(1) << bit) + (uint64_t)(int64_t)by;
			*h = (struct bench_histogram){ 0 };
			bench_histogram_add(h, 1);
			bench_histogram_add(h, value);
			bench_histogram_add(h, UINT64_C(1) << 45);
			assert_within_a_thousandth(bench_histogram_quantile(h, 0.5), value > 1 ? value : 1);
		}
	}
	free(h);
}

static void
small_values_are_exact(void **state)
{
	struct bench_histogram *h = calloc(1, sizeof(*h));

	(void)state;
	assert_non_null(h);
	for (uint64_t value = 0; value < 2048; value++)
		bench_histogram_add(h, value);
	assert_int_equal(bench_histogram_quantile(h, 0.5), 1023);
	assert_int_equal(bench_histogram_mean(h), 1023);
	free(h);
}

static void
an_empty_one_has_no_quantiles(void **state)
{
	struct bench_histogram *h = calloc(1, sizeof(*h));

	(void)state;
	assert_non_null(h);
	assert_int_equal(bench_histogram_quantile(h, 0.5), 0);
	assert_int_equal(bench_histogram_mean(h), 0);
	free(h);
}

static void
the_longest_durations_are_counted_and_their_maximum_is_exact(void **state)
{
	struct bench_histogram *h = calloc(1, sizeof(*h));

	(void)state;
	assert_non_null(h);
	bench_histogram_add(h, 5);
	bench_histogram_add(h, UINT64_MAX);
	assert_int_equal(h->count, 2);
	assert_true(h->max == UINT64_MAX);
	assert_int_equal(bench_histogram_quantile(h, 0.5), 5);
	assert_true(bench_histogram_quantile(h, 1) >= UINT64_C(1) << (BENCH_TOP_LOG2 - 1));
	free(h);
}

static void
merging_is_counting_together(void **state)
{
	struct bench_histogram *h = calloc(4, sizeof(*h));
	uint64_t *values = calloc(VALUES, sizeof(*values));

	(void)state;
	assert_true(h != NULL && values != NULL);
	fill(&h[0], values, 1);
	fill(&h[1], values, 2);
	fill(&h[2], values, 1);
	fill(&h[2], values, 2);
	bench_histogram_merge(&h[0], &h[1]);
	bench_histogram_merge(&h[0], &h[3]);
	assert_memory_equal(&h[0], &h[2], sizeof(*h));
	bench_histogram_merge(&h[3], &h[1]);
	assert_memory_equal(&h[3], &h[1], sizeof(*h));
	free(values);
	free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_exact_to_a_thousandth),
		cmocka_unit_test(each_value_alone_comes_back_within_a_thousandth),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(an_empty_one_has_no_quantiles),
		cmocka_unit_test(the_longest_durations_are_counted_and_their_maximum_is_exact),
		cmocka_unit_test(merging_is_counting_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
