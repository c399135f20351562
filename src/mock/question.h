/* SPDX-License-Identifier: Apache-2.0 */
/* The question: an OCSPRequest becomes a plan, with what the script says of each certificate. */
#ifndef MOCK_QUESTION_H
#define MOCK_QUESTION_H

#include "mock/plan.h"
#include "mock/script.h"

struct mock_defaults { /* beside the script */
	vouch_time revocation_time;
	int64_t next_update_seconds;
};

/* True when a CertID is about the CA. */
bool mock_question_is_ours(const struct mock_cast *cast, const struct ocsp_certid *certid);
/*
 * Reads plan->request.  What cannot be read is malformedRequest, what is about no certificate of ours
 * unauthorized.  faults: of the first serial number of which the script says any, else empty.
 */
VOUCH_MUST int mock_question_read(struct mock_plan *plan, struct mock_script *script,
    const struct mock_defaults *defaults, struct mock_uses *faults, vouch_err *err);

#endif
