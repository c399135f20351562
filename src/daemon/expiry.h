/* SPDX-License-Identifier: Apache-2.0 */
/* When signers expire, and who is told. */
#ifndef DAEMON_EXPIRY_H
#define DAEMON_EXPIRY_H

#include <vouch.h>

/* Days until the signer's certificate expires; negative afterwards. */
double expiry_days(const vouch_signer *signer, vouch_time now);
/*
 * Logs each signer of the issuer that expires within 30, 7 or 1 days or has expired, if it crossed that
 * line since `before` (VOUCH_TIME_ABSENT: whatever line it is beyond, as at the start).
 */
void expiry_warn(vouch_issuer *issuer, vouch_time before, vouch_time now);

#endif
