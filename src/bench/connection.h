/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of a load, which comes back when it is lost.
 *
 *	DOWN -> CONNECTING -> OPEN -> CLOSING -> DOWN ...
 *
 * A request that was sent, and of whose answer no octet had come when the connection ended, is sent once
 * more: a server may close an idle connection at any moment (RFC 9112 9.5).
 */
#ifndef BENCH_CONNECTION_H
#define BENCH_CONNECTION_H

#include <uv.h>

#include "bench/questions.h"
#include "bench/reader.h"

struct bench_thread;

struct bench_slot {	      /* a request without its answer */
	uint64_t number;      /* of the question */
	uint64_t intended_ns; /* when it was to be sent: latency counts from there */
	uint8_t nonce[BENCH_NONCE];
	bool get, retried;
};

enum bench_connection_state { BENCH_DOWN, BENCH_CONNECTING, BENCH_OPEN, BENCH_CLOSING };

struct bench_connection { /* does not move */
	struct bench_thread *thread;
	uv_poll_t poll;
	int fd;
	enum bench_connection_state state;
	bool is_last, is_idle, is_blocked; /* no answer follows; in the queue; the kernel takes no more */
	uint64_t since_ns, retry_ns;
	struct bench_connection *next_idle;
	struct bench_reader reader;
	struct bench_slot *slots; /* a ring */
	unsigned first, count;
	vouch_buf out;
	size_t sent;
};

VOUCH_MUST int bench_connection_init(struct bench_connection *c, struct bench_thread *t, vouch_err *err);
void bench_connection_clear(struct bench_connection *c);
/* Sends what is due, connecting first where that is needed. */
void bench_connection_serve(struct bench_connection *c, uint64_t now);
/* Looks after what comes too late, and what is to be tried again. */
void bench_connection_tick(struct bench_connection *c, uint64_t now);
/* The thread ends. */
void bench_connection_end(struct bench_connection *c);

#endif
