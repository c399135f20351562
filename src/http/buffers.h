/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers that the connections of one thread borrow while octets are in them: an idle connection holds none.
 */
#ifndef HTTP_BUFFERS_H
#define HTTP_BUFFERS_H

#include <vouch.h>

#define HTTP_BUFFER_SIZE 4096 /* most requests and most answers fit */
#define HTTP_BUFFERS_KEPT 256 /* 1 MiB per thread, at most */

struct http_buffers {
	vouch_buf kept[HTTP_BUFFERS_KEPT];
	size_t count;
};

/* An empty buffer with at least HTTP_BUFFER_SIZE octets of room; without any when there is no memory. */
vouch_buf http_buffers_get(struct http_buffers *buffers);
/* Gives it back and empties *buf.  One that has grown is not kept. */
void http_buffers_put(struct http_buffers *buffers, vouch_buf *buf);
void http_buffers_clear(struct http_buffers *buffers);

#endif
