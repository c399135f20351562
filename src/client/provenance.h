/* SPDX-License-Identifier: Apache-2.0 */
/* Whose signature an answer bears, and whether that is enough (RFC 6960 3.2 no. 2 to 4, 4.2.2.2, 4.2.2.3). */
#ifndef CLIENT_PROVENANCE_H
#define CLIENT_PROVENANCE_H

#include "client/request.h"
#include "client/response.h"

/* Gives the response its signer, or names the rule that keeps every certificate at hand from being it. */
VOUCH_MUST int provenance_check(vouch_response *response, const vouch_request *request,
    const vouch_verify_options *options, vouch_err *err);

#endif
