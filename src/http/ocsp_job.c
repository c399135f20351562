/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs: requests whose answer must be looked up or signed.  What blocks runs in the pool; the rest on the
 * loop.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/counter.h"
#include "http/ocsp_thread.h"
#include "io/clock.h"

#define SPARE_KEPT 64

struct http_ocsp_job {
	uv_work_t work;
	struct http_ocsp_thread *thread;
	vouch_responder *responder; /* a reference: the thread may go on to the next one meanwhile */
	vouch_job *job;
	struct http_exchange *exchange; /* NULL once it was told to try later */
	struct http_deadline deadline;
	vouch_buf signature;
	enum vouch_step wanted; /* what the pool does for it */
	int sign_result;
	struct http_ocsp_job *next; /* among the spare ones */
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
	j->sign_result = o->sign != NULL ? o->sign(o->sign_arg, signer, tbs, &j->signature, &err) :
					   vouch_signer_sign(signer, tbs, &j->signature, &err);
}

static void
hand_signature_in(struct http_ocsp_job *j)
{
	struct http_ocsp_counters *c = &j->thread->counters;
	bool ok = j->sign_result == VOUCH_OK && j->signature.len > 0;

	http_counter_add(ok ? &c->signatures : &c->signature_errors, 1);
	vouch_job_signed(j->job, ok ? span_buf(&j->signature) : (vouch_span){ 0 });
}

static void
finish(struct http_ocsp_job *j)
{
	struct http_ocsp_thread *t = j->thread;

	http_deadline_end(&j->deadline);
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

static void
in_pool(uv_work_t *work)
{
	struct http_ocsp_job *j = work->data;

	if (j->wanted == VOUCH_WANT_STATUS)
		vouch_job_lookup(j->job, io_wall_seconds());
	else
		sign(j);
}

static void go_on(struct http_ocsp_job *j);

static void
after_pool(uv_work_t *work, int status)
{
	struct http_ocsp_job *j = work->data;

	(void)status;
	if (j->wanted == VOUCH_WANT_SIGNATURE)
		hand_signature_in(j);
	go_on(j);
}

static void
give_to_pool(struct http_ocsp_job *j, enum vouch_step wanted)
{
	j->wanted = wanted;
	j->work.data = j;
	/* Fails for a NULL callback only. */
	if (uv_queue_work(j->thread->loop, &j->work, in_pool, after_pool) == 0)
		return;
	tell_to_try_later(j, "the pool does not take the job");
	finish(j);
}

static void
go_on(struct http_ocsp_job *j)
{
	for (;;) {
		enum vouch_step step = (enum vouch_step)vouch_job_step(j->job, io_wall_seconds());
		switch (step) {
		case VOUCH_WANT_STATUS:
			if (!vouch_job_lookup_is_inline(j->job)) {
				give_to_pool(j, step);
				return;
			}
			vouch_job_lookup(j->job, io_wall_seconds());
			continue;
		case VOUCH_WANT_SIGNATURE:
			if (j->thread->ocsp->options.sign_in_pool) {
				give_to_pool(j, step);
				return;
			}
			sign(j);
			hand_signature_in(j);
			continue;
		case VOUCH_DONE:
			break;
		}
		finish(j);
		return;
	}
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
	go_on(j);
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
