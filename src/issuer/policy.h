/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of an issuer: defaults, limits, and what a profile forbids. */
#ifndef ISSUER_POLICY_H
#define ISSUER_POLICY_H

#include "base/err.h"
#include "crypto/cert.h"
#include "signer/signer.h"

/* The caller's options with defaults filled in; options may be NULL, and shorter or longer than ours. */
VOUCH_MUST int policy_from_options(vouch_issuer_options *out, const vouch_issuer_options *options,
    vouch_err *err);
/* What the profile says of a signer's algorithm (A-05, A-07, F-15). */
VOUCH_MUST int policy_check_algorithm(const vouch_issuer_options *policy, const vouch_signer *signer,
    vouch_err *err);
/* The CA/B Forum's rules hold. */
bool policy_is_webpki(const vouch_issuer_options *policy);
/* A public profile: webpki or etsi. */
bool policy_is_public(const vouch_issuer_options *policy);

#endif
