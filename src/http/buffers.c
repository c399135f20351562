/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers that the connections of one thread borrow while octets are in them. */
#include "http/buffers.h"

#include "base/buf.h"

vouch_buf
http_buffers_get(struct http_buffers *buffers)
{
	vouch_buf buf = { 0 };

	if (buffers->count > 0)
		return buffers->kept[--buffers->count];
	/* Without memory it stays empty, which the caller sees by its capacity. */
	if (buf_reserve(&buf, HTTP_BUFFER_SIZE) != VOUCH_OK)
		return (vouch_buf){ 0 };
	return buf;
}

void
http_buffers_put(struct http_buffers *buffers, vouch_buf *buf)
{
	if (buf->cap == HTTP_BUFFER_SIZE && buffers->count < HTTP_BUFFERS_KEPT) {
		buf->len = 0;
		buffers->kept[buffers->count++] = *buf;
		*buf = (vouch_buf){ 0 };
		return;
	}
	vouch_buf_free(buf);
}

void
http_buffers_clear(struct http_buffers *buffers)
{
	while (buffers->count > 0)
		vouch_buf_free(&buffers->kept[--buffers->count]);
}
