/* SPDX-License-Identifier: Apache-2.0 */
/* One thread of the server: a loop, what it accepts from, its connections and their deadlines. */
#ifndef HTTP_THREAD_H
#define HTTP_THREAD_H

#include "http/addresses.h"
#include "http/answer.h"
#include "http/buffers.h"
#include "http/counter.h"
#include "http/deadlines.h"
#include "http/message.h"
#include "http/server.h"

#define HTTP_PER_ADDRESS 1000 /* connections from one address, unless somebody wants it otherwise */

/*
 * So many connections are answered before the answers are written: a client that is woken by the first
 * finds the others, and code and data of one kind of work stay near.  They are few enough for their buffers
 * to stay in the core's own cache.
 */
#define HTTP_OUTGOING 32

/* Of the connections that let others go first, so many have their turn before the others are asked again. */
#define HTTP_TURN 32

struct http_connection;

enum http_wait {	       /* what a connection waits for, each with a deadline of its own */
	HTTP_WAIT_REQUEST = 0, /* the first octet of a request */
	HTTP_WAIT_HEAD,
	HTTP_WAIT_BODY,
	HTTP_WAIT_WRITE,   /* the client to read */
	HTTP_WAIT_LINGER,  /* the client to see our end of it and close */
	HTTP_WAIT_FAREWELL /* at the end of the server: a request that may be on its way */
};
#define HTTP_WAITS 6

struct http_acceptor {
	uv_poll_t poll;
	struct http_thread *thread;
	int fd; /* the owner of the listeners closes it */
};

struct http_thread {
	struct http_server *server;
	unsigned number;
	uv_thread_t id;
	uv_loop_t loop;
	uv_async_t wake; /* the server is to stop */
	uv_timer_t tick;
	uv_idle_t again;	/* runs while ready is not empty */
	uv_prepare_t departure; /* before the loop waits: outgoing is written */
	uv_check_t arrival;	/* after it has read: the same, before connections can go */
	struct http_acceptor *acceptors;
	size_t acceptor_count;
	bool accepting, paused; /* paused: no descriptor was left; until the next tick */
	bool draining, cut_off, ended;
	uint64_t drain_until;

	struct http_buffers buffers;
	struct http_deadlines waits[HTTP_WAITS];
	struct http_connection *connections; /* all that have a handle */
	struct http_connection *gone;	     /* without one, and not answered */
	struct http_connection *spare;	     /* structures to use again */
	size_t spare_count;
	struct http_connection *ready,
	    **ready_end;		   /* have something to be looked at, and let others go first */
	void (*before_waiting)(void *arg); /* NULL: nothing is to be done */
	void *before_waiting_arg;
	struct http_connection *outgoing[HTTP_OUTGOING]; /* have answers to be written, soon */
	size_t outgoing_count;
	size_t open; /* connections, unanswered exchanges, and whoever holds it */
	struct http_date date;
	struct http_counters counters; /* written by this thread alone, read by any */
	uint8_t scratch[16384];	       /* octets that nobody wants */
};

struct http_server {
	struct http_server_options options;
	struct http_limits limits;
	struct http_addresses *addresses;
	unsigned connections; /* over all threads; atomic */
	unsigned running;     /* threads; atomic */
	unsigned stops;	      /* how often http_server_stop() was called; atomic */
	struct http_thread **threads;
	unsigned thread_count;
};

/* The loop and its handles; then run it on a thread of its own. */
VOUCH_MUST int http_thread_new(struct http_thread **out, struct http_server *server, unsigned number,
    const struct io_listeners *listeners, vouch_err *err);
VOUCH_MUST int http_thread_run(struct http_thread *thread, vouch_err *err);
/* After it has ended, or was never run. */
void http_thread_free(struct http_thread *thread);
/* Lets the connection go on in one of the loop's next turns, after the others. */
void http_thread_again(struct http_thread *thread, struct http_connection *c);
/* Unless it waits for that, nothing happens. */
void http_thread_not_again(struct http_thread *thread, struct http_connection *c);
/* See http_exchange_before_waiting(). */
void http_thread_before_waiting(struct http_thread *thread, void (*call)(void *arg), void *arg);
/* One that was counted in thread->open has gone: the last one ends a thread that drains. */
void http_thread_left(struct http_thread *thread);

#endif
