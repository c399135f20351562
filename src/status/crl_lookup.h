/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lists of one moment say of a certificate.
 *
 *	revoked or on hold in any list that is fresh             ► revoked
 *	else the fresh lists that speak of this certificate cover
 *	    its kind, all reasons and its part                   ► good if it was issued, else not found
 *	    all but what is stale, or a part that is missing     ► unavailable
 *	    less than that                                       ► unknown
 *
 * Who does not know a certificate's kind or distribution point (only `issued` tells) needs the lists of both kinds, and
 * of all parts: their number, or their URIs, are the operator's to say.
 */
#ifndef STATUS_CRL_LOOKUP_H
#define STATUS_CRL_LOOKUP_H

#include "status/crl_authority.h"
#include "status/crl_issued.h"
#include "status/crl_slot.h"

/* Constant but for the count. */
struct crl_snapshot {
	_Atomic unsigned references;
	struct crl_slot *slots;
	size_t slot_count;
	struct crl_issued *issued; /* NULL: nobody says what was issued */
};

/* What the operator says. */
struct crl_policy {
	bool crl_id;	       /* E-15 */
	unsigned certificates; /* the only kinds that there are; CRL_ALL_CERTIFICATES */
	size_t shard_count;    /* parts that each issuer has; 0: not said */
	vouch_buf shards;      /* the names of the parts; empty: not said */
};

struct crl_view {
	const struct crl_snapshot *snapshot;
	const struct crl_policy *policy;
	const struct crl_signer *issuer;
	size_t number; /* of the issuer among the signers */
	const struct crl_authority *authority;
	vouch_time now;
};

/* As the op of this name. */
VOUCH_MUST int crl_lookup(const struct crl_view *view, vouch_span serial_number, vouch_status *out,
    vouch_err *err);

/* How a slot speaks of an issuer's certificates. */
bool crl_view_whose(const struct crl_view *view, const struct crl_slot *slot, struct crl_whose *out);

#endif
