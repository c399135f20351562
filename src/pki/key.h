/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys that are made here. */
#ifndef PKI_KEY_H
#define PKI_KEY_H

#include <vouch.h>

struct evp_pkey_st; /* libcrypto's EVP_PKEY */

/*
 * "rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521", "ed25519", "ed448"; with OpenSSL 3.5
 * "ml-dsa-44" and so on, "slh-dsa-sha2-128s" and so on.  Freed with pki_key_free().
 */
VOUCH_MUST int pki_key_new(struct evp_pkey_st **out, const char *type, vouch_err *err);
void pki_key_free(struct evp_pkey_st *key);
/*
 * The type that clients of this CA (PEM or DER) will understand: the same family, for RSA and EC no
 * larger than it needs to be.  Static.
 */
VOUCH_MUST int pki_key_type_like(const char **out, vouch_span ca, vouch_err *err);
/* The key of a certificate (PEM or DER): its public half, or the private one that is kept at uri. */
VOUCH_MUST int pki_key_public(struct evp_pkey_st **out, vouch_span certificate, vouch_err *err);
VOUCH_MUST int pki_key_load(struct evp_pkey_st **out, const char *uri, vouch_span certificate,
    vouch_err *err);
/* Appends PKCS #8 in PEM, not encrypted. */
VOUCH_MUST int pki_key_write(const struct evp_pkey_st *key, vouch_buf *pem, vouch_err *err);
/* Overwrites what was written, and frees it. */
void pki_key_wipe(vouch_buf *pem);

#endif
