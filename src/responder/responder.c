/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_responder: made, filled with issuers, freed. */
#include "responder/responder.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/versioned.h"
#include "ocsp/request.h"
#include "responder/identity.h"

#define CERTIDS_DEFAULT 16 /* clients ask about a chain; what is beyond is abuse or a mistake */
#define STEP_BACK_MAX 300  /* L-06: a step of the clock that is corrected, not a clock that is wrong */
#define RENEWAL_REST 1	   /* seconds after a renewal that failed; stored answers stand meanwhile */

int
vouch_responder_new(vouch_responder **out, const vouch_responder_options *theirs, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	vouch_responder_options options = { 0 };
	if (versioned_read(&options, sizeof(options), theirs, "vouch_responder_options", err) != VOUCH_OK)
		return err->code;
	if (options.certids > OCSP_CERTIDS_MAX)
		return err_set(err, VOUCH_EINVAL, "%u CertIDs per request: at most %d are possible",
		    options.certids, OCSP_CERTIDS_MAX);
	vouch_responder *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return err_nomem(err);
	atomic_init(&r->references, 1);
	pthread_mutex_init(&r->polling, NULL); /* which cannot fail without attributes */
	r->certids = options.certids == 0 ? CERTIDS_DEFAULT : options.certids;
	r->epoch = options.epoch;
	atomic_init(&r->last_produced_at, options.last_produced_at < 0 ? 0 : options.last_produced_at);
	memcpy(r->key, options.key, sizeof(r->key));
	r->store = options.store == NULL ? NULL : vouch_store_ref(options.store);
	if (issuer_registry_new(&r->registry, r->key, err) != VOUCH_OK ||
	    peers_new(&r->peers, r->key, err) != VOUCH_OK) {
		vouch_responder_free(r);
		return err->code;
	}
	*out = r;
	return VOUCH_OK;
}

vouch_responder *
vouch_responder_ref(vouch_responder *r)
{
	atomic_fetch_add(&r->references, 1);
	return r;
}

static void
served_clear(struct served *served)
{
	changes_free(served->changes);
	strangers_free(served->strangers);
	free(served->identities);
}

void
vouch_responder_free(vouch_responder *r)
{
	if (r == NULL || atomic_fetch_sub(&r->references, 1) != 1)
		return;
	for (size_t i = 0; i < r->feed_count; i++) {
		vouch_source_free(r->feeds[i].source);
		vouch_buf_free(&r->feeds[i].cursor);
	}
	for (size_t i = 0; i < r->served_count; i++)
		served_clear(&r->served[i]);
	free(r->feeds);
	free(r->served);
	peers_free(r->peers);
	vouch_store_free(r->store);
	issuer_registry_free(r->registry);
	pthread_mutex_destroy(&r->polling);
	free(r);
}

static int
make_identities(struct served *served, const vouch_issuer *issuer, vouch_err *err)
{
	served->identities = calloc(issuer->signer_count + 1, sizeof(*served->identities));
	if (served->identities == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < issuer->signer_count; i++)
		if (identity_make(&served->identities[i], issuer, &issuer->signers[i], err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static int
add_served(vouch_responder *r, const vouch_issuer *issuer, vouch_err *err)
{
	struct served *grown = realloc(r->served, (r->served_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return err_nomem(err);
	r->served = grown;
	struct served *served = &grown[r->served_count];
	*served = (struct served){ .renewal_failed = VOUCH_TIME_ABSENT };
	if (changes_new(&served->changes, r->key, r->epoch, err) != VOUCH_OK ||
	    strangers_new(&served->strangers, issuer, r->key, err) != VOUCH_OK ||
	    make_identities(served, issuer, err) != VOUCH_OK) {
		served_clear(served);
		return err->code;
	}
	r->served_count++;
	return VOUCH_OK;
}

/* None that is new: the issuer is served under another path as well. */
static int
add_new_served(vouch_responder *r, vouch_err *err)
{
	while (r->served_count < issuer_registry_count(r->registry))
		if (add_served(r, issuer_registry_get(r->registry, (unsigned)r->served_count), err) !=
		    VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static int
add_feed(vouch_responder *r, vouch_source *source, vouch_err *err)
{
	for (size_t i = 0; i < r->feed_count; i++)
		if (r->feeds[i].source == source)
			return VOUCH_OK;
	struct feed *grown = realloc(r->feeds, (r->feed_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return err_nomem(err);
	r->feeds = grown;
	r->feeds[r->feed_count++] = (struct feed){ .source = vouch_source_ref(source) };
	return VOUCH_OK;
}

int
vouch_responder_add(vouch_responder *r, vouch_issuer *issuer, const char *path, vouch_err *err)
{
	vouch_err unread;
	unsigned number;

	err = err_or(err, &unread);
	if (issuer_registry_add(r->registry, issuer, path == NULL ? "/" : path, &number, err) != VOUCH_OK)
		return err->code;
	if (add_new_served(r, err) != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < issuer->source_count; i++)
		if (add_feed(r, issuer->sources[i].source, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

const vouch_scope *
vouch_responder_scope(const vouch_responder *r, vouch_span path, size_t *prefix)
{
	return issuer_registry_scope(r->registry, path, prefix);
}

void
vouch_responder_stats(const vouch_responder *r, vouch_stats *out)
{
	vouch_stats stats = { 0 };

	if (!versioned_has_size(out))
		return;
	if (r->store != NULL)
		store_stats(r->store, &stats.store_octets, &stats.store_entries, &stats.store_capacity);
	versioned_write(out, &stats, sizeof(stats));
}

bool
responder_clock_went_back(const vouch_responder *r, vouch_time now)
{
	vouch_time last = atomic_load_explicit(&r->last_produced_at, memory_order_relaxed);

	return last > STEP_BACK_MAX && now < last - STEP_BACK_MAX;
}

void
responder_note_produced(vouch_responder *r, vouch_time produced_at)
{
	vouch_time last = atomic_load_explicit(&r->last_produced_at, memory_order_relaxed);

	/* Once in a second at most: nobody stores what is there. */
	while (last < produced_at &&
	    !atomic_compare_exchange_weak_explicit(&r->last_produced_at, &last, produced_at,
		memory_order_relaxed, memory_order_relaxed)) {}
}

void
responder_note_renewal_failed(vouch_responder *r, unsigned issuer_number, vouch_time now)
{
	atomic_store_explicit(&r->served[issuer_number].renewal_failed, now, memory_order_relaxed);
}

bool
responder_may_renew(const vouch_responder *r, unsigned issuer_number, vouch_time now)
{
	vouch_time failed = atomic_load_explicit(&r->served[issuer_number].renewal_failed,
	    memory_order_relaxed);

	/* A clock that went back does not prolong the rest. */
	return failed == VOUCH_TIME_ABSENT || now < failed || now > failed + RENEWAL_REST;
}

vouch_time
vouch_responder_last_produced_at(const vouch_responder *r)
{
	return atomic_load_explicit(&r->last_produced_at, memory_order_relaxed);
}

uint64_t
vouch_responder_confirmed(const vouch_responder *r, const vouch_issuer *issuer)
{
	for (unsigned i = 0; i < r->served_count; i++)
		if (issuer_registry_get(r->registry, i) == issuer)
			return atomic_load(&r->served[i].changes->confirmed_ms);
	return 0;
}
