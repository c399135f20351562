/* SPDX-License-Identifier: Apache-2.0 */
/* One of the threads that make a load: its share of the requests, in time, over connections of its own. */
#ifndef BENCH_THREAD_H
#define BENCH_THREAD_H

#include <stdatomic.h>
#include <uv.h>

#include "bench/bench.h"
#include "bench/connection.h"
#include "bench/order.h"
#include "bench/wire.h"
#include "io/address.h"

struct bench_plan { /* shared, and not changed while threads run, but for `stop` and `first_fd` */
	const struct bench_options *options;
	struct io_address address;
	int first_fd; /* a connection that is open already, for the first thread; -1: used */
	struct bench_order order;
	uint64_t start_ns, end_ns; /* UINT64_MAX: requests are what ends it */
	atomic_bool stop;
};

struct bench_thread {
	struct bench_plan *plan;
	unsigned number;
	uv_thread_t thread;
	uv_loop_t loop;
	uv_timer_t tick;
	uv_poll_t clock; /* of an open loop: libuv's timers are too coarse for it */
	int clock_fd;
	struct bench_connection *connections;
	unsigned connection_count;
	struct bench_connection *idle_first,
	    *idle_last; /* of an open loop: they wait for a request to be due */
	uint64_t quota, issued, outstanding;
	uint64_t end_ns, finished_ns;
	uint64_t now_ns; /* when the event came that is being handled */
	struct bench_random random;
	struct bench_wire wire;
	struct bench_sample sample;
	struct bench_verdicts verdicts;
	struct bench_tally *tally;
	uint8_t *input; /* BENCH_INPUT octets, for whoever reads */
	bool is_over;
	int code;			       /* why it ended early; VOUCH_OK */
	atomic_uint_fast64_t answered, errors; /* for who watches */
	atomic_bool has_ended;
};

#define BENCH_INPUT 65536

VOUCH_MUST int bench_thread_init(struct bench_thread *t, struct bench_plan *plan, unsigned number,
    vouch_err *err);
void bench_thread_clear(struct bench_thread *t);
/* The entry point; arg is the thread. */
void bench_thread_main(void *arg);

/* For its connections. */

/* The next request that is due now; false: none. */
bool bench_thread_next(struct bench_thread *t, uint64_t now, struct bench_slot *out);
/* True while there is something to send, now or later. */
bool bench_thread_has_more(const struct bench_thread *t);
/* It has nothing to send; it is served when something is due. */
void bench_thread_idle(struct bench_thread *t, struct bench_connection *c);
/* A request has come to its end, one way or another. */
void bench_thread_done(struct bench_thread *t);
void bench_thread_error(struct bench_thread *t, enum bench_error error, uint64_t count);
/* Out of memory, or of something like it: nothing goes on. */
void bench_thread_fail(struct bench_thread *t, int code);
/* Ends the thread when all is done; now_ns is set. */
void bench_thread_end_if_done(struct bench_thread *t);

#endif
