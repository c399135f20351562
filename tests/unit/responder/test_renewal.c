/* SPDX-License-Identifier: Apache-2.0 */
/* Answers renewed ahead of time, and a clock that steps: design 5, rule 3; L-06, L-12, L-17. */
#include "fixture.h"

#define RENEWS (VOUCH_CALL_RENEW | VOUCH_CALL_COALESCE)
#define DAY 86400

static void
make_with_good_5(struct fixture *f)
{
	fixture_make(f, NULL, &memory_source_ops);
	fixture_set(f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(f);
}

/* The first moment at which who asks is told that the stored answer should be renewed. */
static vouch_time
early_from(const vouch_outcome *o)
{
	return o->renew_at - (o->renew_at - o->produced_at) / 8;
}

static void
what_is_asked_for_shortly_before_its_renewal_is_to_be_renewed(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(o.renew, 0);
	assert_int_equal(fixture_ask(&f, 5, NOW + 1, NULL).renew, 0);
	assert_int_equal(fixture_ask(&f, 5, early_from(&o) - 1, NULL).renew, 0);
	const vouch_time early[] = { early_from(&o), o.renew_at - 1 };
	for (size_t i = 0; i < 2; i++) {
		vouch_outcome hit = fixture_ask(&f, 5, early[i], NULL);
		assert_int_equal(hit.served_from, VOUCH_SERVED_STORE);
		assert_int_equal(hit.renew, 1);
		/* L-12: who keeps it comes back when it is renewed at the latest */
		assert_true(hit.cache_until <= o.renew_at);
	}
	vouch_outcome late = fixture_ask(&f, 5, o.renew_at, NULL);
	assert_int_equal(late.served_from, VOUCH_SERVED_SIGNED);
	assert_int_equal(late.renew, 0);
	fixture_free(&f);
}

static void
renewals_are_spread_over_time(void **state)
{
	struct fixture f;
	vouch_time first = INT64_MAX, last = 0;

	(void)state;
	make_with_good_5(&f);
	for (uint8_t serial = 1; serial < 60; serial++) {
		vouch_outcome o = fixture_ask(&f, serial, NOW, NULL);
		first = early_from(&o) < first ? early_from(&o) : first;
		last = early_from(&o) > last ? early_from(&o) : last;
		assert_true(o.renew_at <= NOW + (o.next_update - NOW) / 2);
	}
	assert_true(last - first > DAY / 32);
	fixture_free(&f);
}

static void
a_renewal_takes_the_place_of_the_stored_answer_which_is_served_until_then(void **state)
{
	struct fixture f;
	vouch_buf old = { 0 }, during = { 0 }, new = { 0 };

	(void)state;
	make_with_good_5(&f);
	vouch_outcome o = fixture_ask(&f, 5, NOW, &old);
	vouch_time now = early_from(&o);
	vouch_job *renewal = fixture_start(&f, 5, now, RENEWS);
	assert_int_equal(vouch_job_step(renewal, now), VOUCH_WANT_STATUS);
	vouch_job_lookup(renewal, now);
	assert_int_equal(vouch_job_step(renewal, now), VOUCH_WANT_SIGNATURE);
	assert_int_equal(fixture_ask(&f, 5, now, &during).served_from, VOUCH_SERVED_STORE);
	assert_true(span_equal(span_buf(&old), span_buf(&during)));
	fixture_finish(renewal, now);
	assert_int_equal(vouch_job_outcome(renewal)->served_from, VOUCH_SERVED_SIGNED);
	vouch_outcome after = fixture_ask(&f, 5, now, &new);
	assert_int_equal(after.served_from, VOUCH_SERVED_STORE);
	assert_int_equal(after.produced_at, now);
	assert_int_equal(after.renew, 0);
	assert_true(after.renew_at > o.renew_at);
	assert_false(span_equal(span_buf(&old), span_buf(&new)));
	vouch_job_free(renewal);
	vouch_buf_free(&old);
	vouch_buf_free(&during);
	vouch_buf_free(&new);
	fixture_free(&f);
}

static void
nobody_renews_what_somebody_renews_or_has_renewed(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	vouch_time now = early_from(&o);
	vouch_job *first = fixture_start(&f, 5, now, RENEWS), *second = fixture_start(&f, 5, now, RENEWS);
	assert_int_equal(vouch_job_step(second, now), VOUCH_DONE);
	assert_int_equal(vouch_job_outcome(second)->error, VOUCH_EAGAIN);
	assert_int_equal(vouch_job_outcome(second)->response_status, VOUCH_TRY_LATER);
	vouch_job *asked = fixture_start(&f, 5, now, VOUCH_CALL_COALESCE);
	assert_int_equal(vouch_job_step(asked, now), VOUCH_WANT_PEER); /* who needs it waits for it */
	fixture_finish(first, now);
	assert_int_equal(vouch_job_step(asked, now), VOUCH_DONE);
	vouch_job *late = fixture_start(&f, 5, now, RENEWS);
	fixture_finish(late, now);
	assert_int_equal(vouch_job_outcome(late)->served_from, VOUCH_SERVED_STORE);
	assert_int_equal(f.faulty->signatures, 2);
	vouch_job_free(first);
	vouch_job_free(second);
	vouch_job_free(asked);
	vouch_job_free(late);
	fixture_free(&f);
}

/* When there is no room, renewals give way: who needs the answer is not told to try later for that. */
static void
who_waits_for_a_renewal_that_is_put_off_makes_the_answer(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	vouch_job *renewal = fixture_start(&f, 5, o.renew_at - 1, RENEWS);
	vouch_job *asked = fixture_start(&f, 5, o.renew_at, VOUCH_CALL_COALESCE);
	assert_int_equal(vouch_job_step(asked, o.renew_at), VOUCH_WANT_PEER);
	vouch_job_try_later(renewal, "no room");
	assert_int_equal(vouch_job_outcome(renewal)->response_status, VOUCH_TRY_LATER);
	fixture_finish(asked, o.renew_at);
	assert_int_equal(vouch_job_outcome(asked)->served_from, VOUCH_SERVED_SIGNED);
	vouch_job_free(renewal);
	vouch_job_free(asked);
	fixture_free(&f);
}

static void
a_renewal_that_fails_is_not_tried_again_at_once(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	vouch_time now = early_from(&o);
	f.faulty->fault = FAULT_REFUSES;
	vouch_job *renewal = fixture_start(&f, 5, now, RENEWS);
	fixture_finish(renewal, now);
	assert_int_equal(vouch_job_outcome(renewal)->response_status, VOUCH_TRY_LATER);
	vouch_outcome hit = fixture_ask(&f, 5, now + 1, NULL);
	assert_int_equal(hit.served_from, VOUCH_SERVED_STORE);
	assert_int_equal(hit.renew, 0);
	assert_int_equal(fixture_ask(&f, 5, now + 2, NULL).renew, 1);
	assert_int_equal(fixture_ask(&f, 5, now - 1, NULL).renew, 0); /* it is not yet time */
	vouch_job_free(renewal);
	fixture_free(&f);
}

static void
what_is_stamped_again_is_renewed_as_well(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	f.memory->changed[f.memory->changed_count++] = 0; /* anything may have changed */
	fixture_poll(&f);
	vouch_outcome again = fixture_ask(&f, 5, early_from(&o), NULL);
	assert_int_equal(again.served_from, VOUCH_SERVED_STORE);
	assert_int_equal(again.renew, 1);
	vouch_job *renewal = fixture_start(&f, 5, early_from(&o), RENEWS);
	fixture_finish(renewal, early_from(&o));
	assert_int_equal(vouch_job_outcome(renewal)->served_from, VOUCH_SERVED_SIGNED);
	vouch_job_free(renewal);
	fixture_free(&f);
}

static void
who_blocks_can_renew_as_well(void **state)
{
	struct fixture f;
	vouch_buf request = { 0 }, out = { 0 };
	const uint8_t serial = 5;
	vouch_outcome o = { .size = sizeof(o) };

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, NULL);
	fixture_request(&f, &request, VOUCH_SHA256, &serial, 1, (vouch_span){ 0 });
	vouch_call call = fixture_call(&f, NOW + 1);
	call.flags = RENEWS;
	assert_int_equal(vouch_handle(f.responder, &call, span_buf(&request), &out, &o), VOUCH_OK);
	assert_int_equal(o.served_from, VOUCH_SERVED_SIGNED);
	assert_int_equal(o.produced_at, NOW + 1);
	vouch_buf_free(&request);
	vouch_buf_free(&out);
	fixture_free(&f);
}

