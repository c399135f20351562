/* SPDX-License-Identifier: Apache-2.0 */
/* Stored answers: found, judged, confirmed and kept (design 5, rules 1 to 3). */
#ifndef RESPONDER_STORED_H
#define RESPONDER_STORED_H

#include "responder/work.h"

/*
 * Begins to fetch the stored answer to a question that has one, perhaps; false: there is no store.  hash names it
 * in the steps that follow.
 */
bool stored_expect(const vouch_responder *r, const struct question *q, uint64_t *hash);
void stored_approach(const vouch_responder *r, uint64_t hash);
/*
 * A stored answer that stands now: appended to out, outcome filled.  VOUCH_EAGAIN when there is none;
 * VOUCH_ENOMEM.
 */
VOUCH_MUST int stored_take(const vouch_responder *r, uint64_t hash, const struct question *q,
    const vouch_call *call, vouch_buf *out, vouch_outcome *outcome);
/* There is a stored answer, however old, and a source knew the certificate when it was made. */
bool stored_is_known(const vouch_responder *r, const struct question *q);
/*
 * True when a stored answer says what was just looked up: it is stamped with the position and handed out.
 * produced_from: an older answer does not count.
 */
bool stored_confirm(const vouch_responder *r, const struct work *work, vouch_time produced_from,
    vouch_time now, vouch_buf *out, vouch_outcome *outcome);
/* Keeps a new answer and tells the outcome that it may be cached. */
void stored_keep(const vouch_responder *r, const struct work *work, vouch_span response,
    vouch_outcome *outcome);

#endif
