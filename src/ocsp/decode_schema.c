/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ASN.1 of RFC 6960 appendix B.1, and as much of RFC 5280 as certificates in a message need, for
 * vouch_decode().
 */
#include "ocsp/decode_field.h"

#include "ocsp/oids.h"

#define NEEDED DECODE_NEEDED
#define OPTIONAL DECODE_OPTIONAL
#define CHOICE DECODE_CHOICE
#define REPEATED DECODE_REPEATED
#define CONTEXT DER_CONTEXT
#define PRIMITIVE DER_CONTEXT_PRIMITIVE
/* The inside of an EXPLICIT tag. */
#define EXPLICIT(...) ((const struct decode_field[]){ { __VA_ARGS__ }, { 0 } })

static const struct decode_field algorithm_identifier[] = {
	{ "algorithm", DER_OID, NEEDED, .text = decode_oid },
	{ "parameters", 0, OPTIONAL, .text = decode_any },
	{ 0 },
};

static const struct decode_field extension[] = {
	{ "extnID", DER_OID, NEEDED, .text = decode_oid },
	{ "critical", DER_BOOLEAN, OPTIONAL, .text = decode_boolean },
	{ "extnValue", DER_OCTET_STRING, NEEDED, .by_oid = true },
	{ 0 },
};
static const struct decode_field extensions[] = {
	{ "Extension", DER_SEQUENCE, REPEATED, .inside = extension }, { 0 }
};

static const struct decode_field general_name[] = {
	{ "otherName", CONTEXT(0), CHOICE, .text = decode_octets },
	{ "rfc822Name", PRIMITIVE(1), CHOICE, .text = decode_string },
	{ "dNSName", PRIMITIVE(2), CHOICE, .text = decode_string },
	{ "x400Address", CONTEXT(3), CHOICE, .text = decode_octets },
	{ "[4]", CONTEXT(4), CHOICE,
	    .inside = EXPLICIT("directoryName", DER_SEQUENCE, NEEDED, .text = decode_name) },
	{ "ediPartyName", CONTEXT(5), CHOICE, .text = decode_octets },
	{ "uniformResourceIdentifier", PRIMITIVE(6), CHOICE, .text = decode_string },
	{ "iPAddress", PRIMITIVE(7), CHOICE, .text = decode_octets },
	{ "registeredID", PRIMITIVE(8), CHOICE, .text = decode_octets },
	{ 0 },
};

/* Certificates: RFC 5280 4.1. */

static const struct decode_field validity[] = {
	{ "notBefore", 0, NEEDED, .text = decode_time },
	{ "notAfter", 0, NEEDED, .text = decode_time },
	{ 0 },
};

static const struct decode_field subject_public_key_info[] = {
	{ "algorithm", DER_SEQUENCE, NEEDED, .inside = algorithm_identifier },
	{ "subjectPublicKey", DER_BIT_STRING, NEEDED, .text = decode_bits },
	{ 0 },
};

static const struct decode_field tbs_certificate[] = {
	{ "[0]", CONTEXT(0), OPTIONAL,
	    .inside = EXPLICIT("version", DER_INTEGER, NEEDED, .text = decode_version) },
	{ "serialNumber", DER_INTEGER, NEEDED, .text = decode_integer },
	{ "signature", DER_SEQUENCE, NEEDED, .inside = algorithm_identifier },
	{ "issuer", DER_SEQUENCE, NEEDED, .text = decode_name },
	{ "validity", DER_SEQUENCE, NEEDED, .inside = validity },
	{ "subject", DER_SEQUENCE, NEEDED, .text = decode_name },
	{ "subjectPublicKeyInfo", DER_SEQUENCE, NEEDED, .inside = subject_public_key_info },
	{ "issuerUniqueID", PRIMITIVE(1), OPTIONAL, .text = decode_octets },
	{ "subjectUniqueID", PRIMITIVE(2), OPTIONAL, .text = decode_octets },
	{ "[3]", CONTEXT(3), OPTIONAL,
	    .inside = EXPLICIT("extensions", DER_SEQUENCE, NEEDED, .inside = extensions) },
	{ 0 },
};

static const struct decode_field certificate[] = {
	{ "tbsCertificate", DER_SEQUENCE, NEEDED, .inside = tbs_certificate },
	{ "signatureAlgorithm", DER_SEQUENCE, NEEDED, .inside = algorithm_identifier },
	{ "signatureValue", DER_BIT_STRING, NEEDED, .text = decode_bits },
	{ 0 },
};
static const struct decode_field certs[] = { { "Certificate", DER_SEQUENCE, REPEATED, .inside = certificate },
	{ 0 } };

