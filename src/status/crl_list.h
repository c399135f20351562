/* SPDX-License-Identifier: Apache-2.0 */
/* One verified CRL (RFC 5280 5), immutable and counted by reference. */
#ifndef STATUS_CRL_LIST_H
#define STATUS_CRL_LIST_H

#include "base/buf.h"
#include "status/crl_table.h"

enum { /* crl_scope.certificates: which ones a list speaks of */
	CRL_USER_CERTIFICATES = 1,
	CRL_CA_CERTIFICATES = 2,
	CRL_ALL_CERTIFICATES = 3
};
/* ReasonFlags (RFC 5280 4.2.1.13) as 1u << bit; bit 0 is unused. */
#define CRL_ALL_REASONS 0x1feu

/* issuingDistributionPoint (RFC 5280 5.2.5); without one, the list speaks of everything. */
struct crl_scope {
	vouch_buf octets; /* of extnValue; empty: there is none */
	bool has_point;	  /* distributionPoint: it is one part of several, maybe */
	vouch_buf names;  /* of the point: GeneralNames, concatenated; a relative name was made whole */
	unsigned
	    certificates; /* CRL_USER_CERTIFICATES ...; 0: of attribute certificates, which are none of ours */
	unsigned reasons;
	bool is_indirect;
};

/* What a list says of the certificates of one issuer. */
struct crl_part {
	vouch_buf name; /* of the issuer, as crl_signer.name */
	struct crl_table table;
};

struct crl_list {
	_Atomic unsigned references;
	char *name;	      /* file or URL */
	bool is_alone;	      /* nothing else came under that name with it */
	unsigned signer;      /* number of whose key signed it */
	size_t issuers_known; /* how many were attached when it was read: no other's entries were kept */
	vouch_buf issuer;     /* Name */
	vouch_time this_update, next_update;
	vouch_buf number, base; /* INTEGER contents; empty: there is none */
	vouch_buf authority_key_identifier, freshest;
	struct crl_scope scope;
	struct crl_part *parts; /* the first is the CRL issuer's own */
	size_t part_count;
};

VOUCH_MUST int crl_list_new(struct crl_list **out, vouch_err *err);
struct crl_list *crl_list_ref(struct crl_list *list); /* NULL stays NULL */
void crl_list_free(struct crl_list *list);

static inline bool
crl_list_is_delta(const struct crl_list *list)
{
	return list->base.len != 0;
}

/* NULL: nothing about certificates of that issuer. */
const struct crl_table *crl_list_table(const struct crl_list *list, vouch_span issuer_name);
/* The same, and a new part if there is none. */
struct crl_table *crl_list_add_part(struct crl_list *list, vouch_span issuer_name, vouch_err *err);
uint64_t crl_list_entries(const struct crl_list *list);
/* Of two cRLNumbers, neither negative. */
int crl_number_compare(const vouch_buf *a, const vouch_buf *b);
/* Two lists of GeneralNames have one in common, octet for octet (RFC 5280 6.3.3 (b) (2) (i); C-14). */
bool crl_names_meet(vouch_span a, vouch_span b);

#endif
