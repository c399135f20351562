/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_search and vouch_try_cached: an answer that needs nobody else, in steps or at once. */
#include "responder/search.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/versioned.h"
#include "responder/job.h"
#include "responder/stored.h"

int
vouch_search_begin(vouch_search *s, vouch_responder *r, const vouch_call *call, vouch_span request)
{
	s->state = SEARCH_NONE;
	s->expected = false;
	s->call = (vouch_call){ 0 };
	/* The caller's structure may be shorter or longer than ours. */
	int code = versioned_read(&s->call, sizeof(s->call), call, "vouch_call", NULL);
	if (code != VOUCH_OK)
		return code;
	s->state = SEARCH_BEGUN;
	s->responder = r;
	s->request = request;
	question_resolve(&s->question, &s->room, r, &s->call, request);
	if (s->question.refusal == VOUCH_SUCCESSFUL && question_is_storable(&s->question) &&
	    (s->call.flags & VOUCH_CALL_RENEW) == 0)
		s->expected = stored_expect(r, &s->question, &s->hash);
	return VOUCH_OK;
}

static int
answer_refusal(const struct question *q, vouch_buf *out, vouch_outcome *outcome)
{
	outcome->response_status = (uint8_t)q->refusal;
	return buf_append_span(out, ocsp_error_response(q->refusal));
}

static int
finish(const struct vouch_search *s, vouch_buf *out, vouch_outcome *outcome)
{
	const struct question *q = &s->question;

	question_describe(q, outcome);
	if (q->refusal != VOUCH_SUCCESSFUL)
		return answer_refusal(q, out, outcome);
	/* RFC 9110 9.3.2: HEAD need not do what only its absent content would show */
	if (q->echo_nonce && (s->call.flags & VOUCH_CALL_NO_NONCED) != 0)
		return VOUCH_OK;
	return s->expected ? stored_take(s->responder, s->hash, q, &s->call, out, outcome) : VOUCH_EAGAIN;
}

/* theirs may be NULL, and shorter or longer than ours. */
int
vouch_search_end(vouch_search *s, vouch_buf *out, vouch_outcome *theirs)
{
	vouch_outcome made;

	if (s->state != SEARCH_BEGUN || (theirs != NULL && !versioned_has_size(theirs)))
		return VOUCH_EINVAL;
	int code = finish(s, out, &made);
	s->state = code == VOUCH_EAGAIN ? SEARCH_MISSED : SEARCH_NONE;
	if (theirs != NULL)
		versioned_write(theirs, &made, sizeof(made));
	return code;
}

int
vouch_search_new(vouch_search **out, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	vouch_search *search = malloc(sizeof(*search));
	if (search == NULL)
		return err_nomem(err);
	search->state = SEARCH_NONE;
	*out = search;
	return VOUCH_OK;
}

void
vouch_search_free(vouch_search *search)
{
	free(search);
}

void
vouch_search_go_on(vouch_search *search)
{
	if (search->state == SEARCH_BEGUN && search->expected)
		stored_approach(search->responder, search->hash);
}

int
vouch_search_job(vouch_job **out, vouch_search *search, vouch_job *takes_cleared)
{
	if (search->state != SEARCH_MISSED)
		return VOUCH_EINVAL;
	search->state = SEARCH_NONE; /* its question becomes the job's */
	return job_start_resolved(out, takes_cleared, search->responder, &search->call, search->request,
	    &search->question, &search->room);
}

int
vouch_try_cached(vouch_responder *r, const vouch_call *call, vouch_span request, vouch_buf *out,
    vouch_outcome *outcome)
{
	struct vouch_search search;
	int code = vouch_search_begin(&search, r, call, request);

	return code != VOUCH_OK ? code : vouch_search_end(&search, out, outcome);
}
