/* SPDX-License-Identifier: Apache-2.0 */
/* Stored answers: the cache never contradicts the truth. */
#include "responder/stored.h"

#include "crypto/digest.h"
#include "responder/times.h"

static struct store_key
key_of(const vouch_responder *r, const struct question *q)
{
	unsigned issuer = question_issuer_number(q);

	return (struct store_key){ .epoch = r->served[issuer].identities[q->signer_number],
		.issuer = issuer,
		.signer = q->signer_number,
		.certid = q->certids[0].der };
}

static bool
is_fresh(const struct store_meta *meta, vouch_time now)
{
	return now < meta->renew_at && now < meta->next_update &&
	    meta->produced_at <= now + TIMES_PRODUCED_AHEAD;
}

static void
describe_stored(const vouch_responder *r, const struct question *q, const struct store_meta *meta,
    vouch_time now, vouch_outcome *o)
{
	o->response_status = VOUCH_SUCCESSFUL;
	o->served_from = VOUCH_SERVED_STORE;
	o->cacheable = 1;
	o->has_sha256 = 1;
	memcpy(o->sha256, meta->sha256, sizeof(o->sha256));
	o->statuses[meta->cert_status] = 1;
	o->produced_at = meta->produced_at;
	o->this_update = meta->this_update;
	o->next_update = meta->next_update;
	o->renew_at = meta->renew_at;
	o->cache_until = times_cache_until(question_issuer(q), (enum vouch_cert_status)meta->cert_status, now,
	    meta->renew_at, meta->next_update);
	/* Nobody waits for what anybody may have invented. */
	o->renew = !meta->never_issued && times_is_renewed_early(meta->produced_at, meta->renew_at, now) &&
	    responder_may_renew(r, question_issuer_number(q), now);
}

bool
stored_expect(const vouch_responder *r, const struct question *q, uint64_t *hash)
{
	struct store_key key = key_of(r, q);

	if (r->store != NULL)
		*hash = store_expect(r->store, &key);
	return r->store != NULL;
}

void
stored_approach(const vouch_responder *r, uint64_t hash)
{
	store_approach(r->store, hash);
}

int
stored_take(const vouch_responder *r, uint64_t hash, const struct question *q, const vouch_call *call,
    vouch_buf *out, vouch_outcome *outcome)
{
	const struct changes *changes = r->served[question_issuer_number(q)].changes;
	struct store_key key = key_of(r, q);
	struct store_meta meta;
	size_t before = out->len;

	if (!changes_are_confirmed(changes, call->now, call->monotonic_ms,
		question_issuer(q)->policy.lease_ms))
		return VOUCH_EAGAIN;
	int code = store_take(r->store, hash, &key, &meta, out);
	if (code != VOUCH_OK)
		return code == VOUCH_ENOTFOUND ? VOUCH_EAGAIN : code;
	if (!is_fresh(&meta, call->now) ||
	    changes_since(changes, q->certids[0].serial_number, meta.position)) {
		out->len = before;
		return VOUCH_EAGAIN;
	}
	describe_stored(r, q, &meta, call->now, outcome);
	return VOUCH_OK;
}

bool
stored_is_known(const vouch_responder *r, const struct question *q)
{
	struct store_key key = key_of(r, q);
	struct store_meta meta;
	vouch_buf unread = { 0 };

	bool is_known = r->store != NULL && store_get(r->store, &key, &meta, &unread) == VOUCH_OK &&
	    !meta.never_issued;
	vouch_buf_free(&unread);
	return is_known;
}

bool
stored_confirm(const vouch_responder *r, const struct work *work, vouch_time produced_from, vouch_time now,
    vouch_buf *out, vouch_outcome *outcome)
{
	const struct knowledge *k = work_knowledge(work);
	struct store_key key = key_of(r, &work->question);
	struct store_meta meta;
	size_t before = out->len;

	if (r->store == NULL || (k->found != VOUCH_OK && k->found != VOUCH_ENOTFOUND))
		return false;
	if (store_get(r->store, &key, &meta, out) != VOUCH_OK)
		return false;
	/* The source may end earlier than it did when the answer was signed. */
	bool ends_in_time = k->status.next_update == VOUCH_TIME_ABSENT ||
	    meta.next_update <= k->status.next_update;
	if (meta.produced_at < produced_from || !is_fresh(&meta, now) || !ends_in_time ||
	    meta.status_fingerprint != knowledge_fingerprint(k)) {
		out->len = before;
		return false;
	}
	store_restamp(r->store, &key, meta.sha256, work_position(work));
	describe_stored(r, &work->question, &meta, now, outcome);
	return true;
}

/* The CertID stands in the response as it stood in the request. */
static size_t
certid_offset(vouch_span response, vouch_span certid)
{
	const uint8_t *at = memmem(response.data, response.len, certid.data, certid.len);

	return at == NULL ? 0 : (size_t)(at - response.data);
}

void
stored_keep(const vouch_responder *r, const struct work *work, vouch_span response, vouch_outcome *o)
{
	const struct answer *a = &work->answer;
	struct store_key key = key_of(r, &work->question);
	struct store_meta meta = { .position = work_position(work),
		.status_fingerprint = knowledge_fingerprint(work_knowledge(work)),
		.produced_at = a->produced_at,
		.this_update = a->this_update,
		.next_update = a->next_update,
		.renew_at = o->renew_at,
		.cert_status = (uint8_t)a->singles[0].cert_status,
		.never_issued = !work_knowledge(work)->is_known };

	uint8_t digest[CRYPTO_DIGEST_MAX];
	if (crypto_digest(VOUCH_SHA256, response, digest) != sizeof(meta.sha256))
		return;
	memcpy(meta.sha256, digest, sizeof(meta.sha256));
	memcpy(o->sha256, digest, sizeof(o->sha256));
	o->has_sha256 = 1;
	o->cacheable = 1;
	if (r->store != NULL)
		store_put(r->store, &key, &meta, response, certid_offset(response, key.certid));
}
