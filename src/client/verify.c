/* SPDX-License-Identifier: Apache-2.0 */
/* The verification of an answer against what was asked (RFC 6960 3.2), rule by rule. */
#include "base/versioned.h"
#include "client/answers.h"
#include "client/provenance.h"

#define TIME_MAX (INT64_MAX / 4) /* beyond every date; sums of such times do not overflow */

static int
check_nonce(const vouch_response *r, const vouch_request *request, const vouch_verify_options *options,
    vouch_err *err)
{
	if (request->nonce.len == 0)
		return VOUCH_OK;
	if (!r->has_nonce) {
		if (options->require_nonce)
			err_set(err, VOUCH_EVERIFY, "the nonce did not come back (RFC 9654 2.1)");
		return err_rule(err, OCSP_RULE_NONCE_MISSING);
	}
	if (!span_equal(r->nonce, span_buf(&request->nonce)))
		err_set(err, VOUCH_EVERIFY, "another nonce came back (RFC 9654 2.1)");
	return err_rule(err, OCSP_RULE_NONCE);
}

static int
check_this_update(const struct ocsp_single_response *single, const vouch_verify_options *options,
    vouch_err *err)
{
	if (single->this_update > options->now + options->skew)
		err_set(err, VOUCH_EVERIFY, "thisUpdate is in the future (RFC 6960 3.2 no. 5)");
	else if (options->max_age > 0 &&
	    single->this_update < options->now - options->skew - options->max_age)
		err_set(err, VOUCH_EVERIFY, "thisUpdate is longer ago than is accepted (RFC 6960 3.2 no. 5)");
	return err_rule(err, OCSP_RULE_THIS_UPDATE);
}

static int
check_next_update(const struct ocsp_single_response *single, const vouch_verify_options *options,
    vouch_err *err)
{
	if (single->next_update == VOUCH_TIME_ABSENT) {
		if (options->require_next_update)
			err_set(err, VOUCH_EVERIFY,
			    "nextUpdate is missing: nothing tells how long this holds (RFC 9919 5)");
		return err_rule(err, OCSP_RULE_NEXT_UPDATE_ABSENT);
	}
	if (single->next_update < single->this_update)
		err_set(err, VOUCH_EVERIFY, "nextUpdate is before thisUpdate (RFC 6960 2.4)");
	else if (single->next_update < options->now - options->skew)
		err_set(err, VOUCH_EVERIFY, "nextUpdate has passed (RFC 6960 3.2 no. 6)");
	return err_rule(err, OCSP_RULE_NEXT_UPDATE);
}

/* RFC 6960 3.2 no. 5 and 6, for what was asked about. */
static int
check_times(const vouch_response *r, const vouch_verify_options *options, vouch_err *err)
{
	for (size_t i = 0; i < r->answer_count; i++) {
		const struct ocsp_single_response *single = &r->singles[r->answers[i]];
		if (check_this_update(single, options, err) != VOUCH_OK ||
		    check_next_update(single, options, err) != VOUCH_OK)
			return err->code;
	}
	/* Behind thisUpdate, which is not later (RFC 6960 2.4): a future thisUpdate is told as such. */
	if (r->parsed.data.produced_at > options->now + options->skew)
		err_set(err, VOUCH_EVERIFY, "producedAt is in the future (RFC 6960 2.4)");
	return err_rule(err, OCSP_RULE_PRODUCED_AT);
}

static int
check(vouch_response *r, const vouch_request *request, const vouch_verify_options *options, vouch_err *err)
{
	if (answers_find(r, request, err) != VOUCH_OK ||
	    provenance_check(r, request, options, err) != VOUCH_OK ||
	    check_nonce(r, request, options, err) != VOUCH_OK)
		return err->code;
	return check_times(r, options, err);
}

static bool
is_span_of_time(int64_t seconds)
{
	return seconds >= 0 && seconds <= TIME_MAX;
}

static int
read_options(vouch_verify_options *out, const vouch_verify_options *options, vouch_err *err)
{
	*out = (vouch_verify_options){ 0 };
	int code = versioned_read(out, sizeof(*out), options, "vouch_verify_options", err);
	if (code != VOUCH_OK)
		return code;
	if (out->now < -TIME_MAX || out->now > TIME_MAX || !is_span_of_time(out->skew) ||
	    !is_span_of_time(out->max_age))
		return err_set(err, VOUCH_EINVAL,
		    "vouch_verify_options: now, skew or max_age is out of any clock's range");
	return VOUCH_OK;
}

int
vouch_response_verify(vouch_response **out, vouch_span response, const vouch_request *request,
    const vouch_verify_options *options, vouch_err *err)
{
	vouch_err unread;
	vouch_verify_options ours;

	err = err_or(err, &unread);
	if (read_options(&ours, options, err) != VOUCH_OK)
		return err->code;
	vouch_response *r = response_read(response, err);
	if (r == NULL)
		return err->code;
	if (r->parsed.response_status == VOUCH_SUCCESSFUL && check(r, request, &ours, err) != VOUCH_OK) {
		vouch_response_free(r);
		return err->code;
	}
	*out = r;
	return VOUCH_OK;
}
