/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vouch_job: one answer on its way, which never waits: the caller does the lookup and the signature between
 * its steps.
 */
#include "responder/job.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/versioned.h"
#include "responder/recheck.h"
#include "responder/stored.h"

/* Of what one that is cleared keeps: more is a request that few make. */
#define OCTETS_KEPT 4096
#define CERTIDS_KEPT 4

enum job_state { JOB_FOLLOWS, JOB_LOOK_UP, JOB_LOOKED_UP, JOB_SIGN, JOB_SIGNED, JOB_DONE };

struct vouch_job {
	enum job_state state;
	bool leads;		    /* others may wait for this one */
	vouch_responder *responder; /* NULL in one that is cleared */
	vouch_call call;
	struct peer peer;
	struct work *work;	   /* NULL for one that waits for a peer, of which there may be thousands */
	struct work *cleared_work; /* memory for it; may be NULL */
	vouch_buf request;	   /* the question's spans point into it */
	vouch_buf made;
	vouch_span response; /* when it is done: in made, in a peer's, or static */
	vouch_outcome outcome;
};

static void
end(vouch_job *job, vouch_span response)
{
	job->state = JOB_DONE;
	job->response = response;
	if (!job->leads)
		return;
	job->leads = false;
	peers_end(&job->peer, &job->outcome, response, &job->made);
}

static bool
is_renewal(const vouch_job *job)
{
	return (job->call.flags & VOUCH_CALL_RENEW) != 0;
}

static void
end_with_error(vouch_job *job, enum vouch_response_status status, const char *cause, int error,
    const char *detail)
{
	vouch_outcome *o = &job->outcome;

	o->response_status = (uint8_t)status;
	o->served_from = VOUCH_SERVED_ERROR;
	o->cacheable = 0;
	o->cause = cause;
	o->error = error;
	snprintf(o->detail, sizeof(o->detail), "%.*s", (int)sizeof(o->detail) - 1, detail);
	if (is_renewal(job) && job->work != NULL)
		responder_note_renewal_failed(job->responder, question_issuer_number(&job->work->question),
		    job->call.now);
	end(job, ocsp_error_response(status));
}

/* --- Starting ----------------------------------------------------------------------------------------- */

static void
join_peers(vouch_job *job, const struct question *q, uint64_t position)
{
	const vouch_responder *r = job->responder;
	const struct ocsp_certid *id = &q->certids[0];
	struct peer_key key = { question_issuer_number(q), q->signer_number, id->der, id->serial_number };
	struct arrival arrival = { .changes = r->served[question_issuer_number(q)].changes,
		.position = position,
		.now = job->call.now,
		.monotonic_ms = job->call.monotonic_ms,
		.lease_ms = question_issuer(q)->policy.lease_ms,
		.only_leads = is_renewal(job) };

	switch (peers_join(r->peers, &job->peer, &key, &arrival)) {
	case PEER_FOLLOWS:
		job->state = JOB_FOLLOWS;
		return;
	case PEER_REFUSED:
		end_with_error(job, VOUCH_TRY_LATER, "another job is making this answer", VOUCH_EAGAIN, "");
		return;
	case PEER_LEADS:
		job->leads = true;
		break;
	case PEER_ALONE:
	case PEER_HAS: /* nobody has before it waited */
		break;
	}
	job->state = JOB_LOOK_UP;
}

static bool
is_shared(const vouch_job *job, const struct question *q)
{
	return (job->call.flags & VOUCH_CALL_COALESCE) != 0 && question_is_storable(q);
}

static int
begin_work(vouch_job *job, const struct question *q, vouch_time now)
{
	int code = work_new(&job->work, job->cleared_work, q);

	if (code != VOUCH_OK)
		return code;
	job->cleared_work = NULL;
	answer_meet(&job->work->answer, &job->work->question, job->responder, now);
	return VOUCH_OK;
}

static int
begin(vouch_job *job, const struct question *q, vouch_time now)
{
	question_describe(q, &job->outcome);
	if (q->refusal != VOUCH_SUCCESSFUL) {
		end_with_error(job, q->refusal, q->cause, q->err.code, q->err.msg);
		return VOUCH_OK;
	}
	uint64_t position = changes_position(job->responder->served[question_issuer_number(q)].changes);
	job->state = JOB_LOOK_UP;
	if (job->leads)
		peers_lead(&job->peer, position);
	else if (is_shared(job, q))
		join_peers(job, q, position);
	return job->state == JOB_LOOK_UP ? begin_work(job, q, now) : VOUCH_OK;
}

/* Before its first step, and again when it takes the place of the peer that it waited for. */
static int
resolve(vouch_job *job, vouch_time now)
{
	struct question_room room;
	struct question q;
	vouch_call call = job->call;

	call.now = now;
	question_resolve(&q, &room, job->responder, &call, span_buf(&job->request));
	return begin(job, &q, now);
}

