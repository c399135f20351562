/* SPDX-License-Identifier: Apache-2.0 */
/* The lookup: sources asked in order. */
#include "responder/lookup.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/versioned.h"
#include "responder/times.h"

#define FUTURE_TOLERATED 60 /* a source on another machine, whose clock differs a little */

void
knowledge_init(struct knowledge *k)
{
	k->found = VOUCH_EUNAVAILABLE;
	k->is_known = false;
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

/* S-18: how long that stands which a moment in the future ends; a second at least, or nothing could be said. */
static vouch_time
last_second_before(vouch_time moment, vouch_time now)
{
	return moment - 1 > now ? moment - 1 : moment;
}

/* S-18: what will be revoked is good until then, and the answer ends before. */
static void
postpone_revocation(vouch_status *status, vouch_time now)
{
	if (status->cert_status != VOUCH_REVOKED || status->revocation_time <= now)
		return;
	status->next_update = times_earlier(status->next_update,
	    last_second_before(status->revocation_time, now));
	status->cert_status = VOUCH_GOOD;
	status->revocation_reason = VOUCH_REASON_ABSENT;
	status->revocation_time = VOUCH_TIME_ABSENT;
	status->invalidity_date = VOUCH_TIME_ABSENT;
}

/* --- All sources, in order ------------------------------------------------------------------------------ */

struct search {
	const vouch_issuer *issuer;
	vouch_span serial_number;
	vouch_time now;
	vouch_status status; /* of the latest that answered, with the earliest times of all of them */
	bool says_unknown;   /* one said so itself */
	int passed_over;     /* VOUCH_OK, or how the first optional source failed ... */
	vouch_err err;	     /* ... or the one that ended the search */
};

static void
settle(struct search *s, vouch_status *answer)
{
	answer->this_update = times_earlier(answer->this_update, s->status.this_update);
	answer->next_update = times_earlier(answer->next_update, s->status.next_update);
	postpone_revocation(answer, s->now);
	vouch_status_clear(&s->status);
	s->status = *answer;
}

/* True: it answered.  Otherwise an optional source is passed over, and the search goes on. */
static bool
ask_next(struct search *s, const struct issuer_source *next, int *found)
{
	vouch_status answer;
	vouch_err err;

	vouch_status_init(&answer);
	err_or(&err, NULL);
	*found = ask(next->source, s->issuer, s->serial_number, s->now, &answer, &err);
	if (*found == VOUCH_OK || *found == VOUCH_ENOTFOUND) {
		settle(s, &answer);
		return true;
	}
	vouch_status_clear(&answer);
	if (s->passed_over == VOUCH_OK || !next->is_optional)
		s->err = err;
	if (s->passed_over == VOUCH_OK && next->is_optional)
		s->passed_over = *found;
	return false;
}

/*
 * Good is only good, and unknown unknown, if nobody who was not heard could object: revoked is the one answer that
 * nobody can make better.
 */
static int
conclude(const struct search *s, int found)
{
	bool is_revoked = found == VOUCH_OK && s->status.cert_status == VOUCH_REVOKED;

	return s->passed_over == VOUCH_OK || is_revoked ? found : s->passed_over;
}

static int
search(struct search *s)
{
	for (size_t i = 0; i < s->issuer->source_count; i++) {
		const struct issuer_source *next = &s->issuer->sources[i];
		int found;
		if (!ask_next(s, next, &found)) {
			if (next->is_optional)
				continue;
			return found;
		}
		bool is_unknown = found == VOUCH_OK && s->status.cert_status == VOUCH_UNKNOWN;
		s->says_unknown = s->says_unknown || is_unknown;
		if (found == VOUCH_OK && !is_unknown)
			return conclude(s, found);
	}
	s->status.cert_status = VOUCH_STATUS_UNSET;
	return conclude(s, VOUCH_ENOTFOUND);
}

static void
search_all(struct knowledge *k, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now)
{
	struct search s = { .issuer = issuer, .serial_number = serial_number, .now = now };

	if (issuer->source_count == 0) {
		k->found = err_set(&k->err, VOUCH_EUNAVAILABLE, "the issuer has no source");
		return;
	}
	vouch_status_init(&s.status);
	err_or(&s.err, NULL);
	k->found = search(&s);
	k->err = s.err;
	vouch_status_clear(&k->status);
	if (k->found == VOUCH_OK || k->found == VOUCH_ENOTFOUND)
		k->status = s.status;
	else
		vouch_status_clear(&s.status);
	/* A source that says "unknown" itself is not overruled by the policy for certificates never issued. */
	if (k->found == VOUCH_ENOTFOUND && s.says_unknown) {
		k->found = VOUCH_OK;
		k->status.cert_status = VOUCH_UNKNOWN;
	}
}

/* --- A compromised CA ----------------------------------------------------------------------------------- */

/* Permanently, and no later than its CA: that says more. */
static bool
is_revoked_by(const struct knowledge *k, vouch_time moment)
{
	return k->found == VOUCH_OK && k->status.cert_status == VOUCH_REVOKED &&
	    k->status.revocation_reason != VOUCH_REASON_CERTIFICATE_HOLD &&
	    k->status.revocation_time <= moment;
}

/* RFC 6960 2.7 (S-13): whoever has the CA's key can issue certificates under any serial number. */
static void
condemn(struct knowledge *k, vouch_time compromised, vouch_time now)
{
	if (compromised == 0 || is_revoked_by(k, compromised))
		return;
	if (compromised > now) {
		k->status.next_update = times_earlier(k->status.next_update,
		    last_second_before(compromised, now));
		return;
	}
	vouch_status_clear(&k->status);
	err_or(&k->err, NULL);
	k->found = VOUCH_OK;
	k->status.cert_status = VOUCH_REVOKED;
	k->status.revocation_reason = VOUCH_REASON_CA_COMPROMISE;
	k->status.revocation_time = compromised;
}

void
knowledge_look_up(struct knowledge *k, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now)
{
	k->looked_up = now;
	search_all(k, issuer, serial_number, now);
	k->is_known = k->found == VOUCH_OK && k->status.cert_status != VOUCH_UNKNOWN;
	condemn(k, issuer->policy.compromised, now);
}

int
vouch_issuer_lookup(const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	struct knowledge k;
	vouch_err unread;

	err = err_or(err, &unread);
	if (!versioned_has_size(out))
		return err_set(err, VOUCH_EINVAL, "vouch_status has no size: vouch_status_init() sets it");
	knowledge_init(&k);
	knowledge_look_up(&k, issuer, serial_number, now);
	if (k.found != VOUCH_OK && k.found != VOUCH_ENOTFOUND) {
		*err = k.err;
		return err->code = k.found;
	}
	versioned_write(out, &k.status, sizeof(k.status)); /* what it owns is the caller's now */
	return k.found;
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
