/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_store: answers already signed, in memory, bounded in octets.  Reading takes no lock and writes nothing shared. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "base/buf.h"

struct store_key {
	uint64_t epoch;			/* of the responder */
	uint32_t issuer, signer;	/* numbers within the responder */
	vouch_span certid;		/* octets of the CertID as sent */
};

struct store_meta {
	uint64_t position;		/* change position noted before the lookup */
	uint64_t status_fingerprint;	/* of the status that was looked up: equal means re-stamp instead of re-sign */
	vouch_time produced_at, this_update, next_update, renew_at;
	uint8_t sha256[32];		/* of the body */
	uint8_t cert_status;		/* enum vouch_cert_status */
};

/* Copies the newest answer out: appends the body to out and fills meta.  VOUCH_ENOTFOUND if there is none; VOUCH_ENOMEM. */
VOUCH_MUST int store_get(const vouch_store *store, const struct store_key *key, struct store_meta *meta, vouch_buf *out);
/*
 * Keeps an answer in place of an older one of the same key; certid_offset is where the CertID stands in the body.  An answer that does not fit is
 * not kept, which is no error.  Answers with status unknown live in a small part of the store, so that peers who invent serial numbers do
 * not push out the others.
 */
void store_put(vouch_store *store, const struct store_key *key, const struct store_meta *meta, vouch_span body, size_t certid_offset);
/* The status was looked up again and is the same: the answer that was produced then with this sha256 stands for a later position. */
void store_restamp(vouch_store *store, const struct store_key *key, const uint8_t sha256[32], uint64_t position);
void store_stats(const vouch_store *store, uint64_t *octets, uint64_t *entries, uint64_t *capacity);

#endif
