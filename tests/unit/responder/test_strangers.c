/* SPDX-License-Identifier: Apache-2.0 */
/* Serial numbers that somebody invents: how often the sources are asked for them, and who does not suffer. */
#include "fixture.h"

#define LIMIT 10
#define FLOOD 300

/* Each of a flood is another one; eight octets, where the sources of the tests know of one. */
static vouch_outcome
ask_stranger(struct fixture *f, uint64_t number, vouch_time now)
{
	uint8_t serial[8];
	vouch_buf octets = { 0 }, unread = { 0 };
	vouch_request *request;
	vouch_call call = fixture_call(f, now);
	vouch_outcome outcome = { .size = sizeof(outcome) };

	for (size_t i = 0; i < sizeof(serial); i++)
		serial[i] = (uint8_t)((number + (UINT64_C(1) << 62)) >> (8 * (7 - i)));
	assert_int_equal(vouch_request_new(&request, NULL), VOUCH_OK);
	assert_int_equal(vouch_request_add(request, f->issuer, (vouch_span){ serial, 8 }, VOUCH_SHA256, NULL),
	    VOUCH_OK);
	assert_int_equal(vouch_request_encode(request, &octets, NULL), VOUCH_OK);
	assert_int_equal(vouch_handle(f->responder, &call, span_buf(&octets), &unread, &outcome), VOUCH_OK);
	vouch_request_free(request);
	vouch_buf_free(&octets);
	vouch_buf_free(&unread);
	return outcome;
}

/* Returns how many were looked up; none of them had been asked for before. */
static int
flood(struct fixture *f, uint64_t from, vouch_time now)
{
	int before = f->memory->lookups, refused = 0;

	for (uint64_t i = 0; i < FLOOD; i++) {
		vouch_outcome o = ask_stranger(f, from + i, now);
		if (o.response_status != VOUCH_TRY_LATER)
			continue;
		assert_int_equal(o.error, VOUCH_ELIMIT);
		assert_non_null(o.cause);
		refused++;
	}
	assert_int_equal(f->memory->lookups - before, FLOOD - refused);
	return FLOOD - refused;
}

/* With serial numbers 1 and 5, which are good. */
static void
make(struct fixture *f, const vouch_source_ops *ops, uint32_t unknown_lookups, uint8_t not_issued)
{
	vouch_issuer_options options;

	vouch_issuer_options_init(&options);
	options.unknown_lookups = unknown_lookups;
	options.not_issued = not_issued;
	fixture_make(f, &options, ops);
	fixture_set(f, 1, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_set(f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
}

static void
invented_serial_numbers_reach_the_source_so_often_a_second_and_no_more(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &silent_source_ops, LIMIT, VOUCH_NOT_ISSUED_UNKNOWN);
	assert_int_equal(flood(&f, 0, NOW), LIMIT);
	assert_int_equal(flood(&f, FLOOD, NOW), 0);
	assert_int_equal(flood(&f, FLOOD, NOW + 1), LIMIT);
	assert_int_equal(flood(&f, 2 * FLOOD, NOW + 2), LIMIT);
	fixture_free(&f);
}

/* The same one again and again is looked up anew when the lease of its answer has ended, and counts then. */
static void
one_that_is_asked_again_and_again_counts_as_often_as_it_is_looked_up(void **state)
{
	struct fixture f;
	int looked_up = 0;

	(void)state;
	make(&f, &silent_source_ops, LIMIT, VOUCH_NOT_ISSUED_UNKNOWN);
	for (int i = 0; i < 5 * LIMIT; i++) {
		f.monotonic_ms += 2000;
		looked_up += ask_stranger(&f, 7, NOW).response_status == VOUCH_SUCCESSFUL;
	}
	assert_int_equal(looked_up, LIMIT);
	fixture_free(&f);
}

static void
certificates_that_were_known_lately_are_looked_up_in_any_flood(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &silent_source_ops, LIMIT, VOUCH_NOT_ISSUED_UNKNOWN);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).statuses[VOUCH_GOOD], 1);
	assert_int_equal(flood(&f, 0, NOW), LIMIT);
	for (int i = 0; i < 5 * LIMIT; i++) {
		f.monotonic_ms += 2000; /* nothing stands */
		int before = f.memory->lookups;
		assert_int_equal(fixture_ask(&f, 5, NOW, NULL).statuses[VOUCH_GOOD], 1);
		assert_int_equal(f.memory->lookups, before + 1);
	}
	/* Nobody knows yet that this one is known. */
	assert_int_equal(fixture_ask(&f, 1, NOW, NULL).error, VOUCH_ELIMIT);
	assert_int_equal(fixture_ask(&f, 1, NOW + 1, NULL).statuses[VOUCH_GOOD], 1);
	fixture_free(&f);
}

