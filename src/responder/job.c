/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vouch_job: one answer on its way, which never waits: the caller does the lookup and the signature between
 * its steps.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/versioned.h"
#include "responder/answer.h"
#include "responder/stored.h"
#include "responder/times.h"

#define SAMPLE_OF 1024 /* of answers that are not stored, one in so many is verified */

enum job_state { JOB_LOOK_UP, JOB_LOOKED_UP, JOB_SIGN, JOB_SIGNED, JOB_DONE };

struct vouch_job {
	enum job_state state;
	vouch_responder *responder;
	vouch_call call;
	vouch_buf request; /* a copy: the question's spans point into it */
	struct question question;
	struct answer answer;
	uint64_t position; /* noted before the lookup (design 5, rule 1) */
	vouch_buf signature, response;
	vouch_outcome outcome;
};

static void
finish_with_error(vouch_job *job, enum vouch_response_status status, const char *cause, int error,
    const char *detail)
{
	vouch_outcome *o = &job->outcome;

	job->state = JOB_DONE;
	buf_clear(&job->response);
	/* Room was made when the job was: five octets always fit. */
	if (buf_append_span(&job->response, ocsp_error_response(status)) != VOUCH_OK)
		job->response.len = 0;
	o->response_status = (uint8_t)status;
	o->served_from = VOUCH_SERVED_ERROR;
	o->cacheable = 0;
	o->cause = cause;
	o->error = error;
	snprintf(o->detail, sizeof(o->detail), "%.*s", (int)sizeof(o->detail) - 1, detail);
}

static int
job_fill(vouch_job *job, vouch_responder *r, const vouch_call *call, vouch_span request)
{
	job->responder = vouch_responder_ref(r);
	job->call = (vouch_call){ 0 };
	int code = versioned_read(&job->call, sizeof(job->call), call, "vouch_call", NULL);
	if (code != VOUCH_OK)
		return code;
	if (buf_append_span(&job->request, request) != VOUCH_OK ||
	    buf_reserve(&job->response, 64) != VOUCH_OK)
		return VOUCH_ENOMEM;
	question_resolve(&job->question, r, &job->call, span_buf(&job->request));
	question_describe(&job->question, &job->outcome);
	if (job->question.refusal != VOUCH_SUCCESSFUL) {
		finish_with_error(job, job->question.refusal, job->question.cause, job->question.err.code,
		    job->question.err.msg);
		return VOUCH_OK;
	}
	job->position = changes_position(r->changes[question_issuer_number(&job->question)]);
	job->state = JOB_LOOK_UP;
	return answer_init(&job->answer, &job->question);
}

int
vouch_job_start(vouch_job **out, vouch_responder *r, const vouch_call *call, vouch_span request)
{
	vouch_job *job = malloc(sizeof(*job));

	if (job == NULL)
		return VOUCH_ENOMEM;
	/* Everything but the question, which is large and fills itself in. */
	job->answer = (struct answer){ 0 };
	job->request = job->signature = job->response = (vouch_buf){ 0 };
	int code = job_fill(job, r, call, request);
	if (code != VOUCH_OK) {
		vouch_job_free(job);
		return code;
	}
	*out = job;
	return VOUCH_OK;
}

void
vouch_job_free(vouch_job *job)
{
	if (job == NULL)
		return;
	answer_clear(&job->answer);
	vouch_buf_free(&job->request);
	vouch_buf_free(&job->signature);
	vouch_buf_free(&job->response);
	vouch_responder_free(job->responder);
	free(job);
}

bool
vouch_job_lookup_is_inline(const vouch_job *job)
{
	const struct question *q = &job->question;

	for (size_t i = 0; i < q->request.certid_count; i++) {
		const vouch_issuer *issuer = q->asked[i].issuer;
		for (size_t s = 0; issuer != NULL && s < issuer->source_count; s++)
			if ((vouch_source_get_ops(issuer->sources[s])->flags & VOUCH_SOURCE_INLINE) == 0)
				return false;
	}
	return true;
}

void
vouch_job_lookup(vouch_job *job, vouch_time now)
{
	if (job->state != JOB_LOOK_UP)
		return;
	answer_look_up(&job->answer, &job->question, now);
	job->state = JOB_LOOKED_UP;
}

/*
 * The status was looked up anew: an answer that said the same may stand, with the position noted before
 * this lookup.
 */
static bool
stands_again(vouch_job *job, vouch_time now)
{
	job->call.now = now;
	return question_is_storable(&job->question) &&
	    stored_confirm(job->responder, &job->question, &job->call, &job->answer.entries[0].knowledge,
		job->position, &job->response, &job->outcome);
}

