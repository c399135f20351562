/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of the signature: who signs, with what, and what is left of it. */
#include "mock/fault_apply.h"

#include <openssl/evp.h>

#include "base/buf.h"
#include "crypto/algorithm.h"

int
mock_signer_role(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return mock_cast_get(plan->cast, (enum mock_role)use->fault->parameter, plan->now, &plan->signer,
	    err);
}

/* The certificate that is sent is the right one; the key was another's. */
int
mock_signature_of_role(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return mock_cast_get(plan->cast, (enum mock_role)use->fault->parameter, plan->now, &plan->forger,
	    err);
}

int
mock_without_certs(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use, (void)err;
	plan->no_certs = true;
	return VOUCH_OK;
}

static int
set_algorithm(struct mock_plan *plan, vouch_span identifier, vouch_err *err)
{
	buf_clear(&plan->signature_algorithm);
	return buf_append_span(&plan->signature_algorithm, identifier) == VOUCH_OK ? VOUCH_OK :
										     err_nomem(err);
}

/* --- Algorithms that are broken ------------------------------------------------------------------------- */

static const struct weak {
	const char *key; /* libcrypto's name of the type that makes such signatures */
	vouch_span identifier;
} weak[] = {
#define IDENTIFIER(octets) \
	{ \
		(const uint8_t *)(octets), sizeof(octets) - 1 \
	}
	{ "EC", IDENTIFIER("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01") },
	{ "RSA", IDENTIFIER("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00") },
	{ "RSA", IDENTIFIER("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04\x05\x00") },
#undef IDENTIFIER
};
enum { ECDSA_SHA1, RSA_SHA1, RSA_MD5 };

/* parameter 1: SHA-1, 5: MD5.  A key that cannot make such signatures gives way to an RSA key. */
int
mock_weak_algorithm(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	bool md5 = use->fault->parameter == 5;
	const struct mock_signer *signer;

	if (mock_cast_get(plan->cast, MOCK_RESPONDER, plan->now, &signer, err) != VOUCH_OK)
		return err->code;
	const struct weak *row = md5 || !EVP_PKEY_is_a(signer->key, "EC") ? &weak[md5 ? RSA_MD5 : RSA_SHA1] :
									    &weak[ECDSA_SHA1];
	if (!EVP_PKEY_is_a(signer->key, row->key) &&
	    mock_cast_get(plan->cast, MOCK_RSA, plan->now, &signer, err) != VOUCH_OK)
		return err_prefix(err, "the responder's key is not an RSA key");
	plan->signer = signer;
	return set_algorithm(plan, row->identifier, err);
}

/* --- What is written over a signature ------------------------------------------------------------------- */

static const struct {
	const char *real, *written;
} others[] = {
	{ "rsa-sha256", "rsa-sha384" }, { "rsa-pss-sha256", "rsa-pss-sha384" },
	{ "ecdsa-sha256", "ecdsa-sha384" }, { "ed25519", "ed448" }, { "ed448", "ed25519" },
	{ NULL, "ecdsa-sha256" }, /* any other ECDSA; RSA keys begin above */
};

int
mock_other_algorithm(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	size_t row = 0;

	(void)use;
	while (others[row].real != NULL &&
	    !span_equal(crypto_algorithm_by_name(others[row].real)->identifier,
		span_buf(&plan->signature_algorithm)))
		row++;
	return set_algorithm(plan, crypto_algorithm_by_name(others[row].written)->identifier, err);
}

int
mock_unknown_algorithm(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	/* 1.3.6.1.4.1.32473.2, of the arc for examples (RFC 5612) */
	static const char example[] = "\x30\x0b\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x02";

	(void)use;
	return set_algorithm(plan, SPAN_LITERAL(example), err);
}

/* A bit in the middle: the ends of an ECDSA signature are DER, whose damage would be another fault. */
int
mock_spoiled_signature(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	size_t quarter = plan->signature.len / 4;

	(void)use;
	if (quarter == 0)
		return err_set(err, VOUCH_EREFUSED, "the signature is too short to be spoiled");
	size_t at = quarter + mock_random_below(&plan->random, quarter);
	plan->signature.data[at] ^= (uint8_t)(1u << mock_random_below(&plan->random, 8));
	return VOUCH_OK;
}

int
mock_empty_signature(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use, (void)err;
	if (plan->signature.len > 1)
		plan->signature.len = 1;
	return VOUCH_OK;
}
