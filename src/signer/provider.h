/* SPDX-License-Identifier: Apache-2.0 */
/* Providers beside OpenSSL's own, which reach keys that are in no file. */
#ifndef SIGNER_PROVIDER_H
#define SIGNER_PROVIDER_H

#include "base/err.h"
#include "base/span.h"

struct evp_pkey_st;
struct ossl_lib_ctx_st;

struct provider {
	const char *scheme; /* of the URIs that it opens, without the colon */
	const char *what;   /* for errors: "provider for tokens, pkcs11 (package pkcs11-provider)" */
};

/* Does a provider of the context (NULL: the process's own, which openssl.cnf sets up) open such URIs? */
bool provider_is_there(const struct provider *provider, struct ossl_lib_ctx_st *context);
/* A new context, set up by a text as in openssl.cnf; VOUCH_EIO, if such URIs cannot be opened in it. */
VOUCH_MUST int provider_context_new(struct ossl_lib_ctx_st **out, const struct provider *provider,
    vouch_span configuration, vouch_err *err);
/* Does the provider that has the key do one thing at a time only, whichever of its keys is asked? */
bool provider_is_serial(const struct evp_pkey_st *key);

#endif
