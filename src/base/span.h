/* SPDX-License-Identifier: Apache-2.0 */
/* Spans: octets that belong to somebody else. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <string.h>
#include <vouch.h>

/* A string literal or an array, without a terminating NUL in the literal's case. */
#define SPAN_LITERAL(s) ((vouch_span){ (const uint8_t *)(s), sizeof(s) - 1 })
#define SPAN_ARRAY(a) ((vouch_span){ (a), sizeof(a) })

static inline vouch_span
span_of(const void *data, size_t len)
{
	return (vouch_span){ data, len };
}

static inline vouch_span
span_string(const char *s)
{
	return (vouch_span){ (const uint8_t *)s, strlen(s) };
}

static inline vouch_span
span_buf(const vouch_buf *buf)
{
	return (vouch_span){ buf->data, buf->len };
}

static inline bool
span_equal(vouch_span a, vouch_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

#endif
