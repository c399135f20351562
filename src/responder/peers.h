/* SPDX-License-Identifier: Apache-2.0 */
/* Answers in the making: who asks for one that a job is making waits for that job (design 5, rule 1). */
#ifndef RESPONDER_PEERS_H
#define RESPONDER_PEERS_H

#include "responder/changes.h"

/*
 *   struct peers   key → making, in parts that have a lock each
 *                          │
 *                          ▼
 *   making         leader ─ position before its lookup ─ followers ─▶ peer ─▶ peer ─▶ …
 *
 * The leader is the job that makes the answer.  It ends with an answer or an error, which is its followers'
 * as well; or it is freed, and the follower that has waited longest leads in its place.  A making is found
 * by those who come as long as it is the latest of its key: when something has changed, the next who comes
 * leads a making of its own, which takes the place in the table, and the older one goes on for those who
 * wait for it.
 *
 * What a making has is guarded by the lock of its part; the answer does not change once it is there.  There
 * are never more makings than jobs, whose number the caller bounds.
 */
struct peers;
struct making;

struct peer {			 /* a job's place among the others; zeroed by its owner before it joins */
	struct making *making;	 /* NULL: it has joined nobody */
	struct peer *next, **at; /* among the followers; at is NULL outside the list */
	vouch_peer_cb *ready;
	void *arg;
};

enum peer_role {
	PEER_ALONE,   /* without memory: it makes its answer, and nobody follows it */
	PEER_LEADS,   /* it makes the answer */
	PEER_FOLLOWS, /* it waits for the leader */
	PEER_HAS,     /* the leader's answer is there: peers_answer() */
	PEER_REFUSED  /* somebody leads, and it did not want to follow */
};

struct peer_key {
	unsigned issuer, signer; /* numbers within the responder */
	vouch_span certid, serial_number;
};

/* When a job came, and what it may take for unchanged. */
struct arrival {
	const struct changes *changes; /* of the issuer */
	uint64_t position;	       /* noted when it came */
	vouch_time now;
	uint64_t monotonic_ms;
	uint32_t lease_ms;
	bool only_leads; /* it has no use for the answer of another */
};

VOUCH_MUST int peers_new(struct peers **out, const uint8_t key[16], vouch_err *err);
void peers_free(struct peers *peers);

enum peer_role peers_join(struct peers *peers, struct peer *peer, const struct peer_key *key,
    const struct arrival *arrival);
/* How it stands with one that has joined: LEADS, FOLLOWS or HAS. */
enum peer_role peers_role(const struct peer *peer);
/* One that leads after another looks up anew: who comes later is measured by this position. */
void peers_lead(struct peer *peer, uint64_t position);
/* ready is called once, when the role is no longer FOLLOWS; at once if it is not. */
void peers_await(struct peer *peer, vouch_peer_cb *ready, void *arg);
/*
 * The leader has ended.  response lies in made, whose octets move to the making and stay where they are until
 * the last peer leaves, or is static.
 */
void peers_end(struct peer *leader, const vouch_outcome *outcome, vouch_span response, vouch_buf *made);
/* Of one whose role is HAS; both live until it leaves. */
vouch_span peers_answer(const struct peer *peer, const vouch_outcome **outcome);
/*
 * Before a peer's memory goes: ready is not called afterwards.  In the place of a leader that has not ended
 * the first of its followers leads.
 */
void peers_leave(struct peer *peer);

#endif
