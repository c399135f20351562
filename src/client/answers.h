/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of an answer that are about what was asked (RFC 6960 3.2 no. 1). */
#ifndef CLIENT_ANSWERS_H
#define CLIENT_ANSWERS_H

#include "client/request.h"
#include "client/response.h"

/* Finds one for each certificate asked; entries that nobody asked for are passed over. */
VOUCH_MUST int answers_find(vouch_response *response, const vouch_request *request, vouch_err *err);

#endif
