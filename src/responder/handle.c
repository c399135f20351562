/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_handle and vouch_try_cached: the whole way in one call, and the short cut that never waits. */
#include "base/err.h"
#include "base/versioned.h"
#include "responder/answer.h"
#include "responder/stored.h"

static int
answer_refusal(const struct question *q, vouch_buf *out, vouch_outcome *outcome)
{
	outcome->response_status = (uint8_t)q->refusal;
	return buf_append_span(out, ocsp_error_response(q->refusal));
}

static int
try_cached(vouch_responder *r, const vouch_call *call, vouch_span request, vouch_buf *out,
    vouch_outcome *outcome)
{
	struct question_room room;
	struct question q;

	question_resolve(&q, &room, r, call, request);
	question_describe(&q, outcome);
	if (q.refusal != VOUCH_SUCCESSFUL)
		return answer_refusal(&q, out, outcome);
	/* RFC 9110 9.3.2: HEAD need not do what only its absent content would show */
	if (q.echo_nonce && (call->flags & VOUCH_CALL_NO_NONCED) != 0)
		return VOUCH_OK;
	if (!question_is_storable(&q) || (call->flags & VOUCH_CALL_RENEW) != 0)
		return VOUCH_EAGAIN;
	return stored_find(r, &q, call, out, outcome);
}

/* The caller's structures may be shorter or longer than ours; theirs, which may be NULL, is the outcome. */
static int
read_call(vouch_call *ours, const vouch_call *call, const vouch_outcome *theirs)
{
	if (theirs != NULL && !versioned_has_size(theirs))
		return VOUCH_EINVAL;
	return versioned_read(ours, sizeof(*ours), call, "vouch_call", NULL);
}

int
vouch_try_cached(vouch_responder *r, const vouch_call *call, vouch_span request, vouch_buf *out,
    vouch_outcome *outcome)
{
	vouch_call ours = { 0 };
	vouch_outcome made;
	int code = read_call(&ours, call, outcome);

	if (code != VOUCH_OK)
		return code;
	code = try_cached(r, &ours, request, out, &made);
	if (outcome != NULL)
		versioned_write(outcome, &made, sizeof(made));
	return code;
}

static void
sign_job(vouch_job *job, vouch_time now, vouch_buf *signature)
{
	vouch_signer *signer;
	vouch_span tbs = vouch_job_tbs(job, &signer);

	buf_clear(signature);
	if (vouch_signer_sign_at(signer, tbs, now, signature, NULL) != VOUCH_OK)
		buf_clear(signature);
	vouch_job_signed(job, span_buf(signature));
}

static void
run_job(vouch_job *job, vouch_time now)
{
	vouch_buf signature = { 0 };

	for (;;) {
		switch ((enum vouch_step)vouch_job_step(job, now)) {
		case VOUCH_WANT_STATUS:
			vouch_job_lookup(job, now);
			continue;
		case VOUCH_WANT_SIGNATURE:
			sign_job(job, now, &signature);
			continue;
		case VOUCH_WANT_PEER: /* it was not asked to */
		case VOUCH_DONE:
			break;
		}
		break;
	}
	vouch_buf_free(&signature);
}

int
vouch_handle(vouch_responder *r, const vouch_call *call, vouch_span request, vouch_buf *out,
    vouch_outcome *outcome)
{
	vouch_job *job;
	vouch_call ours = { 0 };
	int code = vouch_try_cached(r, call, request, out, outcome);

	if (code != VOUCH_EAGAIN)
		return code;
	code = versioned_read(&ours, sizeof(ours), call, "vouch_call", NULL);
	if (code != VOUCH_OK)
		return code;
	/* It could wait for a job that this thread itself was to go on with. */
	ours.flags &= ~(unsigned)VOUCH_CALL_COALESCE;
	ours.size = sizeof(ours);
	code = vouch_job_start(&job, r, &ours, request);
	if (code != VOUCH_OK)
		return code;
	run_job(job, ours.now);
	code = buf_append_span(out, vouch_job_response(job));
	if (outcome != NULL)
		versioned_write(outcome, vouch_job_outcome(job), sizeof(vouch_outcome));
	vouch_job_free(job);
	return code;
}

bool
vouch_is_served(const vouch_responder *r, const vouch_scope *scope, vouch_span request)
{
	struct ocsp_request parsed;
	vouch_err err;

	err_or(&err, NULL);
	if (ocsp_request_parse(request, r->certids, 0, &parsed, &err) != VOUCH_OK)
		return false;
	for (size_t i = 0; i < parsed.certid_count; i++) {
		const struct ocsp_certid *id = &parsed.certids[i];
		unsigned number;
		if (issuer_registry_find(r->registry, scope, id->hash, id->issuer_name_hash,
			id->issuer_key_hash, &number) != NULL)
			return true;
	}
	return false;
}
