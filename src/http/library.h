/* SPDX-License-Identifier: Apache-2.0 */
/* The server as a library (vouch_http.h): what it consists of. */
#ifndef HTTP_LIBRARY_H
#define HTTP_LIBRARY_H

#include "http/desk.h"
#include "http/ocsp.h"
#include "http/server.h"
#include "http/watch.h"

struct vouch_http {
	vouch_http_options options; /* addresses are the caller's, and gone */
	unsigned threads;
	struct io_listeners listeners;
	struct http_server *server;
	struct http_watch *watch;

	struct http_ocsp *ocsp;	  /* without a handler */
	struct http_pool *pool;	  /* for one that blocks */
	struct http_desk **desks; /* one per thread, for a handler */
	unsigned unanswered;	  /* exchanges in its hands; atomic */

	uv_mutex_t state_lock; /* guards what follows */
	uv_cond_t state_changed;
	vouch_responder *responder;
	bool was_stopped;  /* by a call of vouch_http_stop() */
	unsigned stopping; /* such calls that have not returned yet */
	bool stopped;
	vouch_err trouble; /* the last that was told; the watch's alone */
};

/* The server's callbacks for a handler of the user's; arg is the struct vouch_http. */
void http_library_handle(void *arg, struct http_exchange *exchange);
void http_library_tick(void *arg, unsigned thread, uv_loop_t *loop, bool last);
void http_library_abandoned(void *arg, struct http_exchange *exchange);
/* For its pool. */
void http_library_run(void *arg, struct http_pool_item *item);
/* Desks, and the pool if it blocks. */
VOUCH_MUST int http_library_handler_open(struct vouch_http *http, vouch_err *err);
/* After the server: waits for handlers that still run. */
void http_library_handler_close(struct vouch_http *http);
bool http_library_has_stopped(struct vouch_http *http);

#endif
