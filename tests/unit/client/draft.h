/* SPDX-License-Identifier: Apache-2.0 */
/* Answers for tests of the client: a world of CAs and signers, and drafts that are sound but for what a test changes. */
#ifndef TEST_CLIENT_DRAFT_H
#define TEST_CLIENT_DRAFT_H

#include "base/buf.h"
#include "base/span.h"
#include "authority.h"

#define DRAFT_NOW AUTHORITY_NOW

enum party {
	NOBODY = 0,
	CA,
	OTHER_CA,  /* of the same name */
	RESPONDER, /* the one who should sign */
	FOREIGN,   /* of the other CA */
	SELF_MADE, /* of nobody */
	NO_EKU,
	ANY_EKU,
	NO_SIGNATURES,	 /* by its keyUsage */
	NON_REPUDIATION, /* is enough */
	CRITICAL,	 /* with a critical extension that nobody knows */
	POLICY,		 /* with a critical one that does no harm */
	EXPIRED,
	FUTURE,
	EXPIRED_TWIN, /* the responder's name and key */
	NAMESAKE,     /* the responder's name, another key */
	STRONG_RSA,
	WEAK_RSA,
	WEAK_DSA,
	ED25519,
	PARTIES
};

/* Set-up and tear-down of a group of tests. */
int draft_world_make(void **state);
int draft_world_clear(void **state);
EVP_PKEY *draft_key(enum party party);
vouch_span draft_certificate(enum party party);
vouch_issuer *draft_issuer(enum party party); /* CA or OTHER_CA; borrowed */

/* Zero everywhere is a sound answer to serial number 5 by SHA-256, status good, with the nonce. */
struct draft {
	enum party signer; /* RESPONDER */
	enum party named;  /* by the responderID: the signer */
	bool by_name;
	enum party sent[4]; /* the signer alone */
	bool no_certs;
	vouch_span algorithm; /* a whole AlgorithmIdentifier: what fits the key */
	const char *digest;   /* SHA256, or none for EdDSA */
	bool flip_signature;
	/* The CertID, and what is said of it */
	uint8_t serial;	       /* 5 */
	enum vouch_hash hash;  /* SHA-256 */
	enum party key_hashed; /* CA */
	bool no_parameters, flip_name_hash;
	enum vouch_cert_status cert_status;	       /* good */
	int64_t this_update, next_update, produced_at; /* from now: -60, 3600, -60 */
	bool no_next_update;
	/* A second entry, about serial number 6, or about the same: alike, or unknown */
	bool extra_first, twice, contradict;
	enum vouch_hash other_hash;  /* of the second entry */
	enum party other_key_hashed; /* in it */
	vouch_span nonce;	     /* draft_nonce */
	bool no_nonce, bare_nonce;
	vouch_span extension, single_extension; /* one more, whole */
};
extern const vouch_span draft_nonce;

void draft_encode(const struct draft *draft, vouch_buf *out);

#endif
