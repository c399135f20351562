/* SPDX-License-Identifier: Apache-2.0 */
/* The authority of a signer. */
#include "client/authority.h"

#include "crypto/digest.h"
#include "der/reader.h"
#include "ocsp/rule.h"

bool
authority_is_named(vouch_span responder_id, const struct crypto_cert *cert)
{
	uint8_t sha1[CRYPTO_DIGEST_MAX];
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(responder_id, &err);

	if (der_next_is(&r, DER_CONTEXT(1))) {
		struct der_reader by_name = der_enter(&r, DER_CONTEXT(1));
		return span_equal(der_element(&by_name), cert->subject);
	}
	struct der_reader by_key = der_enter(&r, DER_CONTEXT(2));
	vouch_span key_hash = der_read(&by_key, DER_OCTET_STRING);
	size_t len = crypto_digest(VOUCH_SHA1, cert->key_bits, sha1);
	return err.code == VOUCH_OK && len > 0 && span_equal(key_hash, span_of(sha1, len));
}

static int
check_period(const struct crypto_cert *signer, vouch_time now, int64_t skew, vouch_err *err)
{
	if (now + skew < signer->not_before)
		err_set(err, VOUCH_EVERIFY, "the signer's certificate is not valid yet (RFC 6960 3.2 no. 4)");
	else if (now - skew > signer->not_after)
		err_set(err, VOUCH_EVERIFY, "the signer's certificate has expired (RFC 6960 3.2 no. 4)");
	return err_rule(err, OCSP_RULE_SIGNER_VALIDITY);
}

static int
check_issuer(const struct crypto_cert *signer, const struct crypto_cert *issuer, vouch_err *err)
{
	if (crypto_cert_issued_by(signer, issuer, err) == VOUCH_OK)
		return VOUCH_OK;
	(void)err_rule(err, OCSP_RULE_SIGNER_ISSUER);
	return err_prefix(err, "the signer was not authorised by the CA (RFC 6960 4.2.2.2)");
}

static int
check_extended_key_usage(const struct crypto_cert *signer, vouch_err *err)
{
	if (!signer->for_ocsp_signing)
		err_set(err, VOUCH_EVERIFY,
		    "the signer's certificate lacks id-kp-OCSPSigning (RFC 6960 4.2.2.2)");
	return err_rule(err, OCSP_RULE_SIGNER_EKU);
}

static int
check_key_usage(const struct crypto_cert *signer, vouch_err *err)
{
	if (signer->has_key_usage &&
	    (signer->key_usage & (CRYPTO_DIGITAL_SIGNATURE | CRYPTO_NON_REPUDIATION)) == 0)
		err_set(err, VOUCH_EVERIFY,
		    "the signer's keyUsage does not allow signatures (RFC 5280 4.2.1.12)");
	return err_rule(err, OCSP_RULE_SIGNER_KEY_USAGE);
}

static int
check_critical_extensions(const struct crypto_cert *signer, vouch_err *err)
{
	if (signer->has_unknown_critical)
		err_set(err, VOUCH_EVERIFY,
		    "the signer's certificate has a critical extension that is not known (RFC 5280 4.2)");
	return err_rule(err, OCSP_RULE_SIGNER_CRITICAL_EXTENSION);
}

int
authority_check(const struct crypto_cert *signer, const struct crypto_cert *issuer, bool locally_trusted,
    vouch_time now, int64_t skew, vouch_err *err)
{
	if (locally_trusted)
		return check_period(signer, now, skew, err);
	/* The issuer's own validity is a matter of the path to the certificate that is asked about. */
	if (crypto_cert_is_same_entity(signer, issuer))
		return VOUCH_OK;
	if (check_issuer(signer, issuer, err) != VOUCH_OK ||
	    check_extended_key_usage(signer, err) != VOUCH_OK || check_key_usage(signer, err) != VOUCH_OK ||
	    check_critical_extensions(signer, err) != VOUCH_OK)
		return err->code;
	return check_period(signer, now, skew, err);
}
