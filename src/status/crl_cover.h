/* SPDX-License-Identifier: Apache-2.0 */
/* Whether lists together speak of a certificate: of its kind, all reasons and its part (RFC 5280 6.3.3; C-11 to C-14). */
#ifndef STATUS_CRL_COVER_H
#define STATUS_CRL_COVER_H

#include "status/crl_lookup.h"

struct crl_cover {
	vouch_time this_update, next_update; /* the earliest of the lists that were needed */
	const struct crl_slot *only;	     /* the only one that was; NULL: several */
	size_t slots;			     /* how many were */
};

/*
 * VOUCH_OK: covered.  VOUCH_EUNAVAILABLE: a list is missing or past its nextUpdate.  VOUCH_ENOTFOUND: the lists do not
 * speak of it, and err says why not, though that is an answer.
 */
VOUCH_MUST int crl_cover(const struct crl_view *view, const struct crl_issued_fact *known,
    struct crl_cover *out, vouch_err *err);

#endif