static void
decide(vouch_job *job, vouch_time now)
{
	struct answer *a = &job->answer;

	if (stands_again(job, now)) {
		job->state = JOB_DONE;
		return;
	}
	enum vouch_response_status status = answer_decide(a, &job->question, now);
	if (status != VOUCH_SUCCESSFUL) {
		finish_with_error(job, status, a->cause, a->error, a->detail);
		return;
	}
	job->state = JOB_SIGN;
}

/* RFC 6960 2.2; R-16: a fault in the signing must not reach anybody, least of all everybody. */
static bool
is_to_be_verified(const vouch_job *job)
{
	vouch_span signature = span_buf(&job->signature);

	switch ((enum vouch_verify_policy)question_issuer(&job->question)->policy.verify_signatures) {
	case VOUCH_VERIFY_NEVER:
		return false;
	case VOUCH_VERIFY_ALWAYS:
		return true;
	case VOUCH_VERIFY_CACHEABLE:
		break;
	}
	return (job->responder->store != NULL && question_is_storable(&job->question)) ||
	    hash_64(job->responder->key, signature) % SAMPLE_OF == 0;
}

static void
describe_answer(vouch_job *job)
{
	const struct answer *a = &job->answer;
	const vouch_issuer *issuer = question_issuer(&job->question);
	vouch_outcome *o = &job->outcome;

	o->response_status = VOUCH_SUCCESSFUL;
	o->served_from = VOUCH_SERVED_SIGNED;
	o->produced_at = a->produced_at;
	o->this_update = a->this_update;
	o->next_update = a->next_update;
	for (size_t i = 0; i < a->count; i++)
		o->statuses[a->singles[i].cert_status]++;
	o->renew_at = times_renew_at(issuer, a->this_update, a->produced_at, a->next_update,
	    hash_64(job->responder->key, job->question.request.certids[0].der));
	o->cache_until = times_cache_until(issuer, a->singles[0].cert_status, job->call.now, o->renew_at,
	    o->next_update);
}

static void
assemble(vouch_job *job, vouch_time now)
{
	vouch_err err;
	const struct question *q = &job->question;

	err_or(&err, NULL);
	if (is_to_be_verified(job) &&
	    signer_verify(q->signer->signer, span_buf(&job->answer.tbs), span_buf(&job->signature), &err) !=
		VOUCH_OK) {
		finish_with_error(job, VOUCH_INTERNAL_ERROR, "the signature does not verify", err.code,
		    err.msg);
		return;
	}
	if (answer_assemble(&job->answer, q, span_buf(&job->signature), &job->response, &err) != VOUCH_OK) {
		finish_with_error(job, VOUCH_INTERNAL_ERROR, "the response could not be encoded", err.code,
		    err.msg);
		return;
	}
	job->call.now = now;
	describe_answer(job);
	if (question_is_storable(q))
		stored_keep(job->responder, q, &job->answer, job->position, span_buf(&job->response),
		    &job->outcome);
	job->state = JOB_DONE;
}

int
vouch_job_step(vouch_job *job, vouch_time now)
{
	if (job->state == JOB_LOOKED_UP)
		decide(job, now);
	if (job->state == JOB_SIGNED)
		assemble(job, now);
	switch (job->state) {
	case JOB_LOOK_UP:
		return VOUCH_WANT_STATUS;
	case JOB_SIGN:
		return VOUCH_WANT_SIGNATURE;
	case JOB_LOOKED_UP:
	case JOB_SIGNED:
	case JOB_DONE:
		break;
	}
	return VOUCH_DONE;
}

vouch_span
vouch_job_tbs(const vouch_job *job, vouch_signer **signer)
{
	*signer = job->question.signer->signer;
	return span_buf(&job->answer.tbs);
}

void
vouch_job_signed(vouch_job *job, vouch_span signature)
{
	if (job->state != JOB_SIGN)
		return;
	/* no signature, no answer */
	if (signature.len == 0) {
		finish_with_error(job, VOUCH_TRY_LATER, "signing failed", VOUCH_EUNAVAILABLE, "");
		return;
	}
	if (buf_append_span(&job->signature, signature) != VOUCH_OK) {
		finish_with_error(job, VOUCH_INTERNAL_ERROR, "out of memory", VOUCH_ENOMEM, "");
		return;
	}
	job->state = JOB_SIGNED;
}

void
vouch_job_await(vouch_job *job, vouch_peer_cb *ready, void *arg)
{
	(void)job;
	(void)ready;
	(void)arg;
}

void
vouch_job_try_later(vouch_job *job, const char *cause)
{
	if (job->state != JOB_DONE)
		finish_with_error(job, VOUCH_TRY_LATER, cause, VOUCH_EUNAVAILABLE, "");
}

vouch_span
vouch_job_response(const vouch_job *job)
{
	return span_buf(&job->response);
}

const vouch_outcome *
vouch_job_outcome(const vouch_job *job)
{
	return &job->outcome;
}
