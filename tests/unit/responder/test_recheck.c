/* SPDX-License-Identifier: Apache-2.0 */
/* What changes while an answer waits for its signature is in the answer (design 5, rule 1). */
#include "fixture.h"

#define REASON_KEY_COMPROMISE (1 + 1)
#define LEASE_SECONDS 1

static void
make_with_good_5(struct fixture *f)
{
	fixture_make(f, NULL, &memory_source_ops);
	fixture_set(f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(f);
}

static void
revoke(struct fixture *f)
{
	fixture_set(f, 5, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
}

/* A job that has read its status, and wants a signature. */
static vouch_job *
start_and_read(const struct fixture *f, unsigned flags)
{
	vouch_job *job = fixture_start(f, 5, NOW, flags);

	assert_int_equal(vouch_job_step(job, NOW), VOUCH_WANT_STATUS);
	vouch_job_lookup(job, NOW);
	assert_int_equal(vouch_job_step(job, NOW), VOUCH_WANT_SIGNATURE);
	return job;
}

static void
sign(const struct fixture *f, vouch_job *job)
{
	vouch_buf signature = { 0 };
	vouch_signer *signer;

	assert_int_equal(vouch_signer_sign(f->signer, vouch_job_tbs(job, &signer), &signature, NULL),
	    VOUCH_OK);
	vouch_job_signed(job, span_buf(&signature));
	vouch_buf_free(&signature);
}

static void
assert_answer(const vouch_job *job, enum vouch_cert_status status)
{
	assert_int_equal(vouch_job_outcome(job)->response_status, VOUCH_SUCCESSFUL);
	assert_int_equal(vouch_job_outcome(job)->statuses[status], 1);
	assert_int_equal(fixture_status(vouch_job_response(job)), status);
}

static void
what_is_revoked_while_the_signature_is_made_is_answered_revoked(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *job = start_and_read(&f, 0);
	revoke(&f);
	fixture_poll(&f);
	sign(&f, job);
	assert_int_equal(vouch_job_step(job, NOW + 3), VOUCH_WANT_STATUS);
	fixture_finish(job, NOW + 3);
	assert_answer(job, VOUCH_REVOKED);
	assert_int_equal(vouch_job_outcome(job)->produced_at, NOW + 3);
	vouch_job_free(job);
	assert_int_equal(fixture_ask(&f, 5, NOW + 3, NULL).served_from, VOUCH_SERVED_STORE);
	fixture_free(&f);
}

static void
what_changed_and_is_the_same_is_not_signed_again(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *job = start_and_read(&f, 0);
	f.memory->changed[f.memory->changed_count++] = 0; /* all */
	fixture_poll(&f);
	sign(&f, job);
	assert_int_equal(vouch_job_step(job, NOW), VOUCH_WANT_STATUS);
	vouch_job_lookup(job, NOW);
	assert_int_equal(vouch_job_step(job, NOW), VOUCH_DONE);
	assert_answer(job, VOUCH_GOOD);
	assert_int_equal(f.memory->lookups, 2);
	vouch_job_free(job);
	/* As of the second lookup: it stands without a third. */
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).served_from, VOUCH_SERVED_STORE);
	assert_int_equal(f.memory->lookups, 2);
	fixture_free(&f);
}