/* Requests: RFC 6960 4.1.1. */

static const struct decode_field certid[] = {
	{ "hashAlgorithm", DER_SEQUENCE, NEEDED, .inside = algorithm_identifier },
	{ "issuerNameHash", DER_OCTET_STRING, NEEDED, .text = decode_octets },
	{ "issuerKeyHash", DER_OCTET_STRING, NEEDED, .text = decode_octets },
	{ "serialNumber", DER_INTEGER, NEEDED, .text = decode_integer },
	{ 0 },
};

static const struct decode_field request[] = {
	{ "reqCert", DER_SEQUENCE, NEEDED, .inside = certid },
	{ "[0]", CONTEXT(0), OPTIONAL,
	    .inside = EXPLICIT("singleRequestExtensions", DER_SEQUENCE, NEEDED, .inside = extensions) },
	{ 0 },
};
static const struct decode_field request_list[] = { { "Request", DER_SEQUENCE, REPEATED, .inside = request },
	{ 0 } };

static const struct decode_field tbs_request[] = {
	{ "[0]", CONTEXT(0), OPTIONAL,
	    .inside = EXPLICIT("version", DER_INTEGER, NEEDED, .text = decode_version) },
	{ "requestorName", CONTEXT(1), OPTIONAL, .inside = general_name },
	{ "requestList", DER_SEQUENCE, NEEDED, .inside = request_list },
	{ "[2]", CONTEXT(2), OPTIONAL,
	    .inside = EXPLICIT("requestExtensions", DER_SEQUENCE, NEEDED, .inside = extensions) },
	{ 0 },
};

static const struct decode_field signature[] = {
	{ "signatureAlgorithm", DER_SEQUENCE, NEEDED, .inside = algorithm_identifier },
	{ "signature", DER_BIT_STRING, NEEDED, .text = decode_bits },
	{ "[0]", CONTEXT(0), OPTIONAL, .inside = EXPLICIT("certs", DER_SEQUENCE, NEEDED, .inside = certs) },
	{ 0 },
};

static const struct decode_field ocsp_request[] = {
	{ "tbsRequest", DER_SEQUENCE, NEEDED, .inside = tbs_request },
	{ "[0]", CONTEXT(0), OPTIONAL,
	    .inside = EXPLICIT("optionalSignature", DER_SEQUENCE, NEEDED, .inside = signature) },
	{ 0 },
};
const struct decode_field decode_request[] = {
	{ "OCSPRequest", DER_SEQUENCE, NEEDED, .inside = ocsp_request }, { 0 }
};

/* Responses: RFC 6960 4.2.1. */

static const struct decode_field revoked_info[] = {
	{ "revocationTime", DER_GENERALIZED_TIME, NEEDED, .text = decode_generalized_time },
	{ "[0]", CONTEXT(0), OPTIONAL,
	    .inside = EXPLICIT("revocationReason", DER_ENUMERATED, NEEDED, .text = decode_reason) },
	{ 0 },
};

static const struct decode_field single_response[] = {
	{ "certID", DER_SEQUENCE, NEEDED, .inside = certid },
	{ "good", PRIMITIVE(0), CHOICE, .text = decode_null },
	{ "revoked", CONTEXT(1), CHOICE, .inside = revoked_info },
	{ "unknown", PRIMITIVE(2), CHOICE, .text = decode_null },
	{ "thisUpdate", DER_GENERALIZED_TIME, NEEDED, .text = decode_generalized_time },
	{ "[0]", CONTEXT(0), OPTIONAL,
	    .inside = EXPLICIT("nextUpdate", DER_GENERALIZED_TIME, NEEDED, .text = decode_generalized_time) },
	{ "[1]", CONTEXT(1), OPTIONAL,
	    .inside = EXPLICIT("singleExtensions", DER_SEQUENCE, NEEDED, .inside = extensions) },
	{ 0 },
};
static const struct decode_field responses[] = {
	{ "SingleResponse", DER_SEQUENCE, REPEATED, .inside = single_response }, { 0 }
};

