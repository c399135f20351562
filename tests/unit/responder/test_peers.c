/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs that wait for each other's answer: design 5, rule 1. */
#include "fixture.h"

#include <malloc.h>

#define REASON_KEY_COMPROMISE (1 + 1)
#define MANY 1000
#define FOLLOWER_OCTETS_MAX 1024 /* of one that waits: ten thousand may */

static void
make_with_good_5(struct fixture *f)
{
	fixture_make(f, NULL, &memory_source_ops);
	fixture_set(f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(f);
}

static vouch_job *
start(const struct fixture *f, uint8_t serial)
{
	return fixture_start(f, serial, NOW, VOUCH_CALL_COALESCE);
}

/* One that waits for a job that is there already. */
static vouch_job *
start_follower(const struct fixture *f, uint8_t serial)
{
	vouch_job *job = start(f, serial);

	assert_int_equal(vouch_job_step(job, NOW), VOUCH_WANT_PEER);
	return job;
}

static void
count(void *arg)
{
	++*(int *)arg;
}

static enum vouch_cert_status
status_of(const vouch_job *job)
{
	return fixture_status(vouch_job_response(job));
}

static void
who_waits_gets_the_octets_of_the_peer_and_no_signature_of_its_own(void **state)
{
	struct fixture f;
	int told = 0;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5), *follower = start_follower(&f, 5);
	vouch_job_await(follower, count, &told);
	assert_int_equal(vouch_job_step(follower, NOW), VOUCH_WANT_PEER);
	assert_int_equal(told, 0);
	fixture_finish(leader, NOW);
	assert_int_equal(told, 1);
	assert_int_equal(vouch_job_step(follower, NOW), VOUCH_DONE);
	assert_int_equal(vouch_job_outcome(leader)->served_from, VOUCH_SERVED_SIGNED);
	assert_int_equal(vouch_job_outcome(follower)->served_from, VOUCH_SERVED_PEER);
	assert_int_equal(vouch_job_outcome(follower)->statuses[VOUCH_GOOD], 1);
	assert_int_equal(vouch_job_outcome(follower)->renew_at, vouch_job_outcome(leader)->renew_at);
	assert_int_equal(vouch_job_outcome(follower)->cacheable, 1);
	vouch_span made = vouch_job_response(leader);
	assert_true(span_equal(made, vouch_job_response(follower)));
	vouch_job_free(leader);
	assert_int_equal(status_of(follower), VOUCH_GOOD); /* it lives on */
	vouch_job_free(follower);
	assert_int_equal(f.faulty->signatures, 1);
	assert_int_equal(f.memory->lookups, 1);
	assert_int_equal(told, 1);
	fixture_free(&f);
}

static void
a_thousand_make_one_signature_also_when_most_hang_up(void **state)
{
	static vouch_job *jobs[MANY];
	struct fixture f;
	int told = 0;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5);
	for (size_t i = 0; i < MANY; i++) {
		jobs[i] = start_follower(&f, 5);
		vouch_job_await(jobs[i], count, &told);
	}
	for (size_t i = 0; i < MANY; i++) {
		if (i % 10 == 0)
			continue;
		vouch_job_free(jobs[i]);
		jobs[i] = NULL;
	}
	fixture_finish(leader, NOW);
	assert_int_equal(told, MANY / 10);
	vouch_job_free(leader);
	for (size_t i = 0; i < MANY; i += 10) {
		assert_int_equal(vouch_job_step(jobs[i], NOW), VOUCH_DONE);
		assert_int_equal(status_of(jobs[i]), VOUCH_GOOD);
		vouch_job_free(jobs[i]);
	}
	assert_int_equal(f.faulty->signatures, 1);
	fixture_free(&f);
}

