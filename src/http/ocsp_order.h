/* SPDX-License-Identifier: Apache-2.0 */
/* An order: a signature that somebody else makes, for a job of this loop. */
#ifndef HTTP_OCSP_ORDER_H
#define HTTP_OCSP_ORDER_H

#include <uv.h>
#include <vouch.h>

/* Embedded in the job; tbs and signer stay as they are until http_ocsp_signed(). */
struct http_ocsp_order {
	vouch_signer *signer;
	vouch_span tbs;
	/* For whoever carries it out: */
	struct http_ocsp_order *next;
	uint64_t id;
};

/*
 * Carries out an order of a loop thread, called on that thread.  There it calls http_ocsp_signed() later, never
 * before it returns, and in any case once.  False: it cannot, and will not call.
 */
typedef bool http_ocsp_carry_out(void *arg, unsigned thread, uv_loop_t *loop, struct http_ocsp_order *order);

/* The value of the signature; empty: there is none, and the cause is told (static text). */
void http_ocsp_signed(struct http_ocsp_order *order, vouch_span signature, const char *cause);

#endif