/* job: a new one, zeroed, or one that is cleared. */
static int
set_up(vouch_job *job, vouch_responder *r, const vouch_call *call, vouch_span request)
{
	if (buf_append_span(&job->request, request) != VOUCH_OK)
		return VOUCH_ENOMEM;
	job->responder = vouch_responder_ref(r);
	job->call = *call;
	return VOUCH_OK;
}

int
vouch_job_start(vouch_job **out, vouch_responder *r, const vouch_call *theirs, vouch_span request)
{
	vouch_call call = { 0 };
	vouch_job *job;
	int code = versioned_read(&call, sizeof(call), theirs, "vouch_call", NULL);

	if (code != VOUCH_OK)
		return code;
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return VOUCH_ENOMEM;
	code = set_up(job, r, &call, request);
	if (code == VOUCH_OK)
		code = resolve(job, call.now);
	if (code != VOUCH_OK) {
		vouch_job_free(job);
		return code;
	}
	*out = job;
	return VOUCH_OK;
}

int
job_start_resolved(vouch_job **out, vouch_job *takes_cleared, vouch_responder *r, const vouch_call *call,
    vouch_span request, struct question *q, struct question_room *room)
{
	vouch_job *job = takes_cleared != NULL ? takes_cleared : calloc(1, sizeof(*job));

	if (job == NULL)
		return VOUCH_ENOMEM;
	int code = set_up(job, r, call, request);
	if (code == VOUCH_OK) {
		question_move(q, room, request, job->request.data);
		code = begin(job, q, call->now);
	}
	if (code == VOUCH_OK)
		*out = job;
	else if (job == takes_cleared)
		vouch_job_clear(job);
	else
		vouch_job_free(job);
	return code;
}

static void
clear_work(vouch_job *job)
{
	struct work *work = job->work;

	job->work = NULL;
	if (work == NULL)
		return;
	if (work->room > CERTIDS_KEPT || job->cleared_work != NULL) {
		work_free(work);
		return;
	}
	work_clear(work);
	job->cleared_work = work;
}

static void
clear_octets(vouch_buf *buf)
{
	if (buf->cap > OCTETS_KEPT)
		vouch_buf_free(buf);
	buf_clear(buf);
}

void
vouch_job_clear(vouch_job *job)
{
	peers_leave(&job->peer);
	clear_work(job);
	clear_octets(&job->request);
	clear_octets(&job->made);
	vouch_responder_free(job->responder);
	job->responder = NULL;
	job->leads = false;
	job->state = JOB_DONE;
	job->response = (vouch_span){ 0 };
}

void
vouch_job_free(vouch_job *job)
{
	if (job == NULL)
		return;
	peers_leave(&job->peer);
	work_free(job->work);
	work_free(job->cleared_work);
	vouch_buf_free(&job->request);
	vouch_buf_free(&job->made);
	vouch_responder_free(job->responder);
	free(job);
}

/* --- Steps -------------------------------------------------------------------------------------------- */

bool
vouch_job_lookup_is_inline(const vouch_job *job)
{
	const struct work *work = job->work;

	for (size_t i = 0; work != NULL && i < work->question.count; i++) {
		const vouch_issuer *issuer = work->question.asked[i].issuer;
		if (!answer_is_to_be_looked_up(&work->answer, &work->question, i))
			continue;
		for (size_t s = 0; s < issuer->source_count; s++)
			if ((vouch_source_get_ops(issuer->sources[s].source)->flags & VOUCH_SOURCE_INLINE) ==
			    0)
				return false;
	}
	return true;
}

bool
vouch_job_is_known(const vouch_job *job)
{
	return job->work != NULL && answer_is_known(&job->work->answer, &job->work->question);
}

void
vouch_job_lookup(vouch_job *job, vouch_time now)
{
	if (job->state != JOB_LOOK_UP)
		return;
	recheck_note_lookup(job->work, job->responder, &job->call, now);
	answer_look_up(&job->work->answer, &job->work->question, job->responder, now);
	job->state = JOB_LOOKED_UP;
}

/*
 * The status was looked up anew: an answer that said the same may stand, with the position noted before
 * this lookup.
 */
static bool
stands_again(vouch_job *job, vouch_time now)
{
	vouch_time produced_from = is_renewal(job) ? job->call.now : VOUCH_TIME_ABSENT;

	/* A lookup that took long may have been overtaken: then there is a recheck, once this one is signed. */
	return question_is_storable(&job->work->question) &&
	    !recheck_may_have_changed(job->work, job->responder, &job->call, now) &&
	    stored_confirm(job->responder, job->work, produced_from, now, &job->made, &job->outcome);
}

/* After a recheck: what is signed already is what was found once more. */
static bool
is_signed_already(struct work *work, vouch_time now)
{
	if (work->signature.len == 0)
		return false;
	work->is_rechecked = true;
	if (recheck_found_the_same(work, now))
		return true;
	buf_clear(&work->signature);
	answer_undecide(&work->answer);
	return false;
}

