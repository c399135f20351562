/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exchange in the hands of a public handler (struct vouch_http_exchange): it may be answered from any
 * thread, and even when the server has gone.
 */
#ifndef HTTP_HANDED_H
#define HTTP_HANDED_H

#include <vouch_http.h>

#include "http/exchange.h"
#include "http/pool.h"

struct http_desk;

enum http_handed_state { HTTP_HANDED = 0, HTTP_HANDED_ANSWERED, HTTP_HANDED_ABANDONED };

struct vouch_http_exchange {
	struct http_pool_item item;	/* first: the item and its exchange have one address */
	struct http_exchange *exchange; /* its spans hold until it is answered */
	struct http_desk *desk;		/* NULL: shown, not handed over; it cannot be answered */
	bool strict;			/* the server's, for vouch_http_answer() */
	vouch_http_reply reply;		/* the answer, on its way to the loop */
	unsigned state;			/* enum http_handed_state; atomic */
	bool unwanted;			/* answered, and nobody waits for it any more; the loop's */
	vouch_buf method, tags;		/* not in the request as they are asked for */
	vouch_buf fields; /* where each begins in the head (size_t), once somebody asked for one */
	struct vouch_http_exchange *next; /* spare */
};

/* For a callback that may only look; http_handed_free() afterwards. */
void http_handed_show(struct vouch_http_exchange *x, struct http_exchange *exchange);
/* Empties what belongs to the request and its answer, and keeps some of the memory for the next. */
void http_handed_reset(struct vouch_http_exchange *x);
/* Frees what it owns, not itself. */
void http_handed_free(struct vouch_http_exchange *x);

#endif
