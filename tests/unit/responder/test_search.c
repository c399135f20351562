/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_search: in steps, side by side, each search says what vouch_try_cached() says. */
#include "fixture.h"

#include "base/buf.h"

#define NONCE SPAN_LITERAL("0123456789abcdef")

static const struct {
	const char *what;
	const char *serials;
	bool nonce;
	unsigned flags;
	int code;
	enum vouch_response_status response_status;
} rows[] = {
	{ "stored", "\x05", false, 0, VOUCH_OK, VOUCH_SUCCESSFUL },
	{ "stored, to be made anew", "\x05", false, VOUCH_CALL_RENEW, VOUCH_EAGAIN, VOUCH_SUCCESSFUL },
	{ "never asked for", "\x06", false, 0, VOUCH_EAGAIN, VOUCH_SUCCESSFUL },
	{ "a nonce", "\x05", true, 0, VOUCH_EAGAIN, VOUCH_SUCCESSFUL },
	{ "a nonce of which only the head is wanted", "\x05", true, VOUCH_CALL_NO_NONCED, VOUCH_OK,
	    VOUCH_SUCCESSFUL },
	{ "several", "\x05\x06", false, 0, VOUCH_EAGAIN, VOUCH_SUCCESSFUL },
	{ "nothing", NULL, false, 0, VOUCH_OK, VOUCH_MALFORMED_REQUEST },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* One request per row, and a search for each. */
struct searches {
	struct fixture f;
	vouch_buf requests[ROWS];
	vouch_search *searches[ROWS];
};

static vouch_call
call_of(const struct searches *s, size_t row)
{
	vouch_call call = fixture_call(&s->f, NOW + 1);

	call.flags |= rows[row].flags;
	return call;
}

static void
make(struct searches *s)
{
	*s = (struct searches){ 0 };
	fixture_make(&s->f, NULL, &memory_source_ops);
	fixture_set(&s->f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(&s->f);
	(void)fixture_ask(&s->f, 5, NOW, NULL);
	for (size_t i = 0; i < ROWS; i++) {
		assert_int_equal(vouch_search_new(&s->searches[i], NULL), VOUCH_OK);
		if (rows[i].serials != NULL)
			fixture_request(&s->f, &s->requests[i], VOUCH_SHA256,
			    (const uint8_t *)rows[i].serials, strlen(rows[i].serials),
			    rows[i].nonce ? NONCE : (vouch_span){ 0 });
	}
}

static void
clear(struct searches *s)
{
	for (size_t i = 0; i < ROWS; i++) {
		vouch_search_free(s->searches[i]);
		vouch_buf_free(&s->requests[i]);
	}
	fixture_free(&s->f);
}

static void
begin(struct searches *s, size_t row)
{
	vouch_call call = call_of(s, row);

	assert_int_equal(vouch_search_begin(s->searches[row], s->f.responder, &call,
			     span_buf(&s->requests[row])),
	    VOUCH_OK);
}

/* The search ends as the one call does, octet for octet. */
static void
end(struct searches *s, size_t row)
{
	vouch_call call = call_of(s, row);
	vouch_buf found = { 0 }, at_once = { 0 };
	vouch_outcome one = { .size = sizeof(one) }, other = { .size = sizeof(other) };
	int code = vouch_search_end(s->searches[row], &found, &one);

	if (code != rows[row].code)
		fail_msg("%s: %d instead of %d", rows[row].what, code, rows[row].code);
	assert_int_equal(code,
	    vouch_try_cached(s->f.responder, &call, span_buf(&s->requests[row]), &at_once, &other));
	assert_int_equal(one.response_status, rows[row].response_status);
	assert_int_equal(one.response_status, other.response_status);
	assert_int_equal(one.served_from, other.served_from);
	assert_int_equal(one.certids, other.certids);
	assert_int_equal(one.nonce, other.nonce);
	assert_int_equal(one.produced_at, other.produced_at);
	assert_int_equal(one.cache_until, other.cache_until);
	assert_memory_equal(one.sha256, other.sha256, sizeof(one.sha256));
	assert_ptr_equal(one.issuer, other.issuer);
	assert_ptr_equal(one.cause, other.cause);
	assert_true(span_equal(span_buf(&found), span_buf(&at_once)));
	vouch_buf_free(&found);
	vouch_buf_free(&at_once);
}

static void
searches_side_by_side_end_as_one_call_does(void **state)
{
	struct searches s;

	(void)state;
	make(&s);
	for (unsigned round = 0; round < 2; round++) { /* a search serves again and again */
		for (size_t i = 0; i < ROWS; i++)
			begin(&s, i);
		for (size_t i = 0; i < ROWS; i++)
			vouch_search_go_on(s.searches[i]);
		for (size_t i = ROWS; i-- > 0;)
			end(&s, i);
	}
	clear(&s);
}

static void
the_second_step_may_be_left_out(void **state)
{
	struct searches s;

	(void)state;
	make(&s);
	for (size_t i = 0; i < ROWS; i++) {
		begin(&s, i);
		end(&s, i);
	}
	clear(&s);
}

/* Design 5, rule 1: it is judged at the end. */
static void
what_changes_between_the_steps_is_not_found(void **state)
{
	struct searches s;
	vouch_buf found = { 0 };

	(void)state;
	make(&s);
	begin(&s, 0);
	vouch_search_go_on(s.searches[0]);
	fixture_set(&s.f, 5, VOUCH_REVOKED, NOW - 10, 0);
	fixture_poll(&s.f);
	assert_int_equal(vouch_search_end(s.searches[0], &found, NULL), VOUCH_EAGAIN);
	assert_int_equal(found.len, 0);
	vouch_buf_free(&found);
	clear(&s);
}

static void
what_has_not_begun_cannot_go_on_or_end(void **state)
{
	struct searches s;
	vouch_buf found = { 0 };
	vouch_call sizeless = { 0 };
	vouch_outcome outcome = { 0 };

	(void)state;
	make(&s);
	vouch_search_go_on(s.searches[0]);
	assert_int_equal(vouch_search_end(s.searches[0], &found, NULL), VOUCH_EINVAL);
	assert_int_equal(vouch_search_begin(s.searches[0], s.f.responder, &sizeless,
			     span_buf(&s.requests[0])),
	    VOUCH_EINVAL);
	assert_int_equal(vouch_search_end(s.searches[0], &found, NULL), VOUCH_EINVAL);
	begin(&s, 0);
	assert_int_equal(vouch_search_end(s.searches[0], &found, &outcome), VOUCH_EINVAL);
	end(&s, 0);
	assert_int_equal(vouch_search_end(s.searches[0], &found, NULL), VOUCH_EINVAL);
	vouch_search_free(NULL);
	clear(&s);
}

/* Takes two jobs to where they want a signature, or to their ends: one must be as far as the other. */
static void
compare_jobs(vouch_job *one, vouch_job *other)
{
	vouch_signer *signer, *other_signer;
	int step;

	while ((step = vouch_job_step(one, NOW + 2)) == VOUCH_WANT_STATUS) {
		assert_int_equal(vouch_job_step(other, NOW + 2), VOUCH_WANT_STATUS);
		vouch_job_lookup(one, NOW + 2);
		vouch_job_lookup(other, NOW + 2);
	}
	assert_int_equal(vouch_job_step(other, NOW + 2), step);
	assert_int_equal(vouch_job_outcome(one)->certids, vouch_job_outcome(other)->certids);
	assert_int_equal(vouch_job_outcome(one)->nonce, vouch_job_outcome(other)->nonce);
	assert_ptr_equal(vouch_job_outcome(one)->issuer, vouch_job_outcome(other)->issuer);
	if (step == VOUCH_WANT_SIGNATURE) {
		assert_true(span_equal(vouch_job_tbs(one, &signer), vouch_job_tbs(other, &other_signer)));
		assert_ptr_equal(signer, other_signer);
		return;
	}
	assert_int_equal(vouch_job_outcome(one)->response_status, vouch_job_outcome(other)->response_status);
	assert_true(span_equal(vouch_job_response(one), vouch_job_response(other)));
}

/* With a copy of the request that is spoilt as soon as the job is there. */
static vouch_job *
start_from_search(struct searches *s, size_t row, vouch_job *cleared)
{
	vouch_call call = call_of(s, row);
	vouch_buf request = { 0 }, found = { 0 };
	vouch_job *job = NULL;

	assert_int_equal(buf_append_span(&request, span_buf(&s->requests[row])), VOUCH_OK);
	assert_int_equal(vouch_search_begin(s->searches[row], s->f.responder, &call, span_buf(&request)),
	    VOUCH_OK);
	assert_int_equal(vouch_search_end(s->searches[row], &found, NULL), VOUCH_EAGAIN);
	assert_int_equal(vouch_search_job(&job, s->searches[row], cleared), VOUCH_OK);
	memset(request.data, 0, request.len);
	vouch_buf_free(&request);
	return job;
}

static void
what_was_not_found_becomes_the_job_that_the_request_becomes(void **state)
{
	struct searches s;
	vouch_job *job = NULL, *other;

	(void)state;
	make(&s);
	for (size_t i = 0; i < 4 * ROWS; i++) { /* in the memory of the one before, larger or smaller */
		size_t row = i % ROWS;
		vouch_call call = call_of(&s, row);
		if (rows[row].code != VOUCH_EAGAIN)
			continue;
		job = start_from_search(&s, row, job);
		assert_int_equal(vouch_job_start(&other, s.f.responder, &call, span_buf(&s.requests[row])),
		    VOUCH_OK);
		compare_jobs(job, other);
		vouch_job_free(other);
		if (vouch_job_outcome(job)->nonce) /* the others would be found in the store next time */
			fixture_finish(job, NOW + 2);
		vouch_job_clear(job);
	}
	clear(&s); /* what is cleared holds nothing of the responder */
	vouch_job_free(job);
}

/* Design 5, rule 1: between the search and the job as well as during the lookup. */
static void
what_changes_before_the_job_begins_is_in_its_answer(void **state)
{
	struct searches s;
	vouch_buf found = { 0 };
	vouch_job *job;

	(void)state;
	make(&s);
	begin(&s, 3);
	assert_int_equal(vouch_search_end(s.searches[3], &found, NULL), VOUCH_EAGAIN);
	fixture_set(&s.f, 5, VOUCH_REVOKED, NOW - 10, 0);
	fixture_poll(&s.f);
	assert_int_equal(vouch_search_job(&job, s.searches[3], NULL), VOUCH_OK);
	fixture_finish(job, NOW + 1);
	assert_int_equal(fixture_status(vouch_job_response(job)), VOUCH_REVOKED);
	vouch_job_free(job);
	clear(&s);
}

static void
a_job_that_follows_may_be_cleared_and_leads_next_time(void **state)
{
	struct searches s;
	vouch_buf found = { 0 };
	vouch_job *leader, *follower = NULL;
	vouch_call call;

	(void)state;
	make(&s);
	call = call_of(&s, 2);
	call.flags |= VOUCH_CALL_COALESCE;
	assert_int_equal(vouch_job_start(&leader, s.f.responder, &call, span_buf(&s.requests[2])), VOUCH_OK);
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(vouch_search_begin(s.searches[2], s.f.responder, &call,
				     span_buf(&s.requests[2])),
		    VOUCH_OK);
		assert_int_equal(vouch_search_end(s.searches[2], &found, NULL), VOUCH_EAGAIN);
		assert_int_equal(vouch_search_job(&follower, s.searches[2], follower), VOUCH_OK);
		assert_int_equal(vouch_job_step(follower, NOW + 1),
		    round == 0 ? VOUCH_WANT_PEER : VOUCH_WANT_STATUS);
		vouch_job_clear(follower);
		if (round == 0)
			vouch_job_free(leader);
	}
	vouch_job_free(follower);
	clear(&s);
}

static void
only_a_search_in_vain_becomes_a_job_and_only_once(void **state)
{
	struct searches s;
	vouch_job *job = NULL;

	(void)state;
	make(&s);
	assert_int_equal(vouch_search_job(&job, s.searches[3], NULL), VOUCH_EINVAL); /* nothing has begun */
	for (size_t i = 0; i < ROWS; i++) {
		begin(&s, i);
		assert_int_equal(vouch_search_job(&job, s.searches[i], NULL),
		    VOUCH_EINVAL); /* nothing has ended */
		end(&s, i);
		int code = vouch_search_job(&job, s.searches[i], NULL);
		assert_int_equal(code, rows[i].code == VOUCH_EAGAIN ? VOUCH_OK : VOUCH_EINVAL);
		if (code == VOUCH_OK)
			vouch_job_free(job);
		job = NULL;
		assert_int_equal(vouch_search_job(&job, s.searches[i], NULL), VOUCH_EINVAL);
	}
	assert_null(job);
	clear(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_side_by_side_end_as_one_call_does),
		cmocka_unit_test(the_second_step_may_be_left_out),
		cmocka_unit_test(what_changes_between_the_steps_is_not_found),
		cmocka_unit_test(what_has_not_begun_cannot_go_on_or_end),
		cmocka_unit_test(what_was_not_found_becomes_the_job_that_the_request_becomes),
		cmocka_unit_test(what_changes_before_the_job_begins_is_in_its_answer),
		cmocka_unit_test(a_job_that_follows_may_be_cleared_and_leads_next_time),
		cmocka_unit_test(only_a_search_in_vain_becomes_a_job_and_only_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
