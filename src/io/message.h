/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between processes of ours, in a stream: a head of 16 octets, then a body whose length it says. */
#ifndef IO_MESSAGE_H
#define IO_MESSAGE_H

#include <vouch.h>

/*
 *   0              4       6        8                       16
 *   ┌──────────────┬───────┬────────┬───────────────────────┬──────╌╌
 *   │ body length  │ type  │ number │ id                    │ body
 *   └──────────────┴───────┴────────┴───────────────────────┴──────╌╌
 *
 * All numbers in network order, so that a trace reads as it is written.
 */
#define IO_MESSAGE_HEAD 16

struct io_message {
	uint16_t type, number;
	uint64_t id;
	vouch_span body;
};

/* Appends a message; its body is less than 4 GiB. */
VOUCH_MUST int io_message_append(vouch_buf *out, const struct io_message *message);
/*
 * The same in two steps, for a body that is appended in between: begin gives the place that end wants.  After a
 * failure in between, out->len = place drops it.
 */
VOUCH_MUST int io_message_begin(vouch_buf *out, const struct io_message *head, size_t *place);
VOUCH_MUST int io_message_end(vouch_buf *out, size_t place);
/*
 * Takes the first message off the stream; its body lies in it.  VOUCH_EAGAIN when it is not there whole;
 * VOUCH_ELIMIT when its body is announced as longer than limit: that is no peer of ours.
 */
VOUCH_MUST int io_message_next(vouch_span *stream, size_t limit, struct io_message *out);

#endif
