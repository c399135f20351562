/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_response: an answer, read. */
#ifndef CLIENT_RESPONSE_H
#define CLIENT_RESPONSE_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "ocsp/response.h"
#include "ocsp/rule.h"

struct vouch_response {
	vouch_buf der; /* a copy: all spans point into it */
	struct ocsp_response parsed;
	struct ocsp_single_response *singles; /* all that are in it */
	size_t *answers;		      /* the numbers of those that count, in the order asked */
	size_t answer_count;
	struct crypto_cert signer; /* whose key signed; nothing until that is known */
	bool has_nonce;
	vouch_span nonce; /* without its wrapping */
};

/* Reads and copies; there is no answer and no signer yet.  NULL: err tells. */
VOUCH_MUST vouch_response *response_read(vouch_span octets, vouch_err *err);

#endif