/* The barrier: the certificate is revoked, and the change heard, while the leader waits for its signature. */
static void
who_comes_after_a_change_does_not_share_what_was_read_before(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5), *before = start_follower(&f, 5);
	vouch_job_lookup(leader, NOW);
	assert_int_equal(vouch_job_step(leader, NOW), VOUCH_WANT_SIGNATURE);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
	fixture_poll(&f);
	vouch_job *after = start(&f, 5);
	assert_int_equal(vouch_job_step(after, NOW), VOUCH_WANT_STATUS);
	vouch_job *latest = start_follower(&f, 5);
	fixture_finish(after, NOW);
	fixture_finish(leader, NOW);
	assert_int_equal(vouch_job_step(before, NOW), VOUCH_DONE);
	assert_int_equal(vouch_job_step(latest, NOW), VOUCH_DONE);
	assert_int_equal(status_of(before), VOUCH_REVOKED); /* the leader has looked again */
	assert_int_equal(status_of(after), VOUCH_REVOKED);
	assert_int_equal(status_of(latest), VOUCH_REVOKED);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).statuses[VOUCH_REVOKED], 1);
	vouch_job_free(before);
	vouch_job_free(leader);
	vouch_job_free(latest);
	vouch_job_free(after);
	fixture_free(&f);
}

static void
the_change_of_another_certificate_parts_nobody(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5);
	fixture_set(&f, 6, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
	fixture_poll(&f);
	vouch_job *follower = start_follower(&f, 5), *other = start(&f, 6);
	assert_int_equal(vouch_job_step(other, NOW), VOUCH_WANT_STATUS);
	vouch_job_free(leader);
	vouch_job_free(follower);
	vouch_job_free(other);
	fixture_free(&f);
}

static void
without_word_from_the_sources_an_answer_is_shared_for_a_lease_at_most(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5);
	f.monotonic_ms += 1000; /* the default lease */
	vouch_job *follower = start_follower(&f, 5);
	f.monotonic_ms += 1;
	vouch_job *late = start(&f, 5);
	assert_int_equal(vouch_job_step(late, NOW), VOUCH_WANT_STATUS);
	vouch_job_free(leader);
	vouch_job_free(follower);
	vouch_job_free(late);
	fixture_free(&f);
}

static void
when_the_leader_is_freed_the_first_that_waits_takes_its_place(void **state)
{
	struct fixture f;
	int told[3] = { 0 };
	vouch_job *waiting[3];

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5);
	vouch_job_lookup(leader, NOW);
	for (size_t i = 0; i < 3; i++) {
		waiting[i] = start_follower(&f, 5);
		vouch_job_await(waiting[i], count, &told[i]);
	}
	vouch_job_free(leader);
	assert_int_equal(told[0], 1);
	assert_int_equal(told[1] + told[2], 0);
	vouch_job_free(waiting[0]); /* before it was stepped: the next one is told */
	assert_int_equal(told[1], 1);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW - 1, REASON_KEY_COMPROMISE);
	fixture_poll(&f);
	assert_int_equal(vouch_job_step(waiting[1], NOW), VOUCH_WANT_STATUS);
	assert_int_equal(vouch_job_step(waiting[2], NOW), VOUCH_WANT_PEER);
	vouch_job *late = start_follower(&f, 5);
	fixture_finish(waiting[1], NOW);
	assert_int_equal(told[2], 1);
	assert_int_equal(vouch_job_step(waiting[2], NOW), VOUCH_DONE);
	assert_int_equal(vouch_job_step(late, NOW), VOUCH_DONE);
	/* Looked up anew, so that who came after the change may share it. */
	assert_int_equal(status_of(waiting[2]), VOUCH_REVOKED);
	assert_int_equal(status_of(late), VOUCH_REVOKED);
	assert_int_equal(f.faulty->signatures, 1);
	assert_int_equal(f.memory->lookups, 2); /* the leader's, and anew by the one after it */
	vouch_job_free(waiting[1]);
	vouch_job_free(waiting[2]);
	vouch_job_free(late);
	fixture_free(&f);
}

static void
an_answer_that_nobody_waits_for_any_more_is_forgotten(void **state)
{
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5);
	vouch_job_free(start_follower(&f, 5));
	vouch_job_free(leader);
	vouch_job *next = start(&f, 5);
	fixture_finish(next, NOW);
	assert_int_equal(vouch_job_outcome(next)->served_from, VOUCH_SERVED_SIGNED);
	vouch_job_free(next);
	fixture_free(&f);
}

