/* SPDX-License-Identifier: Apache-2.0 */
/* When to fetch a CRL again. */
#ifndef FETCH_CRL_SCHEDULE_H
#define FETCH_CRL_SCHEDULE_H

#include <vouch.h>

struct fetch_facts {
	vouch_time now, next_update; /* next_update: of the list in use, or VOUCH_TIME_ABSENT */
	uint64_t every_ms;
	int64_t max_age;      /* seconds, by Cache-Control; negative: it says nothing */
	unsigned failures;    /* in a row; 0: the last fetch brought the newest there is */
	uint64_t retry_after; /* seconds, as a server that has failed wished; 0: it has no wish */
};

/* Milliseconds; up to a tenth sooner by `random`, so that many do not come at once. */
uint64_t fetch_schedule(const struct fetch_facts *facts, uint32_t random);
/* The seconds of max-age among Cache-Control's directives; -1: there is none, or it may not be kept at all. */
int64_t fetch_max_age(const char *cache_control);

#endif
