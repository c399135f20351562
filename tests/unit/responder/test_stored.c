/* SPDX-License-Identifier: Apache-2.0 */
/* Stored answers and the truth: design 5, rules 1 to 4. */
#include "fixture.h"

#include "base/hash.h"

#define REASON_KEY_COMPROMISE (1 + 1)

/* Serial number 5 is good, and the responder has heard of it. */
static void
make_with_good_5(struct fixture *f)
{
	fixture_make(f, NULL, &memory_source_ops);
	fixture_set(f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(f);
}

static void
the_second_answer_comes_from_the_store(void **state)
{
	struct fixture f;
	vouch_buf first = { 0 }, second = { 0 };

	(void)state;
	make_with_good_5(&f);
	assert_int_equal(fixture_ask(&f, 5, NOW, &first).served_from, VOUCH_SERVED_SIGNED);
	assert_int_equal(fixture_ask(&f, 5, NOW + 1, &second).served_from, VOUCH_SERVED_STORE);
	assert_true(span_equal(span_buf(&first), span_buf(&second)));
	assert_int_equal(f.memory->lookups, 1);
	vouch_buf_free(&first);
	vouch_buf_free(&second);
	fixture_free(&f);
}

static void
without_a_poll_within_the_lease_nothing_comes_from_the_store(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, NULL);
	f.monotonic_ms += 1000;
	(void)fixture_ask(&f, 5, NOW + 1, NULL);
	assert_int_equal(f.memory->lookups, 1);
	f.monotonic_ms += 1;
	assert_int_equal(fixture_ask(&f, 5, NOW + 1, NULL).served_from, VOUCH_SERVED_STORE);
	assert_int_equal(f.memory->lookups, 2); /* looked up again, and the answer still stood */
	fixture_free(&f);
}

/* The monotonic clock stood still; the wall clock, or a second of it, may also be a little ahead. */
static void
while_the_machine_slept_no_source_was_heard(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, NULL);
	(void)fixture_ask(&f, 5, NOW + 2, NULL);
	assert_int_equal(f.memory->lookups, 1);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW + 60, REASON_KEY_COMPROMISE);
	assert_int_equal(fixture_ask(&f, 5, NOW + 3600, NULL).statuses[VOUCH_REVOKED], 1);
	fixture_free(&f);
}

static void
a_revocation_overrides_what_is_stored(void **state)
{
	struct fixture f;
	vouch_buf answer = { 0 };

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, NULL);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW - 10, REASON_KEY_COMPROMISE);
	fixture_poll(&f);
	assert_int_equal(fixture_ask(&f, 5, NOW + 1, &answer).served_from, VOUCH_SERVED_SIGNED);
	assert_int_equal(fixture_status(span_buf(&answer)), VOUCH_REVOKED);
	vouch_buf_free(&answer);
	fixture_free(&f);
}

static void
issuance_is_a_change_as_well(void **state)
{
	struct fixture f;
	vouch_buf answer = { 0 };

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	assert_int_equal(fixture_ask(&f, 9, NOW, &answer).statuses[VOUCH_UNKNOWN], 1);
	assert_int_equal(fixture_ask(&f, 9, NOW, NULL).served_from, VOUCH_SERVED_STORE);
	fixture_set(&f, 9, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(&f);
	assert_int_equal(fixture_ask(&f, 9, NOW, NULL).statuses[VOUCH_GOOD], 1);
	vouch_buf_free(&answer);
	fixture_free(&f);
}

static void
after_all_changed_an_equal_status_is_not_signed_again(void **state)
{
	struct fixture f;
	vouch_buf first = { 0 }, second = { 0 };

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, &first);
	f.memory->changed[f.memory->changed_count++] = 0;
	fixture_poll(&f);
	assert_int_equal(fixture_ask(&f, 5, NOW, &second).served_from, VOUCH_SERVED_STORE);
	assert_int_equal(f.memory->lookups, 2);
	assert_true(span_equal(span_buf(&first), span_buf(&second)));
	(void)fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(f.memory->lookups, 2); /* stamped: it stands without a lookup */
	vouch_buf_free(&first);
	vouch_buf_free(&second);
	fixture_free(&f);
}

