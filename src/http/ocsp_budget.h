/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The budget of signatures (design 5, rule 5): how many are asked for at a time, which wait, and which of those goes next.
 * One for each loop thread, so that no lock is needed.
 *
 *                     ┌ renewal ─────────┐
 *   issuer  ──────────┼ first answer ────┼── the class that is furthest behind its weight ──▶ in flight (at most
 *                     ├ nonced ──────────┤                                                    so many)
 *                     ├ several CertIDs ─┤
 *                     └ strangers ───────┘
 *                     each at most `waiting`, more is refused at once
 */
#ifndef HTTP_OCSP_BUDGET_H
#define HTTP_OCSP_BUDGET_H

#include <vouch.h>

enum http_ocsp_class {
	HTTP_OCSP_RENEWAL = 0, /* nobody waits for it, but somebody will */
	HTTP_OCSP_FIRST,       /* others will be answered by it, too */
	HTTP_OCSP_NONCED,      /* for one client alone: anybody can ask for any number of them */
	HTTP_OCSP_MANY,	       /* the same, of several certificates */
	HTTP_OCSP_STRANGER     /* of a serial number that no source knows: anybody can invent any number of them */
};
#define HTTP_OCSP_CLASSES 5

struct http_ocsp_limits {   /* of one issuer, on one thread */
	unsigned in_flight; /* signatures asked for and not made */
	unsigned waiting;   /* behind them, in each class */
};

struct http_ocsp_ticket { /* embedded in what waits */
	struct http_ocsp_ticket *next;
	struct http_ocsp_account *account; /* NULL: it neither waits nor is in flight */
	enum http_ocsp_class class;
};

struct http_ocsp_account { /* of one issuer, while something of it waits or is in flight */
	struct http_ocsp_account *next;
	const vouch_issuer *issuer;
	struct http_ocsp_limits limits;
	unsigned in_flight, waiting;
	struct http_ocsp_queue {
		struct http_ocsp_ticket *first, **end;
		unsigned waiting;
		uint64_t served; /* in shares of its weight */
	} queues[HTTP_OCSP_CLASSES];
	uint64_t turn; /* what the class that went last had been served: who comes anew begins there */
};

struct http_ocsp_budget {
	struct http_ocsp_account *busy, *spare;
	unsigned window; /* in flight for each issuer for now, if that is less than its limit; 0: no such */
};

void http_ocsp_budget_clear(struct http_ocsp_budget *budget);

/* True when http_ocsp_budget_enter() would refuse a ticket of that class. */
bool http_ocsp_budget_is_full(const struct http_ocsp_budget *budget, const vouch_issuer *issuer,
    enum http_ocsp_class class);

enum http_ocsp_verdict { HTTP_OCSP_REFUSED = 0, HTTP_OCSP_WAITS, HTTP_OCSP_GOES };
/*
 * Enters a ticket.  HTTP_OCSP_GOES: it is in flight now; HTTP_OCSP_WAITS: http_ocsp_budget_next() will give it
 * out; HTTP_OCSP_REFUSED: too many wait, or there is no memory.  The limits are those of a new account.
 */
enum http_ocsp_verdict http_ocsp_budget_enter(struct http_ocsp_budget *budget,
    struct http_ocsp_ticket *ticket, const vouch_issuer *issuer, enum http_ocsp_class class,
    const struct http_ocsp_limits *limits);
/* A ticket that was in flight has come back. */
void http_ocsp_budget_leave(struct http_ocsp_budget *budget, struct http_ocsp_ticket *ticket);
/* Of an issuer's tickets that wait the one that goes now, which is in flight then; NULL: none does. */
struct http_ocsp_ticket *http_ocsp_budget_next(struct http_ocsp_budget *budget, const vouch_issuer *issuer);

#endif