static const struct decode_field response_data[] = {
	{ "[0]", CONTEXT(0), OPTIONAL,
	    .inside = EXPLICIT("version", DER_INTEGER, NEEDED, .text = decode_version) },
	{ "[1]", CONTEXT(1), CHOICE,
	    .inside = EXPLICIT("byName", DER_SEQUENCE, NEEDED, .text = decode_name) },
	{ "[2]", CONTEXT(2), CHOICE,
	    .inside = EXPLICIT("byKey", DER_OCTET_STRING, NEEDED, .text = decode_octets) },
	{ "producedAt", DER_GENERALIZED_TIME, NEEDED, .text = decode_generalized_time },
	{ "responses", DER_SEQUENCE, NEEDED, .inside = responses },
	{ "[1]", CONTEXT(1), OPTIONAL,
	    .inside = EXPLICIT("responseExtensions", DER_SEQUENCE, NEEDED, .inside = extensions) },
	{ 0 },
};

static const struct decode_field basic_response[] = {
	{ "tbsResponseData", DER_SEQUENCE, NEEDED, .inside = response_data },
	{ "signatureAlgorithm", DER_SEQUENCE, NEEDED, .inside = algorithm_identifier },
	{ "signature", DER_BIT_STRING, NEEDED, .text = decode_bits },
	{ "[0]", CONTEXT(0), OPTIONAL, .inside = EXPLICIT("certs", DER_SEQUENCE, NEEDED, .inside = certs) },
	{ 0 },
};

static const struct decode_field response_bytes[] = {
	{ "responseType", DER_OID, NEEDED, .text = decode_oid },
	{ "response", DER_OCTET_STRING, NEEDED,
	    .inside = EXPLICIT("BasicOCSPResponse", DER_SEQUENCE, NEEDED, .inside = basic_response) },
	{ 0 },
};

static const struct decode_field ocsp_response[] = {
	{ "responseStatus", DER_ENUMERATED, NEEDED, .text = decode_response_status },
	{ "[0]", CONTEXT(0), OPTIONAL,
	    .inside = EXPLICIT("responseBytes", DER_SEQUENCE, NEEDED, .inside = response_bytes) },
	{ 0 },
};
const struct decode_field decode_response[] = {
	{ "OCSPResponse", DER_SEQUENCE, NEEDED, .inside = ocsp_response }, { 0 }
};

/* What extensions hold: RFC 6960 4.4, RFC 5280 4.2 and 5.3, Common PKI part 4. */

static const struct decode_field oids[] = { { "OBJECT IDENTIFIER", DER_OID, REPEATED, .text = decode_oid },
	{ 0 } };

static const struct decode_field preferred[] = {
	{ "sigIdentifier", DER_SEQUENCE, NEEDED, .inside = algorithm_identifier },
	{ "pubKeyAlgIdentifier", DER_SEQUENCE, OPTIONAL, .inside = algorithm_identifier },
	{ 0 },
};
static const struct decode_field preferred_list[] = {
	{ "PreferredSignatureAlgorithm", DER_SEQUENCE, REPEATED, .inside = preferred },
	{ 0 },
};

static const struct decode_field crl_id[] = {
	{ "[0]", CONTEXT(0), OPTIONAL,
	    .inside = EXPLICIT("crlUrl", DER_IA5_STRING, NEEDED, .text = decode_string) },
	{ "[1]", CONTEXT(1), OPTIONAL,
	    .inside = EXPLICIT("crlNum", DER_INTEGER, NEEDED, .text = decode_integer) },
	{ "[2]", CONTEXT(2), OPTIONAL,
	    .inside = EXPLICIT("crlTime", DER_GENERALIZED_TIME, NEEDED, .text = decode_generalized_time) },
	{ 0 },
};

static const struct decode_field access_description[] = {
	{ "accessMethod", DER_OID, NEEDED, .text = decode_oid },
	{ "otherName", CONTEXT(0), CHOICE, .text = decode_octets },
	{ "[4]", CONTEXT(4), CHOICE,
	    .inside = EXPLICIT("directoryName", DER_SEQUENCE, NEEDED, .text = decode_name) },
	{ "uniformResourceIdentifier", PRIMITIVE(6), CHOICE, .text = decode_string },
	{ "accessLocation", 0, CHOICE, .text = decode_octets },
	{ 0 },
};
static const struct decode_field access_descriptions[] = {
	{ "AccessDescription", DER_SEQUENCE, REPEATED, .inside = access_description },
	{ 0 },
};

static const struct decode_field service_locator[] = {
	{ "issuer", DER_SEQUENCE, NEEDED, .text = decode_name },
	{ "locator", DER_SEQUENCE, OPTIONAL, .inside = access_descriptions },
	{ 0 },
};

