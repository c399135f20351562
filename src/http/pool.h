/* SPDX-License-Identifier: Apache-2.0 */
/* Threads for what blocks: started as they are needed, up to a number, and kept until the end. */
#ifndef HTTP_POOL_H
#define HTTP_POOL_H

#include <vouch.h>

struct http_pool;

struct http_pool_item { /* embedded in what is to be run */
	struct http_pool_item *next;
};
/* Called on a thread of the pool, once for each item. */
typedef void http_pool_run(void *arg, struct http_pool_item *item);

VOUCH_MUST int http_pool_new(struct http_pool **out, unsigned threads, http_pool_run *run, void *arg,
    vouch_err *err);
/*
 * Any thread.  goes_first: before all that do not.  False: there is no thread, and none can be started.
 */
VOUCH_MUST bool http_pool_put(struct http_pool *pool, struct http_pool_item *item, bool goes_first);
/* Runs what waits, ends the threads and waits for them.  NULL is fine. */
void http_pool_free(struct http_pool *pool);

#endif
