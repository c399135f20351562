/* SPDX-License-Identifier: Apache-2.0 */
/* The recheck: what changed while an answer waited for its signature. */
#include "responder/recheck.h"

#define RECHECKS_MOST \
	3 /* each is another signature: who holds and releases a certificate all day costs no more */
#define MS 1000

/* The wall clock tells how long a job has been at it, to a second. */
static uint64_t
estimate_monotonic_ms(const vouch_call *call, vouch_time now)
{
	return call->monotonic_ms + (now > call->now ? (uint64_t)(now - call->now) * MS : 0);
}

/* What stands without word from the sources, a second more for clocks that tell no parts of it. */
static bool
is_unconfirmed(const struct changes *changes, uint32_t lease_ms, const struct knowledge *k,
    const vouch_call *call, vouch_time now)
{
	uint32_t patience_ms = lease_ms + MS;

	return now > k->looked_up && (uint64_t)(now - k->looked_up) * MS > patience_ms &&
	    !changes_are_confirmed(changes, estimate_monotonic_ms(call, now), patience_ms);
}

bool
recheck_is_due(const struct work *work, const vouch_responder *r, const vouch_call *call, vouch_time now)
{
	const struct question *q = &work->question;

	if (work->is_rechecked)
		return false;
	/* S-18: what a moment in the future was to end may have ended by now, and nobody calls that a change. */
	if (work->answer.next_update <= now)
		return true;
	for (size_t i = 0; i < q->count; i++) {
		const struct asked *asked = &q->asked[i];
		const struct entry *entry = &work->answer.entries[i];
		if (!answer_is_to_be_looked_up(&work->answer, q, i))
			continue;
		const struct changes *changes = r->served[asked->number].changes;
		if (changes_since(changes, q->certids[i].serial_number, entry->position) ||
		    is_unconfirmed(changes, asked->issuer->policy.lease_ms, &entry->knowledge, call, now))
			return true;
	}
	return false;
}

bool
recheck_begin(struct work *work)
{
	struct answer *a = &work->answer;

	for (size_t i = 0; i < a->count; i++)
		a->entries[i].signed_fingerprint = knowledge_fingerprint(&a->entries[i].knowledge);
	return work->rechecks++ < RECHECKS_MOST;
}

bool
recheck_found_the_same(const struct work *work, vouch_time now)
{
	const struct answer *a = &work->answer;

	if (a->next_update <= now)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct entry *entry = &a->entries[i];
		const struct knowledge *k = &entry->knowledge;
		/* A source may end earlier than it did before. */
		bool ends_in_time = k->status.next_update == VOUCH_TIME_ABSENT ||
		    a->singles[i].next_update <= k->status.next_update;
		if (!ends_in_time || entry->signed_fingerprint != knowledge_fingerprint(k))
			return false;
	}
	return true;
}
