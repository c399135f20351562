/* SPDX-License-Identifier: Apache-2.0 */
/* Who may sign for an issuer (RFC 6960 2.2, 4.2.2.2). */
#include "issuer/signers.h"

#include "issuer/policy.h"

/* F-10: the CA signs itself.  Outside the CA/B Forum's rules clients do not ask for its digitalSignature. */
static int
judge_ca(const vouch_issuer *issuer, vouch_err *err)
{
	const struct crypto_cert *ca = &issuer->cert;

	if (policy_is_webpki(&issuer->policy) && (ca->key_usage & CRYPTO_DIGITAL_SIGNATURE) == 0)
		return err_set(err, VOUCH_EREFUSED,
		    "profile webpki: a CA signs answers only with keyUsage digitalSignature (BR 7.1.2.10.7)");
	return VOUCH_OK;
}

/* issued directly by the CA, with the key that it has now. */
static int
judge_origin(const vouch_issuer *issuer, const struct crypto_cert *cert, vouch_err *err)
{
	if (crypto_cert_issued_by(cert, &issuer->cert, err) == VOUCH_OK)
		return VOUCH_OK;
	err->code = VOUCH_EREFUSED;
	return err_prefix(err, "the signer is neither the CA nor issued directly by it (RFC 6960 4.2.2.2)");
}

/* anyExtendedKeyUsage does not delegate. */
static int
judge_purpose(const struct crypto_cert *cert, vouch_err *err)
{
	if (cert->for_ocsp_signing)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED,
	    "the signer's certificate has %s, id-kp-OCSPSigning is needed (RFC 6960 4.2.2.2)",
	    !cert->has_extended_key_usage ? "no extKeyUsage" :
		cert->for_any_purpose	  ? "anyExtendedKeyUsage" :
					    "another extKeyUsage");
}

/* R-12; RFC 5280 4.2.1.12 lets nonRepudiation do as well, BR 7.1.2.8.7 does not. */
static int
judge_key_usage(const vouch_issuer *issuer, const struct crypto_cert *cert, vouch_err *err)
{
	bool is_webpki = policy_is_webpki(&issuer->policy);
	unsigned enough = is_webpki ? CRYPTO_DIGITAL_SIGNATURE :
				      CRYPTO_DIGITAL_SIGNATURE | CRYPTO_NON_REPUDIATION;

	if (!cert->has_key_usage || (cert->key_usage & enough) != 0)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED,
	    "the signer's keyUsage does not let it sign: digitalSignature is needed (%s)",
	    is_webpki ? "BR 7.1.2.8.7" : "RFC 5280 4.2.1.3");
}

/* */
static int
judge_nocheck(const struct crypto_cert *cert, vouch_err *err)
{
	if (cert->nocheck != CRYPTO_NOCHECK_MALFORMED)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED,
	    "id-pkix-ocsp-nocheck of the signer's certificate is not NULL (RFC 6960 4.2.2.2.1)");
}

static int
judge_delegate(const vouch_issuer *issuer, const struct crypto_cert *cert, vouch_err *err)
{
	int code = judge_origin(issuer, cert, err);

	if (code == VOUCH_OK)
		code = judge_purpose(cert, err);
	if (code == VOUCH_OK)
		code = judge_key_usage(issuer, cert, err);
	return code == VOUCH_OK ? judge_nocheck(cert, err) : code;
}

int
issuer_judge_signer(const vouch_issuer *issuer, const vouch_signer *signer, unsigned flags,
    struct issuer_signer *out, vouch_err *err)
{
	const struct crypto_cert *cert = signer_cert(signer);
	bool is_issuer = crypto_cert_is_same_entity(cert, &issuer->cert);
	bool locally_trusted = (flags & VOUCH_SIGNER_LOCALLY_TRUSTED) != 0;

	if ((flags & ~(unsigned)VOUCH_SIGNER_LOCALLY_TRUSTED) != 0)
		return err_set(err, VOUCH_EINVAL, "signer flags %#x are not known", flags);
	int code = policy_check_algorithm(&issuer->policy, signer, err);
	if (code == VOUCH_OK && is_issuer)
		code = judge_ca(issuer, err);
	else if (code == VOUCH_OK && !locally_trusted)
		code = judge_delegate(issuer, cert, err);
	if (code == VOUCH_OK)
		*out = (struct issuer_signer){ NULL, is_issuer, locally_trusted && !is_issuer };
	return code;
}
