/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change positions of one issuer: what tells a stored answer from a stale one.
 *
 *   position   grows by one with each change that the sources report; starts at the responder's epoch, so
 *              that those of different responders are never taken for each other
 *   buckets    serial number → keyed hash → the position of the latest change that fell there
 *   all        the position of the latest "anything may have changed"
 *
 * An answer that was looked up at position p still stands if neither its bucket nor `all` is beyond p.  Two
 * serial numbers in one bucket cost a lookup, never a wrong answer.  One thread writes (the poll), all read,
 * without a lock.
 */
#ifndef RESPONDER_CHANGES_H
#define RESPONDER_CHANGES_H

#include <stdatomic.h>

#include "base/span.h"

#define CHANGES_BUCKETS \
	65536 /* with fewer recent changes than that, hardly an unchanged answer is looked up again */

#define CHANGES_EPOCH_SHIFT 40 /* changes of one responder: a thousand in a second for thirty years */

struct changes {
	_Atomic uint64_t position, all;
	uint64_t epoch; /* in the upper bits of all positions */
	/*
	 * When the sources were last heard, by both clocks; 0: never.  The monotonic one stands still while the machine
	 * sleeps, the other one may be set.
	 */
	_Atomic uint64_t confirmed_ms;
	_Atomic vouch_time confirmed;
	_Atomic uint64_t *buckets;
	uint8_t key[16];
};

VOUCH_MUST int changes_new(struct changes **out, const uint8_t key[16], uint64_t epoch, vouch_err *err);
void changes_free(struct changes *changes);
uint64_t changes_position(const struct changes *changes);
void changes_one(struct changes *changes, vouch_span serial_number);
void changes_all(struct changes *changes);
bool changes_since(const struct changes *changes, vouch_span serial_number, uint64_t position);
void changes_confirm(struct changes *changes, vouch_time now, uint64_t monotonic_ms);
/* True when the sources were heard within the lease, by one clock and by the other. */
bool changes_are_confirmed(const struct changes *changes, vouch_time now, uint64_t monotonic_ms,
    uint32_t lease_ms);
bool changes_are_confirmed_by_monotonic(const struct changes *changes, uint64_t monotonic_ms,
    uint32_t lease_ms);
/* Which tells no parts of a second: one more is left. */
bool changes_are_confirmed_by_wall(const struct changes *changes, vouch_time now, uint32_t lease_ms);

#endif