static const struct decode_field cert_hash[] = {
	{ "hashAlgorithm", DER_SEQUENCE, NEEDED, .inside = algorithm_identifier },
	{ "certificateHash", DER_OCTET_STRING, NEEDED, .text = decode_octets },
	{ 0 },
};

static const struct decode_field basic_constraints[] = {
	{ "cA", DER_BOOLEAN, OPTIONAL, .text = decode_boolean },
	{ "pathLenConstraint", DER_INTEGER, OPTIONAL, .text = decode_integer },
	{ 0 },
};

static const struct decode_field authority_key_identifier[] = {
	{ "keyIdentifier", PRIMITIVE(0), OPTIONAL, .text = decode_octets },
	{ "authorityCertIssuer", CONTEXT(1), OPTIONAL, .text = decode_octets },
	{ "authorityCertSerialNumber", PRIMITIVE(2), OPTIONAL, .text = decode_octets },
	{ 0 },
};

static const struct {
	vouch_span oid;
	struct decode_field inside[2];
} extension_values[] = {
#define OID(literal) \
	{ \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}
#define VALUE(...) \
	{ \
		{ __VA_ARGS__ }, \
		{ \
			0 \
		} \
	}
	{ OID(OCSP_OID_NONCE), VALUE("Nonce", DER_OCTET_STRING, NEEDED, .text = decode_octets) },
	{ OID(OCSP_OID_CRL), VALUE("CrlID", DER_SEQUENCE, NEEDED, .inside = crl_id) },
	{ OID(OCSP_OID_RESPONSE), VALUE("AcceptableResponses", DER_SEQUENCE, NEEDED, .inside = oids) },
	{ OID(OCSP_OID_NOCHECK), VALUE("nocheck", DER_NULL, NEEDED, .text = decode_null) },
	{ OID(OCSP_OID_ARCHIVE_CUTOFF),
	    VALUE("ArchiveCutoff", DER_GENERALIZED_TIME, NEEDED, .text = decode_generalized_time) },
	{ OID(OCSP_OID_SERVICE_LOCATOR),
	    VALUE("ServiceLocator", DER_SEQUENCE, NEEDED, .inside = service_locator) },
	{ OID(OCSP_OID_PREF_SIG_ALGS),
	    VALUE("PreferredSignatureAlgorithms", DER_SEQUENCE, NEEDED, .inside = preferred_list) },
	{ OID(OCSP_OID_EXTENDED_REVOKE), VALUE("extended-revoke", DER_NULL, NEEDED, .text = decode_null) },
	{ OID(OCSP_OID_INVALIDITY_DATE),
	    VALUE("InvalidityDate", DER_GENERALIZED_TIME, NEEDED, .text = decode_generalized_time) },
	{ OID("\x55\x1d\x15"), VALUE("CRLReason", DER_ENUMERATED, NEEDED, .text = decode_reason) },
	{ OID("\x2b\x24\x08\x03\x0d"), VALUE("CertHash", DER_SEQUENCE, NEEDED, .inside = cert_hash) },
	{ OID("\x2b\x24\x08\x03\x0c"),
	    VALUE("CertInDirSince", DER_GENERALIZED_TIME, NEEDED, .text = decode_generalized_time) },
	{ OID("\x55\x1d\x0e"),
	    VALUE("SubjectKeyIdentifier", DER_OCTET_STRING, NEEDED, .text = decode_octets) },
	{ OID("\x55\x1d\x0f"), VALUE("KeyUsage", DER_BIT_STRING, NEEDED, .text = decode_key_usage) },
	{ OID("\x55\x1d\x13"), VALUE("BasicConstraints", DER_SEQUENCE, NEEDED, .inside = basic_constraints) },
	{ OID("\x55\x1d\x23"),
	    VALUE("AuthorityKeyIdentifier", DER_SEQUENCE, NEEDED, .inside = authority_key_identifier) },
	{ OID("\x55\x1d\x25"), VALUE("ExtKeyUsageSyntax", DER_SEQUENCE, NEEDED, .inside = oids) },
	{ OID("\x2b\x06\x01\x05\x05\x07\x01\x01"),
	    VALUE("AuthorityInfoAccessSyntax", DER_SEQUENCE, NEEDED, .inside = access_descriptions) },
};

const struct decode_field *
decode_extension(vouch_span oid)
{
	for (size_t i = 0; i < sizeof(extension_values) / sizeof(extension_values[0]); i++)
		if (span_equal(extension_values[i].oid, oid))
			return extension_values[i].inside;
	return NULL;
}
