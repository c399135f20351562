/* SPDX-License-Identifier: Apache-2.0 */
/* ResponderID (RFC 6960 4.2.1) of a certificate. */
#ifndef SIGNER_RESPONDER_ID_H
#define SIGNER_RESPONDER_ID_H

#include "crypto/cert.h"

/* Append the whole element. */
VOUCH_MUST int responder_id_by_name(const struct crypto_cert *cert, vouch_buf *out, vouch_err *err);
VOUCH_MUST int responder_id_by_key(const struct crypto_cert *cert, vouch_buf *out, vouch_err *err);

#endif
