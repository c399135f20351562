/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying a signature with the key of a certificate. */
#ifndef CRYPTO_VERIFY_H
#define CRYPTO_VERIFY_H

#include "crypto/cert.h"

enum {
	CRYPTO_ALLOW_SHA1 =
	    1 /* for certificates of CAs that began long ago; never for answers (RFC 6960 5.1.1) */
};

/* The algorithm (a whole AlgorithmIdentifier) is known, not weak, and one for the signer's type of key. */
VOUCH_MUST int crypto_verify_algorithm(const struct crypto_cert *signer, vouch_span algorithm_identifier,
    unsigned flags, vouch_err *err);
/* The signer's key is known, and as strong as RSA with CRYPTO_RSA_BITS_MIN bits, or stronger. */
VOUCH_MUST int crypto_verify_key(const struct crypto_cert *signer, vouch_err *err);
/*
 * algorithm_identifier is a whole element, signature the octets of the BIT STRING.  Weak algorithms are
 * refused (VOUCH_EREFUSED), a signature that does not hold is VOUCH_EVERIFY.
 */
VOUCH_MUST int crypto_verify(const struct crypto_cert *signer, vouch_span algorithm_identifier,
    vouch_span data, vouch_span signature, unsigned flags, vouch_err *err);

#endif
