/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_store: answers already signed, in memory, bounded in octets. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "base/buf.h"

struct store_key {
	uint64_t epoch;		 /* of the responder */
	uint32_t issuer, signer; /* numbers within the responder */
	vouch_span certid;	 /* octets of the CertID as sent */
};

struct store_meta {
	uint64_t position;	     /* change position noted before the lookup */
	uint64_t status_fingerprint; /* of the status that was looked up: equal means re-stamp, not re-sign */
	vouch_time produced_at, this_update, next_update, renew_at;
	uint8_t sha256[32];  /* of the body */
	uint8_t cert_status; /* enum vouch_cert_status */
	/* Of a serial number that anybody may have invented, whatever the policy answers. */
	bool never_issued;
};

/*
 * One index over two arenas, so that a key has one answer, whichever part it lies in:
 *
 *                       ┌───────────────┐
 *        hash of key ──▶│ index.h       │ one word per answer: which arena, where
 *                       └──┬─────────┬──┘
 *                          ▼         ▼
 *   ┌─────────────────────────────┬───────────┐
 *   │ arena.h: issued             │ not issued│ rings of entries (entry.h), the newest overwrite the oldest
 *   └─────────────────────────────┴───────────┘
 *     15/16 of the memory           1/16: peers who invent serial numbers do not push out the others
 *
 * Writers take turns.  Reading takes no lock and stores nothing that another core sees: it copies the octets
 * and looks afterwards whether a writer has reached them.  Very rarely it misses an answer that is being
 * moved.
 */

/*
 * Copies the newest answer out: appends the body to out and fills meta.  VOUCH_ENOTFOUND if there is none;
 * VOUCH_ENOMEM.
 */
VOUCH_MUST int store_get(const vouch_store *store, const struct store_key *key, struct store_meta *meta,
    vouch_buf *out);
/*
 * The same in three steps: each begins to fetch the memory that the next one reads, and who looks for several
 * answers takes each step for all of them.  store_expect() returns the hash that names the key in the others.
 */
uint64_t store_expect(const vouch_store *store, const struct store_key *key);
void store_approach(const vouch_store *store, uint64_t hash);
VOUCH_MUST int store_take(const vouch_store *store, uint64_t hash, const struct store_key *key,
    struct store_meta *meta, vouch_buf *out);
/*
 * Keeps an answer in place of an older one of the same key; certid_offset is where the CertID stands in the
 * body.  If the one there has a later position, it stays.  An answer that does not fit (a quarter of its
 * arena) is not kept, which is no error; the older one is gone all the same.
 */
void store_put(vouch_store *store, const struct store_key *key, const struct store_meta *meta,
    vouch_span body, size_t certid_offset);
/*
 * The status was looked up again and is the same: the answer that was produced then with this sha256 stands
 * for a later position.
 */
void store_restamp(vouch_store *store, const struct store_key *key, const uint8_t sha256[32],
    uint64_t position);
/*
 * Octets in use (replaced answers that are not yet overwritten among them), answers, and the bound;
 * approximate while somebody writes.
 */
void store_stats(const vouch_store *store, uint64_t *octets, uint64_t *entries, uint64_t *capacity);

#endif
