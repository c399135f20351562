/* SPDX-License-Identifier: Apache-2.0 */
/* The signature algorithms that we sign with, and the kinds of key that make them. */
#ifndef CRYPTO_ALGORITHM_H
#define CRYPTO_ALGORITHM_H

#include "base/err.h"
#include "base/span.h"
#include "crypto/cert.h"

#define CRYPTO_RSA_BITS_MIN 2048 /* NIST SP 800-131A; BR 6.1.5 */
#define CRYPTO_RSA_BITS_WEAK 512 /* a PKCS#1 signature with SHA-256 just fits; for doubles in tests */
#define CRYPTO_IDENTIFIER_MAX 80 /* the longest AlgorithmIdentifier of ours, PSS, has 67 octets */

enum crypto_family {
	CRYPTO_RSA,
	CRYPTO_RSA_PSS,
	CRYPTO_ECDSA,
	CRYPTO_ED25519,
	CRYPTO_ED448,
	CRYPTO_ML_DSA,
	CRYPTO_SLH_DSA
};

struct crypto_algorithm {
	const char *name;      /* "rsa-pss-sha256" */
	vouch_span identifier; /* the whole AlgorithmIdentifier */
	const char *digest;    /* libcrypto's name; NULL: pure mode, and the key says all */
	enum crypto_family family;
	unsigned char salt_length; /* PSS: octets of the digest */
};

struct crypto_key_kind {
	const char *name;      /* "P-256" */
	vouch_span oid, curve; /* content octets of the AlgorithmIdentifier's OID and of the curve's */
	unsigned families;     /* 1u << enum crypto_family */
	const char *default_algorithm;
};

/* NULL when there is none of this name; weak ones are not found. */
const struct crypto_algorithm *crypto_algorithm_by_name(const char *name);
enum crypto_strength { CRYPTO_STRONG = 0, CRYPTO_WEAK_TOO };

/* The kind of a certificate's key; NULL, with the reason by name, if we cannot or must not sign with it. */
VOUCH_MUST const struct crypto_key_kind *crypto_key_kind_of(const struct crypto_cert *cert,
    enum crypto_strength strength, vouch_err *err);
/*
 * The algorithm that the certificate's key signs with: the named one, or with NULL what suits the key.
 * Appends the AlgorithmIdentifier, in which the restrictions of an id-RSASSA-PSS key (RFC 4055 3.1) are
 * honoured.  NULL when it is refused, which err tells.
 */
VOUCH_MUST const struct crypto_algorithm *crypto_algorithm_choose(const struct crypto_cert *cert,
    const char *name, enum crypto_strength strength, vouch_buf *identifier, vouch_err *err);

#endif
