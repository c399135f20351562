/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers: octets of one's own.  The public half (append, free) is in vouch.h. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

/* Room for extra octets beyond len; the data may move. */
VOUCH_MUST int buf_reserve(vouch_buf *buf, size_t extra);
VOUCH_MUST int buf_append_span(vouch_buf *buf, vouch_span span);
VOUCH_MUST int buf_append_string(vouch_buf *buf, const char *s);
VOUCH_MUST int buf_printf(vouch_buf *buf, const char *format, ...) VOUCH_PRINTF(2, 3);
/* Empties and keeps the memory. */
void buf_clear(vouch_buf *buf);

#endif
