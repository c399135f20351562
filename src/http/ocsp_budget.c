/* SPDX-License-Identifier: Apache-2.0 */
/* The budget of signatures. */
#include "http/ocsp_budget.h"

#include <stdlib.h>

#define SHARE 840 /* what one signature costs a class of weight 1; weights divide it */

/*
 * While all wait: of 16 signatures 8 are first answers, which end the waiting of everybody who asks the same, 4
 * keep stored answers from ending, and who asks for himself alone, or for what is not there, has the rest.
 */
static const uint64_t cost[HTTP_OCSP_CLASSES] = {
	[HTTP_OCSP_RENEWAL] = SHARE / 4,
	[HTTP_OCSP_FIRST] = SHARE / 8,
	[HTTP_OCSP_NONCED] = SHARE / 2,
	[HTTP_OCSP_MANY] = SHARE / 1,
	[HTTP_OCSP_STRANGER] = SHARE / 1,
};

static struct http_ocsp_account *
find(const struct http_ocsp_budget *budget, const vouch_issuer *issuer)
{
	struct http_ocsp_account *a = budget->busy;

	while (a != NULL && a->issuer != issuer)
		a = a->next;
	return a;
}

static struct http_ocsp_account *
open_account(struct http_ocsp_budget *budget, const vouch_issuer *issuer,
    const struct http_ocsp_limits *limits)
{
	struct http_ocsp_account *a = budget->spare;

	if (a != NULL)
		budget->spare = a->next;
	else if ((a = malloc(sizeof(*a))) == NULL)
		return NULL;
	*a = (struct http_ocsp_account){ .next = budget->busy, .issuer = issuer, .limits = *limits };
	for (size_t i = 0; i < HTTP_OCSP_CLASSES; i++)
		a->queues[i].end = &a->queues[i].first;
	budget->busy = a;
	return a;
}

static void
close_account(struct http_ocsp_budget *budget, struct http_ocsp_account *a)
{
	struct http_ocsp_account **at = &budget->busy;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	a->next = budget->spare;
	budget->spare = a;
}

static void
free_all(struct http_ocsp_account *a)
{
	while (a != NULL) {
		struct http_ocsp_account *next = a->next;
		free(a);
		a = next;
	}
}

void
http_ocsp_budget_clear(struct http_ocsp_budget *budget)
{
	free_all(budget->busy);
	free_all(budget->spare);
	*budget = (struct http_ocsp_budget){ 0 };
}

static bool
has_room(const struct http_ocsp_budget *budget, const struct http_ocsp_account *a)
{
	return a->in_flight < a->limits.in_flight && (budget->window == 0 || a->in_flight < budget->window);
}

static void
enqueue(struct http_ocsp_account *a, struct http_ocsp_ticket *ticket)
{
	struct http_ocsp_queue *q = &a->queues[ticket->class];

	/* Who was not waiting has saved nothing up. */
	if (q->first == NULL && q->served < a->turn)
		q->served = a->turn;
	ticket->next = NULL;
	*q->end = ticket;
	q->end = &ticket->next;
	q->waiting++;
	a->waiting++;
}

static struct http_ocsp_queue *
furthest_behind(struct http_ocsp_account *a)
{
	struct http_ocsp_queue *best = NULL;

	for (size_t i = 0; i < HTTP_OCSP_CLASSES; i++) {
		struct http_ocsp_queue *q = &a->queues[i];
		if (q->first != NULL && (best == NULL || q->served < best->served))
			best = q;
	}
	return best;
}

static struct http_ocsp_ticket *
dequeue(struct http_ocsp_account *a)
{
	struct http_ocsp_queue *q = furthest_behind(a);

	if (q == NULL)
		return NULL;
	struct http_ocsp_ticket *ticket = q->first;
	q->first = ticket->next;
	if (q->first == NULL)
		q->end = &q->first;
	q->waiting--;
	a->waiting--;
	a->turn = q->served;
	q->served += cost[ticket->class];
	return ticket;
}

bool
http_ocsp_budget_is_full(const struct http_ocsp_budget *budget, const vouch_issuer *issuer,
    enum http_ocsp_class class)
{
	const struct http_ocsp_account *a = find(budget, issuer);

	return a != NULL && (!has_room(budget, a) || a->waiting > 0) &&
	    a->queues[class].waiting >= a->limits.waiting;
}

enum http_ocsp_verdict
http_ocsp_budget_enter(struct http_ocsp_budget *budget, struct http_ocsp_ticket *ticket,
    const vouch_issuer *issuer, enum http_ocsp_class class, const struct http_ocsp_limits *limits)
{
	struct http_ocsp_account *a = find(budget, issuer);

	if (a == NULL)
		a = open_account(budget, issuer, limits);
	if (a == NULL)
		return HTTP_OCSP_REFUSED;
	*ticket = (struct http_ocsp_ticket){ NULL, a, class };
	if (has_room(budget, a) && a->waiting == 0) {
		a->in_flight++;
		return HTTP_OCSP_GOES;
	}
	if (a->queues[class].waiting < a->limits.waiting) {
		enqueue(a, ticket);
		return HTTP_OCSP_WAITS;
	}
	ticket->account = NULL;
	return HTTP_OCSP_REFUSED;
}

void
http_ocsp_budget_leave(struct http_ocsp_budget *budget, struct http_ocsp_ticket *ticket)
{
	struct http_ocsp_account *a = ticket->account;

	ticket->account = NULL;
	a->in_flight--;
	if (a->in_flight == 0 && a->waiting == 0)
		close_account(budget, a);
}

struct http_ocsp_ticket *
http_ocsp_budget_next(struct http_ocsp_budget *budget, const vouch_issuer *issuer)
{
	struct http_ocsp_account *a = find(budget, issuer);

	if (a == NULL || a->waiting == 0 || !has_room(budget, a))
		return NULL;
	a->in_flight++;
	return dequeue(a);
}
