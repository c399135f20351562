/* SPDX-License-Identifier: Apache-2.0 */
/* When to fetch a CRL again. */
#include "fetch/crl_schedule.h"

#include <string.h>
#include <curl/curl.h>

#include "base/number.h"

#define LEAST_MS 1000		    /* shortly before nextUpdate, half-way to it would be all the time */
#define MAX_AGE_LEAST_MS 10000	    /* of a cache in front of the server that forgets quickly */
#define BACK_OFF_MS 1000	    /* doubled with each failure in a row */
#define BACK_OFF_DOUBLINGS 9	    /* beyond the next bound anyway */
#define BACK_OFF_MOST_MS 300000	    /* a server that is back is noticed in five minutes */
#define RETRY_AFTER_MOST_MS 3600000 /* a wish, not an order */
#define AGE_MOST INT32_MAX

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t
after_failure(const struct fetch_facts *f)
{
	unsigned doublings = f->failures - 1 < BACK_OFF_DOUBLINGS ? f->failures - 1 : BACK_OFF_DOUBLINGS;
	uint64_t wait = smaller((uint64_t)BACK_OFF_MS << doublings, BACK_OFF_MOST_MS);
	uint64_t wish = smaller(f->retry_after, RETRY_AFTER_MOST_MS / 1000) * 1000;

	return larger(wait, wish);
}

static uint64_t
after_success(const struct fetch_facts *f)
{
	uint64_t wait = f->every_ms;

	if (f->next_update != VOUCH_TIME_ABSENT) {
		int64_t left = f->next_update > f->now ? f->next_update - f->now : 0;
		wait = smaller(wait, larger((uint64_t)left * 1000 / 2, LEAST_MS));
	}
	if (f->max_age > 0)
		wait = smaller(wait, larger((uint64_t)f->max_age * 1000, MAX_AGE_LEAST_MS));
	return wait;
}

uint64_t
fetch_schedule(const struct fetch_facts *facts, uint32_t random)
{
	uint64_t wait = facts->failures > 0 ? after_failure(facts) : after_success(facts);

	return wait - wait / 10 * (random % 1024) / 1024;
}

static int64_t
read_age(vouch_span directive)
{
	static const char name[] = "max-age=";
	size_t len = sizeof(name) - 1;
	uint64_t age;

	if (directive.len <= len || !curl_strnequal((const char *)directive.data, name, len))
		return -1;
	vouch_span value = { directive.data + len, directive.len - len };
	if (value.len > 2 && value.data[0] == '"' && value.data[value.len - 1] == '"')
		value = (vouch_span){ value.data + 1, value.len - 2 };
	return number_parse(value, AGE_MOST, &age) ? (int64_t)age : -1;
}

int64_t
fetch_max_age(const char *cache_control)
{
	int64_t found = -1;

	for (const char *at = cache_control; *at != '\0'; at += strcspn(at, ",")) {
		at += strspn(at, ", \t");
		vouch_span directive = { (const uint8_t *)at, strcspn(at, ", \t") };
		int64_t age = read_age(directive);
		if (age >= 0 && (found < 0 || age < found))
			found = age;
	}
	return found;
}
