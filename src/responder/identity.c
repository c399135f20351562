/* SPDX-License-Identifier: Apache-2.0 */
/* Identity: what an answer is made of beside the status. */
#include "responder/identity.h"

#include "base/buf.h"
#include "base/err.h"

/* Forty bits: nobody chooses them, and each octet is one more in every stored answer. */
#define IDENTITY_OCTETS 5

/* Each after its length, so that no two rows of octets run into each other. */
static int
add(vouch_buf *octets, vouch_span span)
{
	uint64_t len = span.len;
	int code = vouch_buf_append(octets, &len, sizeof(len));

	return code != VOUCH_OK ? code : buf_append_span(octets, span);
}

/* Every setting that answers depend on, and some more: an answer too many is made, never a wrong one kept. */
static int
add_policy(vouch_buf *octets, const vouch_issuer_options *policy)
{
	const int64_t settings[] = { policy->profile, policy->nonce, policy->not_issued, policy->responder_id,
		policy->mixed_issuers, policy->certid_hashes, policy->validity, policy->archive,
		policy->archive_years, policy->archive_seconds, policy->shape, policy->compromised };

	return add(octets, span_of(settings, sizeof(settings)));
}

static int
add_signer(vouch_buf *octets, const struct issuer_signer *signer)
{
	const uint8_t is_issuer = signer->is_issuer;
	size_t count;
	const vouch_span *certs = signer_certs(signer->signer, &count);
	int code = add(octets, span_of(&is_issuer, sizeof(is_issuer)));

	if (code == VOUCH_OK)
		code = add(octets, signer_signature_algorithm(signer->signer));
	for (size_t i = 0; code == VOUCH_OK && i < count; i++)
		code = add(octets, certs[i]);
	return code;
}

int
identity_make(uint64_t *out, const vouch_issuer *issuer, const struct issuer_signer *signer, vouch_err *err)
{
	vouch_buf octets = { 0 };
	uint8_t digest[CRYPTO_DIGEST_MAX];
	int code = add(&octets, span_buf(&issuer->cert.der));

	if (code == VOUCH_OK)
		code = add_policy(&octets, &issuer->policy);
	if (code == VOUCH_OK)
		code = add_signer(&octets, signer);
	if (code == VOUCH_OK && crypto_digest(VOUCH_SHA256, span_buf(&octets), digest) == 0)
		code = err_set(err, VOUCH_ECRYPTO, "SHA-256 is not available");
	vouch_buf_free(&octets);
	if (code != VOUCH_OK)
		return code == VOUCH_ENOMEM ? err_nomem(err) : code;
	*out = 0;
	for (size_t i = 0; i < IDENTITY_OCTETS; i++)
		*out = *out << 8 | digest[i];
	return VOUCH_OK;
}
