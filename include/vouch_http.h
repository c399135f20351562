/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_http.h: OCSP over HTTP, for users of vouch.h. */

/**
 * @file vouch_http.h
 * OCSP over HTTP (RFC 6960 appendix A, RFC 9919 6 and 7), for users of vouch.h.
 *
 * vouch_http_answer() is the protocol without a socket, for who has an HTTP server: a request's method,
 * target and body in, status, header fields and body out.  vouch_http_start() is the server that the
 * program vouch uses: one call from a vouch_responder to a running responder; vouch_http_serve() is the
 * whole life of a program.
 *
 * The rules of vouch.h on units, ownership, errors and versions hold here; the SONAME is
 * `libvouch-http.so.1`.
 *
 * @par Threads
 * This library starts threads, opens sockets and reads the clock.  It writes no log and touches no signal,
 * except in vouch_http_serve().  Functions may be called by any thread where nothing else is said; a
 * handler that answers from a thread of its own needs no lock of ours.
 *
 * @par Example
 * The whole of a program that has a responder:
 *
 * @code
 * int
 * serve(vouch_responder *responder, vouch_err *err)
 * {
 *	static const char *const addresses[] = { "0.0.0.0:8080", "[::]:8080" };
 *	vouch_http_options options = { .size = sizeof(options),
 *		.addresses = addresses,
 *		.address_count = 2,
 *		.responder = responder };
 *
 *	return vouch_http_serve(&options, NULL, NULL, err);
 * }
 * @endcode
 */
#ifndef VOUCH_HTTP_H
#define VOUCH_HTTP_H

#include <vouch.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup vouch_http_protocol The protocol
 * A request in, a reply out, and no socket.
 * @{
 */

/** `flags` of vouch_http_request and vouch_http_options. */
enum {
	/** Forgive nothing: see `lenient: false` in vouch.yaml(5). */
	VOUCH_HTTP_STRICT = 1,
	/**
	 * Call the handler on a thread of the pool: it may block.  Otherwise on a loop, where it must not.
	 */
	VOUCH_HTTP_HANDLER_BLOCKS = 2,
	/**
	 * Hand requests of every method to the handler; the target may be "*" or an authority then.
	 * Otherwise others than GET, HEAD and POST get 405, and those that nobody knows 501.
	 */
	VOUCH_HTTP_ANY_METHOD = 4
};

/** One request, as it came in.  Everything is borrowed.  An empty span stands for an absent field. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_http_request)`. */
	uint32_t size;
	/** VOUCH_HTTP_STRICT or 0. */
	uint32_t flags;
	/** "GET", "HEAD", "POST" ... */
	const char *method;
	/**
	 * Path and query as sent; begins with '/'.
	 *
	 * Percent-encoding is still there: a server that took it away may have lost a '+' or a "//", most
	 * of which is repaired.
	 */
	vouch_span target;
	/** The field Content-Type. */
	vouch_span content_type;
	/** The field Content-Encoding. */
	vouch_span content_encoding;
	/** The field If-None-Match (RFC 9110 13.1.2). */
	vouch_span if_none_match;
	/** The field If-Modified-Since (RFC 9110 13.1.3). */
	vouch_span if_modified_since;
	/** The body, whole, without transfer coding. */
	vouch_span body;
	/** The wall clock. */
	vouch_time now;
	/** Milliseconds of a clock that never goes back: see vouch_call. */
	uint64_t monotonic_ms;
} vouch_http_request;

/**
 * The answer to a request.  Zero it and set size, use it again and again, then vouch_http_reply_clear() it.
 */
typedef struct {
	/** Set by the caller to `sizeof(vouch_http_reply)`. */
	uint32_t size;
	/** 200 for an OCSPResponse, 304; 200 (OPTIONS), 400, 404, 405, 413, 414, 415 and 501 without one. */
	unsigned status;
	/**
	 * Whole header lines with their CR LF: Content-Type, Cache-Control, ETag ...
	 *
	 * Date, Connection and Content-Length are the server's.
	 */
	vouch_buf fields;
	/** What a GET gets; the server leaves it away for HEAD. */
	vouch_buf body;
	/** HEAD of an answer that was not made: no Content-Length. */
	bool no_length;
	/** It was OCSP: outcome says how it was answered. */
	bool has_outcome;
	/** How it was answered; the last member, so that it can grow. */
	vouch_outcome outcome;
} vouch_http_reply;

