/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys that are made here. */
#ifndef PKI_KEY_H
#define PKI_KEY_H

#include "crypto/cert.h"

/* "rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521", "ed25519", "ed448".  Freed with pki_key_free(). */
VOUCH_MUST int pki_key_new(struct evp_pkey_st **out, const char *type, vouch_err *err);
void pki_key_free(struct evp_pkey_st *key);
/* The type that clients of a CA with this key will understand: the same family, and no larger than it needs to be. */
const char *pki_key_type_like(const struct crypto_cert *ca);
/* Appends PKCS #8 in PEM, not encrypted. */
VOUCH_MUST int pki_key_write(const struct evp_pkey_st *key, vouch_buf *pem, vouch_err *err);

#endif
