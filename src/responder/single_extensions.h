/* SPDX-License-Identifier: Apache-2.0 */
/* singleExtensions: what goes beside the status of one certificate that is known (RFC 6960 4.4). */
#ifndef RESPONDER_SINGLE_EXTENSIONS_H
#define RESPONDER_SINGLE_EXTENSIONS_H

#include "issuer/issuer.h"

/*
 * Appends the source's own extensions, invalidityDate and the archive cutoff; each at most once, and nothing that
 * contradicts the status.  VOUCH_ENOMEM, or VOUCH_EPARSE for what a source should not have got through with.
 */
VOUCH_MUST int single_extensions_add(vouch_buf *out, const vouch_issuer *issuer, const vouch_status *status,
    vouch_time produced_at);

#endif
