/* SPDX-License-Identifier: Apache-2.0 */
/* Times of an answer: thisUpdate, nextUpdate, when to renew it, and how long HTTP caches may keep it. */
#ifndef RESPONDER_TIMES_H
#define RESPONDER_TIMES_H

#include "issuer/issuer.h"

#define TIMES_PRODUCED_AHEAD \
	60 /* L-06: a producedAt further in the future than this means that a clock was wrong */

/* The earlier of two, either of which may be absent. */
vouch_time times_earlier(vouch_time a, vouch_time b);
/* What a source vouched for, or the moment of the lookup (S-07), never after produced_at. */
vouch_time times_this_update(const vouch_issuer *issuer, const vouch_status *status, vouch_time looked_up);
/* The earliest of policy, source and signer (S-09, S-11). */
vouch_time times_next_update(const vouch_issuer *issuer, const vouch_signer *signer,
    const vouch_status *status, vouch_time this_update, vouch_time produced_at);
/*
 * Half-way to next_update at the latest, spread by `spread` (any number that differs between answers)
 * (L-12, L-17).
 */
vouch_time times_renew_at(const vouch_issuer *issuer, vouch_time this_update, vouch_time produced_at,
    vouch_time next_update, uint64_t spread);
/*
 * True in the last part of the time until renew_at, which differs between answers as renew_at does: what is
 * asked for then is renewed before anybody has to wait for it.
 */
bool times_is_renewed_early(vouch_time produced_at, vouch_time renew_at, vouch_time now);
vouch_time times_cache_until(const vouch_issuer *issuer, enum vouch_cert_status status, vouch_time now,
    vouch_time renew_at, vouch_time next_update);

#endif
