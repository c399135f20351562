/* SPDX-License-Identifier: Apache-2.0 */
/* New lists in place of the old: beside them, swapped in one step, with `loading` held. */
#ifndef STATUS_CRL_UPDATE_H
#define STATUS_CRL_UPDATE_H

#include "status/crl_source.h"

struct crl_update {
	struct crl_source *source;
	struct crl_snapshot *next;
};

VOUCH_MUST int crl_update_begin(struct crl_update *u, struct crl_source *s, vouch_err *err);
/*
 * A reference to the list is taken if it is used.  VOUCH_EREFUSED: it must not be, and the text says by which clause;
 * a delta CRL that is ahead of its complete one is kept until that comes, and refused all the same.  VOUCH_EAGAIN: its
 * thisUpdate is in the future.
 */
VOUCH_MUST int crl_update_put(struct crl_update *u, struct crl_list *list, vouch_time now, vouch_err *err);
void crl_update_put_issued(struct crl_update *u, struct crl_issued *takes_issued);
/* The lists that are known by one of these names stay as they are; those of others are retired. */
void crl_update_retire(struct crl_update *u, bool (*is_there)(const void *arg, const char *name),
    const void *arg);
/* Swaps, and notes what changed. */
VOUCH_MUST int crl_update_commit(struct crl_update *u, vouch_err *err);
void crl_update_drop(struct crl_update *u);

void crl_snapshot_free(struct crl_snapshot *snapshot);

#endif
