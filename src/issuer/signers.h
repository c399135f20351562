/* SPDX-License-Identifier: Apache-2.0 */
/* Who may sign for an issuer (RFC 6960 2.2, 4.2.2.2). */
#ifndef ISSUER_SIGNERS_H
#define ISSUER_SIGNERS_H

#include "issuer/issuer.h"

/* Refuses a signer that may not answer for the issuer, with the clause; tells what kind of signer it is. */
VOUCH_MUST int issuer_judge_signer(const vouch_issuer *issuer, const vouch_signer *signer, unsigned flags,
    struct issuer_signer *out, vouch_err *err);

#endif
