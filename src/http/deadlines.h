/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of one kind, all equally long: who begins to wait goes to the end of the queue, so that the first
 * is always the next to expire, and beginning and ending cost the same for one connection and for ten
 * thousand.
 */
#ifndef HTTP_DEADLINES_H
#define HTTP_DEADLINES_H

#include <stdbool.h>
#include <stdint.h>

struct http_deadline {			       /* embedded in what waits */
	struct http_deadline *next, *previous; /* NULL: not waiting */
	uint64_t at;
};

struct http_deadlines {
	struct http_deadline ends; /* next is the first, previous the last */
	uint64_t ms;
};

void http_deadlines_init(struct http_deadlines *queue, uint64_t ms);
/* Begins to wait, anew if it does already (in any queue). */
void http_deadline_begin(struct http_deadlines *queue, struct http_deadline *deadline, uint64_t now);
void http_deadline_end(struct http_deadline *deadline);
/* The first whose time has come, or NULL; it still waits. */
struct http_deadline *http_deadlines_expired(const struct http_deadlines *queue, uint64_t now);
/* The first, whatever its time, or NULL. */
struct http_deadline *http_deadlines_first(const struct http_deadlines *queue);

#endif
