/* SPDX-License-Identifier: Apache-2.0 */
/* The question: request, issuers, nonce and signer, one step a function. */
#include "responder/question.h"

#include <stdio.h>

#include "base/err.h"

static bool
refuse(struct question *q, enum vouch_response_status status, const char *cause)
{
	q->refusal = status;
	q->cause = cause;
	return false;
}

static bool
parse(struct question *q, struct question_room *room, const vouch_responder *r, const vouch_call *call,
    vouch_span request)
{
	unsigned flags = (call->flags & VOUCH_CALL_STRICT) != 0 ? OCSP_EXACT : 0;

	if (ocsp_request_parse(request, r->certids, flags, &room->request, &q->err) != VOUCH_OK)
		return refuse(q, VOUCH_MALFORMED_REQUEST, "not an OCSPRequest");
	q->count = room->request.certid_count;
	return true;
}

/* D-07: unauthorized when no entry is served; in a mixed request those that are not become unknown. */
static bool
find_issuers(struct question *q, struct question_room *room, const vouch_responder *r, const vouch_call *call)
{
	size_t served = 0;

	for (size_t i = q->count; i-- > 0;) {
		const struct ocsp_certid *id = &q->certids[i];
		struct asked *asked = &room->asked[i];
		asked->issuer = issuer_registry_find(r->registry, call->scope, id->hash, id->issuer_name_hash,
		    id->issuer_key_hash, &asked->number);
		asked->answered = asked->issuer != NULL;
		if (asked->issuer == NULL)
			continue;
		q->first = i;
		served++;
	}
	return served > 0 || refuse(q, VOUCH_UNAUTHORIZED, "issuer not served");
}

/* RFC 9654 2.1; conflicts D-01 to D-03. */
static bool
judge_nonce(struct question *q, const struct ocsp_request *request)
{
	enum vouch_nonce_policy policy = question_issuer(q)->policy.nonce;

	if (policy == VOUCH_NONCE_IGNORE) {
		/* RFC 6960 4.1.2: what is critical and not heeded may not be ignored */
		if (request->has_nonce && request->nonce_critical)
			return refuse(q, VOUCH_MALFORMED_REQUEST, "critical nonce, and nonces are ignored");
		return true;
	}
	if (!request->has_nonce)
		return policy != VOUCH_NONCE_REQUIRE || refuse(q, VOUCH_UNAUTHORIZED, "nonce required");
	if (request->nonce_length == 0 || request->nonce_length > OCSP_NONCE_MAX)
		return refuse(q, VOUCH_MALFORMED_REQUEST, "nonce is not 1 to 128 octets (RFC 9654 2.1)");
	q->echo_nonce = true;
	q->nonce = request->nonce;
	return true;
}

static bool
judge_acceptable(struct question *q, const struct ocsp_request *request)
{
	if (request->has_acceptable && !request->accepts_basic)
		return refuse(q, VOUCH_UNAUTHORIZED, "no acceptable response type (RFC 6960 4.4.3)");
	return true;
}

static bool
may_sign_for(const vouch_issuer *issuer, const vouch_signer *signer)
{
	for (size_t i = 0; i < issuer->signer_count; i++)
		if (issuer->signers[i].signer == signer)
			return true;
	return false;
}

static size_t
issuers_spoken_for(const struct question *q, const vouch_signer *signer)
{
	size_t count = 0;

	for (size_t i = 0; i < q->count; i++)
		if (q->asked[i].issuer != NULL && may_sign_for(q->asked[i].issuer, signer))
			count++;
	return count;
}

/* Whether a signer is what a client prefers. */
typedef bool preference(const vouch_signer *signer, const struct ocsp_preferred *preferred);

static bool
has_algorithm(const vouch_signer *signer, const struct ocsp_preferred *preferred)
{
	return signer_matches(signer, preferred->sig_identifier, preferred->pub_key_identifier);
}

/* the kind of key is a wish of its own; its signer may be set to another digest. */
static bool
has_key(const vouch_signer *signer, const struct ocsp_preferred *preferred)
{
	return preferred->pub_key_identifier.len > 0 && signer_has_key(signer, preferred->pub_key_identifier);
}

/*
 * RFC 6960 4.4.7.2.1 no. 1: the first listed that one of the candidates has; their algorithms are all
 * strong ones.
 */
static const struct issuer_signer *
preferred_signer(const struct question *q, vouch_span rest, preference *fits, size_t speaks_for,
    vouch_time now)
{
	const vouch_issuer *issuer = question_issuer(q);
	struct ocsp_preferred preferred;

	while (ocsp_preferred_next(&rest, &preferred)) {
		for (size_t i = 0; i < issuer->signer_count; i++) {
			const struct issuer_signer *s = &issuer->signers[i];
			if (fits(s->signer, &preferred) && signer_is_valid(s->signer, now) &&
			    issuers_spoken_for(q, s->signer) == speaks_for)
				return s;
		}
	}
	return NULL;
}

