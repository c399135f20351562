/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of the status: what is said of the certificate, and answers that say nothing. */
#include "mock/fault_apply.h"

int
mock_nothing(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)plan, (void)use, (void)err;
	return VOUCH_OK;
}

int
mock_cert_status(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	for (size_t i = 0; i < plan->single_count; i++) {
		plan->singles[i].answer.cert_status = (enum vouch_cert_status)use->fault->parameter;
		plan->singles[i].answer.revocation_reason = 0;
	}
	return VOUCH_OK;
}

static int
revoke(struct mock_plan *plan, int64_t reason)
{
	for (size_t i = 0; i < plan->single_count; i++)
		mock_single_revoke(&plan->singles[i], (uint8_t)reason);
	return VOUCH_OK;
}

/* value: CRLReason + 1, 0 none; the time is that of the script, if it has one. */
int
mock_revoked(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	return revoke(plan, use->value);
}

int
mock_undefined_reason(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	return revoke(plan, use->fault->parameter + 1);
}

int
mock_error(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	plan->error = (enum vouch_response_status)use->fault->parameter;
	return VOUCH_OK;
}

int
mock_undefined_error(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	plan->error = (enum vouch_response_status)use->value;
	return VOUCH_OK;
}
