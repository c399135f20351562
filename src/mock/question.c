/* SPDX-License-Identifier: Apache-2.0 */
/* The question: an OCSPRequest becomes the beginning of a plan. */
#include "mock/question.h"

#include "base/span.h"

bool
mock_question_is_ours(const struct mock_cast *cast, const struct ocsp_certid *certid)
{
	const struct mock_hashes *hashes = mock_cast_hashes(cast, certid->hash);

	return certid->hash != VOUCH_HASH_OTHER && hashes->len != 0 &&
	    span_equal(certid->issuer_name_hash, span_of(hashes->name, hashes->len)) &&
	    span_equal(certid->issuer_key_hash, span_of(hashes->key, hashes->len));
}

/* A serial number of which nothing is said is as any other; one of which only faults are said, too. */
static const struct mock_step *
take_step(struct mock_script *script, vouch_span serial_number, struct mock_uses *faults)
{
	const struct mock_step *step = mock_script_take(script, serial_number);

	if (step == NULL)
		return &script->otherwise;
	if (faults->count == 0)
		*faults = step->faults;
	return step->cert_status == VOUCH_STATUS_UNSET ? &script->otherwise : step;
}

static void
fill_single(struct mock_plan *plan, struct mock_single *single, const struct mock_step *step,
    const struct mock_defaults *defaults)
{
	if (step->cert_status == VOUCH_REVOKED)
		mock_single_revoke(single, step->revocation_reason);
	else
		single->answer.cert_status = (enum vouch_cert_status)step->cert_status;
	single->answer.revocation_time = step->revocation_time != VOUCH_TIME_ABSENT ?
	    step->revocation_time :
	    defaults->revocation_time;
	single->answer.this_update = plan->now;
	single->answer.next_update = plan->now + defaults->next_update_seconds;
}

static int
add_singles(struct mock_plan *plan, struct mock_script *script, const struct mock_defaults *defaults,
    struct mock_uses *faults, vouch_err *err)
{
	bool any = false;

	for (size_t i = 0; i < plan->asked.certid_count; i++) {
		struct mock_single *single = mock_plan_add_single(plan);
		const struct ocsp_certid *certid = &plan->asked.certids[i];

		if (single == NULL)
			return err_nomem(err);
		single->answer.certid = *certid;
		if (mock_question_is_ours(plan->cast, certid)) {
			any = true;
			fill_single(plan, single, take_step(script, certid->serial_number, faults), defaults);
		} else {
			fill_single(plan, single, &script->otherwise, defaults);
			single->answer.cert_status = VOUCH_UNKNOWN;
		}
	}
	if (!any)
		plan->error = VOUCH_UNAUTHORIZED;
	return VOUCH_OK;
}

int
mock_question_read(struct mock_plan *plan, struct mock_script *script, const struct mock_defaults *defaults,
    struct mock_uses *faults, vouch_err *err)
{
	vouch_err malformed;

	plan->next_update_seconds = defaults->next_update_seconds;
	if (ocsp_request_parse(span_buf(&plan->request), OCSP_CERTIDS_MAX, 0, &plan->asked,
		err_or(NULL, &malformed)) != VOUCH_OK) {
		plan->asked = (struct ocsp_request){ 0 };
		plan->error = VOUCH_MALFORMED_REQUEST;
		return VOUCH_OK;
	}
	/* RFC 9654 2.1: rejected by whoever implements the extension. */
	if (plan->asked.has_nonce &&
	    (plan->asked.nonce_length == 0 || plan->asked.nonce_length > OCSP_NONCE_MAX))
		plan->error = VOUCH_MALFORMED_REQUEST;
	return add_singles(plan, script, defaults, faults, err);
}
