/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_handle: the whole way in one call. */
#include "base/err.h"
#include "base/versioned.h"
#include "responder/search.h"

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
	struct vouch_search search;
	vouch_job *job;
	int code = vouch_search_begin(&search, r, call, request);

	if (code == VOUCH_OK)
		code = vouch_search_end(&search, out, outcome);
	if (code != VOUCH_EAGAIN)
		return code;
	/* It could wait for a job that this thread itself was to go on with. */
	search.call.flags &= ~(unsigned)VOUCH_CALL_COALESCE;
	code = vouch_search_job(&job, &search, NULL);
	if (code != VOUCH_OK)
		return code;
	run_job(job, search.call.now);
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