/**
 * Answers one request with the responder.  Any request gets a reply; one whose target or body is longer
 * than 16 KiB, that with 414 or 413.
 *
 * Blocks as long as the responder's sources and signers do.  Any number of threads at a time, each with a
 * reply of its own.
 *
 * @param responder the responder; polled by the caller, if it has a store (vouch_responder_poll())
 * @param request what came in
 * @param reply its size set; what it held is replaced
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: a structure has no size; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_http_answer(vouch_responder *responder, const vouch_http_request *request,
    vouch_http_reply *reply, vouch_err *err);

/**
 * Frees what the buffers own; the reply may be used again.
 *
 * @param reply the reply
 */
VOUCH_API void vouch_http_reply_clear(vouch_http_reply *reply);

/** @} */

/**
 * @defgroup vouch_http_server The server
 * Listening, answering, ending.
 * @{
 */

/** A running server; see vouch_http_start(). */
typedef struct vouch_http vouch_http;
/** One request and its answer to be; see vouch_http_handler(). */
typedef struct vouch_http_exchange vouch_http_exchange;

/**
 * Called for every whole request.
 *
 * It answers once, now or later and from any thread, with vouch_http_respond() or
 * vouch_http_respond_reply(); what is borrowed from the exchange is valid until then.
 *
 * @param arg `handler_arg` of vouch_http_options
 * @param exchange the request
 */
typedef void vouch_http_handler(void *arg, vouch_http_exchange *exchange);

/**
 * A request was answered: for an access log.  Must not block.
 *
 * @param arg `answered_arg` of vouch_http_options
 * @param exchange valid for the call; to be looked at, not answered
 * @param outcome borrowed for the call; NULL: it was not OCSP
 * @param status the HTTP status
 */
typedef void vouch_http_answered(void *arg, vouch_http_exchange *exchange, const vouch_outcome *outcome,
    unsigned status);

/**
 * Sources could not be asked for changes, or can again.  On the polling thread.
 *
 * @param arg `trouble_arg` of vouch_http_options
 * @param err borrowed for the call; NULL: all is well again
 */
typedef void vouch_http_trouble(void *arg, const vouch_err *err);

/** How to serve.  Everything is copied; zero is the default of every number. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_http_options)`. */
	uint32_t size;
	/** VOUCH_HTTP_... */
	uint32_t flags;
	/** "127.0.0.1:8080", "[::]:0", "localhost:8080", "unix:/path", "systemd". */
	const char *const *addresses;
	/** How many addresses there are; at least one. */
	size_t address_count;
	/** A reference is taken; polled in the background; NULL only with a handler. */
	vouch_responder *responder;
	/** NULL: every request is answered by the responder. */
	vouch_http_handler *handler;
	/** Handed to handler. */
	void *handler_arg;
	/** NULL: nobody wants to know. */
	vouch_http_answered *answered;
	/** Handed to answered. */
	void *answered_arg;
	/** NULL: nobody wants to know. */
	vouch_http_trouble *trouble;
	/** Handed to trouble. */
	void *trouble_arg;
	/** Event loops; 0: one per core. */
	unsigned threads;
	/**
	 * Threads for a handler that blocks, or for sources that do; started as they are needed; at most
	 * 1024; 0: 32.
	 */
	unsigned pool_threads;
	/**
	 * Answers in the making, in all; beyond that clients are told tryLater, or, where there is a handler,
	 * 503 with Retry-After; 0: 1024.
	 */
	unsigned jobs;
	/** Milliseconds an answer of the responder's may take; then tryLater; 0: 10 s.  Not for a handler. */
	unsigned job_time_ms;
	/** Connections in all; 0: 10000. */
	unsigned connections;
	/** Connections of one address; 0: 1000. */
	unsigned per_address;
	/** The most octets of a request's line and header fields; 0: 16 KiB. */
	uint64_t head_limit;
	/** The most octets of a request's body; 0: 16 KiB. */
	uint64_t body_limit;
	/** Milliseconds from the first octet of a request to its last; 0: 10 s. */
	unsigned header_time_ms;
	/** Milliseconds that a connection may be idle; 0: 60 s. */
	unsigned idle_time_ms;
	/** Milliseconds that a graceful end may take; 0: 10 s. */
	unsigned drain_time_ms;
} vouch_http_options;

/**
 * Listens, and runs when it returns.
 *
 * @param[out] out the server
 * @param options how to serve
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: the options contradict themselves; VOUCH_EPARSE: an address is none;
 *   VOUCH_EREFUSED: a port is taken, or a socket's path is in use; VOUCH_EUNAVAILABLE: the machine has no
 *   such address; VOUCH_ELIMIT: too many addresses, or too long a path; VOUCH_EIO: the system refuses a
 *   socket or a thread; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_http_start(vouch_http **out, const vouch_http_options *options,
    vouch_err *err);

/**
 * An address as it was bound, with its real port.
 *
 * @param http the server
 * @param number from 0, in the order of the options
 * @return "127.0.0.1:43211"; NULL beyond the last
 */
