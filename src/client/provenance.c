/* SPDX-License-Identifier: Apache-2.0 */
/* Whose signature an answer bears, and whether that is enough. */
#include "client/provenance.h"

#include "client/authority.h"
#include "crypto/verify.h"

#define CERTS_MAX 16 /* the signer's chain; every one is parsed */

/*
 * The search for the signer.  Several certificates may fit the responderID: a renewed one beside the old, with the same name or
 * the same key.  One that passes every rule is enough; if none does, the one that came furthest tells what is wrong.
 */
struct search {
	vouch_response *response;
	const vouch_request *request;
	const vouch_verify_options *options;
	bool has_failure, failure_is_signed;
	vouch_err failure;
};

static int
check_signature(const struct ocsp_response *parsed, const struct crypto_cert *signer, vouch_err *err)
{
	if (crypto_verify_algorithm(signer, parsed->signature_algorithm, 0, err) != VOUCH_OK)
		return err_rule(err, OCSP_RULE_SIGNATURE_ALGORITHM);
	if (crypto_verify(signer, parsed->signature_algorithm, parsed->tbs, parsed->signature, 0, err) ==
	    VOUCH_OK)
		return VOUCH_OK;
	(void)err_rule(err, OCSP_RULE_SIGNATURE);
	return err_prefix(err, "the signature does not hold (RFC 6960 3.2 no. 2)");
}

/* Every issuer that was asked about must have authorised the signer. */
static int
check_authority(const struct search *s, const struct crypto_cert *signer, vouch_err *err)
{
	const struct client_asked *asked = s->request->asked;
	bool trusted = span_equal(s->options->trusted_signer, span_buf(&signer->der));

	for (size_t i = 0; i < s->request->asked_count; i++) {
		struct crypto_cert issuer;
		if (i > 0 && asked[i].issuer == asked[i - 1].issuer)
			continue;
		if (crypto_cert_parse(&issuer, vouch_issuer_certificate(asked[i].issuer), err) != VOUCH_OK)
			return err->code;
		int code = authority_check(signer, &issuer, trusted, s->options->now, s->options->skew, err);
		crypto_cert_clear(&issuer);
		if (code != VOUCH_OK)
			return code;
	}
	return VOUCH_OK;
}

static int
check(const struct search *s, const struct crypto_cert *signer, bool *is_signed, vouch_err *err)
{
	*is_signed = check_signature(&s->response->parsed, signer, err) == VOUCH_OK;
	if (!*is_signed || check_authority(s, signer, err) != VOUCH_OK)
		return err->code;
	if (crypto_verify_key(signer, err) != VOUCH_OK)
		return err_rule(err, OCSP_RULE_SIGNER_WEAK_KEY);
	return VOUCH_OK;
}

static void
note_failure(struct search *s, bool is_signed, const vouch_err *err)
{
	if (s->has_failure && (s->failure_is_signed || !is_signed))
		return;
	s->has_failure = true;
	s->failure_is_signed = is_signed;
	s->failure = *err;
}

/* True when the certificate is the signer, which it then becomes.  One that does not parse is nobody's. */
static bool
try_certificate(struct search *s, vouch_span certificate)
{
	vouch_err err = { 0 };
	struct crypto_cert candidate;
	bool is_signed = false;

	if (certificate.len == 0 || crypto_cert_parse(&candidate, certificate, &err) != VOUCH_OK)
		return false;
	if (authority_is_named(s->response->parsed.data.responder_id, &candidate)) {
		if (check(s, &candidate, &is_signed, &err) == VOUCH_OK) {
			s->response->signer = candidate;
			return true;
		}
		note_failure(s, is_signed, &err);
	}
	crypto_cert_clear(&candidate);
	return false;
}

/* RFC 6960 4.2.2.3: a certificate that was sent, the CA's, or one that is trusted locally. */
static bool
find(struct search *s)
{
	vouch_err unread = { 0 };
	struct der_reader certs = der_reader_init(s->response->parsed.certs, &unread);

	for (size_t i = 0; i < CERTS_MAX && der_more(&certs); i++)
		if (try_certificate(s, der_element(&certs)))
			return true;
	for (size_t i = 0; i < s->request->asked_count; i++)
		if (try_certificate(s, vouch_issuer_certificate(s->request->asked[i].issuer)))
			return true;
	return try_certificate(s, s->options->trusted_signer);
}

int
provenance_check(vouch_response *response, const vouch_request *request, const vouch_verify_options *options,
    vouch_err *err)
{
	struct search s = { .response = response, .request = request, .options = options };

	if (find(&s))
		return VOUCH_OK;
	if (s.has_failure) {
		*err = s.failure;
		return err->code;
	}
	err_set(err, VOUCH_EVERIFY, "no certificate fits the responderID (RFC 6960 4.2.2.3)");
	return err_rule(err, OCSP_RULE_RESPONDER_ID);
}
