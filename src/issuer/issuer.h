/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_issuer: a CA whose certificates we answer for: its certificate, policy, signers and sources. */
#ifndef ISSUER_ISSUER_H
#define ISSUER_ISSUER_H

#include "crypto/cert.h"
#include "crypto/digest.h"
#include "signer/signer.h"

struct issuer_hashes { /* as a CertID of this hash names the issuer; len 0: hash not available */
	size_t len;
	uint8_t name[CRYPTO_DIGEST_MAX], key[CRYPTO_DIGEST_MAX];
};

struct issuer_signer {
	vouch_signer *signer;
	bool is_issuer; /* the CA signs itself: no certs in the answer */
	bool locally_trusted;
};

/* Immutable once it is added to a responder; members may be read by the responder. */
struct vouch_issuer {
	_Atomic unsigned references;
	char *name;
	struct crypto_cert cert;
	vouch_issuer_options policy; /* defaults filled in; policy.name is name */
	uint8_t id[32];
	struct issuer_hashes hashes[VOUCH_HASHES];
	struct issuer_signer *signers;
	size_t signer_count;
	struct issuer_source {
		vouch_source *source;
		bool is_optional;
	} *sources;
	size_t source_count;
};

#endif
