/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key that a signer signs with.  One that is in no file may go away (a token pulled, a session that
 * ran out) and is opened anew when it is wanted; until then there are errors, never another key's
 * signature.
 */
#ifndef SIGNER_SIGNING_KEY_H
#define SIGNER_SIGNING_KEY_H

#include "crypto/cert.h"
#include "signer/prepared.h"

struct signing_key;

struct signing_key_source {
	const char *uri;   /* or NULL: octets */
	vouch_span octets; /* PEM or DER */
	vouch_span passphrase;
	const struct crypto_scheme *scheme;
	/* Both outlive the key. */
	const struct crypto_cert *cert;
	const struct prepared *verifying;
};

/* What a proof is a signature of: no ResponseData, so that no guard would let it pass. */
extern const vouch_span signing_proof_text;

VOUCH_MUST int signing_key_new(struct signing_key **out, const struct signing_key_source *source,
    vouch_err *err);
void signing_key_free(struct signing_key *key);
/* What errors call it. */
const char *signing_key_name(const struct signing_key *key);
/*
 * Appends the signature; any number of threads.  A key that went away is opened anew at most once in each
 * value of now (VOUCH_TIME_ABSENT: each time), by one thread while the others fail at once, with
 * VOUCH_EUNAVAILABLE.
 */
VOUCH_MUST int signing_key_sign(struct signing_key *key, vouch_span data, vouch_time now,
    vouch_buf *signature, vouch_err *err);

#endif
