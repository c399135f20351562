/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of ResponseData that no encoder of ours would write: octets changed before they are signed. */
#include "mock/fault_apply.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/date.h"
#include "mock/length.h"

/* Of ResponseData as we write it: responderID, producedAt, responses, responseExtensions. */
static const struct mock_path produced_at = { { 1 }, 1 };
static const struct mock_path responder_id = { { 0 }, 1 };

int
mock_missing_single(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	const struct mock_path last = { { 2, (uint8_t)(plan->single_count - 1) }, 2 };

	(void)use;
	return mock_splice(&plan->tbs, &last, (vouch_span){ 0 }, err);
}

/* X.690 11.7 and RFC 5280 4.1.2.5.2 know one form only: YYYYMMDDHHMMSSZ. */
static const struct form {
	uint8_t tag;
	bool short_year;
	const char *end;
} forms[] = {
	{ DER_GENERALIZED_TIME, false, ".5Z" },
	{ DER_GENERALIZED_TIME, false, "+0000" },
	{ DER_UTC_TIME, true, "Z" },
};

int
mock_time_form(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	char text[80];
	struct date d;
	vouch_buf element = { 0 };
	const struct form *form = &forms[use->fault->parameter];

	if (!date_from_time(plan->produced_at, &d))
		return err_set(err, VOUCH_EINVAL, "the time is not in years 1 to 9999");
	snprintf(text, sizeof(text), "%02d%02d%02d%02d%02d%02d%02d%s", d.year / 100, d.year % 100, d.month,
	    d.day, d.hour, d.minute, d.second, form->end);
	struct der_writer w = der_writer_init(&element);
	der_put(&w, form->tag, span_string(text + (form->short_year ? 2 : 0)));
	int code = der_writer_finish(&w, err);
	if (code == VOUCH_OK)
		code = mock_splice(&plan->tbs, &produced_at, span_buf(&element), err);
	vouch_buf_free(&element);
	return code;
}

/* parameter 0: v1, the default, which DER leaves away; 1: a version that does not exist. */
int
mock_version(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	const uint8_t version[] = { DER_CONTEXT(0), 3, DER_INTEGER, 1, (uint8_t)use->fault->parameter };
	vouch_buf both = { 0 };

	int code = buf_append_span(&both, SPAN_ARRAY(version));
	if (code == VOUCH_OK)
		code = buf_append_span(&both, span_buf(&plan->responder_id));
	code = code == VOUCH_OK ? mock_splice(&plan->tbs, &responder_id, span_buf(&both), err) :
				  err_nomem(err);
	vouch_buf_free(&both);
	return code;
}

/* Reasons that our encoder refuses: 7 does not exist, removeFromCRL is for delta CRLs (RFC 5280 5.3.1). */
int
mock_octets_reasons(struct mock_plan *plan, vouch_err *err)
{
	for (size_t i = 0; i < plan->single_count; i++) {
		const struct mock_single *single = &plan->singles[i];
		const uint8_t reason[] = { DER_ENUMERATED, 1, single->odd_reason };
		/* SingleResponse, certStatus, revocationReason [0], the CRLReason in it */
		const struct mock_path path = { { 2, (uint8_t)i, 1, 1, 0 }, 5 };

		if (single->odd_reason != 0 && single->answer.cert_status == VOUCH_REVOKED &&
		    mock_splice(&plan->tbs, &path, SPAN_ARRAY(reason), err) != VOUCH_OK)
			return err->code;
	}
	return VOUCH_OK;
}

int
mock_long_length_signed(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use;
	return mock_length_pad(&plan->tbs, err);
}
