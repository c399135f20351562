/* SPDX-License-Identifier: Apache-2.0 */
/* Answers in the making. */
#include "responder/peers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

#define PARTS 16    /* so that threads hardly ever meet at a lock */
#define BUCKETS 256 /* of each part: with ten thousand jobs a chain has two or three */

struct part {
	_Alignas(64) pthread_mutex_t lock; /* over the chains, and over everything in their makings */
	struct making *buckets[BUCKETS];
};

struct peers {
	struct part parts[PARTS];
	uint8_t key[HASH_KEY_LENGTH];
};

struct making {
	struct part *part;
	struct making *next; /* in its bucket */
	uint64_t hash;
	bool is_found, has_ended;      /* is_found: it is in its bucket */
	unsigned references;	       /* of the leader and the followers */
	uint64_t position, started_ms; /* noted by the leader before its lookup */
	struct peer *leader;
	struct peer *first, **last; /* followers, in the order in which they came */
	vouch_outcome outcome;
	vouch_span response; /* static, or in made */
	vouch_buf made;
	unsigned issuer, signer;
	size_t certid_len;
	uint8_t certid[];
};

int
peers_new(struct peers **out, const uint8_t key[16], vouch_err *err)
{
	struct peers *peers = aligned_alloc(_Alignof(struct peers), sizeof(*peers));

	if (peers == NULL)
		return err_nomem(err);
	memset(peers, 0, sizeof(*peers));
	for (unsigned i = 0; i < PARTS; i++)
		pthread_mutex_init(&peers->parts[i].lock, NULL); /* which cannot fail without attributes */
	memcpy(peers->key, key, sizeof(peers->key));
	*out = peers;
	return VOUCH_OK;
}

/* Jobs have a reference to the responder, so that nobody is waiting any more. */
void
peers_free(struct peers *peers)
{
	if (peers == NULL)
		return;
	for (unsigned i = 0; i < PARTS; i++)
		pthread_mutex_destroy(&peers->parts[i].lock);
	free(peers);
}

/* --- The table ---------------------------------------------------------------------------------------- */

static struct making **
bucket_of(struct part *part, uint64_t hash)
{
	return &part->buckets[hash / PARTS % BUCKETS];
}

static bool
has_key(const struct making *m, uint64_t hash, const struct peer_key *key)
{
	return m->hash == hash && m->issuer == key->issuer && m->signer == key->signer &&
	    span_equal(span_of(m->certid, m->certid_len), key->certid);
}

static struct making *
find(struct part *part, uint64_t hash, const struct peer_key *key)
{
	struct making *m = *bucket_of(part, hash);

	while (m != NULL && !has_key(m, hash, key))
		m = m->next;
	return m;
}

static void
unlink_making(struct making *m)
{
	struct making **at = bucket_of(m->part, m->hash);

	if (!m->is_found)
		return;
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	m->is_found = false;
}

static void
link_making(struct making *m)
{
	struct making **bucket = bucket_of(m->part, m->hash);

	m->next = *bucket;
	*bucket = m;
	m->is_found = true;
}

static struct making *
making_new(struct part *part, uint64_t hash, const struct peer_key *key, const struct arrival *arrival)
{
	struct making *m = malloc(sizeof(*m) + key->certid.len);

	if (m == NULL)
		return NULL;
	*m = (struct making){ .part = part,
		.hash = hash,
		.position = arrival->position,
		.started_ms = arrival->monotonic_ms,
		.last = &m->first,
		.issuer = key->issuer,
		.signer = key->signer,
		.certid_len = key->certid.len };
	memcpy(m->certid, key->certid.data, key->certid.len);
	return m;
}

static void
making_free(struct making *m)
{
	if (m == NULL)
		return;
	vouch_buf_free(&m->made);
	free(m);
}

/* --- Joining ------------------------------------------------------------------------------------------ */

/*
 * Who comes after a change never gets a status read before it: nothing of the certificate has changed since
 * the leader noted its position, as far as the sources were heard within the lease, which is also how long
 * a status may stand without their word.
 */
static bool
may_share(const struct making *m, const struct peer_key *key, const struct arrival *a)
{
	return !changes_since(a->changes, key->serial_number, m->position) &&
	    (changes_are_confirmed(a->changes, a->now, a->monotonic_ms, a->lease_ms) ||
		a->monotonic_ms <= m->started_ms + a->lease_ms);
}

static void
follow(struct making *m, struct peer *peer)
{
	peer->making = m;
	peer->at = m->last;
	*m->last = peer;
	m->last = &peer->next;
	m->references++;
}

static void
unfollow(struct making *m, struct peer *peer)
{
	*peer->at = peer->next;
	if (peer->next != NULL)
		peer->next->at = peer->at;
	else
		m->last = peer->at;
	peer->next = NULL;
	peer->at = NULL;
}

