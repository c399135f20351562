/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of an answer that are about what was asked. */
#include "client/answers.h"

#include <stdlib.h>

#include "crypto/digest.h"

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

/* By whatever hash: one answer may name a certificate by two (RFC 9919 3.2.1). */
static bool
names_issuer(const struct ocsp_certid *certid, const struct crypto_cert *issuer)
{
	uint8_t name[CRYPTO_DIGEST_MAX], key[CRYPTO_DIGEST_MAX];
	size_t name_len = crypto_digest(certid->hash, issuer->subject, name);
	size_t key_len = crypto_digest(certid->hash, issuer->key_bits, key);

	return name_len > 0 && span_equal(certid->issuer_name_hash, span_of(name, name_len)) &&
	    span_equal(certid->issuer_key_hash, span_of(key, key_len));
}

/* Two entries for one certificate that differ: whoever reads the one is deceived by the other. */
static int
refuse_contradiction(const vouch_response *r, size_t number, const struct crypto_cert *issuer, vouch_err *err)
{
	const struct ocsp_single_response *answer = &r->singles[number];

	for (size_t i = 0; i < r->parsed.data.response_count; i++) {
		const struct ocsp_single_response *other = &r->singles[i];
		if (statuses_match(other, answer) ||
		    !span_equal(other->certid.serial_number, answer->certid.serial_number))
			continue;
		if (names_issuer(&other->certid, issuer)) {
			err_set(err, VOUCH_EVERIFY, "the answer contradicts itself about one certificate");
			return err_rule(err, OCSP_RULE_DUPLICATE);
		}
	}
	return VOUCH_OK;
}

static int
find_one(vouch_response *r, const struct client_asked *asked, vouch_err *err)
{
	struct crypto_cert issuer;

	if (find(r, asked, err) != VOUCH_OK ||
	    crypto_cert_parse(&issuer, vouch_issuer_certificate(asked->issuer), err) != VOUCH_OK)
		return err->code;
	int code = refuse_contradiction(r, r->answers[r->answer_count - 1], &issuer, err);
	crypto_cert_clear(&issuer);
	return code;
}

int
answers_find(vouch_response *r, const vouch_request *request, vouch_err *err)
{
	r->answers = calloc(request->asked_count + 1, sizeof(*r->answers));
	if (r->answers == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < request->asked_count; i++)
		if (find_one(r, &request->asked[i], err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}