static void
what_is_found_does_not_count(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &silent_source_ops, 1, VOUCH_NOT_ISSUED_UNKNOWN);
	f.memory->count = 0;
	for (uint8_t serial = 1; serial <= SOURCE_ENTRIES; serial++)
		fixture_set(&f, serial, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	for (uint8_t serial = 1; serial <= SOURCE_ENTRIES; serial++)
		assert_int_equal(fixture_ask(&f, serial, NOW, NULL).statuses[VOUCH_GOOD], 1);
	assert_int_equal(fixture_ask(&f, 77, NOW, NULL).statuses[VOUCH_UNKNOWN], 1);
	assert_int_equal(fixture_ask(&f, 78, NOW, NULL).error, VOUCH_ELIMIT);
	fixture_free(&f);
}

static void
a_source_that_is_away_does_not_count_as_one_that_knows_nothing(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &silent_source_ops, LIMIT, VOUCH_NOT_ISSUED_UNKNOWN);
	f.memory->failing = VOUCH_EUNAVAILABLE;
	for (uint8_t i = 0; i < 5 * LIMIT; i++)
		assert_int_equal(fixture_ask(&f, 5, NOW, NULL).error, VOUCH_EUNAVAILABLE);
	f.memory->failing = 0;
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).statuses[VOUCH_GOOD], 1);
	fixture_free(&f);
}

static void
what_is_no_longer_there_is_a_stranger_again(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &silent_source_ops, 1, VOUCH_NOT_ISSUED_UNKNOWN);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).statuses[VOUCH_GOOD], 1);
	f.memory->count = 0;
	f.monotonic_ms += 2000;
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).statuses[VOUCH_UNKNOWN], 1);
	f.monotonic_ms += 2000;
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).error, VOUCH_ELIMIT);
	fixture_free(&f);
}

/* Issued or revoked just now: it will be asked for. */
static void
what_a_source_says_has_changed_is_looked_up_in_any_flood(void **state)
{
	vouch_source_ops distant = memory_source_ops;
	struct fixture f;

	(void)state;
	distant.flags = 0;
	make(&f, &distant, LIMIT, VOUCH_NOT_ISSUED_UNKNOWN);
	fixture_poll(&f);
	assert_int_equal(flood(&f, 0, NOW), LIMIT);
	fixture_set(&f, 9, VOUCH_REVOKED, NOW - 1, 0);
	fixture_poll(&f);
	assert_int_equal(fixture_ask(&f, 9, NOW, NULL).statuses[VOUCH_REVOKED], 1);
	fixture_free(&f);
}

/* The responder of a reload remembers nobody, but the store does. */
static void
a_reload_in_a_flood_forgets_nobody_whose_answer_is_stored(void **state)
{
	vouch_responder_options options = { .size = sizeof(options), .epoch = 2 };
	struct fixture f;

	(void)state;
	make(&f, &silent_source_ops, LIMIT, VOUCH_NOT_ISSUED_UNKNOWN);
	(void)fixture_ask(&f, 5, NOW, NULL);
	(void)ask_stranger(&f, FLOOD, NOW);
	vouch_responder_free(f.responder);
	options.store = f.store;
	memcpy(options.key, "another key, too", sizeof(options.key));
	assert_int_equal(vouch_responder_new(&f.responder, &options, NULL), VOUCH_OK);
	assert_int_equal(vouch_responder_add(f.responder, f.issuer, "/", NULL), VOUCH_OK);
	fixture_poll(&f);
	assert_int_equal(flood(&f, 0, NOW), LIMIT);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(o.statuses[VOUCH_GOOD], 1);
	assert_int_equal(o.served_from, VOUCH_SERVED_STORE);
	assert_int_equal(ask_stranger(&f, FLOOD, NOW).error, VOUCH_ELIMIT);
	fixture_free(&f);
}