static void
the_change_of_another_certificate_costs_nothing(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *job = start_and_read(&f, 0);
	fixture_set(&f, 6, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
	fixture_poll(&f);
	sign(&f, job);
	assert_int_equal(vouch_job_step(job, NOW), VOUCH_DONE);
	assert_int_equal(f.memory->lookups, 1);
	vouch_job_free(job);
	fixture_free(&f);
}

static void
who_waits_for_the_same_answer_hears_of_the_change_as_well(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start_and_read(&f, VOUCH_CALL_COALESCE);
	vouch_job *waiting = fixture_start(&f, 5, NOW, VOUCH_CALL_COALESCE);
	assert_int_equal(vouch_job_step(waiting, NOW), VOUCH_WANT_PEER);
	revoke(&f);
	fixture_poll(&f);
	sign(&f, leader);
	assert_int_equal(vouch_job_step(leader, NOW), VOUCH_WANT_STATUS);
	/* What is looked up from now on is for those who come from now on, too. */
	vouch_job *late = fixture_start(&f, 5, NOW, VOUCH_CALL_COALESCE);
	assert_int_equal(vouch_job_step(late, NOW), VOUCH_WANT_PEER);
	fixture_finish(leader, NOW);
	assert_int_equal(vouch_job_step(waiting, NOW), VOUCH_DONE);
	assert_int_equal(vouch_job_step(late, NOW), VOUCH_DONE);
	assert_answer(waiting, VOUCH_REVOKED);
	assert_answer(late, VOUCH_REVOKED);
	vouch_job_free(waiting);
	vouch_job_free(late);
	vouch_job_free(leader);
	fixture_free(&f);
}

/* One for a client alone, about two certificates, each of which may be the one that changes. */
static void
no_certificate_of_several_is_forgotten(void **state)
{
	const uint8_t serials[] = { 6, 5, 5 };
	vouch_buf request = { 0 };
	struct fixture f;
	vouch_job *job;

	(void)state;
	make_with_good_5(&f);
	fixture_set(&f, 6, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(&f);
	fixture_request(&f, &request, VOUCH_SHA1, serials, 3, SPAN_LITERAL("0123456789abcdef"));
	vouch_call call = fixture_call(&f, NOW);
	assert_int_equal(vouch_job_start(&job, f.responder, &call, span_buf(&request)), VOUCH_OK);
	assert_int_equal(vouch_job_step(job, NOW), VOUCH_WANT_STATUS);
	vouch_job_lookup(job, NOW);
	assert_int_equal(vouch_job_step(job, NOW), VOUCH_WANT_SIGNATURE);
	revoke(&f);
	fixture_poll(&f);
	sign(&f, job);
	fixture_finish(job, NOW);
	const vouch_outcome *o = vouch_job_outcome(job);
	assert_int_equal(o->statuses[VOUCH_GOOD], 1);
	assert_int_equal(o->statuses[VOUCH_REVOKED], 2);
	vouch_job_free(job);
	vouch_buf_free(&request);
	fixture_free(&f);
}

static void
a_source_that_is_away_by_then_gives_try_later(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *job = start_and_read(&f, 0);
	f.memory->changed[f.memory->changed_count++] = 0;
	fixture_poll(&f);
	f.memory->failing = VOUCH_EUNAVAILABLE;
	sign(&f, job);
	fixture_finish(job, NOW);
	assert_int_equal(vouch_job_outcome(job)->response_status, VOUCH_TRY_LATER);
	vouch_job_free(job);
	fixture_free(&f);
}

/* Nobody says that it has changed, and nobody says that it has not. */
static void
without_word_from_the_sources_a_status_waits_for_a_lease_at_most(void **state)
{
	static const struct {
		vouch_time waits;
		bool heard;
		int step;
	} cases[] = {
		{ LEASE_SECONDS + 1, false, VOUCH_DONE },
		{ LEASE_SECONDS + 2, false, VOUCH_WANT_STATUS },
		{ LEASE_SECONDS + 9, true, VOUCH_DONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		make_with_good_5(&f);
		vouch_job *job = start_and_read(&f, 0);
		f.monotonic_ms += (uint64_t)cases[i].waits * 1000;
		if (cases[i].heard)
			assert_int_equal(vouch_responder_poll(f.responder, NOW + cases[i].waits,
					     f.monotonic_ms, NULL),
			    VOUCH_OK);
		sign(&f, job);
		assert_int_equal(vouch_job_step(job, NOW + cases[i].waits), cases[i].step);
		fixture_finish(job, NOW + cases[i].waits);
		assert_answer(job, VOUCH_GOOD);
		assert_int_equal(f.faulty->signatures, 1);
		vouch_job_free(job);
		fixture_free(&f);
	}
}

/* The poll goes by another clock, and asks though nobody answers. */
static void
a_clock_that_is_set_back_lengthens_no_lease(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *job = start_and_read(&f, 0);
	f.memory->failing = VOUCH_EUNAVAILABLE;
	f.monotonic_ms += 5000;
	assert_int_equal(vouch_responder_poll(f.responder, NOW - 40, f.monotonic_ms, NULL),
	    VOUCH_EUNAVAILABLE);
	sign(&f, job);
	assert_int_equal(vouch_job_step(job, NOW - 40), VOUCH_WANT_STATUS);
	fixture_finish(job, NOW - 40);
	assert_int_equal(vouch_job_outcome(job)->response_status, VOUCH_TRY_LATER);
	vouch_job_free(job);
	fixture_free(&f);
}

/* L-06 */
static void
an_answer_from_the_future_is_made_anew(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *job = start_and_read(&f, 0);
	sign(&f, job);
	assert_int_equal(vouch_job_step(job, NOW - 61), VOUCH_WANT_STATUS);
	fixture_finish(job, NOW - 61);
	assert_answer(job, VOUCH_GOOD);
	assert_int_equal(vouch_job_outcome(job)->produced_at, NOW - 61);
	vouch_job_free(job);
	fixture_free(&f);
}

/* A lookup may take long as well, and be overtaken by what another job has stored. */
static void
revoke_meanwhile(void *arg)
{
	struct fixture *f = arg;

	f->memory->pause = NULL;
	revoke(f);
	fixture_poll(f);
}

static void
a_stored_answer_does_not_stand_again_by_a_lookup_that_was_overtaken(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, NULL);
	f.memory->changed[f.memory->changed_count++] = 0; /* all */
	fixture_poll(&f);
	vouch_job *job = fixture_start(&f, 5, NOW, 0);
	f.memory->pause = revoke_meanwhile;
	f.memory->pause_arg = &f;
	fixture_finish(job, NOW);
	assert_answer(job, VOUCH_REVOKED);
	vouch_job_free(job);
	fixture_free(&f);
}

/* S-18: time passes, and nothing changes. */
static void
a_revocation_whose_time_comes_meanwhile_is_one(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW + 4, REASON_KEY_COMPROMISE);
	fixture_poll(&f);
	vouch_job *job = start_and_read(&f, 0);
	f.monotonic_ms += 5000;
	fixture_poll(&f);
	sign(&f, job);
	fixture_finish(job, NOW + 5);
	assert_answer(job, VOUCH_REVOKED);
	vouch_job_free(job);
	fixture_free(&f);
}

/* Held and released all the time: somebody has to give up, and it is not the truth. */
static void
what_changes_faster_than_it_is_signed_is_put_off(void **state)
{
	struct fixture f;
	int signatures = 0, step;

	(void)state;
	make_with_good_5(&f);
	vouch_job *job = fixture_start(&f, 5, NOW, 0);
	while ((step = vouch_job_step(job, NOW)) != VOUCH_DONE) {
		if (step == VOUCH_WANT_STATUS) {
			vouch_job_lookup(job, NOW);
			continue;
		}
		bool odd = signatures++ % 2 != 0;
		assert_true(signatures < 20);
		fixture_set(&f, 5, odd ? VOUCH_GOOD : VOUCH_REVOKED, odd ? VOUCH_TIME_ABSENT : NOW - 1,
		    odd ? 0 : VOUCH_REASON_CERTIFICATE_HOLD);
		fixture_poll(&f);
		sign(&f, job);
	}
	assert_int_equal(vouch_job_outcome(job)->response_status, VOUCH_TRY_LATER);
	assert_true(signatures > 2);
	vouch_job_free(job);
	fixture_free(&f);
}

/* An extension or a time of the answer that was thrown away must not be in the next. */
static void
nothing_of_what_was_signed_before_is_left_in_what_is_signed_then(void **state)
{
	struct fixture f;
	vouch_issuer_options options;

	(void)state;
	vouch_issuer_options_init(&options);
	options.not_issued = VOUCH_NOT_ISSUED_REVOKED; /* which is told by an extension of the response */
	fixture_make(&f, &options, &memory_source_ops);
	vouch_job *job = start_and_read(&f, 0), *fresh;
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(&f);
	sign(&f, job);
	assert_int_equal(vouch_job_step(job, NOW), VOUCH_WANT_STATUS);
	vouch_job_lookup(job, NOW);
	assert_int_equal(vouch_job_step(job, NOW), VOUCH_WANT_SIGNATURE);
	fresh = start_and_read(&f, 0);
	vouch_signer *signer;
	assert_true(span_equal(vouch_job_tbs(job, &signer), vouch_job_tbs(fresh, &signer)));
	fixture_finish(job, NOW);
	assert_answer(job, VOUCH_GOOD);
	vouch_job_free(fresh);
	vouch_job_free(job);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_revoked_while_the_signature_is_made_is_answered_revoked),
		cmocka_unit_test(what_changed_and_is_the_same_is_not_signed_again),
		cmocka_unit_test(the_change_of_another_certificate_costs_nothing),
		cmocka_unit_test(who_waits_for_the_same_answer_hears_of_the_change_as_well),
		cmocka_unit_test(no_certificate_of_several_is_forgotten),
		cmocka_unit_test(a_source_that_is_away_by_then_gives_try_later),
		cmocka_unit_test(without_word_from_the_sources_a_status_waits_for_a_lease_at_most),
		cmocka_unit_test(a_clock_that_is_set_back_lengthens_no_lease),
		cmocka_unit_test(an_answer_from_the_future_is_made_anew),
		cmocka_unit_test(a_stored_answer_does_not_stand_again_by_a_lookup_that_was_overtaken),
		cmocka_unit_test(a_revocation_whose_time_comes_meanwhile_is_one),
		cmocka_unit_test(what_changes_faster_than_it_is_signed_is_put_off),
		cmocka_unit_test(nothing_of_what_was_signed_before_is_left_in_what_is_signed_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
