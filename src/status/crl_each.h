/* SPDX-License-Identifier: Apache-2.0 */
/* All certificates that the lists of one moment, and what was issued, tell of. */
#ifndef STATUS_CRL_EACH_H
#define STATUS_CRL_EACH_H

#include "status/crl_lookup.h"

/* As the op of this name. */
VOUCH_MUST int crl_each(const struct crl_view *view, vouch_span after, vouch_status_cb *cb, void *arg,
    vouch_err *err);

#endif
