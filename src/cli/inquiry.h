/* SPDX-License-Identifier: Apache-2.0 */
/* One question to one responder: made, sent, its answer verified. */
#ifndef CLI_INQUIRY_H
#define CLI_INQUIRY_H

#include "cli/targets.h"

#define INQUIRY_TARGETS 16 /* more than that, responders refuse: asked in turns */

struct inquiry {
	bool get, nonce;
	bool next_update_optional; /* RFC 6960 4.2.2.1; RFC 9919 5 wants one */
	int64_t max_age;	   /* seconds; 0: as nextUpdate says */
	enum vouch_hash hash;
	unsigned timeout_ms;
	vouch_span trusted_signer;			   /* DER, or empty */
	vouch_signer *signer;				   /* of the request, borrowed; NULL: unsigned */
	const struct cli_target *targets[INQUIRY_TARGETS]; /* of one URL */
	size_t count;
};

/*
 * The entries of the response are in the order of the targets.  VOUCH_EUNAVAILABLE when nobody answered; an
 * answer that does not help is another error.  Errors name the URL, and the rule that was broken: those of
 * vouch_response_verify() and fetch_http(), http_status, content_type, response_status.
 */
VOUCH_MUST int inquiry_make(const struct inquiry *inquiry, vouch_response **response, vouch_err *err);

#endif
