/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying a signature over octets that come piece by piece. */
#ifndef CRYPTO_VERIFICATION_H
#define CRYPTO_VERIFICATION_H

#include "crypto/cert.h"

/* Keys that sign the octets, not a digest of them (Ed25519, ML-DSA), want them all at once: up to this many are kept. */
#define CRYPTO_VERIFICATION_KEPT_MAX ((size_t)64 << 20)

struct crypto_verification;

/*
 * Begins.  algorithm_identifier is a whole element; what crypto_verify() refuses is refused here, and the key must be
 * a strong one.  The signer outlives it.
 */
VOUCH_MUST int crypto_verification_new(struct crypto_verification **out, const struct crypto_cert *signer,
    vouch_span algorithm_identifier, vouch_err *err);
VOUCH_MUST int crypto_verification_update(struct crypto_verification *v, vouch_span octets, vouch_err *err);
/* Once, behind the last octet: VOUCH_EVERIFY if the signature does not hold. */
VOUCH_MUST int crypto_verification_finish(struct crypto_verification *v, vouch_span signature,
    vouch_err *err);
void crypto_verification_free(struct crypto_verification *v);

#endif
