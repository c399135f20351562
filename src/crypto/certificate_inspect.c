/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_certificate_inspect(): what callers of the library may know of a certificate. */
#include "base/versioned.h"
#include "crypto/cert.h"
#include "crypto/digest.h"

/* A span of our copy, as a span of the caller's octets. */
static vouch_span
same_place(vouch_span in_copy, const struct crypto_cert *copy, vouch_span original)
{
	if (in_copy.len == 0)
		return span_of(NULL, 0);
	return span_of(original.data + (in_copy.data - copy->der.data), in_copy.len);
}

int
vouch_certificate_inspect(vouch_span certificate, vouch_certificate_info *out, vouch_err *err)
{
	vouch_err unread;
	struct crypto_cert cert;

	err = err_or(err, &unread);
	if (!versioned_has_size(out))
		return err_set(err, VOUCH_EINVAL, "vouch_certificate_info has no size: set it to its sizeof");
	int code = crypto_cert_parse(&cert, certificate, err);
	if (code != VOUCH_OK)
		return err_prefix(err, "not a certificate");
	vouch_certificate_info info = {
		.serial_number = same_place(cert.serial_number, &cert, certificate),
		.issuer = same_place(cert.issuer, &cert, certificate),
		.subject = same_place(cert.subject, &cert, certificate),
		.not_before = cert.not_before,
		.not_after = cert.not_after,
		.ocsp_url = same_place(cert.ocsp_url, &cert, certificate),
		.ca_issuers_url = same_place(cert.ca_issuers_url, &cert, certificate),
		.subject_public_key = same_place(cert.key_bits, &cert, certificate),
		.subject_key_identifier = same_place(cert.subject_key_identifier, &cert, certificate),
	};
	crypto_cert_clear(&cert);
	uint8_t sha256[CRYPTO_DIGEST_MAX];
	if (crypto_digest(VOUCH_SHA256, certificate, sha256) != sizeof(info.sha256))
		return err_set(err, VOUCH_ECRYPTO, "libcrypto has no SHA-256");
	memcpy(info.sha256, sha256, sizeof(info.sha256));
	versioned_write(out, &info, sizeof(info));
	return VOUCH_OK;
}
