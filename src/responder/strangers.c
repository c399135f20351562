/* SPDX-License-Identifier: Apache-2.0 */
/* Strangers: serial numbers that no source knows. */
#include "responder/strangers.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"

/*
 * What a database does beside its work, a source that lists only what is revoked leaves to `not_issued`, and
 * an operator who has more of them says so.
 */
#define LIMIT_DEFAULT 200
#define TABLE_PLACES 262144 /* of two octets; pages that nobody touches cost no memory */
#define COUNT_BITS 24
#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)
#define STEP_BACK 60 /* seconds: a thread that is late, not a clock that went back */

struct strangers {
	uint64_t limit;
	_Atomic uint64_t window; /* second << COUNT_BITS | lookups in vain */
	_Atomic uint16_t *known; /* fingerprints; 0: none */
	uint8_t key[HASH_KEY_LENGTH];
};

/* A source that waits for another machine. */
static bool
waits(const vouch_issuer *issuer)
{
	for (size_t i = 0; i < issuer->source_count; i++)
		if ((vouch_source_get_ops(issuer->sources[i].source)->flags & VOUCH_SOURCE_INLINE) == 0)
			return true;
	return false;
}

/*
 * Where what no source knows is good, nobody can tell a stranger from a certificate: the operator alone knows how many
 * there are.
 */
static uint32_t
limit_of(const vouch_issuer *issuer)
{
	const vouch_issuer_options *policy = &issuer->policy;

	if (policy->unknown_lookups != 0)
		return policy->unknown_lookups;
	return waits(issuer) && policy->not_issued != VOUCH_NOT_ISSUED_GOOD ? LIMIT_DEFAULT : 0;
}

int
strangers_new(struct strangers **out, const vouch_issuer *issuer, const uint8_t key[16], vouch_err *err)
{
	uint32_t limit = limit_of(issuer);

	*out = NULL;
	if (limit == 0 || limit > COUNT_MASK)
		return VOUCH_OK;
	struct strangers *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return err_nomem(err);
	s->known = calloc(TABLE_PLACES, sizeof(*s->known));
	if (s->known == NULL) {
		free(s);
		return err_nomem(err);
	}
	s->limit = limit;
	memcpy(s->key, key, sizeof(s->key));
	*out = s;
	return VOUCH_OK;
}

void
strangers_free(struct strangers *s)
{
	if (s == NULL)
		return;
	free((void *)s->known);
	free(s);
}

/* --- Known lately --------------------------------------------------------------------------------------- */

static _Atomic uint16_t *
place_of(const struct strangers *s, vouch_span serial_number, uint16_t *fingerprint)
{
	uint64_t hash = hash_64(s->key, serial_number);

	*fingerprint = (uint16_t)(hash >> 48);
	if (*fingerprint == 0)
		*fingerprint = 1;
	return &s->known[hash % TABLE_PLACES];
}

bool
strangers_are_known(const struct strangers *s, vouch_span serial_number)
{
	uint16_t fingerprint;

	if (s == NULL)
		return false;
	const _Atomic uint16_t *place = place_of(s, serial_number, &fingerprint);
	return atomic_load_explicit(place, memory_order_relaxed) == fingerprint;
}

void
strangers_remember(struct strangers *s, vouch_span serial_number)
{
	uint16_t fingerprint;

	if (s == NULL)
		return;
	_Atomic uint16_t *place = place_of(s, serial_number, &fingerprint);
	/* Mostly it is there, and other cores read the line. */
	if (atomic_load_explicit(place, memory_order_relaxed) != fingerprint)
		atomic_store_explicit(place, fingerprint, memory_order_relaxed);
}

static void
forget(struct strangers *s, vouch_span serial_number)
{
	uint16_t fingerprint;
	_Atomic uint16_t *place = place_of(s, serial_number, &fingerprint);

	if (atomic_load_explicit(place, memory_order_relaxed) == fingerprint)
		atomic_store_explicit(place, 0, memory_order_relaxed);
}

/* --- The window ----------------------------------------------------------------------------------------- */

/* How a window stands in the second of now: begun anew, or as it is. */
static uint64_t
window_at(uint64_t window, vouch_time now)
{
	vouch_time second = (vouch_time)(window >> COUNT_BITS);

	if (now < 0)
		now = 0;
	return second >= now && second <= now + STEP_BACK ? window : (uint64_t)now << COUNT_BITS;
}

bool
strangers_are_too_many(const struct strangers *s, vouch_time now)
{
	if (s == NULL)
		return false;
	uint64_t window = atomic_load_explicit(&s->window, memory_order_relaxed);
	return (window_at(window, now) & COUNT_MASK) >= s->limit;
}

void
strangers_count(struct strangers *s, vouch_span serial_number, vouch_time now)
{
	if (s == NULL)
		return;
	forget(s, serial_number);
	uint64_t window = atomic_load_explicit(&s->window, memory_order_relaxed), next;
	do {
		next = window_at(window, now);
		next += (next & COUNT_MASK) < COUNT_MASK;
	} while (!atomic_compare_exchange_weak_explicit(&s->window, &window, next, memory_order_relaxed,
	    memory_order_relaxed));
}
