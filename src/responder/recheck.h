/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recheck: an answer that waited for its signature is looked behind once more before it goes out.
 *
 * A signer may be slow, busy, or have been started again meanwhile.  What changed in the time is looked up again: where
 * that finds the same, the signature stands; where it does not, another one is asked for.
 */
#ifndef RESPONDER_RECHECK_H
#define RESPONDER_RECHECK_H

#include "responder/work.h"

/* Right before each lookup. */
void recheck_note_lookup(struct work *work, const vouch_responder *r, const vouch_call *call, vouch_time now);
/*
 * Something in the answer may have changed since it was looked up: its issuer's sources said so, or were not heard for
 * longer than a lease.
 */
bool recheck_may_have_changed(const struct work *work, const vouch_responder *r, const vouch_call *call,
    vouch_time now);
/*
 * The answer is signed, and something in it may have changed, or it has ended by itself.
 */
bool recheck_is_due(const struct work *work, const vouch_responder *r, const vouch_call *call,
    vouch_time now);
/* Before the lookup.  False: it was made too often. */
bool recheck_begin(struct work *work);
/* After the lookup: what is signed says what was found. */
bool recheck_found_the_same(const struct work *work, vouch_time now);

#endif
