/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys, out of files and out of whatever else an OpenSSL store loads. */
#ifndef SIGNER_KEY_H
#define SIGNER_KEY_H

#include "crypto/cert.h"

#define SIGNER_KEY_NAME_SIZE 120 /* with its NUL: the rest of an error needs room, too */

struct signer_key {
	struct evp_pkey_st *key;
	struct ossl_lib_ctx_st *context; /* of its own, for a token or TPM: outlives the key; else NULL */
	bool is_foreign; /* in no file: it may go away, and come back when it is opened anew */
	bool is_serial;	 /* signs one thing at a time */
};

/*
 * The private key at uri (a path or a store's URI) that belongs to the certificate.  Never prompts; an
 * error names the path, or the URI without its query.  passphrase may be empty; it is a token's PIN, too.
 */
VOUCH_MUST int signer_key_open(struct signer_key *out, const char *uri, vouch_span passphrase,
    const struct crypto_cert *cert, vouch_err *err);
void signer_key_clear(struct signer_key *key);
/*
 * As signer_key_open(), for who has no room for a context: tokens only where openssl.cnf sets up their
 * provider.
 */
VOUCH_MUST int signer_key_load(struct evp_pkey_st **out, const char *uri, vouch_span passphrase,
    const struct crypto_cert *cert, vouch_err *err);
/* The same out of PEM or DER octets; an error calls them "key_octets". */
VOUCH_MUST int signer_key_decode(struct evp_pkey_st **out, vouch_span octets, vouch_span passphrase,
    const struct crypto_cert *cert, vouch_err *err);
/* What errors call the key at uri: a PIN may be in a URI's query. */
void signer_key_name(const char *uri, char *name, size_t size);

#endif
