/* SPDX-License-Identifier: Apache-2.0 */
/* The lookup: sources asked in order. */
#include "responder/lookup.h"

#include "base/err.h"
#include "base/hash.h"
#include "responder/times.h"

#define FUTURE_TOLERATED 60 /* a source on another machine, whose clock differs a little */

void
knowledge_init(struct knowledge *k)
{
	k->found = VOUCH_EUNAVAILABLE;
	k->looked_up = VOUCH_TIME_ABSENT;
	vouch_status_init(&k->status);
	err_or(&k->err, NULL);
}

void
knowledge_clear(struct knowledge *k)
{
	vouch_status_clear(&k->status);
}

/* RFC 6960 4.2.2.1: what is past its nextUpdate, or not yet of its thisUpdate, supports no answer. */
static int
judge_freshness(const vouch_status *status, vouch_time now, vouch_err *err)
{
	if (status->next_update != VOUCH_TIME_ABSENT && status->next_update <= now)
		return err_set(err, VOUCH_EUNAVAILABLE, "the source's data are past their nextUpdate");
	if (status->this_update != VOUCH_TIME_ABSENT && status->this_update > now + FUTURE_TOLERATED)
		return err_set(err, VOUCH_EUNAVAILABLE, "the source's thisUpdate is in the future");
	return VOUCH_OK;
}

/*
 * S-12: who is away comes back (tryLater); what cannot be right needs somebody to look at it
 * (internalError).
 */
static int
judge_failure(int code)
{
	return code == VOUCH_EUNAVAILABLE || code == VOUCH_EAGAIN || code == VOUCH_ENOMEM ?
	    VOUCH_EUNAVAILABLE :
	    VOUCH_EIO;
}

/* One source: VOUCH_OK with an answer that ends the search, VOUCH_ENOTFOUND to go on, or a failure. */
static int
ask(vouch_source *source, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err)
{
	int found = vouch_source_lookup(source, issuer, serial_number, now, out, err);

	if (found != VOUCH_OK && found != VOUCH_ENOTFOUND)
		return judge_failure(found);
	return judge_freshness(out, now, err) == VOUCH_OK ? found : VOUCH_EUNAVAILABLE;
}

/* S-18: what will be revoked is good until then, and the answer ends before. */
static void
postpone_revocation(vouch_status *status, vouch_time now)
{
	if (status->cert_status != VOUCH_REVOKED || status->revocation_time <= now)
		return;
	status->next_update = times_earlier(status->next_update, status->revocation_time - 1);
	status->cert_status = VOUCH_GOOD;
	status->revocation_reason = 0;
	status->revocation_time = VOUCH_TIME_ABSENT;
	status->invalidity_date = VOUCH_TIME_ABSENT;
}

static void
settle(struct knowledge *k, vouch_status *answer, vouch_time now)
{
	answer->this_update = times_earlier(answer->this_update, k->status.this_update);
	answer->next_update = times_earlier(answer->next_update, k->status.next_update);
	postpone_revocation(answer, now);
	vouch_status_clear(&k->status);
	k->status = *answer;
}

/* One source after the other; *unknown is set when one says so itself. */
static int
search(struct knowledge *k, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    bool *unknown)
{
	for (size_t i = 0; i < issuer->source_count; i++) {
		vouch_status answer;
		vouch_status_init(&answer);
		int found = ask(issuer->sources[i].source, issuer, serial_number, now, &answer, &k->err);
		if (found != VOUCH_OK && found != VOUCH_ENOTFOUND) {
			vouch_status_clear(&answer);
			return found;
		}
		bool says_unknown = found == VOUCH_OK && answer.cert_status == VOUCH_UNKNOWN;
		*unknown = *unknown || says_unknown;
		settle(k, &answer, now);
		if (found == VOUCH_OK && !says_unknown)
			return VOUCH_OK;
	}
	return VOUCH_ENOTFOUND;
}

void
knowledge_look_up(struct knowledge *k, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now)
{
	bool unknown = false;

	k->looked_up = now;
	if (issuer->source_count == 0) {
		k->found = err_set(&k->err, VOUCH_EUNAVAILABLE, "the issuer has no source");
		return;
	}
	k->found = search(k, issuer, serial_number, now, &unknown);
	if (k->found != VOUCH_ENOTFOUND)
		return;
	k->status.cert_status = VOUCH_STATUS_UNSET;
	/*
	 * A source that says "unknown" itself is not overruled by the policy for certificates never issued.
	 */
	if (unknown) {
		k->found = VOUCH_OK;
		k->status.cert_status = VOUCH_UNKNOWN;
	}
}

uint64_t
knowledge_fingerprint(const struct knowledge *k)
{
	/* No secret, and the same in every responder: what is hashed is the sources' word, not a peer's. */
	static const uint8_t key[HASH_KEY_LENGTH] = "a status is like";
	struct {
		int64_t found, revocation_time, invalidity_date;
		uint64_t extensions, cert_status, revocation_reason;
	} facts = { k->found, k->status.revocation_time, k->status.invalidity_date,
		hash_64(key, span_buf(&k->status.single_extensions)), k->status.cert_status,
		k->status.revocation_reason };

	return hash_64(key, span_of(&facts, sizeof(facts)));
}
