/* SPDX-License-Identifier: Apache-2.0 */
/* Which change of a certificate's status is allowed (RFC 5280 5.3.1; S-14, S-15). */
#ifndef STATUS_TRANSITION_H
#define STATUS_TRANSITION_H

#include "base/err.h"

/* What a source says, or is told, of one certificate is possible at all: VOUCH_EREFUSED names what is not. */
VOUCH_MUST int status_check(const vouch_status *status, vouch_err *err);
/* A register may be told `after` where it knows `before` (NULL: nothing). */
VOUCH_MUST int status_check_transition(const vouch_status *before, const vouch_status *after, vouch_time now,
    vouch_err *err);

#endif
