/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP over HTTP: the handler, from an exchange to its answer. */
#include "http/ocsp.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/counter.h"
#include "http/ocsp_answer.h"
#include "http/ocsp_thread.h"
#include "io/clock.h"

#define JOBS 10000 /* one for each connection that the server takes by default */
#define JOB_TIME_MS 10000
#define POOL_THREADS 32

/* --- Answers -------------------------------------------------------------------------------------------- */

static void
tell(struct http_ocsp_thread *t, struct http_exchange *exchange, const vouch_outcome *outcome,
    unsigned status)
{
	const struct http_ocsp_options *o = &t->ocsp->options;

	if (o->answered != NULL)
		o->answered(o->answered_arg, exchange, outcome, status);
}

/* It never was OCSP. */
static void
answer_status(struct http_ocsp_thread *t, struct http_exchange *exchange, unsigned status, const char *text)
{
	tell(t, exchange, NULL, status);
	http_exchange_respond_text(exchange, status, text);
}

void
http_ocsp_answer(struct http_ocsp_thread *t, struct http_exchange *exchange, vouch_span body,
    const vouch_outcome *outcome, vouch_time now)
{
	struct http_answer answer;

	http_ocsp_answer_make(&answer, &t->fields, exchange, body, outcome, now);
	tell(t, exchange, outcome, answer.status);
	http_exchange_respond(exchange, &answer);
}

void
http_ocsp_answer_refusal(struct http_ocsp_thread *t, struct http_exchange *exchange, vouch_outcome *asked,
    const char *cause)
{
	static const uint8_t try_later[5] = { 0x30, 0x03, 0x0a, 0x01, 0x03 };

	asked->response_status = VOUCH_TRY_LATER;
	asked->served_from = VOUCH_SERVED_ERROR;
	asked->cause = cause;
	asked->error = VOUCH_EUNAVAILABLE;
	http_ocsp_answer(t, exchange, SPAN_ARRAY(try_later), asked, io_wall_seconds());
}

void
http_ocsp_answer_try_later(struct http_ocsp_thread *t, struct http_exchange *exchange, const char *cause)
{
	vouch_outcome outcome = { .size = sizeof(outcome),
		.produced_at = VOUCH_TIME_ABSENT,
		.this_update = VOUCH_TIME_ABSENT,
		.next_update = VOUCH_TIME_ABSENT };

	http_ocsp_answer_refusal(t, exchange, &outcome, cause);
}

/* --- Requests ------------------------------------------------------------------------------------------- */

static void
answer_item(struct http_ocsp_thread *t, struct http_ocsp_item *item)
{
	vouch_outcome outcome = { .size = sizeof(outcome) };
	const vouch_call *call = &item->asked.call;

	buf_clear(&t->body);
	int rc = vouch_search_end(item->search, &t->body, &outcome);
	if (rc == VOUCH_OK && outcome.renew)
		http_ocsp_job_renew(t, item->exchange, call, item->asked.request);
	if (rc == VOUCH_OK)
		http_ocsp_answer(t, item->exchange, span_buf(&t->body), &outcome, call->now);
	else if (rc == VOUCH_EAGAIN)
		http_ocsp_job_begin(t, item->exchange, item->search, &outcome);
	else
		http_ocsp_answer_try_later(t, item->exchange, "out of memory");
}

/* Each step for all of them, and only then the next step. */
static void
answer_batch(void *arg)
{
	struct http_ocsp_thread *t = arg;
	struct http_ocsp_batch *b = &t->batch;

	b->answering = true;
	for (unsigned i = 0; i < b->count; i++)
		vouch_search_go_on(b->items[i].search);
	for (unsigned i = 0; i < b->count; i++)
		answer_item(t, &b->items[i]);
	b->count = 0;
	b->answering = false;
}

