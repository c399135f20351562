/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vouch_http.h: OCSP over HTTP (RFC 6960 appendix A, RFC 9919 6 and 7) for users of vouch.h.
 *
 * vouch_http_answer() is the protocol without a socket, for who has an HTTP server: a request's method, target
 * and body in, status, header fields and body out.  vouch_http_start() is the server that the program vouch
 * uses: one call from a vouch_responder to a running responder.
 *
 * The rules of vouch.h on ownership, errors and strings hold here.  This library starts threads, opens
 * sockets and reads the clock; it writes no log and installs no signal handler, except vouch_http_serve().
 */
#ifndef VOUCH_HTTP_H
#define VOUCH_HTTP_H

#include <vouch.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * --- The protocol
 * --------------------------------------------------------------------------------------------------
 */

enum { /* vouch_http_request.flags, vouch_http_options.flags */
	/* Forgive nothing: see `lenient: false` in vouch.yaml(5) */
	VOUCH_HTTP_STRICT = 1,
	/* Call the handler on a thread of the pool: it may block.  Otherwise on a loop, where it must not. */
	VOUCH_HTTP_HANDLER_BLOCKS = 2,
	/* Hand requests of every method to the handler; otherwise others than GET, HEAD and POST get 405 */
	VOUCH_HTTP_ANY_METHOD = 4
};

/* One request, as it came in.  Everything is borrowed.  An empty span stands for an absent field. */
typedef struct {
	uint32_t size;
	uint32_t flags;	    /* VOUCH_HTTP_STRICT */
	const char *method; /* "GET", "HEAD", "POST", ... */
	/* Path and query as sent, begins with '/'.  Percent-encoding still there: a server that took it away
	 * may have lost a '+' or a "//", most of which is repaired. */
	vouch_span target;
	vouch_span content_type, content_encoding;
	vouch_span if_none_match, if_modified_since;
	vouch_span body;       /* whole, without transfer coding */
	vouch_time now;	       /* the wall clock */
	uint64_t monotonic_ms; /* see vouch_call */
} vouch_http_request;

/* The answer.  Owned by the caller: initialise to zero, set size, use again and again, then clear. */
typedef struct {
	uint32_t size;
	unsigned status; /* 200, 304, 400, 404, 405, 413, 415 */
	/* Whole header lines with CRLF: Content-Type, Cache-Control, ETag ...; Date, Connection and
	 * Content-Length are the server's */
	vouch_buf fields;
	vouch_buf body;	  /* what a GET gets; the server leaves it away for HEAD */
	bool no_length;	  /* HEAD of an answer that was not made: no Content-Length */
	bool has_outcome; /* it was OCSP: outcome says how it was answered */
	vouch_outcome outcome;
} vouch_http_reply;

/*
 * Answers one request with the responder.  Blocks as long as its sources and signers do.  Any request gets a
 * reply; only lack of memory makes it fail.  Any number of threads at a time, each with a reply of its own.
 */
VOUCH_API VOUCH_MUST int vouch_http_answer(vouch_responder *responder, const vouch_http_request *request,
    vouch_http_reply *reply, vouch_err *err);
/* Frees what the buffers own. */
VOUCH_API void vouch_http_reply_clear(vouch_http_reply *reply);

/*
 * --- The server
 * ----------------------------------------------------------------------------------------------------
 */

typedef struct vouch_http vouch_http;
typedef struct vouch_http_exchange vouch_http_exchange;

/*
 * Called for every whole request.  It answers once, now or later and from any thread, with
 * vouch_http_respond(); what is borrowed from the exchange is valid until then.
 */
typedef void vouch_http_handler(void *arg, vouch_http_exchange *exchange);
/* A request was answered: for an access log.  outcome is NULL when it was not OCSP.  Must not block. */
typedef void vouch_http_answered(void *arg, vouch_http_exchange *exchange, const vouch_outcome *outcome,
    unsigned status);
/* Sources could not be asked for changes, or can again (err is NULL).  On the polling thread. */
typedef void vouch_http_trouble(void *arg, const vouch_err *err);