static void
no_signature(struct fixture *f, vouch_job *leader)
{
	f->faulty->fault = FAULT_REFUSES;
	fixture_finish(leader, NOW);
}

static void
wrong_signature(struct fixture *f, vouch_job *leader)
{
	f->faulty->fault = FAULT_WRONG_SIGNATURE;
	fixture_finish(leader, NOW);
}

static void
no_source(struct fixture *f, vouch_job *leader)
{
	f->memory->failing = VOUCH_EUNAVAILABLE;
	fixture_finish(leader, NOW);
}

static void
told_to_try_later(struct fixture *f, vouch_job *leader)
{
	(void)f;
	vouch_job_try_later(leader, "no room");
	assert_int_equal(vouch_job_step(leader, NOW), VOUCH_DONE);
}

static void
what_the_leader_fails_by_is_told_to_all(void **state)
{
	static const struct {
		const char *what;
		void (*spoil)(struct fixture *, vouch_job *);
		enum vouch_response_status response_status;
	} rows[] = {
		{ "no signature", no_signature, VOUCH_TRY_LATER },
		{ "a signature that does not verify", wrong_signature, VOUCH_INTERNAL_ERROR },
		{ "no source", no_source, VOUCH_TRY_LATER },
		{ "told to try later", told_to_try_later, VOUCH_TRY_LATER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		int told = 0;
		make_with_good_5(&f);
		vouch_job *leader = start(&f, 5), *follower = start_follower(&f, 5);
		vouch_job_await(follower, count, &told);
		rows[i].spoil(&f, leader);
		assert_int_equal(told, 1);
		assert_int_equal(vouch_job_step(follower, NOW), VOUCH_DONE);
		const vouch_outcome *o = vouch_job_outcome(follower);
		if (o->response_status != rows[i].response_status || o->cause == NULL)
			fail_msg("%s: %u", rows[i].what, o->response_status);
		assert_int_equal(o->served_from, VOUCH_SERVED_ERROR);
		assert_true(
		    span_equal(vouch_job_response(follower), ocsp_error_response(rows[i].response_status)));
		vouch_job_free(leader);
		vouch_job_free(follower);
		fixture_free(&f);
	}
}

static void
one_that_waits_can_be_told_to_try_later_by_itself(void **state)
{
	struct fixture f;
	int told = 0;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5), *impatient = start_follower(&f, 5),
		  *patient = start_follower(&f, 5);
	vouch_job_await(impatient, count, &told);
	vouch_job_try_later(impatient, "it took too long");
	assert_int_equal(vouch_job_step(impatient, NOW), VOUCH_DONE);
	assert_int_equal(vouch_job_outcome(impatient)->response_status, VOUCH_TRY_LATER);
	assert_string_equal(vouch_job_outcome(impatient)->cause, "it took too long");
	fixture_finish(leader, NOW);
	vouch_job_try_later(leader, "too late");
	assert_int_equal(vouch_job_outcome(leader)->response_status, VOUCH_SUCCESSFUL);
	assert_int_equal(told, 0);
	assert_int_equal(vouch_job_step(patient, NOW), VOUCH_DONE);
	assert_int_equal(status_of(patient), VOUCH_GOOD);
	vouch_job_free(impatient);
	vouch_job_free(patient);
	vouch_job_free(leader);
	fixture_free(&f);
}

static void
who_awaits_what_is_there_is_told_at_once(void **state)
{
	struct fixture f;
	int first = 0, second = 0;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5), *follower = start_follower(&f, 5), *heir = start_follower(&f, 5);
	vouch_job_await(follower, count, &first);
	vouch_job_await(follower, count, &second); /* in place of the first */
	fixture_finish(leader, NOW);
	assert_int_equal(first, 0);
	assert_int_equal(second, 1);
	vouch_job_await(heir, count, &first);
	assert_int_equal(first, 1);
	assert_int_equal(vouch_job_step(heir, NOW), VOUCH_DONE);
	vouch_job_await(heir, count, &first); /* nothing to wait for */
	assert_int_equal(first, 1);
	vouch_job_free(leader);
	vouch_job_free(follower);
	vouch_job_free(heir);
	fixture_free(&f);
}

