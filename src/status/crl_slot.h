/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of one CRL issuer for one scope: a complete list, delta CRLs, and who was dropped from them.
 *
 *	verdict of a slot = complete list, updated by the delta in use (RFC 5280 5.2.4);
 *	                    who was revoked for good stays so, whatever newer lists leave out (C-18)
 */
#ifndef STATUS_CRL_SLOT_H
#define STATUS_CRL_SLOT_H

#include "status/crl_list.h"

/* CAs publish one, or one for each base; files of old ones may lie about. */
#define CRL_DELTAS_MAX 16
/* 32 MiB.  Beyond it those who were revoked first are let go: certificates that expired long ago. */
#define CRL_DROPPED_MAX ((size_t)1 << 20)
/* The clock of a CA may differ a little. */
#define CRL_FUTURE_TOLERATED 60

struct crl_slot {
	struct crl_list *full; /* NULL: only deltas came */
	struct crl_list *deltas[CRL_DELTAS_MAX];
	size_t delta_count;
	struct crl_list *delta;	  /* the one of them that is in use, borrowed; NULL: none fits */
	struct crl_list *dropped; /* revoked for good, and on none of the lists any more; NULL: nobody */
	bool is_elsewhere;	  /* what the list is known by has another one now */
	bool is_retired;	  /* its file is gone: it revokes, but nobody is good because of it */
};

/* The scope and the signer of the slot, by any of its lists. */
const struct crl_list *crl_slot_list(const struct crl_slot *slot);
bool crl_slot_is_of(const struct crl_slot *slot, const struct crl_list *list);

void crl_slot_copy(struct crl_slot *to, const struct crl_slot *from);
void crl_slot_clear(struct crl_slot *slot);
/* Chooses the delta to be used. */
void crl_slot_choose_delta(struct crl_slot *slot);
/*
 * Why a delta does not go with the complete list (RFC 5280 5.2.4): VOUCH_EREFUSED.  VOUCH_ENOTFOUND: it is older than
 * that, or there is none yet.
 */
VOUCH_MUST int crl_slot_check_delta(const struct crl_slot *slot, const struct crl_list *delta,
    vouch_err *err);

struct crl_verdict {
	struct crl_fact fact;
	const struct crl_list *list; /* that says so; NULL: it was dropped */
};

/* The part of a certificate's issuer; direct: of the CRL issuer itself. */
struct crl_whose {
	vouch_span name;
	bool is_direct;
};

/* Whether a certificate is revoked, or on hold. */
bool crl_slot_find(const struct crl_slot *slot, const struct crl_whose *whose, vouch_span serial_number,
    struct crl_verdict *out);

static inline bool
crl_fact_is_permanent(const struct crl_fact *fact)
{
	return fact->reason != VOUCH_REASON_CERTIFICATE_HOLD && fact->reason != VOUCH_REASON_REMOVE_FROM_CRL;
}

/* Of what moment the slot speaks, and until when.  False: it is past its nextUpdate, or not yet of its thisUpdate. */
bool crl_slot_times(const struct crl_slot *slot, vouch_time now, vouch_time *this_update,
    vouch_time *next_update);

/* What `after` leaves out of what `before` revoked for good goes into after->dropped. */
VOUCH_MUST int crl_slot_keep_dropped(struct crl_slot *after, const struct crl_slot *before, vouch_err *err);

#endif
