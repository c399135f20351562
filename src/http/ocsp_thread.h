/* SPDX-License-Identifier: Apache-2.0 */
/* What the OCSP handler has on each loop thread, so that answering shares nothing that is written to. */
#ifndef HTTP_OCSP_THREAD_H
#define HTTP_OCSP_THREAD_H

#include "http/deadlines.h"
#include "http/ocsp.h"
#include "http/ocsp_batch.h"
#include "http/ocsp_budget.h"
#include "http/ocsp_fields.h"
#include "http/ocsp_pressure.h"
#include "http/returns.h"

struct http_ocsp_job;

struct http_ocsp_thread {
	struct http_ocsp *ocsp;
	unsigned number;
	uv_loop_t *loop;	    /* known from the first request on */
	vouch_responder *responder; /* a reference of its own */
	uint64_t generation;	    /* of that reference */
	struct http_ocsp_batch batch;
	vouch_buf body;
	struct http_ocsp_fields fields;
	struct http_deadlines waiting; /* jobs whose clients wait */
	struct http_returns done;      /* jobs that were in the pool, or waited for a peer */
	struct http_ocsp_budget budget;
	struct http_ocsp_pressure pressure;
	struct http_ocsp_job *spare;
	unsigned spare_count, jobs;
	struct http_ocsp_counters counters; /* written by this thread alone */
};

struct http_ocsp {
	struct http_ocsp_options options;
	struct http_ocsp_rules rules;
	struct http_pool *pool; /* for jobs that would block a loop */
	unsigned jobs_per_thread;
	uv_mutex_t current_lock;
	vouch_responder *current;
	uint64_t generation;  /* atomic; counts the responders that there were */
	uint64_t replaced_ms; /* atomic; when the last one gave way */
	struct http_ocsp_thread **threads;
};

/* Answers with what the library said; body may be the thread's own. */
void http_ocsp_answer(struct http_ocsp_thread *t, struct http_exchange *exchange, vouch_span body,
    const vouch_outcome *outcome, vouch_time now);
/* Tells the client to try later, without asking the library. */
void http_ocsp_answer_try_later(struct http_ocsp_thread *t, struct http_exchange *exchange,
    const char *cause);
/* The same, when it is known what was asked, but not answered; asked becomes the outcome. */
void http_ocsp_answer_refusal(struct http_ocsp_thread *t, struct http_exchange *exchange,
    vouch_outcome *asked, const char *cause);

/*
 * Makes a job of a request whose search has ended with no stored answer, and with this outcome; answers the exchange,
 * now or later.
 */
void http_ocsp_job_begin(struct http_ocsp_thread *t, struct http_exchange *exchange, vouch_search *search,
    vouch_outcome *asked);
/*
 * Makes the answer anew that this request has just met in the store; nobody waits for it.  Before the exchange is
 * answered.
 */
void http_ocsp_job_renew(struct http_ocsp_thread *t, struct http_exchange *exchange, const vouch_call *call,
    vouch_span request);
/* Tells clients that have waited too long. */
void http_ocsp_jobs_expire(struct http_ocsp_thread *t, uint64_t now);
void http_ocsp_jobs_free(struct http_ocsp_thread *t);
VOUCH_MUST bool http_ocsp_jobs_init(struct http_ocsp_thread *t);
/* For the pool. */
void http_ocsp_job_run(void *arg, struct http_pool_item *item);

#endif
