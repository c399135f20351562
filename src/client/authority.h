/* SPDX-License-Identifier: Apache-2.0 */
/* The authority of a signer: whether a client may believe it for an issuer (RFC 6960 4.2.2.2). */
#ifndef CLIENT_AUTHORITY_H
#define CLIENT_AUTHORITY_H

#include "crypto/cert.h"

/* True when the ResponderID (a whole element) names this certificate. */
bool authority_is_named(vouch_span responder_id, const struct crypto_cert *cert);
/* VOUCH_OK, or the rule that keeps the signer from answering for the issuer at this time. */
VOUCH_MUST int authority_check(const struct crypto_cert *signer, const struct crypto_cert *issuer,
    bool locally_trusted, vouch_time now, int64_t skew, vouch_err *err);

#endif