static void
only_sources_that_wait_for_another_machine_are_spared_by_themselves(void **state)
{
	static const struct {
		const vouch_source_ops *ops;
		uint32_t unknown_lookups;
		uint8_t not_issued;
		int looked_up;
	} rows[] = {
		{ &silent_source_ops, 0, VOUCH_NOT_ISSUED_UNKNOWN, 200 },
		{ &silent_source_ops, 0, VOUCH_NOT_ISSUED_UNAUTHORIZED, 200 },
		{ &silent_source_ops, 0, VOUCH_NOT_ISSUED_REVOKED, 200 },
		{ &silent_source_ops, 0, VOUCH_NOT_ISSUED_GOOD, FLOOD },
		{ &silent_source_ops, 50, VOUCH_NOT_ISSUED_GOOD, 50 },
		{ &silent_source_ops, UINT32_MAX, VOUCH_NOT_ISSUED_UNKNOWN, FLOOD },
		{ &memory_source_ops, 0, VOUCH_NOT_ISSUED_UNKNOWN, FLOOD },
		{ &memory_source_ops, 50, VOUCH_NOT_ISSUED_UNKNOWN, 50 },
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(&f, rows[i].ops, rows[i].unknown_lookups, rows[i].not_issued);
		f.faulty->fault = FAULT_REFUSES; /* what it signs does not matter */
		int before = f.memory->lookups;
		for (uint64_t s = 0; s < FLOOD; s++)
			(void)ask_stranger(&f, s, NOW);
		assert_int_equal(f.memory->lookups - before, rows[i].looked_up);
		fixture_free(&f);
	}
}

static void
a_thread_that_is_late_opens_no_second_anew_and_a_clock_that_went_back_does(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &silent_source_ops, LIMIT, VOUCH_NOT_ISSUED_UNAUTHORIZED);
	assert_int_equal(flood(&f, 0, NOW), LIMIT);
	assert_int_equal(flood(&f, FLOOD, NOW - 1), 0);
	assert_int_equal(flood(&f, FLOOD, NOW - 59), 0);
	assert_int_equal(flood(&f, FLOOD, NOW - 86400), LIMIT);
	fixture_free(&f);
}

static void
a_request_with_one_stranger_too_many_is_told_to_try_later(void **state)
{
	const uint8_t serials[] = { 5, 70 };
	vouch_outcome o = { .size = sizeof(o) };
	vouch_buf request = { 0 }, answer = { 0 };
	struct fixture f;

	(void)state;
	make(&f, &silent_source_ops, LIMIT, VOUCH_NOT_ISSUED_UNKNOWN);
	vouch_call call = fixture_call(&f, NOW);
	(void)fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(flood(&f, 0, NOW), LIMIT);
	fixture_request(&f, &request, VOUCH_SHA256, serials, 2, (vouch_span){ 0 });
	assert_int_equal(vouch_handle(f.responder, &call, span_buf(&request), &answer, &o), VOUCH_OK);
	assert_int_equal(o.response_status, VOUCH_TRY_LATER);
	assert_int_equal(o.error, VOUCH_ELIMIT);
	vouch_buf_free(&request);
	vouch_buf_free(&answer);
	fixture_free(&f);
}

