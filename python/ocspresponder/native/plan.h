/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as the server uses it. */
#ifndef OCSPRESPONDER_PLAN_H
#define OCSPRESPONDER_PLAN_H

#include "interface.h"

plan *plan_ref(plan *p);
/* As plan_answer(), for a request over HTTP.  *asked: Python was asked for a status. */
bool plan_answer_http(plan *p, vouch_span request, const vouch_http_request *http, vouch_buf *out,
    bool *asked);

#endif
