/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs: requests whose answer must be looked up or signed.  They run on the loop until something would block
 * it, and are parked then: in the pool, with a peer that makes the same answer, or for a signature.
 *
 *            ┌────────────── advance, on the loop ──────────────┐
 *            │ step ──▶ status ──▶ step ──▶ signature ──▶ step  │──▶ finish
 *            └───┬──▲──────┬──▲────────────────┬──▲─────────────┘
 *                ▼  │      ▼  │                ▼  │
 *               peer       pool         budget, then order (or the pool)
 */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/counter.h"
#include "http/ocsp_thread.h"
#include "http/thread.h"
#include "io/clock.h"

#define SPARE_KEPT 64
#define REPLACED_MS \
	1000	   /* what a responder that was replaced says goes out for as long as any status may stand */
#define LATE_MS 10 /* a loop that is so far behind has no time to sign for one client alone */

struct http_ocsp_job {
	struct http_pool_item item; /* first: the item and its job have one address */
	struct http_ocsp_thread *thread;
	struct http_thread *held;	/* once it was parked: the loop that it comes back to */
	vouch_job *job;			/* of a spare one: cleared, or NULL */
	struct http_exchange *exchange; /* NULL: nobody waits (any more) */
	uint64_t generation;		/* of its responder */
	struct http_deadline deadline;
	struct http_ocsp_ticket ticket;
	struct http_ocsp_order order;
	bool is_renewal;
	vouch_buf signature;
	unsigned signatures, signature_errors; /* made since the loop's counters were told */
	struct http_ocsp_job *next;	       /* among the spare ones */
};

static void advance(struct http_ocsp_job *j);

static struct http_ocsp_job *
job_of_order(struct http_ocsp_order *order)
{
	return (struct http_ocsp_job *)((char *)order - offsetof(struct http_ocsp_job, order));
}

static struct http_ocsp_job *
job_of_ticket(struct http_ocsp_ticket *ticket)
{
	return (struct http_ocsp_job *)((char *)ticket - offsetof(struct http_ocsp_job, ticket));
}

/* --- Birth and death ------------------------------------------------------------------------------------ */

static struct http_ocsp_job *
take_spare(struct http_ocsp_thread *t)
{
	struct http_ocsp_job *j = t->spare;

	if (j == NULL)
		return calloc(1, sizeof(*j));
	t->spare = j->next;
	t->spare_count--;
	return j;
}

static void
job_free(struct http_ocsp_job *j)
{
	if (j == NULL)
		return;
	vouch_job_free(j->job);
	vouch_buf_free(&j->signature);
	free(j);
}

/* j may be NULL. */
static void
give_spare(struct http_ocsp_thread *t, struct http_ocsp_job *j)
{
	if (j == NULL || t->spare_count >= SPARE_KEPT) {
		job_free(j);
		return;
	}
	j->next = t->spare;
	t->spare = j;
	t->spare_count++;
}

static void
tell_counters(struct http_ocsp_job *j)
{
	struct http_ocsp_counters *c = &j->thread->counters;

	http_counter_add(&c->signatures, j->signatures);
	http_counter_add(&c->signature_errors, j->signature_errors);
	j->signatures = j->signature_errors = 0;
}

/* Whoever asks for more than there is of anything is not to keep those waiting who ask for nothing of it. */
static void
go_last(struct http_ocsp_job *j)
{
	if (j->exchange != NULL)
		http_exchange_go_last(j->exchange);
}

static bool
was_refused_a_lookup(const vouch_outcome *o)
{
	return o->response_status == VOUCH_TRY_LATER && o->error == VOUCH_ELIMIT;
}

/* Its certificates may have other sources now, its signer may have been withdrawn, its CA been called compromised. */
static bool
is_outdated(const struct http_ocsp_job *j)
{
	const struct http_ocsp *ocsp = j->thread->ocsp;

	return j->generation != __atomic_load_n(&ocsp->generation, __ATOMIC_ACQUIRE) &&
	    io_monotonic_ms() > __atomic_load_n(&ocsp->replaced_ms, __ATOMIC_RELAXED) + REPLACED_MS;
}

static void
answer(struct http_ocsp_job *j)
{
	if (is_outdated(j))
		http_ocsp_answer_try_later(j->thread, j->exchange,
		    "the configuration was replaced while the answer was made");
	else
		http_ocsp_answer(j->thread, j->exchange, vouch_job_response(j->job),
		    vouch_job_outcome(j->job), io_wall_seconds());
}

