/* SPDX-License-Identifier: Apache-2.0 */
/* The cast: the CA, its responder, and all who pretend to be one, made when they are first needed. */
#ifndef MOCK_CAST_H
#define MOCK_CAST_H

#include "crypto/cert.h"
#include "crypto/digest.h"

enum mock_role {
	MOCK_RESPONDER = 0, /* the one that was given: sound */
	MOCK_CA_ITSELF,
	MOCK_SELF_SIGNED,
	MOCK_OTHER_CA,
	MOCK_FORGED,
	MOCK_WITHOUT_EKU,
	MOCK_OTHER_EKU,
	MOCK_ANY_EKU,
	MOCK_OTHER_KEY_USAGE,
	MOCK_EXPIRED,
	MOCK_NOT_YET_VALID,
	MOCK_WEAK_KEY,
	MOCK_RSA
};
#define MOCK_ROLES 13

struct mock_signer {
	struct crypto_cert cert;
	struct evp_pkey_st *key;
	vouch_buf algorithm; /* AlgorithmIdentifier element */
};

struct mock_hashes { /* what a CertID of this hash says of the CA; len 0: not available */
	size_t len;
	uint8_t name[CRYPTO_DIGEST_MAX], key[CRYPTO_DIGEST_MAX];
};

struct mock_cast_files {
	const char *ca, *cert, *key, *ca_key; /* ca_key may be NULL */
};

struct mock_cast;

VOUCH_MUST int mock_cast_open(struct mock_cast **out, const struct mock_cast_files *files, vouch_err *err);
void mock_cast_free(struct mock_cast *cast);
const struct crypto_cert *mock_cast_ca(const struct mock_cast *cast);
const struct mock_hashes *mock_cast_hashes(const struct mock_cast *cast, enum vouch_hash hash);
enum mock_need { MOCK_NEEDS_NOTHING = 0, MOCK_NEEDS_CA_KEY, MOCK_NEEDS_RSA, MOCK_NEEDS_RSA_OR_EC };
/* VOUCH_EREFUSED when a fault cannot be had with what was given; the CA's key makes all of them possible. */
VOUCH_MUST int mock_cast_check(const struct mock_cast *cast, enum mock_need need, vouch_err *err);
/* Made on first demand; VOUCH_EREFUSED for who can only be made with the CA's key. */
VOUCH_MUST int mock_cast_get(struct mock_cast *cast, enum mock_role role, vouch_time now,
    const struct mock_signer **out, vouch_err *err);
/* Appends the signature over tbs that the AlgorithmIdentifier names. */
VOUCH_MUST int mock_signer_sign(const struct mock_signer *signer, vouch_span algorithm, vouch_span tbs,
    vouch_buf *signature, vouch_err *err);

#endif