typedef struct {
	uint32_t size;
	uint32_t flags;
	const char *const
	    *addresses; /* "127.0.0.1:8080", "[::]:0", "localhost:8080", "unix:/path", "systemd" */
	size_t address_count;
	vouch_responder
	    *responder; /* a reference is taken; polled in the background; may be NULL with a handler */
	vouch_http_handler *handler; /* NULL: every request is answered by the responder */
	void *handler_arg;
	vouch_http_answered *answered; /* may be NULL */
	void *answered_arg;
	vouch_http_trouble *trouble; /* may be NULL */
	void *trouble_arg;
	/* Zero is the default everywhere below */
	unsigned threads;	 /* loops; one per core */
	unsigned pool_threads;	 /* for a handler that blocks, started as they are needed; 32 */
	unsigned jobs;		 /* answers in the making, in all; beyond that tryLater; 1024 */
	unsigned job_time_ms;	 /* then tryLater; 10 s */
	unsigned connections;	 /* 10000 */
	unsigned per_address;	 /* 1000 */
	uint64_t head_limit;	 /* octets; 16 KiB */
	uint64_t body_limit;	 /* octets; 16 KiB */
	unsigned header_time_ms; /* 10 s */
	unsigned idle_time_ms;	 /* 60 s */
	unsigned drain_time_ms;	 /* how long a graceful end may take; 10 s */
} vouch_http_options;

/* Listens, and runs when it returns.  A taken port is VOUCH_EREFUSED. */
VOUCH_API VOUCH_MUST int vouch_http_start(vouch_http **out, const vouch_http_options *options,
    vouch_err *err);
/* The address as bound, with its real port: "127.0.0.1:43211"; NULL beyond the last.  Borrowed. */
VOUCH_API const char *vouch_http_address(const vouch_http *http, size_t number);
/* Requests that begin after it returns meet the new responder.  Takes a reference of its own.  Any thread. */
VOUCH_API void vouch_http_set_responder(vouch_http *http, vouch_responder *responder);
/*
 * Any thread.  The first call ends gracefully: what is in flight is answered, the rest is closed.  The second
 * cuts off.
 */
VOUCH_API void vouch_http_stop(vouch_http *http);
/* Returns when a stop has been carried out. */
VOUCH_API void vouch_http_wait(vouch_http *http);
/* Stops, waits and frees.  NULL is fine. */
VOUCH_API void vouch_http_free(vouch_http *http);
/*
 * The whole life of a program: starts, calls started (which may be NULL), and returns after SIGINT or SIGTERM
 * and a graceful end.  Blocks these two signals in the calling thread, from which it should be called
 * before others are started.
 */
VOUCH_API VOUCH_MUST int vouch_http_serve(const vouch_http_options *options,
    void (*started)(void *arg, vouch_http *http), void *arg, vouch_err *err);

/*
 * --- One exchange
 * ----------------------------------------------------------------------------------------------
 */

/* Fills request (its size set by the caller) with views of the exchange, and the clocks. */
VOUCH_API void vouch_http_exchange_request(vouch_http_exchange *exchange, vouch_http_request *request);
/* "HTTP/1.1", the peer as "127.0.0.1:51234" or "unix:". */
VOUCH_API const char *vouch_http_exchange_version(const vouch_http_exchange *exchange);
VOUCH_API const char *vouch_http_exchange_peer(vouch_http_exchange *exchange);
/* The header fields in the order they were sent; false beyond the last. */
VOUCH_API bool vouch_http_exchange_field(const vouch_http_exchange *exchange, size_t number, vouch_span *name,
    vouch_span *value);
/*
 * Answers: fields are whole lines with their CRLF; Date, Connection and Content-Length are added.  Copies.
 * The exchange is gone afterwards.  Any thread.
 */
VOUCH_API void vouch_http_respond(vouch_http_exchange *exchange, unsigned status, vouch_span fields,
    vouch_span body);
/* The same with what vouch_http_answer() made; the outcome reaches `answered`. */
VOUCH_API void vouch_http_respond_reply(vouch_http_exchange *exchange, const vouch_http_reply *reply);

#ifdef __cplusplus
}
#endif

#endif
