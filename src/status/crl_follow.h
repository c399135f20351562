/* SPDX-License-Identifier: Apache-2.0 */
/* How the source follows its files: which are read when, and what becomes of what is in them. */
#ifndef STATUS_CRL_FOLLOW_H
#define STATUS_CRL_FOLLOW_H

#include "status/crl_source.h"

enum crl_follow {
	CRL_FOLLOW_CHANGES, /* files that changed */
	CRL_FOLLOW_ATTACH,  /* and those that a new issuer makes sense of */
	CRL_FOLLOW_ALL	    /* all of them; the lists of files that are gone are retired */
};

/*
 * With `loading` held.  What is sound is used; the first trouble is kept for health, and returned unless it may pass by
 * itself: with CRL_FOLLOW_CHANGES none is, and with CRL_FOLLOW_ATTACH none that another issuer could end.
 */
VOUCH_MUST int crl_follow(struct crl_source *s, enum crl_follow how, vouch_err *err);
/* Puts lists that a caller brought. */
VOUCH_MUST int crl_follow_take(struct crl_source *s, struct crl_list **lists, size_t count, vouch_err *err);

#endif