/* The barrier: while a lookup has read "good" and waits, the certificate is revoked and the change is heard. */
static void
revoke_meanwhile(void *arg)
{
	struct fixture *f = arg;

	f->memory->pause = NULL;
	fixture_set(f, 5, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
	fixture_poll(f);
}

static void
who_asks_after_a_change_never_gets_a_status_read_before_it(void **state)
{
	struct fixture f;
	vouch_buf before = { 0 }, after = { 0 };

	(void)state;
	make_with_good_5(&f);
	f.memory->pause = revoke_meanwhile;
	f.memory->pause_arg = &f;
	(void)fixture_ask(&f, 5, NOW, &before);
	assert_int_equal(fixture_status(span_buf(&before)), VOUCH_REVOKED); /* nor who asked before it */
	(void)fixture_ask(&f, 5, NOW, &after);
	assert_int_equal(fixture_status(span_buf(&after)), VOUCH_REVOKED);
	vouch_buf_free(&before);
	vouch_buf_free(&after);
	fixture_free(&f);
}

/* A slow job that read "good" ends after a quick one that read "revoked": it ends with that one's answer. */
static void
a_late_answer_does_not_displace_a_newer_truth(void **state)
{
	struct fixture f;
	vouch_buf request = { 0 }, answer = { 0 }, signature = { 0 };
	const uint8_t serial = 5;
	vouch_job *slow;
	vouch_signer *signer;

	(void)state;
	make_with_good_5(&f);
	fixture_request(&f, &request, VOUCH_SHA256, &serial, 1, (vouch_span){ 0 });
	vouch_call call = fixture_call(&f, NOW);
	assert_int_equal(vouch_job_start(&slow, f.responder, &call, span_buf(&request)), VOUCH_OK);
	assert_int_equal(vouch_job_step(slow, NOW), VOUCH_WANT_STATUS);
	vouch_job_lookup(slow, NOW);
	assert_int_equal(vouch_job_step(slow, NOW), VOUCH_WANT_SIGNATURE);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
	fixture_poll(&f);
	(void)fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(vouch_signer_sign(f.signer, vouch_job_tbs(slow, &signer), &signature, NULL),
	    VOUCH_OK);
	vouch_job_signed(slow, span_buf(&signature));
	fixture_finish(slow, NOW);
	assert_int_equal(vouch_job_outcome(slow)->served_from, VOUCH_SERVED_STORE);
	(void)fixture_ask(&f, 5, NOW, &answer);
	assert_int_equal(fixture_status(span_buf(&answer)), VOUCH_REVOKED);
	vouch_job_free(slow);
	vouch_buf_free(&request);
	vouch_buf_free(&answer);
	vouch_buf_free(&signature);
	fixture_free(&f);
}

static void
an_answer_is_renewed_half_way_at_the_latest_and_never_served_from_the_future(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	assert_true(o.renew_at > NOW && o.renew_at <= NOW + (o.next_update - NOW) / 2);
	assert_int_equal(fixture_ask(&f, 5, o.renew_at - 1, NULL).served_from, VOUCH_SERVED_STORE);
	assert_int_equal(fixture_ask(&f, 5, NOW - 61, NULL).served_from, VOUCH_SERVED_SIGNED);
	assert_int_equal(fixture_ask(&f, 5, o.renew_at, NULL).served_from, VOUCH_SERVED_SIGNED);
	fixture_free(&f);
}

static void
nonced_and_plural_answers_are_not_stored(void **state)
{
	const uint8_t serials[] = { 5, 6 };
	struct fixture f;
	vouch_buf nonced = { 0 }, plural = { 0 }, out = { 0 };
	vouch_outcome o = { .size = sizeof(o) };

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	fixture_request(&f, &nonced, VOUCH_SHA1, serials, 1,
	    SPAN_LITERAL("0123456789abcdef0123456789abcdef"));
	fixture_request(&f, &plural, VOUCH_SHA1, serials, 2, (vouch_span){ 0 });
	vouch_call call = fixture_call(&f, NOW);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vouch_handle(f.responder, &call, span_buf(&nonced), &out, &o), VOUCH_OK);
		assert_int_equal(o.served_from, VOUCH_SERVED_SIGNED);
		assert_int_equal(o.cacheable, 0);
		assert_int_equal(vouch_handle(f.responder, &call, span_buf(&plural), &out, &o), VOUCH_OK);
		assert_int_equal(o.served_from, VOUCH_SERVED_SIGNED);
		assert_int_equal(o.cacheable, 0);
	}
	vouch_buf_free(&nonced);
	vouch_buf_free(&plural);
	vouch_buf_free(&out);
	fixture_free(&f);
}

static void
a_source_that_fails_gives_try_later_and_ends_the_lease(void **state)
{
	struct fixture f;
	vouch_err err = { 0 };

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, NULL);
	f.memory->failing = VOUCH_EUNAVAILABLE;
	f.monotonic_ms += 1001;
	assert_int_equal(vouch_responder_poll(f.responder, NOW, f.monotonic_ms, &err), VOUCH_EUNAVAILABLE);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(o.response_status, VOUCH_TRY_LATER);
	assert_int_equal(o.cacheable, 0);
	f.memory->failing = 0;
	fixture_poll(&f);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).response_status, VOUCH_SUCCESSFUL);
	fixture_free(&f);
}