static void
finish(struct http_ocsp_job *j)
{
	struct http_ocsp_thread *t = j->thread;
	struct http_thread *held = j->held;

	http_deadline_end(&j->deadline);
	tell_counters(j);
	if (was_refused_a_lookup(vouch_job_outcome(j->job))) {
		http_counter_add(&t->counters.refused_lookups, 1);
		go_last(j);
	}
	if (j->exchange != NULL)
		answer(j);
	vouch_job_clear(j->job);
	t->jobs--;
	http_counter_add(&t->counters.jobs, (uint64_t)-1);
	give_spare(t, j);
	if (held != NULL)
		http_thread_left(held);
}

/* Whose client waits is told; the job itself still runs, and its answer may be stored. */
static void
tell_to_try_later(struct http_ocsp_job *j, const char *cause)
{
	struct http_exchange *exchange = j->exchange;

	j->exchange = NULL;
	http_deadline_end(&j->deadline);
	http_counter_add(&j->thread->counters.refused_jobs, 1);
	if (exchange != NULL)
		http_ocsp_answer_try_later(j->thread, exchange, cause);
}

/* From now on the loop waits for the job, whoever else has it. */
static void
hold(struct http_ocsp_job *j)
{
	if (j->held == NULL)
		j->held = http_exchange_hold(j->exchange);
}

/* --- Signatures ----------------------------------------------------------------------------------------- */

static void
sign_here(struct http_ocsp_job *j)
{
	const struct http_ocsp_options *o = &j->thread->ocsp->options;
	vouch_signer *signer;
	vouch_span tbs = vouch_job_tbs(j->job, &signer);
	vouch_err err;

	err_or(&err, NULL);
	buf_clear(&j->signature);
	int code = o->sign != NULL ?
	    o->sign(o->sign_arg, signer, tbs, &j->signature, &err) :
	    vouch_signer_sign_at(signer, tbs, io_wall_seconds(), &j->signature, &err);
	bool ok = code == VOUCH_OK && j->signature.len > 0;
	j->signatures += ok ? 1 : 0;
	j->signature_errors += ok ? 0 : 1;
	vouch_job_signed(j->job, ok ? span_buf(&j->signature) : (vouch_span){ 0 });
}

static bool
place_order(struct http_ocsp_job *j)
{
	const struct http_ocsp_options *o = &j->thread->ocsp->options;

	j->order.tbs = vouch_job_tbs(j->job, &j->order.signer);
	if (o->carry_out(o->carry_out_arg, j->thread->number, j->thread->loop, &j->order))
		return true;
	j->signature_errors++;
	vouch_job_try_later(j->job, "out of memory");
	return false;
}

/* One is in flight no more: the next one goes. */
static void
leave(struct http_ocsp_thread *t, struct http_ocsp_ticket *ticket)
{
	const vouch_issuer *issuer = ticket->account->issuer;
	struct http_ocsp_ticket *next;

	http_ocsp_budget_leave(&t->budget, ticket);
	t->budget.window = http_ocsp_pressure_window(&t->pressure, uv_now(t->loop));
	while ((next = http_ocsp_budget_next(&t->budget, issuer)) != NULL) {
		struct http_ocsp_job *j = job_of_ticket(next);
		if (place_order(j))
			continue;
		http_ocsp_budget_leave(&t->budget, next);
		finish(j);
	}
}

static enum http_ocsp_class
class_of(const vouch_outcome *asked)
{
	if (asked->certids > 1)
		return HTTP_OCSP_MANY;
	return asked->nonce ? HTTP_OCSP_NONCED : HTTP_OCSP_FIRST;
}

/* Of one that was looked up. */
static enum http_ocsp_class
class_of_job(const struct http_ocsp_job *j)
{
	enum http_ocsp_class class = class_of(vouch_job_outcome(j->job));

	if (j->is_renewal)
		return HTTP_OCSP_RENEWAL;
	return class == HTTP_OCSP_MANY || vouch_job_is_known(j->job) ? class : HTTP_OCSP_STRANGER;
}

/*
 * True when a signature for this client alone would be refused: then its job is spared, too, which is what a
 * flood costs most.  An answer that others share may be there by then.
 */
