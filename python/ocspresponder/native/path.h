/* SPDX-License-Identifier: Apache-2.0 */
/* The OCSP request in a request of HTTP, in the spellings that nearly all clients use. */
#ifndef OCSPRESPONDER_PATH_H
#define OCSPRESPONDER_PATH_H

#include <stdbool.h>

#include <vouch_http.h>

#define PATH_OCTETS_MAX 4096 /* of a request in a path; longer ones take the compatible way */

/* False: there is none, or it is for the compatible way to judge.  The octets are in memory or in the body. */
bool path_request(const vouch_http_request *http, uint8_t memory[PATH_OCTETS_MAX], vouch_span *out);

#endif
