/* SPDX-License-Identifier: Apache-2.0 */
/* What vouch bench shows while it works: a live line on a terminal, one line in ten seconds elsewhere. */
#ifndef CLI_BENCH_METER_H
#define CLI_BENCH_METER_H

#include "bench/bench.h"

struct bench_meter {
	uint64_t duration_ms;	      /* of the caller; 0: not known */
	struct bench_progress before; /* the rest belongs to bench_meter.c, and starts as zero */
	bool is_begun, is_terminal, is_drawn;
};

/* A bench_progress_cb; arg is the meter. */
void bench_meter_show(void *arg, const struct bench_progress *progress);
/* Removes the line, before anything else is printed. */
void bench_meter_end(struct bench_meter *meter);

#endif
