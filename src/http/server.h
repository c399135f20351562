/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: threads with a loop each, their listeners, limits, counters, a graceful end. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/exchange.h"
#include "io/listen.h"

struct http_server;

/*
 * Called on a loop thread for every whole request by GET, HEAD or POST, or any method that is wanted.  It
 * must answer, now or later (http_exchange_respond).
 */
typedef void http_handler(void *arg, struct http_exchange *exchange);
/* Called on every loop thread a few times per second, and once with last set before its loop ends. */
typedef void http_tick(void *arg, unsigned thread, uv_loop_t *loop, bool last);
/*
 * An answer that the connection gave by itself (400, 405, 408 ...): for an access log.  The exchange may be
 * half empty.
 */
typedef void http_refused(void *arg, struct http_exchange *exchange, unsigned status);

/*
 * Everything was cut off, and nobody waits for the answer of this exchange any more: it is the callee's, with
 * all its spans, until http_exchange_free().  On its loop thread.
 */
typedef void http_abandoned(void *arg, struct http_exchange *exchange);

struct http_server_options {   /* zero is the default everywhere */
	unsigned threads;      /* 0: one per core */
	http_handler *handler; /* must */
	http_tick *tick;       /* may be NULL */
	http_refused *refused; /* may be NULL */
	/* May be NULL: the end of the server waits for every answer. */
	http_abandoned *abandoned;
	void *arg; /* of handler, tick and abandoned */
	void *refused_arg;
	/* May be NULL: called once, on the last thread, when every loop has ended. */
	void (*stopped)(void *arg);
	void *stopped_arg;
	size_t head_limit;    /* octets of request line and header fields; 16 KiB */
	size_t body_limit;    /* octets; 16 KiB */
	bool any_method;      /* OPTIONS and unknown methods are the handler's, too */
	unsigned connections; /* at a time, in all; 10000 */
	/*
	 * At a time from one address (IPv6: one /64); 1000.  Peers on this machine are one address but may be
	 * a proxy for many: they are held to it only when it is less than that, which is somebody's wish.
	 */
	unsigned per_address;
	unsigned header_time_ms; /* from the first octet of a head to its last; 10 s */
	unsigned body_time_ms;	 /* from there to the last octet of the body; 0: as header_time_ms */
	unsigned idle_time_ms;	 /* without a request, or without reading what we write; 60 s */
	unsigned drain_time_ms;	 /* how long a graceful end may take; 10 s */
};

/* How many threads a server of these options has. */
unsigned http_server_threads(const struct http_server_options *options);
/*
 * The listeners must have been opened for that many threads, and stay the caller's: they are closed after the
 * server has stopped. The threads run when it returns.
 */
VOUCH_MUST int http_server_start(struct http_server **out, const struct http_server_options *options,
    const struct io_listeners *listeners, vouch_err *err);
/*
 * Any thread may call it.  The first call ends gracefully: nothing new is accepted, idle connections are
 * closed, what is in flight is answered with Connection: close, and what is left after drain_time_ms is cut
 * off.  The second cuts everything off at once.
 */
void http_server_stop(struct http_server *server);
/* Waits until the threads have ended (after http_server_stop) and frees.  NULL is fine. */
void http_server_free(struct http_server *server);

#define HTTP_STATUSES 20 /* the rows of http_statuses() */
struct http_counters {
	uint64_t connections;	    /* open now */
	uint64_t accepted, refused; /* since the start; refused: over a cap, or no descriptor left */
	uint64_t requests[HTTP_METHODS][HTTP_STATUSES];
};
/* The status codes counted, in order; the last row is 0: any other. */
const unsigned *http_statuses(void);
/* Sums of all threads, read without stopping anybody. */
void http_server_count(const struct http_server *server, struct http_counters *out);

#endif
