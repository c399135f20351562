/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers: octets of one's own. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST 64

int
buf_reserve(vouch_buf *buf, size_t extra)
{
	if (extra <= buf->cap - buf->len)
		return VOUCH_OK;
	if (extra > SIZE_MAX / 2 - buf->len)
		return VOUCH_ENOMEM;
	size_t cap = buf->cap < BUF_FIRST ? BUF_FIRST : buf->cap;
	while (cap < buf->len + extra)
		cap *= 2;
	uint8_t *data = realloc(buf->data, cap);
	if (data == NULL)
		return VOUCH_ENOMEM;
	buf->data = data;
	buf->cap = cap;
	return VOUCH_OK;
}

int
vouch_buf_append(vouch_buf *buf, const void *data, size_t len)
{
	if (len == 0)
		return VOUCH_OK;
	if (buf_reserve(buf, len) != VOUCH_OK)
		return VOUCH_ENOMEM;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	return VOUCH_OK;
}

void
vouch_buf_free(vouch_buf *buf)
{
	free(buf->data);
	*buf = (vouch_buf){ 0 };
}

int
buf_append_span(vouch_buf *buf, vouch_span span)
{
	return vouch_buf_append(buf, span.data, span.len);
}

int
buf_append_string(vouch_buf *buf, const char *s)
{
	return vouch_buf_append(buf, s, strlen(s));
}

int
buf_printf(vouch_buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	/* vsnprintf writes a NUL, for which there must be room although it is not counted. */
	if (len < 0 || buf_reserve(buf, (size_t)len + 1) != VOUCH_OK)
		return VOUCH_ENOMEM;
	va_start(args, format);
	vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
	return VOUCH_OK;
}

void
buf_clear(vouch_buf *buf)
{
	buf->len = 0;
}