/* The responder in use, without a lock unless it has been replaced. */
static void
adopt_responder(struct http_ocsp_thread *t)
{
	struct http_ocsp *ocsp = t->ocsp;

	/* What is being answered borrows from the old one: next time. */
	if (t->generation == __atomic_load_n(&ocsp->generation, __ATOMIC_ACQUIRE) || t->batch.answering)
		return;
	answer_batch(t);
	vouch_responder *old = t->responder;
	uv_mutex_lock(&ocsp->current_lock);
	t->responder = vouch_responder_ref(ocsp->current);
	t->generation = ocsp->generation;
	uv_mutex_unlock(&ocsp->current_lock);
	vouch_responder_free(old);
}

/* False: it never was OCSP, and has its answer. */
static bool
begin_item(struct http_ocsp_thread *t, struct http_ocsp_item *item, struct http_exchange *exchange)
{
	struct http_ocsp_asked *asked = &item->asked;

	item->exchange = exchange;
	asked->call = (vouch_call){ .size = sizeof(asked->call),
		.now = io_wall_seconds(),
		.monotonic_ms = io_monotonic_ms() };
	unsigned status = http_ocsp_request_read(asked, &item->path, t->responder, &t->ocsp->rules, exchange);
	asked->call.flags |= VOUCH_CALL_COALESCE;
	http_counter_add(&t->counters.repaired_paths, asked->repaired ? 1 : 0);
	if (status != 0)
		answer_status(t, exchange, status, http_ocsp_refusal(status));
	else if (vouch_search_begin(item->search, t->responder, &asked->call, asked->request) == VOUCH_OK)
		return true;
	else /* cannot be: the call has its size */
		http_ocsp_answer_try_later(t, exchange, "out of memory");
	return false;
}

void
http_ocsp_handle(void *arg, struct http_exchange *exchange)
{
	struct http_ocsp *ocsp = arg;
	struct http_ocsp_thread *t = ocsp->threads[exchange->thread];
	struct http_ocsp_batch *b = &t->batch;

	t->loop = exchange->loop;
	adopt_responder(t);
	struct http_ocsp_item *item = http_ocsp_batch_next(b);
	if (!begin_item(t, item, exchange))
		return;
	if (b->answering) {
		answer_item(t, item);
		return;
	}
	b->count++;
	if (b->count == HTTP_OCSP_BATCH)
		answer_batch(t);
	else
		http_exchange_before_waiting(exchange, answer_batch, t);
}

void
http_ocsp_tick(void *arg, unsigned thread, uv_loop_t *loop, bool last)
{
	struct http_ocsp *ocsp = arg;
	struct http_ocsp_thread *t = ocsp->threads[thread];

	t->loop = loop;
	adopt_responder(t);
	http_ocsp_jobs_expire(t, uv_now(loop));
	if (ocsp->options.carry_out_tick != NULL)
		ocsp->options.carry_out_tick(ocsp->options.carry_out_arg, thread, last);
	if (last)
		http_returns_close(&t->done);
}

/* --- The handler as a whole ----------------------------------------------------------------------------- */

void
http_ocsp_set_responder(struct http_ocsp *ocsp, vouch_responder *responder)
{
	uv_mutex_lock(&ocsp->current_lock);
	vouch_responder *old = ocsp->current;
	ocsp->current = vouch_responder_ref(responder);
	__atomic_store_n(&ocsp->replaced_ms, io_monotonic_ms(), __ATOMIC_RELAXED);
	__atomic_add_fetch(&ocsp->generation, 1, __ATOMIC_RELEASE);
	uv_mutex_unlock(&ocsp->current_lock);
	vouch_responder_free(old);
}

vouch_responder *
http_ocsp_responder(struct http_ocsp *ocsp)
{
	uv_mutex_lock(&ocsp->current_lock);
	vouch_responder *r = vouch_responder_ref(ocsp->current);
	uv_mutex_unlock(&ocsp->current_lock);
	return r;
}

static void
thread_free(struct http_ocsp_thread *t)
{
	if (t == NULL)
		return;
	http_ocsp_jobs_free(t);
	http_returns_destroy(&t->done);
	http_ocsp_batch_clear(&t->batch);
	vouch_buf_free(&t->body);
	vouch_responder_free(t->responder);
	free(t);
}

