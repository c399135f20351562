/* SPDX-License-Identifier: Apache-2.0 */
/* The links of the server to its signer processes. */
#include "daemon/links.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "daemon/control.h"
#include "io/message.h"

#define SIGNERS_MOST 65536 /* what a message's number can name */
/* Enough for a signer to have work while the answers travel, few enough not to make a first answer wait long. */
#define IN_FLIGHT 64
#define PER_SESSION 2 /* of a token: one being made, one ready */

struct remote { /* a signer of the other process */
	struct generation *generation;
	unsigned number;
	vouch_buf proof;
};

struct generation {
	struct generation *next;
	uint64_t id;
	_Atomic unsigned references; /* the caller's, and its signers' */
	unsigned threads;
	struct link **links; /* one for each loop thread */
	struct remote *remotes;
	size_t remote_count;
	struct issuer_limits {
		const vouch_issuer *issuer;
		struct http_ocsp_limits limits;
	} * limits; /* by address */
	size_t limit_count;
};

struct links {
	unsigned threads;
	link_lost *lost;
	void *lost_arg;
	pthread_mutex_t list_lock;
	struct generation *list;
};

/* --- A generation --------------------------------------------------------------------------------------- */

static void
generation_free(struct generation *g)
{
	for (unsigned i = 0; g->links != NULL && i < g->threads; i++)
		link_free(g->links[i]);
	for (size_t i = 0; i < g->remote_count; i++)
		vouch_buf_free(&g->remotes[i].proof);
	free(g->links);
	free(g->remotes);
	free(g->limits);
	free(g);
}

static int
read_proof(struct generation *g, vouch_span *proofs, vouch_err *err)
{
	struct io_message proof;

	if (io_message_next(proofs, SIGNING_BODY_MOST, &proof) != VOUCH_OK ||
	    proof.number != g->remote_count || g->remote_count == SIGNERS_MOST)
		return err_set(err, VOUCH_EPARSE, "proofs that are none of our signer's");
	struct remote *grown = reallocarray(g->remotes, g->remote_count + 1, sizeof(*grown));
	if (grown == NULL)
		return err_nomem(err);
	g->remotes = grown;
	grown[g->remote_count] = (struct remote){ .generation = g, .number = proof.number };
	if (vouch_buf_append(&grown[g->remote_count++].proof, proof.body.data, proof.body.len) != VOUCH_OK)
		return err_nomem(err);
	return VOUCH_OK;
}

