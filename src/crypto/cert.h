/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate (RFC 5280 4.1), everything kept as it is encoded: names and keys are hashed as they are. */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct evp_pkey_st; /* libcrypto's EVP_PKEY */

enum { /* crypto_cert.key_usage; RFC 5280 4.2.1.3, the first bit is 0 */
	CRYPTO_DIGITAL_SIGNATURE = 1 << 0,
	CRYPTO_NON_REPUDIATION = 1 << 1,
	CRYPTO_KEY_CERT_SIGN = 1 << 5,
	CRYPTO_CRL_SIGN = 1 << 6
};

enum crypto_nocheck { /* id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1) */
	CRYPTO_NOCHECK_ABSENT = 0,
	CRYPTO_NOCHECK_PRESENT,
	CRYPTO_NOCHECK_MALFORMED /* its value is not NULL */
};

struct crypto_cert { /* spans point into der */
	vouch_buf der;
	unsigned version; /* 1 to 3 */
	vouch_span tbs, signature_algorithm,
	    signature;		    /* elements; the value without the unused-bits octet */
	vouch_span serial_number;   /* content octets */
	vouch_span tbs_signature;   /* element: the algorithm once more, inside what is signed */
	vouch_span issuer, subject; /* elements (P-13) */
	vouch_time not_before, not_after;
	vouch_span spki, key_algorithm; /* elements */
	vouch_span key_bits;		/* no tag, length or unused-bits octet (P-14) */
	struct evp_pkey_st *key;	/* NULL: libcrypto knows no such key */

	unsigned key_usage; /* CRYPTO_* bits */
	bool has_key_usage, key_usage_is_critical;
	bool has_extended_key_usage, for_ocsp_signing, for_any_purpose, for_other_purposes;
	enum crypto_nocheck nocheck;
	bool nocheck_is_critical;
	bool
	    has_unknown_critical; /* an extension that whoever relies on the certificate must not pass over */
	bool has_basic_constraints, is_ca;
	bool has_path_length;
	bool has_authority_key_identifier, has_subject_alt_name, has_name_constraints,
	    has_crl_distribution_points;
	bool has_ocsp_access, has_ca_issuers_access; /* in the AIA, by any scheme */
	vouch_span subject_key_identifier;	     /* or empty */
	vouch_span ocsp_url, ca_issuers_url;	     /* the first http or https one, or empty */
};

/* Copies one DER certificate.  Octets behind it are refused. */
VOUCH_MUST int crypto_cert_parse(struct crypto_cert *out, vouch_span der, vouch_err *err);
/* The first certificate in PEM or DER; where there is none, the error says what is there instead. */
VOUCH_MUST int crypto_cert_read_first(struct crypto_cert *out, vouch_span pem_or_der, vouch_err *err);
void crypto_cert_clear(struct crypto_cert *cert);

/* How many octets a signature by its key has at most; 0: libcrypto does not know the key. */
size_t crypto_cert_signature_max(const struct crypto_cert *cert);
bool crypto_cert_is_valid_at(const struct crypto_cert *cert, vouch_time now);
/* Same subject and same key: the same CA to every CertID, whatever certificate says so. */
bool crypto_cert_is_same_entity(const struct crypto_cert *a, const struct crypto_cert *b);
/* The certificate names this issuer, and the signature on it was made with this issuer's key. */
VOUCH_MUST int crypto_cert_issued_by(const struct crypto_cert *cert, const struct crypto_cert *issuer,
    vouch_err *err);

#endif