/* RFC 9919 5 (L-06) */
static void
nothing_is_signed_while_the_clock_is_behind_what_was_signed(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	assert_int_equal(vouch_responder_last_produced_at(f.responder), 0);
	(void)fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(vouch_responder_last_produced_at(f.responder), NOW);
	assert_int_equal(fixture_ask(&f, 6, NOW - 300, NULL).served_from, VOUCH_SERVED_SIGNED);
	assert_int_equal(vouch_responder_last_produced_at(f.responder), NOW);
	int signatures = f.faulty->signatures;
	vouch_outcome o = fixture_ask(&f, 7, NOW - 301, NULL);
	assert_int_equal(o.response_status, VOUCH_TRY_LATER);
	assert_non_null(strstr(o.cause, "clock went back"));
	assert_int_equal(fixture_ask(&f, 5, NOW - DAY, NULL).response_status, VOUCH_TRY_LATER);
	assert_int_equal(f.faulty->signatures, signatures);
	assert_int_equal(fixture_ask(&f, 7, NOW, NULL).served_from, VOUCH_SERVED_SIGNED);
	fixture_free(&f);
}

static void
the_responder_after_a_reload_minds_the_clock_as_well(void **state)
{
	struct fixture f;
	vouch_err err = { 0 };

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, NULL);
	vouch_responder *before = f.responder;
	vouch_responder_options options = { .size = sizeof(options),
		.store = f.store,
		.epoch = 2,
		.last_produced_at = vouch_responder_last_produced_at(before) };
	assert_int_equal(vouch_responder_new(&f.responder, &options, &err), VOUCH_OK);
	assert_int_equal(vouch_responder_add(f.responder, f.issuer, NULL, &err), VOUCH_OK);
	assert_int_equal(fixture_ask(&f, 5, NOW - 301, NULL).response_status, VOUCH_TRY_LATER);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).response_status, VOUCH_SUCCESSFUL);
	vouch_responder_free(before);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for_shortly_before_its_renewal_is_to_be_renewed),
		cmocka_unit_test(renewals_are_spread_over_time),
		cmocka_unit_test(a_renewal_takes_the_place_of_the_stored_answer_which_is_served_until_then),
		cmocka_unit_test(nobody_renews_what_somebody_renews_or_has_renewed),
		cmocka_unit_test(who_waits_for_a_renewal_that_is_put_off_makes_the_answer),
		cmocka_unit_test(a_renewal_that_fails_is_not_tried_again_at_once),
		cmocka_unit_test(what_is_stamped_again_is_renewed_as_well),
		cmocka_unit_test(who_blocks_can_renew_as_well),
		cmocka_unit_test(nothing_is_signed_while_the_clock_is_behind_what_was_signed),
		cmocka_unit_test(the_responder_after_a_reload_minds_the_clock_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