static void
decide(vouch_job *job, vouch_time now)
{
	struct answer *a = &job->work->answer;

	if (is_signed_already(job->work, now)) {
		job->state = JOB_SIGNED;
		return;
	}
	if (stands_again(job, now)) {
		end(job, span_buf(&job->made));
		return;
	}
	/* RFC 9919 5 */
	if (responder_clock_went_back(job->responder, now)) {
		end_with_error(job, VOUCH_TRY_LATER, "the clock went back, behind the last producedAt",
		    VOUCH_EUNAVAILABLE, "");
		return;
	}
	enum vouch_response_status status = answer_decide(a, &job->work->question, now);
	if (status != VOUCH_SUCCESSFUL) {
		end_with_error(job, status, a->cause, a->error, a->detail);
		return;
	}
	job->state = JOB_SIGN;
}

static void
look_up_again(vouch_job *job)
{
	const struct question *q = &job->work->question;

	if (!recheck_begin(job->work)) {
		end_with_error(job, VOUCH_TRY_LATER, "the status changes faster than answers are signed",
		    VOUCH_EUNAVAILABLE, "");
		return;
	}
	if (job->leads)
		peers_lead(&job->peer,
		    changes_position(job->responder->served[question_issuer_number(q)].changes));
	job->state = JOB_LOOK_UP;
}

static void
assemble(vouch_job *job, vouch_time now)
{
	const char *cause;
	vouch_err err;

	if (recheck_is_due(job->work, job->responder, &job->call, now)) {
		look_up_again(job);
		return;
	}
	err_or(&err, NULL);
	if (work_assemble(job->work, job->responder, now, &job->made, &job->outcome, &cause, &err) !=
	    VOUCH_OK) {
		end_with_error(job, VOUCH_INTERNAL_ERROR, cause, err.code, err.msg);
		return;
	}
	responder_note_produced(job->responder, job->outcome.produced_at);
	if (question_is_storable(&job->work->question))
		stored_keep(job->responder, job->work, span_buf(&job->made), &job->outcome);
	end(job, span_buf(&job->made));
}

/* What has become of the peer that it waits for. */
static void
look_at_peer(vouch_job *job, vouch_time now)
{
	const vouch_outcome *outcome;

	switch (peers_role(&job->peer)) {
	case PEER_HAS:
		job->response = peers_answer(&job->peer, &outcome);
		job->outcome = *outcome;
		job->state = JOB_DONE;
		return;
	case PEER_LEADS:
		job->leads = true;
		if (resolve(job, now) != VOUCH_OK)
			end_with_error(job, VOUCH_INTERNAL_ERROR, "out of memory", VOUCH_ENOMEM, "");
		return;
	case PEER_FOLLOWS:
	case PEER_ALONE:
	case PEER_REFUSED:
		break;
	}
}

int
vouch_job_step(vouch_job *job, vouch_time now)
{
	if (job->state == JOB_FOLLOWS)
		look_at_peer(job, now);
	if (job->state == JOB_LOOKED_UP)
		decide(job, now);
	if (job->state == JOB_SIGNED)
		assemble(job, now);
	switch (job->state) {
	case JOB_FOLLOWS:
		return VOUCH_WANT_PEER;
	case JOB_LOOK_UP:
		return VOUCH_WANT_STATUS;
	case JOB_SIGN:
		return VOUCH_WANT_SIGNATURE;
	case JOB_LOOKED_UP:
	case JOB_SIGNED:
	case JOB_DONE:
		break;
	}
	return VOUCH_DONE;
}

vouch_span
vouch_job_tbs(const vouch_job *job, vouch_signer **signer)
{
	*signer = job->work->question.signer->signer;
	return span_buf(&job->work->answer.tbs);
}

void
vouch_job_signed(vouch_job *job, vouch_span signature)
{
	if (job->state != JOB_SIGN)
		return;
	/* no signature, no answer */
	if (signature.len == 0) {
		end_with_error(job, VOUCH_TRY_LATER, "signing failed", VOUCH_EUNAVAILABLE, "");
		return;
	}
	if (buf_append_span(&job->work->signature, signature) != VOUCH_OK) {
		end_with_error(job, VOUCH_INTERNAL_ERROR, "out of memory", VOUCH_ENOMEM, "");
		return;
	}
	job->work->is_rechecked = false;
	job->state = JOB_SIGNED;
}

void
vouch_job_await(vouch_job *job, vouch_peer_cb *ready, void *arg)
{
	if (job->state == JOB_FOLLOWS)
		peers_await(&job->peer, ready, arg);
}

void
vouch_job_try_later(vouch_job *job, const char *cause)
{
	if (job->state == JOB_DONE)
		return;
	/* Renewals are put off first: who needs the answer makes it then. */
	if (job->state == JOB_FOLLOWS || is_renewal(job)) {
		job->leads = false;
		peers_leave(&job->peer);
	}
	end_with_error(job, VOUCH_TRY_LATER, cause, VOUCH_EUNAVAILABLE, "");
}

vouch_span
vouch_job_response(const vouch_job *job)
{
	return job->response;
}

const vouch_outcome *
vouch_job_outcome(const vouch_job *job)
{
	return &job->outcome;
}
