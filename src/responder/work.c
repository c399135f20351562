/* SPDX-License-Identifier: Apache-2.0 */
/* The work of one answer. */
#include "responder/work.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "responder/times.h"

#define SAMPLE_OF 1024 /* of answers that are not stored, one in so many is verified */
#define DRAWN_FROM 16  /* octets; the first ones of a signature are as good as random in every algorithm */

/* The block: work │ entries │ singles │ certids │ asked, each as many as there is room for CertIDs. */
#define OCTETS_PER_CERTID \
	(sizeof(struct entry) + sizeof(struct ocsp_single_response) + sizeof(struct ocsp_certid) + \
	    sizeof(struct asked))
_Static_assert(_Alignof(struct work) >= _Alignof(struct entry) &&
	_Alignof(struct entry) >= _Alignof(struct ocsp_single_response) &&
	_Alignof(struct ocsp_single_response) >= _Alignof(struct ocsp_certid) &&
	_Alignof(struct ocsp_certid) >= _Alignof(struct asked),
    "each part of the block is aligned where the one before it ends");

static struct work *
allocate(size_t room)
{
	struct work *work = malloc(sizeof(*work) + room * OCTETS_PER_CERTID);

	if (work == NULL)
		return NULL;
	work->room = room;
	work->answer = (struct answer){ 0 };
	work->signature = (vouch_buf){ 0 };
	return work;
}

static void
fill(struct work *work, const struct question *q)
{
	struct entry *entries = (void *)(work + 1);
	struct ocsp_single_response *singles = (void *)(entries + work->room);
	struct ocsp_certid *certids = (void *)(singles + work->room);
	struct asked *asked = (void *)(certids + work->room);

	memcpy(certids, q->certids, q->count * sizeof(*certids));
	memcpy(asked, q->asked, q->count * sizeof(*asked));
	work->looked_up = VOUCH_TIME_ABSENT;
	work->looked_up_ms = 0;
	work->rechecks = 0;
	work->is_rechecked = false;
	work->question = *q;
	work->question.certids = certids;
	work->question.asked = asked;
	answer_init(&work->answer, &work->question, entries, singles);
}

int
work_new(struct work **out, struct work *takes_cleared, const struct question *q)
{
	struct work *work = takes_cleared;

	if (work == NULL || work->room < q->count)
		work = allocate(q->count);
	if (work == NULL)
		return VOUCH_ENOMEM;
	if (work != takes_cleared)
		work_free(takes_cleared);
	fill(work, q);
	*out = work;
	return VOUCH_OK;
}

void
work_clear(struct work *work)
{
	answer_clear(&work->answer);
	buf_clear(&work->signature);
}

void
work_free(struct work *work)
{
	if (work == NULL)
		return;
	answer_free(&work->answer);
	vouch_buf_free(&work->signature);
	free(work);
}

/* The key keeps it from whoever can make a signature go wrong. */
static bool
is_drawn(vouch_span signature, const uint8_t key[HASH_KEY_LENGTH])
{
	size_t len = signature.len < DRAWN_FROM ? signature.len : DRAWN_FROM;

	return hash_64(key, span_of(signature.data, len)) % SAMPLE_OF == 0;
}

/* RFC 6960 2.2; R-16: a fault in the signing must not reach anybody, least of all everybody. */
static bool
is_to_be_verified(const struct work *work, const vouch_responder *r)
{
	switch ((enum vouch_verify_policy)question_issuer(&work->question)->policy.verify_signatures) {
	case VOUCH_VERIFY_NEVER:
		return false;
	case VOUCH_VERIFY_ALWAYS:
		return true;
	case VOUCH_VERIFY_CACHEABLE:
		break;
	}
	return (r->store != NULL && question_is_storable(&work->question)) ||
	    is_drawn(span_buf(&work->signature), r->key);
}

static void
describe(const struct work *work, const vouch_responder *r, vouch_time now, vouch_outcome *o)
{
	const struct question *q = &work->question;
	const struct answer *a = &work->answer;

	o->response_status = VOUCH_SUCCESSFUL;
	o->served_from = VOUCH_SERVED_SIGNED;
	o->produced_at = a->produced_at;
	o->this_update = a->this_update;
	o->next_update = a->next_update;
	for (size_t i = 0; i < a->count; i++)
		o->statuses[a->singles[i].cert_status]++;
	o->renew_at = times_renew_at(question_issuer(q), a->this_update, a->produced_at, a->next_update,
	    hash_64(r->key, q->certids[0].serial_number));
	o->cache_until = times_cache_until(question_issuer(q), a->singles[0].cert_status, now, o->renew_at,
	    o->next_update);
}

int
work_assemble(const struct work *work, const vouch_responder *r, vouch_time now, vouch_buf *out,
    vouch_outcome *outcome, const char **cause, vouch_err *err)
{
	const struct question *q = &work->question;
	vouch_span signature = span_buf(&work->signature);

	*cause = "the signature does not verify";
	if (is_to_be_verified(work, r) &&
	    signer_verify(q->signer->signer, span_buf(&work->answer.tbs), signature, err) != VOUCH_OK)
		return err->code;
	*cause = "the response could not be encoded";
	if (answer_assemble(&work->answer, q, signature, out, err) != VOUCH_OK)
		return err->code;
	*cause = NULL;
	describe(work, r, now, outcome);
	return VOUCH_OK;
}
