/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key and a scheme, prepared once for all messages: initialising libcrypto's context each time costs more
 * than a tenth of a P-256 signature, and to copy one still 2 %.  Any number of threads may use one.
 */
#ifndef SIGNER_PREPARED_H
#define SIGNER_PREPARED_H

#include "base/buf.h"
#include "crypto/scheme.h"

#define PREPARED_PAIRS 8 /* kept; as many threads sign at a time without making their own */

struct prepared_pair; /* contexts for one message at a time: of its digest, of the digest's signature */

struct prepared {
	struct crypto_scheme scheme;
	enum crypto_direction direction;
	struct evp_pkey_st *key;       /* a reference of its own */
	struct evp_md_ctx_st *initial; /* NULL: the provider cannot copy, each message initialises its own */
	size_t signature_max;	       /* octets */
	struct evp_md_st *digest;      /* NULL: pairs are not used */
	struct prepared_pair *_Atomic pairs[PREPARED_PAIRS]; /* those that no thread has at the moment */
};

/* All zero is empty; prepared_clear() is safe after failure. */
VOUCH_MUST int prepared_init(struct prepared *out, const struct crypto_scheme *scheme,
    struct evp_pkey_st *key, enum crypto_direction direction, vouch_err *err);
void prepared_clear(struct prepared *prepared);
/* From now on each message initialises a context of its own. */
void prepared_begin_anew(struct prepared *prepared);
/* From now on messages are hashed here and signed with contexts that stay, where the scheme is for that. */
void prepared_keep_pairs(struct prepared *prepared);
/* Appends the signature. */
VOUCH_MUST int prepared_sign(struct prepared *prepared, vouch_span data, vouch_buf *signature,
    vouch_err *err);
VOUCH_MUST int prepared_verify(const struct prepared *prepared, vouch_span data, vouch_span signature,
    vouch_err *err);

#endif
