/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk of one loop thread: hands exchanges to the public handler, and takes the answers that come from
 * other threads back to the loop.
 *
 *	handed ── answered on the loop, inside the handler ──────────────→ sent
 *	   ├───── answered elsewhere ── returned, wake ── loop ──────────→ sent
 *	   └───── the server cuts off ── abandoned ── answered some day ─→ freed
 *
 * An abandoned exchange holds a reference to the desk, and nothing else of the server.
 */
#ifndef HTTP_DESK_H
#define HTTP_DESK_H

#include "http/handed.h"
#include "http/returns.h"

/* Called on the loop just before an answer is sent. */
typedef void http_desk_answered(void *arg, struct vouch_http_exchange *x, const vouch_outcome *outcome,
    unsigned status);

struct http_desk {
	http_desk_answered *told; /* may be NULL */
	void *told_arg;
	unsigned *unanswered; /* the server's count; atomic */
	unsigned references;  /* atomic */
	bool strict;

	uv_thread_t thread;		     /* known from the first exchange on */
	struct http_returns answers;	     /* of other threads */
	struct vouch_http_exchange *current; /* in the handler's hands right now */
	struct vouch_http_exchange *spare;
	unsigned spare_count;
};

VOUCH_MUST int http_desk_new(struct http_desk **out, vouch_err *err);
/* Drops a reference.  NULL is fine. */
void http_desk_free(struct http_desk *desk);

/* All on the loop thread.  NULL: there is no memory. */
struct vouch_http_exchange *http_desk_hand(struct http_desk *desk, struct http_exchange *exchange);
/* Calls the handler; the exchange may be gone afterwards. */
void http_desk_call(struct http_desk *desk, struct vouch_http_exchange *x, vouch_http_handler *handler,
    void *arg);
/* The loop ends: all exchanges have been answered or abandoned. */
void http_desk_close(struct http_desk *desk);
/* Nobody waits for the exchange any more. */
void http_desk_abandon(struct vouch_http_exchange *x);

/* Any thread: its reply is filled in. */
void http_desk_return(struct vouch_http_exchange *x);
/* True when the handler answers at once: on the loop, and while it is being called. */
bool http_desk_is_current(const struct vouch_http_exchange *x);
/* On the loop: sends its reply, with this body; the exchange is gone. */
void http_desk_send(struct vouch_http_exchange *x, vouch_span body);
/* On the loop: it was never in the handler's hands. */
struct http_exchange *http_desk_take_back(struct vouch_http_exchange *x);
/* Any thread: drops an abandoned one; false when it is not. */
bool http_desk_drop_abandoned(struct vouch_http_exchange *x);

#endif
