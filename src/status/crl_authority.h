/* SPDX-License-Identifier: Apache-2.0 */
/* Who may sign CRLs: the issuers that were attached, and whom the operator names. */
#ifndef STATUS_CRL_AUTHORITY_H
#define STATUS_CRL_AUTHORITY_H

#include "crypto/cert.h"

#define CRL_ISSUER_ID 32

struct crl_signer {
	struct crypto_cert cert;
	vouch_span name; /* the subject; of those whose Names are equal (RFC 5280 7.1), that of the first */
	uint8_t id[CRL_ISSUER_ID]; /* of an issuer */
	_Atomic size_t
	    attached;	    /* as which issuer, from 1; 0: it is none, nobody asks about its certificates */
	bool is_crl_issuer; /* named by the operator: it may sign for all issuers */
};

/* More CAs than anybody runs; room for them that is not used takes no memory. */
#define CRL_SIGNERS_MAX 65536

/* Grows, never shrinks, and nothing in it moves: who looks something up takes no lock. */
struct crl_authority {
	struct crl_signer **items; /* NULL: none yet */
	_Atomic size_t count, attached;
};

VOUCH_MUST int crl_authority_add_crl_issuer(struct crl_authority *a, vouch_span certificate, vouch_err *err);
VOUCH_MUST int crl_authority_add_issuer(struct crl_authority *a, const vouch_issuer *issuer, vouch_err *err);
void crl_authority_clear(struct crl_authority *a);
/* The number of an issuer; count: it was not attached. */
size_t crl_authority_find(const struct crl_authority *a, const vouch_issuer *issuer);
/* An attached issuer's name; empty: none is called so. */
vouch_span crl_authority_issuer_name(const struct crl_authority *a, vouch_span name);

#endif
