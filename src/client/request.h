/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_request: what a client asks, kept until the answer is verified against it. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "base/buf.h"
#include "ocsp/request.h"

struct client_asked {
	vouch_issuer *issuer;
	vouch_buf certid;	   /* the whole element */
	struct ocsp_certid parsed; /* spans into it */
};

struct vouch_request {
	struct client_asked *asked;
	size_t asked_count;
	vouch_buf nonce;      /* without its wrapping; empty: none */
	vouch_signer *signer; /* NULL: unsigned */
};

#endif