static int
fill(struct generation *g, const struct links *links, vouch_span proofs, vouch_err *err)
{
	g->links = calloc(links->threads, sizeof(struct link *));
	if (g->links == NULL)
		return err_nomem(err);
	g->threads = links->threads;
	for (unsigned i = 0; i < g->threads; i++)
		if (link_new(&g->links[i], links->lost, links->lost_arg, err) != VOUCH_OK)
			return err->code;
	while (proofs.len > 0)
		if (read_proof(g, &proofs, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

int
links_begin(struct links *links, struct generation **out, uint64_t id, vouch_span proofs, vouch_err *err)
{
	struct generation *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return err_nomem(err);
	g->id = id;
	g->references = 1;
	if (fill(g, links, proofs, err) != VOUCH_OK) {
		generation_free(g);
		return err->code;
	}
	pthread_mutex_lock(&links->list_lock);
	g->next = links->list;
	links->list = g;
	pthread_mutex_unlock(&links->list_lock);
	*out = g;
	return VOUCH_OK;
}

void
generation_release(struct generation *generation)
{
	if (generation != NULL)
		atomic_fetch_sub(&generation->references, 1);
}

static bool
is_needed(const struct generation *g)
{
	return atomic_load(&g->references) > 0;
}

void
generation_give(struct generation *generation, unsigned thread, int takes_fd)
{
	link_give(generation->links[thread % generation->threads], takes_fd);
}

/* --- Its signers ---------------------------------------------------------------------------------------- */

/* The release of a vouch_signer: on any thread. */
static void
on_release(void *sign_ctx)
{
	const struct remote *remote = sign_ctx;

	generation_release(remote->generation);
}

int
generation_open_signer(void *arg, vouch_signer **out, const struct conf_signer *conf, unsigned number,
    vouch_span certificate, vouch_err *err)
{
	struct generation *g = arg;

	if (number >= g->remote_count)
		return err_set(err, VOUCH_EUNAVAILABLE, "the signer process does not know signer %u", number);
	vouch_signer_options options = { .size = sizeof(options),
		.flags = VOUCH_SIGNER_ELSEWHERE,
		.certificate = certificate,
		.algorithm = conf->algorithm,
		.proof = { g->remotes[number].proof.data, g->remotes[number].proof.len },
		.sign_ctx = &g->remotes[number],
		.release = on_release };
	if (vouch_signer_open(out, &options, err) != VOUCH_OK)
		return conf_err_file(err, conf->certificate, 0, 2);
	atomic_fetch_add(&g->references, 1);
	return VOUCH_OK;
}

/* --- Limits --------------------------------------------------------------------------------------------- */

static int
compare_issuers(const void *a, const void *b)
{
	const struct issuer_limits *first = a, *second = b;
	uintptr_t left = (uintptr_t)first->issuer, right = (uintptr_t)second->issuer;

	return left < right ? -1 : left > right;
}

/* The slowest signer decides: which one a request chooses is not known before. */
static unsigned
in_flight_of(const struct conf_issuer *conf, const vouch_issuer *issuer)
{
	unsigned most = IN_FLIGHT;

	if (conf->signing_in_flight != 0)
		return conf->signing_in_flight;
	for (size_t i = 0; i < conf->signer_count; i++)
		if (assembly_signer_is_slow(&conf->signers[i], vouch_issuer_signer(issuer, i)) &&
		    conf->signers[i].sessions * PER_SESSION < most)
			most = conf->signers[i].sessions * PER_SESSION;
	return most;
}

static unsigned
share(unsigned total, unsigned threads)
{
	return total / threads > 0 ? total / threads : 1;
}

int
generation_set_limits(struct generation *generation, const struct assembly *assembly, const struct conf *conf,
    vouch_err *err)
{
	struct issuer_limits *limits = calloc(assembly->count, sizeof(*limits));

	if (limits == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < assembly->count; i++) {
		const struct conf_issuer *issuer = &conf->issuers[i];
		limits[i] = (struct issuer_limits){ assembly->issuers[i],
			{ share(in_flight_of(issuer, assembly->issuers[i]), generation->threads),
			    share(issuer->signing_waiting, generation->threads) } };
	}
	qsort(limits, assembly->count, sizeof(*limits), compare_issuers);
	free(generation->limits);
	generation->limits = limits;
	generation->limit_count = assembly->count;
	return VOUCH_OK;
}

void
links_limits_of(void *arg, const vouch_issuer *issuer, vouch_signer *signer, struct http_ocsp_limits *out)
{
	const struct remote *remote = vouch_signer_context(signer);
	const struct generation *g = remote->generation;
	struct issuer_limits wanted = { .issuer = issuer };
	const struct issuer_limits *found = bsearch(&wanted, g->limits, g->limit_count, sizeof(*g->limits),
	    compare_issuers);

	(void)arg;
	*out = found != NULL ? found->limits : (struct http_ocsp_limits){ 1, 0 };
}

bool
links_carry_out(void *arg, unsigned thread, uv_loop_t *loop, struct http_ocsp_order *order)
{
	const struct remote *remote = vouch_signer_context(order->signer);

	(void)arg;
	return link_carry_out(remote->generation->links[thread], loop, order, remote->number);
}

/* --- All of them ---------------------------------------------------------------------------------------- */

int
links_new(struct links **out, unsigned threads, link_lost *lost, void *lost_arg, vouch_err *err)
{
	struct links *links = calloc(1, sizeof(*links));

	if (links == NULL)
		return err_nomem(err);
	links->threads = threads;
	links->lost = lost;
	links->lost_arg = lost_arg;
	pthread_mutex_init(&links->list_lock, NULL);
	*out = links;
	return VOUCH_OK;
}

struct generation *
links_find(struct links *links, uint64_t id)
{
	pthread_mutex_lock(&links->list_lock);
	struct generation *g = links->list;
	while (g != NULL && (g->id != id || !is_needed(g)))
		g = g->next;
	pthread_mutex_unlock(&links->list_lock);
	return g;
}

static bool
is_closed(const struct generation *g)
{
	for (unsigned i = 0; i < g->threads; i++)
		if (!link_is_closed(g->links[i]))
			return false;
	return true;
}

static void
drop_closed(struct links *links)
{
	struct generation **at = &links->list;

	while (*at != NULL) {
		struct generation *g = *at;
		if (is_needed(g) || !is_closed(g)) {
			at = &g->next;
			continue;
		}
		*at = g->next;
		generation_free(g);
	}
}

void
links_tick(struct links *links, unsigned thread, bool last)
{
	pthread_mutex_lock(&links->list_lock);
	for (struct generation *g = links->list; g != NULL; g = g->next)
		if (last || !is_needed(g))
			link_close(g->links[thread]);
	drop_closed(links);
	pthread_mutex_unlock(&links->list_lock);
}

void
links_free(struct links *links)
{
	if (links == NULL)
		return;
	while (links->list != NULL) {
		struct generation *g = links->list;
		links->list = g->next;
		generation_free(g);
	}
	pthread_mutex_destroy(&links->list_lock);
	free(links);
}
