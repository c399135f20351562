/* SPDX-License-Identifier: Apache-2.0 */
/* A load on a responder: made, counted, a sample of its answers verified. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "bench/questions.h"
#include "bench/sample.h"
#include "bench/tally.h"
#include "bench/url.h"

#define BENCH_CONNECTIONS_MAX 60000 /* as many as there are ports to one address */
#define BENCH_THREADS_MAX 256
#define BENCH_PIPELINE_MAX 64
#define BENCH_RATE_MAX 100000000
#define BENCH_SAMPLE_MAX 1000000

struct bench_progress {
	uint64_t elapsed_ms, answered, errors;
};

/* A few times a second, from the thread that called bench_run(). */
typedef void bench_progress_cb(void *arg, const struct bench_progress *progress);

struct bench_options {
	struct bench_url url;
	const struct bench_questions *questions; /* at least one */
	unsigned connections, threads;
	unsigned pipeline;    /* requests in flight on a connection; 1 with a rate */
	unsigned get_share;   /* in a hundred; the others are POST */
	bool close;	      /* a connection for each request */
	bool random;	      /* order; else one after another */
	bool verify_all;      /* at once, by the threads that make the load */
	size_t sample;	      /* how many answers to verify afterwards */
	uint64_t seed;	      /* of what is random */
	uint64_t rate;	      /* requests a second; 0: the next one as soon as one is answered */
	uint64_t requests;    /* at most; 0: no such bound */
	uint64_t duration_ms; /* 0: no such bound; one of them is needed */
	unsigned timeout_ms;  /* for each answer */
	struct bench_belief belief;
	bench_progress_cb *progress; /* NULL: none */
	void *arg;
};

struct bench_result { /* starts as zero */
	struct bench_tally *tally;
	struct bench_verdicts verdicts;
	uint64_t elapsed_ns;
	bool interrupted; /* by SIGINT or SIGTERM */
};

/* VOUCH_EUNAVAILABLE when nobody listens there; whatever happens later is counted. */
VOUCH_MUST int bench_run(struct bench_result *out, const struct bench_options *options, vouch_err *err);
void bench_result_clear(struct bench_result *result);

#endif