static int
make_threads(struct http_ocsp *ocsp)
{
	const struct http_ocsp_options *o = &ocsp->options;

	ocsp->threads = calloc(o->threads, sizeof(struct http_ocsp_thread *));
	for (unsigned i = 0; ocsp->threads != NULL && i < o->threads; i++) {
		struct http_ocsp_thread *t = calloc(1, sizeof(*t));
		if (t == NULL || !http_ocsp_jobs_init(t)) {
			free(t);
			return VOUCH_ENOMEM;
		}
		if (http_ocsp_batch_init(&t->batch) != VOUCH_OK) {
			thread_free(t);
			return VOUCH_ENOMEM;
		}
		t->ocsp = ocsp;
		t->number = i;
		http_deadlines_init(&t->waiting, o->job_time_ms);
		ocsp->threads[i] = t;
	}
	return ocsp->threads != NULL ? VOUCH_OK : VOUCH_ENOMEM;
}

int
http_ocsp_new(struct http_ocsp **out, const struct http_ocsp_options *options, vouch_responder *responder,
    vouch_err *err)
{
	if (options->threads == 0)
		return err_set(err, VOUCH_EINVAL, "http_ocsp_new: the number of threads is missing");
	struct http_ocsp *ocsp = calloc(1, sizeof(*ocsp));
	if (ocsp == NULL || uv_mutex_init(&ocsp->current_lock) != 0) {
		free(ocsp);
		return err_nomem(err);
	}
	ocsp->options = *options;
	struct http_ocsp_options *o = &ocsp->options;
	ocsp->rules = (struct http_ocsp_rules){ o->strict,
		o->request_limit != 0 ? o->request_limit : HTTP_OCSP_REQUEST_LIMIT };
	o->jobs = o->jobs != 0 ? o->jobs : JOBS;
	o->job_time_ms = o->job_time_ms != 0 ? o->job_time_ms : JOB_TIME_MS;
	ocsp->jobs_per_thread = o->jobs / o->threads > 0 ? o->jobs / o->threads : 1;
	o->pool_threads = o->pool_threads != 0 ? o->pool_threads : POOL_THREADS;
	ocsp->current = vouch_responder_ref(responder);
	ocsp->generation = 1;
	if (make_threads(ocsp) != VOUCH_OK ||
	    http_pool_new(&ocsp->pool, o->pool_threads, http_ocsp_job_run, NULL, err) != VOUCH_OK) {
		http_ocsp_free(ocsp);
		return err_nomem(err);
	}
	*out = ocsp;
	return VOUCH_OK;
}

void
http_ocsp_free(struct http_ocsp *ocsp)
{
	if (ocsp == NULL)
		return;
	http_pool_free(ocsp->pool);
	for (unsigned i = 0; ocsp->threads != NULL && i < ocsp->options.threads; i++)
		thread_free(ocsp->threads[i]);
	free(ocsp->threads);
	vouch_responder_free(ocsp->current);
	uv_mutex_destroy(&ocsp->current_lock);
	free(ocsp);
}

void
http_ocsp_count(const struct http_ocsp *ocsp, struct http_ocsp_counters *out)
{
	*out = (struct http_ocsp_counters){ 0 };
	for (unsigned i = 0; i < ocsp->options.threads; i++) {
		const struct http_ocsp_counters *c = &ocsp->threads[i]->counters;
		out->repaired_paths += http_counter_read(&c->repaired_paths);
		out->jobs += http_counter_read(&c->jobs);
		out->signatures += http_counter_read(&c->signatures);
		out->signature_errors += http_counter_read(&c->signature_errors);
		out->refused_jobs += http_counter_read(&c->refused_jobs);
		out->refused_signatures += http_counter_read(&c->refused_signatures);
		out->renewals += http_counter_read(&c->renewals);
		out->refused_lookups += http_counter_read(&c->refused_lookups);
	}
}