static void
a_source_without_changes_is_believed_for_a_lease_at_most(void **state)
{
	struct fixture f;
	vouch_buf answer = { 0 };

	(void)state;
	fixture_make(&f, NULL, &silent_source_ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	(void)fixture_ask(&f, 5, NOW, NULL);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
	for (int i = 0; i < 4; i++) {
		f.monotonic_ms += 250;
		fixture_poll(&f);
	}
	(void)fixture_ask(&f, 5, NOW, &answer);
	assert_int_equal(fixture_status(span_buf(&answer)), VOUCH_REVOKED);
	vouch_buf_free(&answer);
	fixture_free(&f);
}

/* A responder after a reload: what was looked up before its first poll may have changed before that poll. */
static void
a_change_before_the_first_poll_is_not_missed(void **state)
{
	struct fixture f;
	vouch_responder *before;
	vouch_buf answer = { 0 };
	vouch_err err = { 0 };

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	vouch_responder_options options = { .size = sizeof(options), .store = f.store, .epoch = 2 };
	before = f.responder;
	assert_int_equal(vouch_responder_new(&f.responder, &options, &err), VOUCH_OK);
	assert_int_equal(vouch_responder_add(f.responder, f.issuer, NULL, &err), VOUCH_OK);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	(void)fixture_ask(&f, 5, NOW, NULL);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
	fixture_poll(&f);
	(void)fixture_ask(&f, 5, NOW, &answer);
	assert_int_equal(fixture_status(span_buf(&answer)), VOUCH_REVOKED);
	vouch_buf_free(&answer);
	vouch_responder_free(before);
	fixture_free(&f);
}

/* After a reload: another responder with the same store takes the place of the one that there was. */
static void
reload(struct fixture *f, vouch_issuer *issuer, uint64_t epoch)
{
	vouch_responder_options options = { .size = sizeof(options), .store = f->store, .epoch = epoch };
	vouch_err err = { 0 };

	options.key[0] = (uint8_t)epoch;
	vouch_responder_free(f->responder);
	assert_int_equal(vouch_responder_new(&f->responder, &options, &err), VOUCH_OK);
	assert_int_equal(vouch_responder_add(f->responder, issuer, NULL, &err), VOUCH_OK);
	fixture_poll(f);
}

static void
stored_answers_outlive_a_reload_and_are_looked_up_again(void **state)
{
	struct fixture f;
	vouch_buf before = { 0 }, after = { 0 };

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, &before);
	for (int i = 0; i < 40; i++) /* far more changes than the next one will have heard of */
		f.memory->changed[f.memory->changed_count++] = 7;
	fixture_poll(&f);
	reload(&f, f.issuer, 2);
	assert_int_equal(fixture_ask(&f, 5, NOW, &after).served_from, VOUCH_SERVED_STORE);
	assert_true(span_equal(span_buf(&before), span_buf(&after)));
	assert_int_equal(f.memory->lookups, 2);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).served_from, VOUCH_SERVED_STORE);
	assert_int_equal(f.memory->lookups, 2);
	vouch_buf_free(&before);
	vouch_buf_free(&after);
	fixture_free(&f);
}

static void
what_was_revoked_over_a_reload_is_told(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	(void)fixture_ask(&f, 5, NOW, NULL);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE); /* which the first never hears */
	reload(&f, f.issuer, 2);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(o.served_from, VOUCH_SERVED_SIGNED);
	assert_int_equal(o.statuses[VOUCH_REVOKED], 1);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).served_from, VOUCH_SERVED_STORE);
	fixture_free(&f);
}