static void
a_job_tells_whether_it_is_about_a_stranger_and_need_not_wait_to_be_refused(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &silent_source_ops, 1, VOUCH_NOT_ISSUED_UNKNOWN);
	vouch_job *first = fixture_start(&f, 5, NOW, 0);
	assert_int_equal(vouch_job_step(first, NOW), VOUCH_WANT_STATUS);
	assert_false(vouch_job_is_known(first));
	assert_false(vouch_job_lookup_is_inline(first));
	vouch_job_lookup(first, NOW);
	assert_true(vouch_job_is_known(first));
	vouch_job *again = fixture_start(&f, 5, NOW, 0);
	assert_true(vouch_job_is_known(again));
	vouch_job *stranger = fixture_start(&f, 70, NOW, 0), *late = fixture_start(&f, 71, NOW, 0);
	vouch_job_lookup(stranger, NOW);
	assert_false(vouch_job_is_known(stranger));
	/* One that has begun before there were too many finds out at its lookup. */
	int before = f.memory->lookups;
	assert_false(vouch_job_lookup_is_inline(late));
	fixture_finish(late, NOW);
	assert_int_equal(vouch_job_outcome(late)->error, VOUCH_ELIMIT);
	vouch_job *refused = fixture_start(&f, 72, NOW, 0);
	assert_true(vouch_job_lookup_is_inline(refused));
	fixture_finish(refused, NOW + 1); /* refused is refused */
	assert_int_equal(vouch_job_outcome(refused)->error, VOUCH_ELIMIT);
	assert_int_equal(f.memory->lookups, before);
	vouch_job *jobs[] = { first, again, stranger, late, refused };
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		vouch_job_free(jobs[i]);
	fixture_free(&f);
}

/* The store has a part for them, so that what is known stays; nor is it made ahead of time what nobody waits for. */
static void
strangers_push_nothing_out_of_the_store_that_is_known(void **state)
{
	struct fixture f;

	(void)state;
	make(&f, &memory_source_ops, 0, VOUCH_NOT_ISSUED_UNKNOWN);
	fixture_poll(&f);
	vouch_outcome known = fixture_ask(&f, 5, NOW, NULL);
	vouch_outcome first = ask_stranger(&f, 0, NOW);
	assert_int_equal(ask_stranger(&f, 0, first.renew_at - 1).renew, 0);
	assert_int_equal(fixture_ask(&f, 5, known.renew_at - 1, NULL).renew, 1);
	for (uint64_t i = 1; i < 3 * FLOOD; i++)
		assert_int_equal(ask_stranger(&f, i, NOW).served_from, VOUCH_SERVED_SIGNED);
	assert_int_equal(ask_stranger(&f, 0, NOW).served_from,
	    VOUCH_SERVED_SIGNED); /* pushed out by the others */
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).served_from, VOUCH_SERVED_STORE);
	fixture_free(&f);
}

/* RFC 6960 2.7: what they are told is revoked, and they are strangers all the same. */
static void
strangers_of_a_compromised_ca_are_bounded_as_well(void **state)
{
	vouch_issuer_options options;
	struct fixture f;

	(void)state;
	vouch_issuer_options_init(&options);
	options.compromised = NOW - 10;
	options.unknown_lookups = LIMIT;
	fixture_make(&f, &options, &silent_source_ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).statuses[VOUCH_REVOKED], 1);
	assert_int_equal(ask_stranger(&f, 2 * FLOOD, NOW).statuses[VOUCH_REVOKED], 1);
	assert_int_equal(flood(&f, 0, NOW), LIMIT - 1);
	f.monotonic_ms += 2000;
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).statuses[VOUCH_REVOKED], 1);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(invented_serial_numbers_reach_the_source_so_often_a_second_and_no_more),
		cmocka_unit_test(one_that_is_asked_again_and_again_counts_as_often_as_it_is_looked_up),
		cmocka_unit_test(certificates_that_were_known_lately_are_looked_up_in_any_flood),
		cmocka_unit_test(what_is_found_does_not_count),
		cmocka_unit_test(a_source_that_is_away_does_not_count_as_one_that_knows_nothing),
		cmocka_unit_test(what_is_no_longer_there_is_a_stranger_again),
		cmocka_unit_test(what_a_source_says_has_changed_is_looked_up_in_any_flood),
		cmocka_unit_test(a_reload_in_a_flood_forgets_nobody_whose_answer_is_stored),
		cmocka_unit_test(only_sources_that_wait_for_another_machine_are_spared_by_themselves),
		cmocka_unit_test(a_thread_that_is_late_opens_no_second_anew_and_a_clock_that_went_back_does),
		cmocka_unit_test(a_request_with_one_stranger_too_many_is_told_to_try_later),
		cmocka_unit_test(a_job_tells_whether_it_is_about_a_stranger_and_need_not_wait_to_be_refused),
		cmocka_unit_test(strangers_push_nothing_out_of_the_store_that_is_known),
		cmocka_unit_test(strangers_of_a_compromised_ca_are_bounded_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
