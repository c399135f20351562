/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a list that was verified may be used beside, or instead of, those that are there. */
#ifndef STATUS_CRL_ADMIT_H
#define STATUS_CRL_ADMIT_H

#include "status/crl_lookup.h"

/* VOUCH_EREFUSED with the clause; VOUCH_EAGAIN: not yet. */
VOUCH_MUST int crl_admit(const struct crl_snapshot *snapshot, const struct crl_policy *policy,
    const struct crl_list *list, vouch_time now, vouch_err *err);
/* Below 0: a is older than b. */
int crl_age_compare(const struct crl_list *a, const struct crl_list *b);
VOUCH_MUST int crl_refuse_older(const struct crl_list *list, const struct crl_list *there, vouch_err *err);
/* Known by the same name, and nothing else is. */
bool crl_is_same_file(const struct crl_list *a, const struct crl_list *b);

#endif