static bool
is_hopeless(const struct http_ocsp_thread *t, const struct http_exchange *exchange,
    const vouch_outcome *asked)
{
	enum http_ocsp_class class = class_of(asked);

	if (t->ocsp->options.carry_out == NULL || class == HTTP_OCSP_FIRST)
		return false;
	return exchange->waited_ms >= LATE_MS || http_ocsp_budget_is_full(&t->budget, asked->issuer, class);
}

static const char too_many[] = "too many signatures are waited for";

static void
refuse_signature(struct http_ocsp_thread *t, struct http_exchange *exchange, vouch_outcome *asked)
{
	http_counter_add(&t->counters.refused_signatures, 1);
	http_ocsp_pressure_refused(&t->pressure, uv_now(t->loop));
	http_exchange_go_last(exchange);
	http_ocsp_answer_refusal(t, exchange, asked, too_many);
}

/* False: the job has ended, for there are too many. */
static bool
order(struct http_ocsp_job *j)
{
	const struct http_ocsp_options *o = &j->thread->ocsp->options;
	const vouch_issuer *issuer = vouch_job_outcome(j->job)->issuer;
	struct http_ocsp_limits limits = { 0 };
	vouch_signer *signer;

	(void)vouch_job_tbs(j->job, &signer);
	o->limits(o->carry_out_arg, issuer, signer, &limits);
	switch (http_ocsp_budget_enter(&j->thread->budget, &j->ticket, issuer, class_of_job(j), &limits)) {
	case HTTP_OCSP_GOES:
		if (place_order(j))
			return true;
		leave(j->thread, &j->ticket);
		return false;
	case HTTP_OCSP_WAITS:
		go_last(j);
		return true;
	case HTTP_OCSP_REFUSED:
		break;
	}
	go_last(j);
	http_counter_add(&j->thread->counters.refused_signatures, 1);
	vouch_job_try_later(j->job, too_many);
	return false;
}

void
http_ocsp_signed(struct http_ocsp_order *order, vouch_span signature, const char *cause)
{
	struct http_ocsp_job *j = job_of_order(order);

	/* The signer is to have the next one while we are busy with this one. */
	leave(j->thread, &j->ticket);
	if (signature.len > 0) {
		j->signatures++;
		vouch_job_signed(j->job, signature);
	} else {
		j->signature_errors++;
		vouch_job_try_later(j->job, cause);
	}
	advance(j);
}

/* --- Steps ---------------------------------------------------------------------------------------------- */

/* True when the step may be taken on a loop. */
static bool
is_inline(const struct http_ocsp_job *j, enum vouch_step step)
{
	const struct http_ocsp_options *o = &j->thread->ocsp->options;

	switch (step) {
	case VOUCH_WANT_STATUS:
		return vouch_job_lookup_is_inline(j->job);
	case VOUCH_WANT_SIGNATURE:
		return o->carry_out == NULL && !o->sign_in_pool;
	case VOUCH_WANT_PEER:
	case VOUCH_DONE:
		break;
	}
	return false;
}

/* True when the step may be taken on a thread of the pool. */
static bool
is_for_the_pool(const struct http_ocsp_job *j, enum vouch_step step)
{
	return step == VOUCH_WANT_STATUS ||
	    (step == VOUCH_WANT_SIGNATURE && j->thread->ocsp->options.carry_out == NULL);
}

typedef bool may_take(const struct http_ocsp_job *j, enum vouch_step step);

/* Runs the job to its end, or to a step that must not be taken here. */
static enum vouch_step
run(struct http_ocsp_job *j, may_take *may)
{
	for (;;) {
		vouch_time now = io_wall_seconds();
		enum vouch_step step = (enum vouch_step)vouch_job_step(j->job, now);
		if (step == VOUCH_DONE || !may(j, step))
			return step;
		if (step == VOUCH_WANT_STATUS)
			vouch_job_lookup(j->job, now);
		else
			sign_here(j);
	}
}

/* --- Away from the loop, and back ----------------------------------------------------------------------- */

static void
come_back(struct http_ocsp_job *j)
{
	bool put = http_returns_put(&j->thread->done, &j->item);

	/* The loop is held. */
	assert(put);
	(void)put;
}

void
http_ocsp_job_run(void *arg, struct http_pool_item *item)
{
	struct http_ocsp_job *j = (struct http_ocsp_job *)item;

	(void)arg;
	(void)run(j, is_for_the_pool);
	come_back(j);
}

