/* SPDX-License-Identifier: Apache-2.0 */
/* What an OCSP outcome is in HTTP: status, header fields, body. */
#ifndef HTTP_OCSP_ANSWER_H
#define HTTP_OCSP_ANSWER_H

#include "http/exchange.h"
#include "http/ocsp_fields.h"

/* The answer's spans are those of fields, which is the caller's, and body. */
void http_ocsp_answer_make(struct http_answer *answer, struct http_ocsp_fields *fields,
    const struct http_exchange *exchange, vouch_span body, const vouch_outcome *outcome, vouch_time now);

#endif