/* The first of the issuer's signers that is valid now and speaks for as many of the asked issuers as any. */
static const struct issuer_signer *
default_signer(const struct question *q, size_t *speaks_for, vouch_time now)
{
	const vouch_issuer *issuer = question_issuer(q);
	const struct issuer_signer *best = NULL;

	*speaks_for = 0;
	for (size_t i = 0; i < issuer->signer_count; i++) {
		const struct issuer_signer *s = &issuer->signers[i];
		if (!signer_is_valid(s->signer, now))
			continue;
		size_t count = issuers_spoken_for(q, s->signer);
		if (count <= *speaks_for)
			continue;
		best = s;
		*speaks_for = count;
	}
	return best;
}

static void
follow_wishes(struct question *q, vouch_span wishes, size_t speaks_for, vouch_time now)
{
	const struct issuer_signer *preferred = preferred_signer(q, wishes, has_algorithm, speaks_for, now);

	if (preferred == NULL)
		preferred = preferred_signer(q, wishes, has_key, speaks_for, now);
	if (preferred != NULL)
		q->signer = preferred;
}

/* RFC 6960 4.4.7.2; NULL when the issuer has none that may sign now. */
static void
choose_signer(struct question *q, vouch_span wishes, vouch_time now)
{
	size_t speaks_for;

	q->signer = default_signer(q, &speaks_for, now);
	if (q->signer == NULL)
		return;
	if (wishes.len > 0) /* which is rare */
		follow_wishes(q, wishes, speaks_for, now);
	q->signer_number = (unsigned)(q->signer - question_issuer(q)->signers);
}

/*
 * RFC 6960 4.2.2.2: one signature an answer, and it counts only for the issuers that authorised its signer
 * (D-08, R-13).
 */
static bool
limit_to_signer(struct question *q, struct question_room *room)
{
	for (size_t i = 0; i < q->count; i++) {
		struct asked *asked = &room->asked[i];
		if (asked->issuer == NULL || may_sign_for(asked->issuer, q->signer->signer))
			continue;
		if (question_issuer(q)->policy.mixed_issuers == VOUCH_MIXED_UNAUTHORIZED)
			return refuse(q, VOUCH_UNAUTHORIZED, "several issuers in one request");
		asked->answered = false;
	}
	return true;
}

static bool
settle_signer(struct question *q, struct question_room *room, const vouch_call *call)
{
	choose_signer(q, room->request.preferred, call->now);
	if (q->signer != NULL)
		return limit_to_signer(q, room);
	if (question_issuer(q)->signer_count == 0)
		return refuse(q, VOUCH_INTERNAL_ERROR, "the issuer has no signer");
	return refuse(q, VOUCH_TRY_LATER, "no signer whose certificate is valid now");
}

void
question_resolve(struct question *q, struct question_room *room, const vouch_responder *r,
    const vouch_call *call, vouch_span request)
{
	q->certids = room->request.certids;
	q->asked = room->asked;
	q->count = q->first = 0;
	q->echo_nonce = false;
	q->signer = NULL;
	q->refusal = VOUCH_SUCCESSFUL;
	q->cause = NULL;
	err_or(&q->err, NULL);
	if (parse(q, room, r, call, request) && find_issuers(q, room, r, call) &&
	    judge_acceptable(q, &room->request) && judge_nonce(q, &room->request))
		settle_signer(q, room, call);
}

static void
move(vouch_span *part, vouch_span request, const uint8_t *copy)
{
	*part = part->len == 0 ? (vouch_span){ 0 } : span_of(copy + (part->data - request.data), part->len);
}

void
question_move(struct question *q, struct question_room *room, vouch_span request, const uint8_t *copy)
{
	for (size_t i = 0; i < q->count; i++) {
		struct ocsp_certid *id = &room->request.certids[i];
		move(&id->der, request, copy);
		move(&id->issuer_name_hash, request, copy);
		move(&id->issuer_key_hash, request, copy);
		move(&id->serial_number, request, copy);
	}
	if (q->echo_nonce)
		move(&q->nonce, request, copy);
}

bool
question_is_storable(const struct question *q)
{
	return q->count == 1 && !q->echo_nonce;
}

void
question_describe(const struct question *q, vouch_outcome *o)
{
	*o = (vouch_outcome){ .size = sizeof(*o),
		.response_status = (uint8_t)q->refusal,
		.cause = q->cause,
		.produced_at = VOUCH_TIME_ABSENT,
		.this_update = VOUCH_TIME_ABSENT,
		.next_update = VOUCH_TIME_ABSENT,
		.renew_at = VOUCH_TIME_ABSENT,
		.cache_until = VOUCH_TIME_ABSENT };
	o->certids = (uint8_t)q->count;
	for (size_t i = 0; i < q->count; i++)
		o->hashes[q->certids[i].hash]++;
	if (q->count > 0 && q->refusal != VOUCH_MALFORMED_REQUEST)
		o->issuer = question_issuer(q);
	o->nonce = q->echo_nonce;
	o->error = q->err.code;
	if (q->err.code != VOUCH_OK)
		snprintf(o->detail, sizeof(o->detail), "%.*s", (int)sizeof(o->detail) - 1, q->err.msg);
}