/* The vouch_peer_cb: on any thread. */
static void
on_peer(void *arg)
{
	come_back(arg);
}

static void
on_back(void *arg, struct http_pool_item *item)
{
	(void)arg;
	advance((struct http_ocsp_job *)item);
}

bool
http_ocsp_jobs_init(struct http_ocsp_thread *t)
{
	return http_returns_init(&t->done, on_back, NULL);
}

static void
give_up(struct http_ocsp_job *j, const char *cause)
{
	http_counter_add(&j->thread->counters.refused_jobs, 1);
	vouch_job_try_later(j->job, cause);
	finish(j);
}

static void
park(struct http_ocsp_job *j, enum vouch_step step)
{
	hold(j);
	if (!is_for_the_pool(j, step) && step == VOUCH_WANT_SIGNATURE) {
		if (!order(j))
			finish(j);
		return;
	}
	if (!http_returns_open(&j->thread->done, j->thread->loop))
		give_up(j, "out of memory");
	else if (step == VOUCH_WANT_PEER)
		vouch_job_await(j->job, on_peer, j);
	else if (!http_pool_put(j->thread->ocsp->pool, &j->item, vouch_job_is_known(j->job)))
		give_up(j, "there is no thread that could wait for a source or a signature");
}

static void
advance(struct http_ocsp_job *j)
{
	enum vouch_step step = run(j, is_inline);

	if (step == VOUCH_DONE)
		finish(j);
	else
		park(j, step);
}

/* --- For the handler ------------------------------------------------------------------------------------ */

static void
enter(struct http_ocsp_thread *t, struct http_ocsp_job *j)
{
	j->thread = t;
	j->exchange = NULL;
	j->held = NULL;
	j->is_renewal = false;
	j->generation = t->generation;
	t->jobs++;
	http_counter_add(&t->counters.jobs, 1);
}

void
http_ocsp_job_begin(struct http_ocsp_thread *t, struct http_exchange *exchange, vouch_search *search,
    vouch_outcome *asked)
{
	if (is_hopeless(t, exchange, asked)) {
		refuse_signature(t, exchange, asked);
		return;
	}
	if (t->jobs >= t->ocsp->jobs_per_thread) {
		http_counter_add(&t->counters.refused_jobs, 1);
		http_ocsp_answer_try_later(t, exchange, "too many requests wait for a source or a signature");
		return;
	}
	struct http_ocsp_job *j = take_spare(t);
	if (j == NULL || vouch_search_job(&j->job, search, j->job) != VOUCH_OK) {
		give_spare(t, j);
		http_ocsp_answer_try_later(t, exchange, "out of memory");
		return;
	}
	enter(t, j);
	j->exchange = exchange;
	http_deadline_begin(&t->waiting, &j->deadline, uv_now(t->loop));
	advance(j);
}

void
http_ocsp_job_renew(struct http_ocsp_thread *t, struct http_exchange *exchange, const vouch_call *call,
    vouch_span request)
{
	vouch_call own = *call;
	vouch_job *job;

	/* Renewals come in their own time: not while the loop is full of jobs that somebody waits for. */
	if (t->jobs >= t->ocsp->jobs_per_thread / 2)
		return;
	own.flags |= VOUCH_CALL_RENEW;
	struct http_ocsp_job *j = take_spare(t);
	if (j == NULL || vouch_job_start(&job, t->responder, &own, request) != VOUCH_OK) {
		give_spare(t, j);
		return;
	}
	vouch_job_free(j->job);
	j->job = job;
	enter(t, j);
	j->is_renewal = true;
	j->held = http_exchange_hold(exchange);
	http_counter_add(&t->counters.renewals, 1);
	advance(j);
}

void
http_ocsp_jobs_expire(struct http_ocsp_thread *t, uint64_t now)
{
	struct http_deadline *first;

	while ((first = http_deadlines_expired(&t->waiting, now)) != NULL)
		tell_to_try_later((struct http_ocsp_job *)((char *)first -
				      offsetof(struct http_ocsp_job, deadline)),
		    "a source or a signer took too long");
}

void
http_ocsp_jobs_free(struct http_ocsp_thread *t)
{
	while (t->spare != NULL) {
		struct http_ocsp_job *j = t->spare;
		t->spare = j->next;
		job_free(j);
	}
	http_ocsp_budget_clear(&t->budget);
}