static void
take_lead(struct making *m, struct peer *peer)
{
	peer->making = m;
	m->leader = peer;
	m->references++;
}

/* mine: a making for the case that nobody leads. */
static enum peer_role
join(struct part *part, struct making **mine, struct peer *peer, const struct peer_key *key,
    const struct arrival *arrival)
{
	struct making *other = find(part, (*mine)->hash, key);

	if (other != NULL && may_share(other, key, arrival)) {
		if (arrival->only_leads)
			return PEER_REFUSED;
		follow(other, peer);
		return PEER_FOLLOWS;
	}
	if (other != NULL)
		unlink_making(other);
	take_lead(*mine, peer);
	link_making(*mine);
	*mine = NULL;
	return PEER_LEADS;
}

enum peer_role
peers_join(struct peers *peers, struct peer *peer, const struct peer_key *key, const struct arrival *arrival)
{
	uint64_t hash = hash_64(peers->key, key->certid) ^ ((uint64_t)key->issuer << 32 | key->signer);
	struct part *part = &peers->parts[hash % PARTS];
	struct making *mine = making_new(part, hash, key, arrival);

	if (mine == NULL)
		return PEER_ALONE;
	pthread_mutex_lock(&part->lock);
	enum peer_role role = join(part, &mine, peer, key, arrival);
	pthread_mutex_unlock(&part->lock);
	making_free(mine);
	return role;
}

/* --- Waiting ------------------------------------------------------------------------------------------ */

static enum peer_role
role_of(const struct peer *peer)
{
	const struct making *m = peer->making;

	if (m->has_ended)
		return PEER_HAS;
	return m->leader == peer ? PEER_LEADS : PEER_FOLLOWS;
}

enum peer_role
peers_role(const struct peer *peer)
{
	struct part *part = peer->making->part;

	pthread_mutex_lock(&part->lock);
	enum peer_role role = role_of(peer);
	pthread_mutex_unlock(&part->lock);
	return role;
}

void
peers_lead(struct peer *peer, uint64_t position)
{
	struct making *m = peer->making;

	pthread_mutex_lock(&m->part->lock);
	m->position = position;
	pthread_mutex_unlock(&m->part->lock);
}

void
peers_await(struct peer *peer, vouch_peer_cb *ready, void *arg)
{
	struct part *part = peer->making->part;

	pthread_mutex_lock(&part->lock);
	bool waits = role_of(peer) == PEER_FOLLOWS;
	peer->ready = waits ? ready : NULL;
	peer->arg = arg;
	pthread_mutex_unlock(&part->lock);
	if (!waits)
		ready(arg);
}

/* Under the lock: who leaves meanwhile waits until it was told. */
static void
tell(struct peer *peer)
{
	vouch_peer_cb *ready = peer->ready;

	peer->ready = NULL;
	if (ready != NULL)
		ready(peer->arg);
}

/* --- Ending ------------------------------------------------------------------------------------------- */

static void
keep_answer(struct making *m, const vouch_outcome *outcome, vouch_span response, vouch_buf *made)
{
	m->outcome = *outcome;
	m->response = response;
	m->made = *made;
	*made = (vouch_buf){ 0 };
	if (m->outcome.served_from != VOUCH_SERVED_ERROR)
		m->outcome.served_from = VOUCH_SERVED_PEER;
	m->outcome.renew = 0; /* the leader was told; one is enough */
}

void
peers_end(struct peer *leader, const vouch_outcome *outcome, vouch_span response, vouch_buf *made)
{
	struct making *m = leader->making;

	pthread_mutex_lock(&m->part->lock);
	unlink_making(m);
	keep_answer(m, outcome, response, made);
	m->has_ended = true;
	for (struct peer *peer = m->first; peer != NULL; peer = peer->next)
		tell(peer);
	pthread_mutex_unlock(&m->part->lock);
}

vouch_span
peers_answer(const struct peer *peer, const vouch_outcome **outcome)
{
	*outcome = &peer->making->outcome;
	return peer->making->response;
}

/* Nobody leads any more: the first that waits does, or nobody wants the answer. */
static void
pass_on(struct making *m)
{
	struct peer *heir = m->first;

	m->leader = heir;
	if (heir == NULL) {
		unlink_making(m);
		return;
	}
	unfollow(m, heir);
	tell(heir);
}

void
peers_leave(struct peer *peer)
{
	struct making *m = peer->making;

	if (m == NULL)
		return;
	struct part *part = m->part;
	pthread_mutex_lock(&part->lock);
	if (peer->at != NULL)
		unfollow(m, peer);
	else if (!m->has_ended)
		pass_on(m);
	bool last = --m->references == 0;
	pthread_mutex_unlock(&part->lock);
	*peer = (struct peer){ 0 };
	if (last)
		making_free(m);
}