static void
what_is_not_for_everybody_is_not_shared(void **state)
{
	static const vouch_span nonce = { (const uint8_t *)"0123456789abcdef0123456789abcdef", 32 };
	static const struct {
		const char *what;
		enum vouch_hash hash;
		size_t serials;
		unsigned flags;
		bool nonced;
	} rows[] = {
		{ "a nonce", VOUCH_SHA256, 1, VOUCH_CALL_COALESCE, true },
		{ "two certificates", VOUCH_SHA256, 2, VOUCH_CALL_COALESCE, false },
		{ "another hash", VOUCH_SHA1, 1, VOUCH_CALL_COALESCE, false },
		{ "not asked to", VOUCH_SHA256, 1, 0, false },
	};
	const uint8_t serials[] = { 5, 6 };
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5), *job;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_buf request = { 0 };
		vouch_call call = fixture_call(&f, NOW);
		call.flags = rows[i].flags;
		fixture_request(&f, &request, rows[i].hash, serials, rows[i].serials,
		    rows[i].nonced ? nonce : (vouch_span){ 0 });
		assert_int_equal(vouch_job_start(&job, f.responder, &call, span_buf(&request)), VOUCH_OK);
		if (vouch_job_step(job, NOW) != VOUCH_WANT_STATUS)
			fail_msg("%s", rows[i].what);
		vouch_job_free(job);
		vouch_buf_free(&request);
	}
	vouch_job_free(leader);
	fixture_free(&f);
}

/* vouch_handle() could wait for a job of its own thread. */
static void
who_blocks_waits_for_nobody(void **state)
{
	struct fixture f;
	vouch_buf request = { 0 }, out = { 0 };
	const uint8_t serial = 5;
	vouch_outcome o = { .size = sizeof(o) };

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5);
	vouch_call call = fixture_call(&f, NOW);
	call.flags = VOUCH_CALL_COALESCE;
	fixture_request(&f, &request, VOUCH_SHA256, &serial, 1, (vouch_span){ 0 });
	assert_int_equal(vouch_handle(f.responder, &call, span_buf(&request), &out, &o), VOUCH_OK);
	assert_int_equal(o.served_from, VOUCH_SERVED_SIGNED);
	vouch_job_free(leader);
	vouch_buf_free(&request);
	vouch_buf_free(&out);
	fixture_free(&f);
}

static void
who_waits_takes_little_memory(void **state)
{
	static vouch_job *jobs[MANY];
	struct fixture f;

	(void)state;
	make_with_good_5(&f);
	vouch_job *leader = start(&f, 5);
	size_t before = mallinfo2().uordblks; /* 0 under a sanitizer */
	for (size_t i = 0; i < MANY; i++)
		jobs[i] = start_follower(&f, 5);
	size_t after = mallinfo2().uordblks;
	if (after - before > MANY * FOLLOWER_OCTETS_MAX)
		fail_msg("%zu octets each", (after - before) / MANY);
	for (size_t i = 0; i < MANY; i++)
		vouch_job_free(jobs[i]);
	vouch_job_free(leader);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_gets_the_octets_of_the_peer_and_no_signature_of_its_own),
		cmocka_unit_test(a_thousand_make_one_signature_also_when_most_hang_up),
		cmocka_unit_test(who_comes_after_a_change_does_not_share_what_was_read_before),
		cmocka_unit_test(the_change_of_another_certificate_parts_nobody),
		cmocka_unit_test(without_word_from_the_sources_an_answer_is_shared_for_a_lease_at_most),
		cmocka_unit_test(when_the_leader_is_freed_the_first_that_waits_takes_its_place),
		cmocka_unit_test(an_answer_that_nobody_waits_for_any_more_is_forgotten),
		cmocka_unit_test(what_the_leader_fails_by_is_told_to_all),
		cmocka_unit_test(one_that_waits_can_be_told_to_try_later_by_itself),
		cmocka_unit_test(who_awaits_what_is_there_is_told_at_once),
		cmocka_unit_test(what_is_not_for_everybody_is_not_shared),
		cmocka_unit_test(who_blocks_waits_for_nobody),
		cmocka_unit_test(who_waits_takes_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
