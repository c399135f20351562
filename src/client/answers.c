/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of an answer that are about what was asked. */
#include "client/answers.h"

#include <stdlib.h>

/* Field by field: parameters of the hash algorithm that are NULL and absent ones mean the same (RFC 5754 2). */
static bool
certids_match(const struct ocsp_certid *a, const struct ocsp_certid *b)
{
	return a->hash == b->hash && a->hash != VOUCH_HASH_OTHER &&
	    span_equal(a->issuer_name_hash, b->issuer_name_hash) &&
	    span_equal(a->issuer_key_hash, b->issuer_key_hash) &&
	    span_equal(a->serial_number, b->serial_number);
}

static bool
statuses_match(const struct ocsp_single_response *a, const struct ocsp_single_response *b)
{
	return a->cert_status == b->cert_status && a->revocation_time == b->revocation_time &&
	    a->revocation_reason == b->revocation_reason;
}

static int
find(vouch_response *r, const struct client_asked *asked, vouch_err *err)
{
	for (size_t i = 0; i < r->parsed.data.response_count; i++)
		if (certids_match(&r->singles[i].certid, &asked->parsed)) {
			r->answers[r->answer_count++] = i;
			return VOUCH_OK;
		}
	err_set(err, VOUCH_EVERIFY,
	    "the answer is about another certificate than was asked (RFC 6960 3.2 no. 1)");
	return err_rule(err, OCSP_RULE_CERTID);
}

/* Two entries for one CertID that differ: whoever reads the first is deceived by the second. */
static int
refuse_contradiction(const vouch_response *r, size_t number, vouch_err *err)
{
	const struct ocsp_single_response *answer = &r->singles[number];

	for (size_t i = 0; i < r->parsed.data.response_count; i++)
		if (certids_match(&r->singles[i].certid, &answer->certid) &&
		    !statuses_match(&r->singles[i], answer)) {
			err_set(err, VOUCH_EVERIFY, "the answer contradicts itself about one certificate");
			return err_rule(err, OCSP_RULE_DUPLICATE);
		}
	return VOUCH_OK;
}

int
answers_find(vouch_response *r, const vouch_request *request, vouch_err *err)
{
	r->answers = calloc(request->asked_count + 1, sizeof(*r->answers));
	if (r->answers == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < request->asked_count; i++)
		if (find(r, &request->asked[i], err) != VOUCH_OK ||
		    refuse_contradiction(r, r->answers[i], err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}
