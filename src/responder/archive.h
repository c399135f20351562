/* SPDX-License-Identifier: Apache-2.0 */
/* Archive cutoff (RFC 6960 4.4.4): since when expired certificates keep their status. */
#ifndef RESPONDER_ARCHIVE_H
#define RESPONDER_ARCHIVE_H

#include "issuer/issuer.h"

/* VOUCH_TIME_ABSENT when the policy has none. */
vouch_time archive_cutoff(const vouch_issuer *issuer, vouch_time produced_at);

#endif
