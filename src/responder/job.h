/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs, begun with a question that has been resolved already. */
#ifndef RESPONDER_JOB_H
#define RESPONDER_JOB_H

#include "responder/question.h"

/*
 * vouch_job_start() with the question that question_resolve() made of call and request, which was not refused; its
 * spans point into the job's copy of the request afterwards.  takes_cleared: see vouch_search_job().
 */
VOUCH_MUST int job_start_resolved(vouch_job **out, vouch_job *takes_cleared, vouch_responder *r,
    const vouch_call *call, vouch_span request, struct question *q, struct question_room *room);

#endif
