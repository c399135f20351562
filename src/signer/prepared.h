/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key and a scheme, prepared once and copied for every message: initialising libcrypto's context each
 * time costs more than a tenth of a P-256 signature.  Any number of threads may use one.
 */
#ifndef SIGNER_PREPARED_H
#define SIGNER_PREPARED_H

#include "base/buf.h"
#include "crypto/scheme.h"

struct prepared {
	struct crypto_scheme scheme;
	enum crypto_direction direction;
	struct evp_pkey_st *key;       /* a reference of its own */
	struct evp_md_ctx_st *initial; /* NULL: the provider cannot copy, each message initialises its own */
	size_t signature_max;	       /* octets */
};

/* All zero is empty; prepared_clear() is safe after failure. */
VOUCH_MUST int prepared_init(struct prepared *out, const struct crypto_scheme *scheme,
    struct evp_pkey_st *key, enum crypto_direction direction, vouch_err *err);
void prepared_clear(struct prepared *prepared);
/* From now on each message initialises a context of its own. */
void prepared_begin_anew(struct prepared *prepared);
/* Appends the signature. */
VOUCH_MUST int prepared_sign(const struct prepared *prepared, vouch_span data, vouch_buf *signature,
    vouch_err *err);
VOUCH_MUST int prepared_verify(const struct prepared *prepared, vouch_span data, vouch_span signature,
    vouch_err *err);

#endif
