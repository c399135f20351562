/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the OBJECT IDENTIFIERs that OCSP messages and their certificates hold, for vouch_decode(). */
#include "ocsp/decode_field.h"

#include "ocsp/oids.h"

#define OID(literal) \
	{ \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}
#define PKCS_1 "\x2a\x86\x48\x86\xf7\x0d\x01\x01"
#define X9_62 "\x2a\x86\x48\xce\x3d"
#define NIST "\x60\x86\x48\x01\x65\x03\x04"
#define PKIX "\x2b\x06\x01\x05\x05\x07"

static const struct {
	const char *name;
	vouch_span oid;
} names[] = {
	{ "md5", OID(DER_OID_MD5) },
	{ "sha1", OID(DER_OID_SHA1) },
	{ "sha256", OID(DER_OID_SHA256) },
	{ "sha384", OID(DER_OID_SHA384) },
	{ "sha512", OID(DER_OID_SHA512) },
	{ "sha224", OID(NIST "\x02\x04") },
	{ "sha3-256", OID(NIST "\x02\x08") },
	{ "rsaEncryption", OID(PKCS_1 "\x01") },
	{ "md5WithRSAEncryption", OID(PKCS_1 "\x04") },
	{ "sha1WithRSAEncryption", OID(PKCS_1 "\x05") },
	{ "mgf1", OID(PKCS_1 "\x08") },
	{ "rsassaPss", OID(PKCS_1 "\x0a") },
	{ "sha256WithRSAEncryption", OID(PKCS_1 "\x0b") },
	{ "sha384WithRSAEncryption", OID(PKCS_1 "\x0c") },
	{ "sha512WithRSAEncryption", OID(PKCS_1 "\x0d") },
	{ "ecPublicKey", OID(X9_62 "\x02\x01") },
	{ "secp256r1", OID(X9_62 "\x03\x01\x07") },
	{ "secp384r1", OID("\x2b\x81\x04\x00\x22") },
	{ "secp521r1", OID("\x2b\x81\x04\x00\x23") },
	{ "ecdsa-with-SHA1", OID(X9_62 "\x04\x01") },
	{ "ecdsa-with-SHA224", OID(X9_62 "\x04\x03\x01") },
	{ "ecdsa-with-SHA256", OID(X9_62 "\x04\x03\x02") },
	{ "ecdsa-with-SHA384", OID(X9_62 "\x04\x03\x03") },
	{ "ecdsa-with-SHA512", OID(X9_62 "\x04\x03\x04") },
	{ "Ed25519", OID("\x2b\x65\x70") },
	{ "Ed448", OID("\x2b\x65\x71") },
	{ "ML-DSA-44", OID(NIST "\x03\x11") },
	{ "ML-DSA-65", OID(NIST "\x03\x12") },
	{ "ML-DSA-87", OID(NIST "\x03\x13") },
	{ "SLH-DSA-SHA2-128s", OID(NIST "\x03\x14") },
	{ "SLH-DSA-SHA2-128f", OID(NIST "\x03\x15") },
	{ "SLH-DSA-SHA2-192s", OID(NIST "\x03\x16") },
	{ "SLH-DSA-SHA2-192f", OID(NIST "\x03\x17") },
	{ "SLH-DSA-SHA2-256s", OID(NIST "\x03\x18") },
	{ "SLH-DSA-SHA2-256f", OID(NIST "\x03\x19") },
	{ "SLH-DSA-SHAKE-128s", OID(NIST "\x03\x1a") },
	{ "SLH-DSA-SHAKE-128f", OID(NIST "\x03\x1b") },
	{ "SLH-DSA-SHAKE-192s", OID(NIST "\x03\x1c") },
	{ "SLH-DSA-SHAKE-192f", OID(NIST "\x03\x1d") },
	{ "SLH-DSA-SHAKE-256s", OID(NIST "\x03\x1e") },
	{ "SLH-DSA-SHAKE-256f", OID(NIST "\x03\x1f") },
	{ "HashML-DSA-44", OID(NIST "\x03\x20") },
	{ "HashML-DSA-65", OID(NIST "\x03\x21") },
	{ "HashML-DSA-87", OID(NIST "\x03\x22") },
	{ "HashSLH-DSA-SHA2-128s", OID(NIST "\x03\x23") },
	{ "HashSLH-DSA-SHA2-128f", OID(NIST "\x03\x24") },
	{ "HashSLH-DSA-SHA2-192s", OID(NIST "\x03\x25") },
	{ "HashSLH-DSA-SHA2-192f", OID(NIST "\x03\x26") },
	{ "HashSLH-DSA-SHA2-256s", OID(NIST "\x03\x27") },
	{ "HashSLH-DSA-SHA2-256f", OID(NIST "\x03\x28") },
	{ "HashSLH-DSA-SHAKE-128s", OID(NIST "\x03\x29") },
	{ "HashSLH-DSA-SHAKE-128f", OID(NIST "\x03\x2a") },
	{ "HashSLH-DSA-SHAKE-192s", OID(NIST "\x03\x2b") },
	{ "HashSLH-DSA-SHAKE-192f", OID(NIST "\x03\x2c") },
	{ "HashSLH-DSA-SHAKE-256s", OID(NIST "\x03\x2d") },
	{ "HashSLH-DSA-SHAKE-256f", OID(NIST "\x03\x2e") },
	{ "id-pkix-ocsp-basic", OID(OCSP_OID_BASIC) },
	{ "id-pkix-ocsp-nonce", OID(OCSP_OID_NONCE) },
	{ "id-pkix-ocsp-crl", OID(OCSP_OID_CRL) },
	{ "id-pkix-ocsp-response", OID(OCSP_OID_RESPONSE) },
	{ "id-pkix-ocsp-nocheck", OID(OCSP_OID_NOCHECK) },
	{ "id-pkix-ocsp-archive-cutoff", OID(OCSP_OID_ARCHIVE_CUTOFF) },
	{ "id-pkix-ocsp-service-locator", OID(OCSP_OID_SERVICE_LOCATOR) },
	{ "id-pkix-ocsp-pref-sig-algs", OID(OCSP_OID_PREF_SIG_ALGS) },
	{ "id-pkix-ocsp-extended-revoke", OID(OCSP_OID_EXTENDED_REVOKE) },
	{ "id-ad-ocsp", OID(PKIX "\x30\x01") },
	{ "id-ad-caIssuers", OID(PKIX "\x30\x02") },
	{ "id-pe-authorityInfoAccess", OID(PKIX "\x01\x01") },
	{ "id-pe-tlsfeature", OID(PKIX "\x01\x18") },
	{ "id-kp-serverAuth", OID(PKIX "\x03\x01") },
	{ "id-kp-clientAuth", OID(PKIX "\x03\x02") },
	{ "id-kp-codeSigning", OID(PKIX "\x03\x03") },
	{ "id-kp-emailProtection", OID(PKIX "\x03\x04") },
	{ "id-kp-timeStamping", OID(PKIX "\x03\x08") },
	{ "id-kp-OCSPSigning", OID(PKIX "\x03\x09") },
	{ "id-ce-subjectKeyIdentifier", OID("\x55\x1d\x0e") },
	{ "id-ce-keyUsage", OID("\x55\x1d\x0f") },
	{ "id-ce-subjectAltName", OID("\x55\x1d\x11") },
	{ "id-ce-basicConstraints", OID("\x55\x1d\x13") },
	{ "id-ce-cRLReasons", OID("\x55\x1d\x15") },
	{ "id-ce-invalidityDate", OID(OCSP_OID_INVALIDITY_DATE) },
	{ "id-ce-certificateIssuer", OID("\x55\x1d\x1d") },
	{ "id-ce-nameConstraints", OID("\x55\x1d\x1e") },
	{ "id-ce-cRLDistributionPoints", OID("\x55\x1d\x1f") },
	{ "id-ce-certificatePolicies", OID("\x55\x1d\x20") },
	{ "id-ce-authorityKeyIdentifier", OID("\x55\x1d\x23") },
	{ "id-ce-extKeyUsage", OID("\x55\x1d\x25") },
	{ "anyExtendedKeyUsage", OID("\x55\x1d\x25\x00") },
	{ "certInDirSince", OID("\x2b\x24\x08\x03\x0c") },
	{ "certHash", OID("\x2b\x24\x08\x03\x0d") },
	{ "signedCertificateTimestamps", OID("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x05") },
};

const char *
decode_oid_name(vouch_span oid)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_equal(names[i].oid, oid))
			return names[i].name;
	return NULL;
}
