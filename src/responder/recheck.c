/* SPDX-License-Identifier: Apache-2.0 */
/* The recheck: what changed while an answer waited for its signature. */
#include "responder/recheck.h"

#include "responder/times.h"

#define RECHECKS_MOST \
	3 /* each is another signature: who holds and releases a certificate all day costs no more */
#define MS 1000

/* At least: a job is told the time of its call, and from then on that of the poll. */
static uint64_t
monotonic_ms(const vouch_responder *r, const vouch_call *call)
{
	uint64_t polled_ms = atomic_load_explicit(&r->polled_ms, memory_order_relaxed);

	return polled_ms > call->monotonic_ms ? polled_ms : call->monotonic_ms;
}

void
recheck_note_lookup(struct work *work, const vouch_responder *r, const vouch_call *call, vouch_time now)
{
	work->looked_up = now;
	work->looked_up_ms = monotonic_ms(r, call);
}

/*
 * What stands without word from the sources, and a second more.  By either clock: the wall clock may have been set, and
 * polls may hang.
 */
static bool
is_unconfirmed(const struct changes *changes, uint32_t lease_ms, const struct work *work, uint64_t now_ms,
    vouch_time now)
{
	uint32_t patience_ms = lease_ms + MS;
	bool waited = now_ms > work->looked_up_ms + patience_ms;
	bool waited_by_wall = now > work->looked_up && (uint64_t)(now - work->looked_up) * MS > patience_ms;

	return (waited && !changes_are_confirmed_by_monotonic(changes, now_ms, patience_ms)) ||
	    (waited_by_wall && !changes_are_confirmed_by_wall(changes, now, lease_ms));
}

bool
recheck_may_have_changed(const struct work *work, const vouch_responder *r, const vouch_call *call,
    vouch_time now)
{
	const struct question *q = &work->question;
	uint64_t now_ms = monotonic_ms(r, call);

	for (size_t i = 0; i < q->count; i++) {
		const struct asked *asked = &q->asked[i];
		const struct entry *entry = &work->answer.entries[i];
		if (!answer_is_to_be_looked_up(&work->answer, q, i))
			continue;
		const struct changes *changes = r->served[asked->number].changes;
		if (changes_since(changes, q->certids[i].serial_number, entry->position) ||
		    is_unconfirmed(changes, asked->issuer->policy.lease_ms, work, now_ms, now))
			return true;
	}
	return false;
}

/* L-06: the clock was set back. */
static bool
is_of_the_future(const struct answer *a, vouch_time now)
{
	return a->produced_at > now + TIMES_PRODUCED_AHEAD;
}

bool
recheck_is_due(const struct work *work, const vouch_responder *r, const vouch_call *call, vouch_time now)
{
	if (work->is_rechecked)
		return false;
	if (is_of_the_future(&work->answer, now))
		return true;
	/* S-18: what a moment in the future was to end may have ended by now, and nobody calls that a change. */
	return work->answer.next_update <= now || recheck_may_have_changed(work, r, call, now);
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

	if (a->next_update <= now || is_of_the_future(a, now))
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
