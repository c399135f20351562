/* SPDX-License-Identifier: Apache-2.0 */
/* One question to one responder: made, sent, its answer verified. */
#ifndef CLI_INQUIRY_H
#define CLI_INQUIRY_H

#include "cli/targets.h"

#define INQUIRY_TARGETS 16 /* more than that, responders refuse: asked in turns */

struct inquiry {
	bool get, nonce;
	enum vouch_hash hash;
	unsigned timeout_ms;
	vouch_span trusted_signer;			   /* DER, or empty */
	const struct cli_target *targets[INQUIRY_TARGETS]; /* of one URL */
	size_t count;
};

/*
 * The entries of the response are in the order of the targets.  VOUCH_EUNAVAILABLE when nobody answered; an
 * answer that does not help is another error.  Errors name the URL.
 */
VOUCH_MUST int inquiry_make(const struct inquiry *inquiry, vouch_response **response, vouch_err *err);

#endif
