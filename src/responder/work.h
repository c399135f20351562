/* SPDX-License-Identifier: Apache-2.0 */
/* The work of one answer: what the job that makes it needs, and one that waits for a peer does not. */
#ifndef RESPONDER_WORK_H
#define RESPONDER_WORK_H

#include "responder/answer.h"

struct work { /* one block, with what the question and the answer point to behind it */
	struct question question;
	struct answer answer;
	vouch_buf signature;
	vouch_time looked_up; /* see recheck.h, as for the next three */
	uint64_t looked_up_ms;
	unsigned rechecks; /* see recheck.h */
	bool is_rechecked; /* this signature is not looked behind any more */
	size_t room;	   /* for so many CertIDs */
};

/*
 * Copies the question, but not the request that its spans point into.  takes_cleared: work that is over, whose memory
 * serves again where it is enough; or NULL.  VOUCH_ENOMEM.
 */
VOUCH_MUST int work_new(struct work **out, struct work *takes_cleared, const struct question *q);
/* Empties it and keeps the memory. */
void work_clear(struct work *work);
void work_free(struct work *work);

static inline const struct knowledge *
work_knowledge(const struct work *work)
{
	return &work->answer.entries[0].knowledge;
}

static inline uint64_t
work_position(const struct work *work)
{
	return work->answer.entries[0].position;
}

/* The answer is signed: verifies that if it is to be, appends the OCSPResponse and fills the outcome. */
VOUCH_MUST int work_assemble(const struct work *work, const vouch_responder *r, vouch_time now,
    vouch_buf *out, vouch_outcome *outcome, const char **cause, vouch_err *err);

#endif
