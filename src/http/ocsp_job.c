/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs: requests whose answer must be looked up or signed.  They run on the loop until something would block
 * it; from there on in the pool, to their end: one trip, and no signature on the loop that others wait for.
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

struct http_ocsp_job {
	struct http_pool_item item; /* first: the item and its job have one address */
	struct http_ocsp_thread *thread;
	struct http_thread *held;   /* the loop that it comes back to from the pool */
	vouch_responder *responder; /* a reference: the thread may go on to the next one meanwhile */
	vouch_job *job;
	struct http_exchange *exchange; /* NULL once it was told to try later */
	struct http_deadline deadline;
	vouch_buf signature;
	unsigned signatures, signature_errors; /* made since the loop's counters were told */
	struct http_ocsp_job *next;	       /* among the spare ones */
};

static void
sign(struct http_ocsp_job *j)
{
	const struct http_ocsp_options *o = &j->thread->ocsp->options;
	vouch_signer *signer;
	vouch_span tbs = vouch_job_tbs(j->job, &signer);
	vouch_err err;

	err_or(&err, NULL);
	buf_clear(&j->signature);
	int code = o->sign != NULL ? o->sign(o->sign_arg, signer, tbs, &j->signature, &err) :
				     vouch_signer_sign(signer, tbs, &j->signature, &err);
	bool ok = code == VOUCH_OK && j->signature.len > 0;
	j->signatures += ok ? 1 : 0;
	j->signature_errors += ok ? 0 : 1;
	vouch_job_signed(j->job, ok ? span_buf(&j->signature) : (vouch_span){ 0 });
}

/* True when the step may be taken on a loop. */
static bool
is_inline(const struct http_ocsp_job *j, enum vouch_step step)
{
	return step == VOUCH_WANT_STATUS ? vouch_job_lookup_is_inline(j->job) :
					   !j->thread->ocsp->options.sign_in_pool;
}

/* Runs the job to its end, or to where it would block. */
static enum vouch_step
run(struct http_ocsp_job *j, bool may_block)
{
	for (;;) {
		enum vouch_step step = (enum vouch_step)vouch_job_step(j->job, io_wall_seconds());
		if (step == VOUCH_DONE || (!may_block && !is_inline(j, step)))
			return step;
		if (step == VOUCH_WANT_STATUS)
			vouch_job_lookup(j->job, io_wall_seconds());
		else
			sign(j);
	}
}

static void
finish(struct http_ocsp_job *j)
{
	struct http_ocsp_thread *t = j->thread;

	http_deadline_end(&j->deadline);
	http_counter_add(&t->counters.signatures, j->signatures);
	http_counter_add(&t->counters.signature_errors, j->signature_errors);
	j->signatures = j->signature_errors = 0;
	if (j->exchange != NULL)
		http_ocsp_answer(t, j->exchange, vouch_job_response(j->job), vouch_job_outcome(j->job),
		    io_wall_seconds());
	vouch_job_free(j->job);
	vouch_responder_free(j->responder);
	t->jobs--;
	http_counter_add(&t->counters.jobs, (uint64_t)-1);
	if (t->spare_count < SPARE_KEPT) {
		j->next = t->spare;
		t->spare = j;
		t->spare_count++;
		return;
	}
	vouch_buf_free(&j->signature);
	free(j);
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

void
http_ocsp_job_run(void *arg, struct http_pool_item *item)
{
	struct http_ocsp_job *j = (struct http_ocsp_job *)item;

	(void)arg;
	(void)run(j, true);
	bool put = http_returns_put(&j->thread->done, item);
	/* The loop is held. */
	assert(put);
	(void)put;
}

static void
on_done(void *arg, struct http_pool_item *item)
{
	struct http_ocsp_job *j = (struct http_ocsp_job *)item;
	struct http_thread *held = j->held;

	(void)arg;
	finish(j);
	http_thread_left(held);
}

bool
http_ocsp_jobs_init(struct http_ocsp_thread *t)
{
	return http_returns_init(&t->done, on_done, NULL);
}

static void
give_to_pool(struct http_ocsp_job *j)
{
	struct http_thread *held = j->held = http_exchange_hold(j->exchange);

	if (http_returns_open(&j->thread->done, j->thread->loop) &&
	    http_pool_put(j->thread->ocsp->pool, &j->item))
		return;
	tell_to_try_later(j, "there is no thread that could wait for a source or a signature");
	finish(j);
	http_thread_left(held);
}

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

void
http_ocsp_job_begin(struct http_ocsp_thread *t, struct http_exchange *exchange, const vouch_call *call,
    vouch_span request)
{
	vouch_job *job;

	if (t->jobs >= t->ocsp->jobs_per_thread) {
		http_counter_add(&t->counters.refused_jobs, 1);
		http_ocsp_answer_try_later(t, exchange, "too many requests wait for a source or a signature");
		return;
	}
	struct http_ocsp_job *j = take_spare(t);
	if (j == NULL || vouch_job_start(&job, t->responder, call, request) != VOUCH_OK) {
		if (j != NULL)
			vouch_buf_free(&j->signature);
		free(j);
		http_ocsp_answer_try_later(t, exchange, "out of memory");
		return;
	}
	j->thread = t;
	j->responder = vouch_responder_ref(t->responder);
	j->job = job;
	j->exchange = exchange;
	t->jobs++;
	http_counter_add(&t->counters.jobs, 1);
	http_deadline_begin(&t->waiting, &j->deadline, uv_now(t->loop));
	if (run(j, false) == VOUCH_DONE)
		finish(j);
	else
		give_to_pool(j);
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
		vouch_buf_free(&j->signature);
		free(j);
	}
}
