/* SPDX-License-Identifier: Apache-2.0 */
/* Identity: what an answer is made of beside the status, so that it is known again after a reload. */
#ifndef RESPONDER_IDENTITY_H
#define RESPONDER_IDENTITY_H

#include "issuer/issuer.h"

/*
 * Equal when the issuer's certificate and policy and the signer's certificates and algorithm are equal: then
 * an answer that was signed before a reload may stand after it, if its status is still the same.
 */
VOUCH_MUST int identity_make(uint64_t *out, const vouch_issuer *issuer, const struct issuer_signer *signer,
    vouch_err *err);

#endif