static void
another_policy_makes_other_answers(void **state)
{
	struct fixture f;
	vouch_issuer_options options;
	vouch_issuer *other;
	vouch_err err = { 0 };

	(void)state;
	make_with_good_5(&f);
	vouch_outcome before = fixture_ask(&f, 5, NOW, NULL);
	vouch_issuer_options_init(&options);
	options.validity = 3600;
	assert_int_equal(vouch_issuer_new(&other, vouch_issuer_certificate(f.issuer), &options, &err),
	    VOUCH_OK);
	assert_int_equal(vouch_issuer_add_signer(other, f.signer, 0, &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_source(other, f.source, 0, &err), VOUCH_OK);
	reload(&f, other, 2);
	vouch_outcome after = fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(after.served_from, VOUCH_SERVED_SIGNED);
	assert_true(after.next_update < before.next_update);
	vouch_issuer_free(other);
	fixture_free(&f);
}

/* A job of the old responder that ends after the reload: its word is no news to the new one. */
static void
an_answer_of_before_the_reload_displaces_nothing(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *slow = fixture_start(&f, 5, NOW, 0);
	vouch_job_lookup(slow, NOW);
	assert_int_equal(vouch_job_step(slow, NOW), VOUCH_WANT_SIGNATURE);
	for (int i = 0; i < 40; i++)
		f.memory->changed[f.memory->changed_count++] = 7;
	fixture_poll(&f);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
	reload(&f, f.issuer, 2);
	(void)fixture_ask(&f, 5, NOW, NULL);
	fixture_finish(slow, NOW);
	assert_int_equal(fixture_status(vouch_job_response(slow)), VOUCH_GOOD); /* as it was asked */
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(o.served_from, VOUCH_SERVED_STORE);
	assert_int_equal(o.statuses[VOUCH_REVOKED], 1);
	vouch_job_free(slow);
	fixture_free(&f);
}

static void
two_serial_numbers_in_one_bucket_cost_a_lookup_and_no_more(void **state)
{
	struct changes *changes;
	const uint8_t key[16] = { 0 };
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(changes_new(&changes, key, 1, &err), VOUCH_OK);
	uint64_t before = changes_position(changes);
	assert_false(changes_since(changes, SPAN_LITERAL("a"), before));
	changes_one(changes, SPAN_LITERAL("a"));
	assert_true(changes_since(changes, SPAN_LITERAL("a"), before));
	assert_false(changes_since(changes, SPAN_LITERAL("b"), before));
	assert_false(changes_since(changes, SPAN_LITERAL("a"), changes_position(changes)));
	changes_all(changes);
	assert_true(changes_since(changes, SPAN_LITERAL("b"), before));
	changes_free(changes);
}

/* A source that keeps the octets of a number without the zero of its sign, or with more of them, is heard as well. */
static void
a_change_is_heard_however_many_zeros_lead_its_serial_number(void **state)
{
	static const vouch_span same[] = { { (const uint8_t *)"\xfe\x01", 2 },
		{ (const uint8_t *)"\0\xfe\x01", 3 }, { (const uint8_t *)"\0\0\0\xfe\x01", 5 } };
	const uint8_t key[16] = { 0 };
	struct changes *changes;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(changes_new(&changes, key, 1, &err), VOUCH_OK);
	for (size_t told = 0; told < 3; told++)
		for (size_t asked = 0; asked < 3; asked++) {
			uint64_t before = changes_position(changes);
			changes_one(changes, same[told]);
			assert_true(changes_since(changes, same[asked], before));
		}
	uint64_t before = changes_position(changes);
	changes_one(changes, span_of("\0\0", 2));
	assert_true(changes_since(changes, span_of("\0", 1), before));
	changes_free(changes);
}

static void
positions_of_different_responders_are_never_compared(void **state)
{
	struct changes *first, *second;
	const uint8_t key[16] = { 0 };
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(changes_new(&first, key, 1, &err), VOUCH_OK);
	assert_int_equal(changes_new(&second, key, UINT64_C(1) << 24 | 2, &err), VOUCH_OK);
	assert_true(changes_since(first, SPAN_LITERAL("a"), changes_position(second)));
	assert_true(changes_since(second, SPAN_LITERAL("a"), changes_position(first)));
	assert_true(changes_position(first) < changes_position(second));
	changes_free(first);
	changes_free(second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_answer_comes_from_the_store),
		cmocka_unit_test(without_a_poll_within_the_lease_nothing_comes_from_the_store),
		cmocka_unit_test(while_the_machine_slept_no_source_was_heard),
		cmocka_unit_test(a_revocation_overrides_what_is_stored),
		cmocka_unit_test(issuance_is_a_change_as_well),
		cmocka_unit_test(after_all_changed_an_equal_status_is_not_signed_again),
		cmocka_unit_test(who_asks_after_a_change_never_gets_a_status_read_before_it),
		cmocka_unit_test(a_late_answer_does_not_displace_a_newer_truth),
		cmocka_unit_test(
		    an_answer_is_renewed_half_way_at_the_latest_and_never_served_from_the_future),
		cmocka_unit_test(nonced_and_plural_answers_are_not_stored),
		cmocka_unit_test(a_source_that_fails_gives_try_later_and_ends_the_lease),
		cmocka_unit_test(a_source_without_changes_is_believed_for_a_lease_at_most),
		cmocka_unit_test(a_change_before_the_first_poll_is_not_missed),
		cmocka_unit_test(stored_answers_outlive_a_reload_and_are_looked_up_again),
		cmocka_unit_test(what_was_revoked_over_a_reload_is_told),
		cmocka_unit_test(another_policy_makes_other_answers),
		cmocka_unit_test(an_answer_of_before_the_reload_displaces_nothing),
		cmocka_unit_test(positions_of_different_responders_are_never_compared),
		cmocka_unit_test(two_serial_numbers_in_one_bucket_cost_a_lookup_and_no_more),
		cmocka_unit_test(a_change_is_heard_however_many_zeros_lead_its_serial_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
