/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back to a loop from other threads, in the order it came. */
#ifndef HTTP_RETURNS_H
#define HTTP_RETURNS_H

#include <uv.h>

#include "http/pool.h"

/* Called on the loop for each item. */
typedef void http_returned(void *arg, struct http_pool_item *item);

struct http_returns {
	http_returned *returned;
	void *arg;
	uv_async_t wake;
	uv_mutex_t waiting_lock; /* guards the rest */
	struct http_pool_item *waiting, **waiting_end;
	bool open; /* the loop still comes for them */
};

VOUCH_MUST bool http_returns_init(struct http_returns *r, http_returned *returned, void *arg);
void http_returns_destroy(struct http_returns *r);
/* On the loop: from now on it comes for them.  True when it does already. */
VOUCH_MUST bool http_returns_open(struct http_returns *r, uv_loop_t *loop);
/* On the loop, which ends: the last are taken, and no more. */
void http_returns_close(struct http_returns *r);
/* Any thread.  False: nobody comes for it any more, and it stays the caller's. */
VOUCH_MUST bool http_returns_put(struct http_returns *r, struct http_pool_item *item);

#endif
