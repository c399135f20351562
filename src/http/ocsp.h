/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSP over HTTP (RFC 6960 appendix A, RFC 9919 6 and 7): a handler for http/server.h on top of a
 * vouch_responder.
 */
#ifndef HTTP_OCSP_H
#define HTTP_OCSP_H

#include "http/exchange.h"
#include "http/ocsp_order.h"

struct http_ocsp;

/* Signs on behalf of a job; VOUCH_OK or the client is told tryLater. */
typedef int http_ocsp_sign(void *arg, vouch_signer *signer, vouch_span tbs, vouch_buf *signature,
    vouch_err *err);
/*
 * One request was answered with an HTTP status; called on its loop thread, just before it is sent.  outcome
 * is NULL when it never was OCSP (404, 415, a path that is not base64).
 */
typedef void http_ocsp_answered(void *arg, struct http_exchange *exchange, const vouch_outcome *outcome,
    unsigned status);

struct http_ocsp_limits;
/* How many signatures of an issuer a thread may ask for, and have waiting (ocsp_budget.h). */
typedef void http_ocsp_limits_of(void *arg, const vouch_issuer *issuer, vouch_signer *signer,
    struct http_ocsp_limits *out);

struct http_ocsp_options {
	unsigned threads;     /* of the server; must */
	bool strict;	      /* lenient: false: to their strict outcome */
	size_t request_limit; /* octets of an OCSPRequest in a path; 0: 16 KiB */
	unsigned jobs;	      /* answers in the making, in all; beyond that tryLater at once; 0: 10000 */
	unsigned job_time_ms; /* then the client is told tryLater, and the job goes on; 0: 10 s */
	http_ocsp_sign *sign; /* NULL: vouch_signer_sign() */
	void *sign_arg;
	bool sign_in_pool; /* sign blocks: it is called on a thread of the pool */
	http_ocsp_carry_out
	    *carry_out;		     /* instead of sign: whoever makes signatures elsewhere; NULL: nobody */
	http_ocsp_limits_of *limits; /* must with carry_out */
	/* May be NULL: called on each loop thread like the tick of the server, also with last. */
	void (*carry_out_tick)(void *arg, unsigned thread, bool last);
	void *carry_out_arg;	      /* of all three */
	unsigned pool_threads;	      /* for what blocks, started as they are needed; 0: 32 */
	http_ocsp_answered *answered; /* may be NULL */
	void *answered_arg;
};

/* Takes a reference of its own to the responder. */
VOUCH_MUST int http_ocsp_new(struct http_ocsp **out, const struct http_ocsp_options *options,
    vouch_responder *responder, vouch_err *err);
/* After the server has been freed.  NULL is fine. */
void http_ocsp_free(struct http_ocsp *ocsp);

/* The handler and the tick of the server; arg is the struct http_ocsp. */
void http_ocsp_handle(void *arg, struct http_exchange *exchange);
void http_ocsp_tick(void *arg, unsigned thread, uv_loop_t *loop, bool last);

/*
 * Any thread may call it.  Requests that begin after it returns meet the new responder; jobs in flight end
 * with the old one.
 */
void http_ocsp_set_responder(struct http_ocsp *ocsp, vouch_responder *responder);
/* A reference to the responder now in use, to be freed. */
vouch_responder *http_ocsp_responder(struct http_ocsp *ocsp);

struct http_ocsp_counters {
	uint64_t repaired_paths; /* GETs whose "//" a proxy had merged */
	uint64_t jobs;		 /* in flight now */
	uint64_t signatures, signature_errors;
	uint64_t refused_jobs;	     /* tryLater because too many were in flight, or they took too long */
	uint64_t refused_signatures; /* tryLater because too many signatures were waited for */
	uint64_t renewals;	     /* of stored answers, ahead of time */
	uint64_t refused_lookups;    /* tryLater because too many ask for what no source knows */
};
void http_ocsp_count(const struct http_ocsp *ocsp, struct http_ocsp_counters *out);

#endif
