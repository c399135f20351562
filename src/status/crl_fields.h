/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a CRL (RFC 5280 5.1), each taken as a whole element, and the verification of all of them. */
#ifndef STATUS_CRL_FIELDS_H
#define STATUS_CRL_FIELDS_H

#include "crypto/verification.h"
#include "der/reader.h"
#include "status/crl_authority.h"
#include "status/crl_list.h"

/* Issuers of one name with different keys: more than a CA ever has at a time. */
#define CRL_CANDIDATES_MAX 8
/* The rule of an error: whose CRL it is, and by whom it is signed, may be known when another issuer is attached. */
#define CRL_RULE_ISSUER "crl_issuer"

struct crl_fields {
	const struct crl_authority *authority;
	struct crl_list *list; /* in the making */
	bool is_version_2;
	vouch_buf signature_algorithm, signature;
	struct {
		unsigned signer;
		struct crypto_verification *verification;
	} candidates[CRL_CANDIDATES_MAX];
	size_t candidate_count;
	size_t
	    part; /* whose certificates the entries are of now (RFC 5280 5.3.3); SIZE_MAX: nobody's we know */
	vouch_buf entry_issuer;		     /* the Name that said so last */
	bool saw_foreign_issuer, saw_remove; /* what only an indirect CRL, or a delta CRL, may have */
};

VOUCH_MUST int crl_fields_init(struct crl_fields *f, const struct crl_authority *authority, const char *name,
    vouch_err *err);
void crl_fields_clear(struct crl_fields *f);

/* In the order of the ASN.1; an error's offset is into the element. */
int crl_fields_version(struct crl_fields *f, vouch_span element, vouch_err *err);
int crl_fields_signature(struct crl_fields *f, vouch_span element, vouch_err *err);
int crl_fields_issuer(struct crl_fields *f, vouch_span element, vouch_err *err);
int crl_fields_this_update(struct crl_fields *f, vouch_span element, vouch_err *err);
int crl_fields_next_update(struct crl_fields *f, vouch_span element, vouch_err *err);
int crl_fields_entry(struct crl_fields *f, vouch_span element, vouch_err *err);
int crl_fields_extensions(struct crl_fields *f, vouch_span element, vouch_err *err);
int crl_fields_algorithm(struct crl_fields *f, vouch_span element, vouch_err *err);
int crl_fields_value(struct crl_fields *f, vouch_span element, vouch_err *err);

/* Behind the issuer: verification begins with everybody who may have signed. */
VOUCH_MUST int crl_fields_begin(struct crl_fields *f, vouch_err *err);
/* Octets of tbsCertList, in order. */
VOUCH_MUST int crl_fields_hash(struct crl_fields *f, vouch_span octets, vouch_err *err);
VOUCH_MUST int crl_fields_finish(struct crl_fields *f, struct crl_list **out, vouch_err *err);

#endif
