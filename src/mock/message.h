/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP response as octets: status line, fields, framing, each as wrong as the plan wants it. */
#ifndef MOCK_MESSAGE_H
#define MOCK_MESSAGE_H

#include "mock/plan.h"

struct mock_target {	  /* what a Location may refer to */
	vouch_span whole; /* as sent */
	vouch_span rest;  /* behind /fault/NAME, with its slash */
};

/* Appends the header fields that do not frame the message: whole lines. */
VOUCH_MUST int mock_message_fields(const struct mock_plan *plan, const struct mock_target *target,
    vouch_buf *out, vouch_err *err);
/* Appends the message; with_body false is for HEAD.  It ends where the plan cuts it. */
VOUCH_MUST int mock_message_write(const struct mock_plan *plan, const struct mock_target *target,
    bool with_body, vouch_buf *out, vouch_err *err);

#endif
