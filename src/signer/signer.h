/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_signer: a certificate, its key, and what the responder writes into answers on its behalf. */
#ifndef SIGNER_SIGNER_H
#define SIGNER_SIGNER_H

#include "crypto/cert.h"

/* All spans are owned by the signer and live as long as it. */
const struct crypto_cert *signer_cert(const vouch_signer *signer);
vouch_span signer_responder_id(const vouch_signer *signer,
    enum vouch_responder_id form); /* whole element */
vouch_span signer_signature_algorithm(
    const vouch_signer *signer); /* AlgorithmIdentifier element (A-04 … A-07) */
/* Whole Certificate elements to send: the signer's and its chain. */
const vouch_span *signer_certs(const vouch_signer *signer, size_t *count);
/* True while its certificate is valid. */
bool signer_is_valid(const vouch_signer *signer, vouch_time now);
/* The signature verifies with the signer's certificate. */
VOUCH_MUST int signer_verify(const vouch_signer *signer, vouch_span tbs, vouch_span signature,
    vouch_err *err);
/*
 * True when the signer's algorithm is the one asked for (RFC 6960 4.4.7.1): OIDs equal, NULL equals absent,
 * the curve hint fits.
 */
bool signer_matches(const vouch_signer *signer, vouch_span sig_identifier, vouch_span pub_key_identifier);
/* True when its key is of the kind that is hinted at, whatever it signs with. */
bool signer_has_key(const vouch_signer *signer, vouch_span pub_key_identifier);

#endif