VOUCH_API const char *vouch_http_address(const vouch_http *http, size_t number);

/**
 * Requests that begin after it returns meet the new responder.
 *
 * @param http the server
 * @param responder a reference is taken; NULL only where a handler answers, and ignored elsewhere
 */
VOUCH_API void vouch_http_set_responder(vouch_http *http, vouch_responder *responder);

/**
 * Ends gracefully when called first: what is in flight is answered, the rest is closed.  Called again, it
 * cuts off.  Does not wait; may be called on any thread, and in a signal handler.
 *
 * @param http the server
 */
VOUCH_API void vouch_http_stop(vouch_http *http);

/**
 * Returns when a stop has been carried out: no loop runs any more.
 *
 * That takes `drain_time_ms` at most, even if a handler still owes answers.  Sources and signers that are
 * being asked are waited for.
 *
 * @param http the server
 */
VOUCH_API void vouch_http_wait(vouch_http *http);

/**
 * Stops, unless that was done, waits, also for handlers that still run, and frees.  Not on a thread of the
 * server's own, nor in its callbacks.
 *
 * Exchanges that were cut off may still be answered afterwards, to nobody; they are freed by that.
 *
 * @param http may be NULL
 */
VOUCH_API void vouch_http_free(vouch_http *http);

/**
 * The whole life of a program: starts, calls started, and returns after SIGINT or SIGTERM and a graceful
 * end.
 *
 * Blocks these two signals in the calling thread, from which it should be called before others are started.
 * A second signal cuts off.  The signals are as they were when it returns.
 *
 * @param options how to serve
 * @param started called once when the server runs; may be NULL
 * @param arg handed to it
 * @param err why it failed; may be NULL
 * @return VOUCH_OK after a graceful end; what vouch_http_start() returned
 */
VOUCH_API VOUCH_MUST int vouch_http_serve(const vouch_http_options *options,
    void (*started)(void *arg, vouch_http *http), void *arg, vouch_err *err);

/** @} */

/**
 * @defgroup vouch_http_exchanges One exchange
 * What a handler sees of a request, and how it answers.
 * @{
 */

/**
 * Fills a request with views of the exchange, and the clocks.
 *
 * @param exchange the exchange
 * @param request its size set; nothing is written without one
 */
VOUCH_API void vouch_http_exchange_request(vouch_http_exchange *exchange, vouch_http_request *request);

/**
 * The version of the protocol.
 *
 * @param exchange the exchange
 * @return "HTTP/1.1" or "HTTP/1.0"; static
 */
VOUCH_API const char *vouch_http_exchange_version(const vouch_http_exchange *exchange);

/**
 * The peer.
 *
 * @param exchange the exchange
 * @return "127.0.0.1:51234" or "unix:"
 */
VOUCH_API const char *vouch_http_exchange_peer(vouch_http_exchange *exchange);

/**
 * The header fields in the order they were sent.
 *
 * @param exchange the exchange
 * @param number from 0
 * @param[out] name as it was sent
 * @param[out] value without the blanks around it
 * @return false beyond the last: name and value are not written
 */
VOUCH_API bool vouch_http_exchange_field(const vouch_http_exchange *exchange, size_t number, vouch_span *name,
    vouch_span *value);

/**
 * Answers, on any thread, once.  The exchange is gone afterwards.  If the client is gone already, so is the
 * answer.  Fields that are no whole lines (RFC 9112 5) make a 500 of it, so that nothing copied from a peer
 * ends a line.
 *
 * @param exchange one that a handler was called with
 * @param status the HTTP status, 200 to 599; anything else is 500
 * @param fields whole lines with their CR LF, copied; Date, Connection and Content-Length are added, and
 *   dropped, like Transfer-Encoding, where they are given
 * @param body copied; left away for HEAD; if it is empty, HEAD is told no length
 */
VOUCH_API void vouch_http_respond(vouch_http_exchange *exchange, unsigned status, vouch_span fields,
    vouch_span body);

/**
 * Answers with what vouch_http_answer() made; the outcome reaches `answered`.  The exchange is gone
 * afterwards.
 *
 * @param exchange one that a handler was called with
 * @param reply copied; one without a size is 500
 */
VOUCH_API void vouch_http_respond_reply(vouch_http_exchange *exchange, const vouch_http_reply *reply);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
