/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines of one kind, all equally long. */
#include "http/deadlines.h"

#include <stddef.h>

void
http_deadlines_init(struct http_deadlines *queue, uint64_t ms)
{
	queue->ends.next = queue->ends.previous = &queue->ends;
	queue->ms = ms;
}

void
http_deadline_begin(struct http_deadlines *queue, struct http_deadline *deadline, uint64_t now)
{
	http_deadline_end(deadline);
	deadline->at = now + queue->ms;
	deadline->previous = queue->ends.previous;
	deadline->next = &queue->ends;
	deadline->previous->next = deadline;
	queue->ends.previous = deadline;
}

void
http_deadline_end(struct http_deadline *deadline)
{
	if (deadline->next == NULL)
		return;
	deadline->previous->next = deadline->next;
	deadline->next->previous = deadline->previous;
	deadline->next = deadline->previous = NULL;
}

struct http_deadline *
http_deadlines_first(const struct http_deadlines *queue)
{
	return queue->ends.next == &queue->ends ? NULL : queue->ends.next;
}

struct http_deadline *
http_deadlines_expired(const struct http_deadlines *queue, uint64_t now)
{
	struct http_deadline *first = http_deadlines_first(queue);

	return first != NULL && first->at <= now ? first : NULL;
}
