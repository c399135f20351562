/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 tokens: where a URI of RFC 7512 leads, and the provider that goes there. */
#ifndef SIGNER_TOKEN_H
#define SIGNER_TOKEN_H

#include "base/err.h"
#include "base/span.h"

struct ossl_lib_ctx_st;

struct token {
	/*
	 * A library context that has pkcs11-provider for this token alone, with its module and its PIN; NULL: the
	 * process's own, in which openssl.cnf has set up the provider.
	 */
	struct ossl_lib_ctx_st *context;
	bool has_pin;	    /* the context of its own */
	vouch_buf location; /* for OSSL_STORE, with a NUL; what the context knows already is left out */
};

/* Does the URI name an object in a PKCS#11 token? */
bool token_has(const char *uri);
/*
 * Finds the provider for uri, and tells it module-path and PIN (pin, if it is not empty, before pin-value and
 * pin-source).  Each call asks anew which tokens there are.  Never prompts, and does not log in yet.
 */
VOUCH_MUST int token_open(struct token *out, const char *uri, vouch_span pin, vouch_err *err);
/* Objects of the token must be freed before. */
void token_clear(struct token *token);

#endif
