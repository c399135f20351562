/* SPDX-License-Identifier: Apache-2.0 */
/* PreferredSignatureAlgorithms (RFC 6960 4.4.7.1): is what we have what the client prefers? */
#ifndef SIGNER_MATCH_H
#define SIGNER_MATCH_H

#include "base/span.h"

/* Both compare whole AlgorithmIdentifier elements, ours first; what cannot be read matches nothing. */
bool match_signature_algorithm(vouch_span ours, vouch_span preferred);
bool match_public_key(vouch_span ours, vouch_span preferred);

#endif
