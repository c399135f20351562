/* SPDX-License-Identifier: Apache-2.0 */
/* A signature scheme: what an AlgorithmIdentifier (RFC 5280 4.1.1.2) says, ready for libcrypto. */
#ifndef CRYPTO_SCHEME_H
#define CRYPTO_SCHEME_H

#include "base/err.h"
#include "base/span.h"
#include "crypto/postquantum.h"

struct evp_md_ctx_st;
struct ossl_lib_ctx_st;
struct evp_pkey_st;
struct evp_pkey_ctx_st;

struct crypto_scheme {
	int key_nid;	/* libcrypto's number for the type of key; NID_undef where postquantum says it */
	int digest_nid; /* NID_undef: pure mode */
	int mgf1_nid;
	bool is_pss;
	int salt_length;
	const struct crypto_postquantum *postquantum; /* NULL: a classical one */
	struct ossl_lib_ctx_st
	    *context; /* in which the key's provider is; NULL: the process's own.  Not read by parsing */
};

enum crypto_direction { CRYPTO_SIGN, CRYPTO_VERIFY };

/* Reads the parameters of RSASSA-PSS (RFC 4055 3.1: content octets of the SEQUENCE), defaults filled in. */
VOUCH_MUST int crypto_pss_parse(vouch_span parameters, struct crypto_scheme *out, vouch_err *err);
/* Reads a whole AlgorithmIdentifier. */
VOUCH_MUST int crypto_scheme_parse(vouch_span algorithm_identifier, struct crypto_scheme *out,
    vouch_err *err);
/* Collisions are known: MD2, MD4, MD5, SHA-1 (RFC 6960 5.1.1). */
bool crypto_scheme_is_weak(const struct crypto_scheme *scheme);
/* A key whose AlgorithmIdentifier has this OID may make or check such signatures. */
bool crypto_scheme_fits(const struct crypto_scheme *scheme, vouch_span key_oid);
/* Prepares context for one message, or to be copied for many. */
VOUCH_MUST int crypto_scheme_start(const struct crypto_scheme *scheme, struct evp_md_ctx_st *context,
    struct evp_pkey_st *key, enum crypto_direction direction, vouch_err *err);
/* A signature of a message is one of its digest, and of nothing besides: RSA and ECDSA. */
bool crypto_scheme_signs_digests(const struct crypto_scheme *scheme);
/* For such a scheme: a context of the caller's, which signs any number of digests by EVP_PKEY_sign(). */
VOUCH_MUST int crypto_scheme_start_digests(const struct crypto_scheme *scheme, struct evp_pkey_ctx_st **out,
    struct evp_pkey_st *key, vouch_err *err);

#endif
