/* SPDX-License-Identifier: Apache-2.0 */
/* How long stored answers stand: sources that cannot tell what changed, those that fail to, and moments to come. */
#include "fixture.h"

#include "pki/certificate.h"

#define LEASE_MS 1000
#define HOUR 3600

static enum vouch_cert_status
ask(struct fixture *f, uint8_t serial, vouch_time now)
{
	vouch_buf answer = { 0 };

	(void)fixture_ask(f, serial, now, &answer);
	enum vouch_cert_status status = fixture_status(span_buf(&answer));
	vouch_buf_free(&answer);
	return status;
}

/* Whenever the last poll was, and however long nobody polls: a change shows a lease after it at the latest. */
static void
answers_of_a_source_that_cannot_tell_what_changed_stand_for_a_lease_at_most(void **state)
{
	static const uint64_t polls_ms[] = { 250, 499, 500, 749, 990, 5000 };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(polls_ms) / sizeof(polls_ms[0]); i++)
		for (uint64_t asked_ms = 0; asked_ms <= 4000; asked_ms += 125) {
			fixture_make(&f, NULL, &silent_source_ops);
			fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
			uint64_t start = f.monotonic_ms, end = start + asked_ms + LEASE_MS + 1;
			uint64_t next = start + polls_ms[i];
			for (; next <= start + asked_ms; next += polls_ms[i]) {
				f.monotonic_ms = next;
				fixture_poll(&f);
			}
			f.monotonic_ms = start + asked_ms;
			assert_int_equal(ask(&f, 5, NOW), VOUCH_GOOD);
			fixture_set(&f, 5, VOUCH_REVOKED, NOW - 1, 0);
			for (; next <= end; next += polls_ms[i]) {
				f.monotonic_ms = next;
				fixture_poll(&f);
			}
			f.monotonic_ms = end;
			assert_int_equal(ask(&f, 5, NOW), VOUCH_REVOKED);
			fixture_free(&f);
		}
}

/* The poll before the silence was too early to presume that something had changed. */
static void
a_poll_that_asked_nothing_lengthens_no_lease(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &silent_source_ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	assert_int_equal(ask(&f, 5, NOW), VOUCH_GOOD);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW - 1, 0);
	f.monotonic_ms += LEASE_MS / 2 - 1;
	fixture_poll(&f);
	f.monotonic_ms += LEASE_MS / 2 + 2;
	assert_int_equal(ask(&f, 5, NOW), VOUCH_REVOKED);
	fixture_free(&f);
}

static void
answers_of_such_a_source_are_stored_and_stand_a_while_without_a_lookup(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &silent_source_ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).served_from, VOUCH_SERVED_SIGNED);
	for (int i = 0; i < 40; i++) {
		f.monotonic_ms += 25;
		if (i % 10 == 9)
			fixture_poll(&f);
		assert_int_equal(fixture_ask(&f, 5, NOW, NULL).served_from, VOUCH_SERVED_STORE);
	}
	/* A second: looked up again twice, and never signed again. */
	assert_int_equal(f.memory->lookups, 3);
	assert_int_equal(f.faulty->signatures, 1);
	fixture_free(&f);
}

static vouch_issuer *
make_other_issuer(struct fixture *f)
{
	const struct pki_template t = { .purpose = PKI_CA,
		.common_name = "Other CA",
		.not_before = NOW - 86400,
		.not_after = NOW + 86400 };
	struct pki_ca *ca;
	vouch_issuer *issuer;
	vouch_source *source;
	vouch_err err = { 0 };

	assert_int_equal(pki_ca_new(&ca, &t, "p-256", &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_new(&issuer, pki_ca_certificate(ca), NULL, NULL), VOUCH_OK);
	assert_int_equal(vouch_source_open(&source, &memory_source_ops, "", NOW, NULL), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_source(issuer, source, 0, NULL), VOUCH_OK);
	assert_int_equal(vouch_responder_add(f->responder, issuer, "/other", NULL), VOUCH_OK);
	vouch_source_free(source);
	pki_ca_free(ca);
	return issuer;
}

static void
a_source_that_fails_to_tell_keeps_no_other_issuer_from_being_confirmed(void **state)
{
	vouch_err err = { 0 };
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	vouch_issuer *other = make_other_issuer(&f);
	fixture_poll(&f);
	uint64_t heard = f.monotonic_ms;
	f.memory->failing = VOUCH_EUNAVAILABLE;
	f.monotonic_ms += 400;
	assert_int_equal(vouch_responder_poll(f.responder, NOW, f.monotonic_ms, &err), VOUCH_EUNAVAILABLE);
	assert_string_equal(err.msg, "the test says so");
	assert_int_equal(vouch_responder_confirmed(f.responder, f.issuer), heard);
	assert_int_equal(vouch_responder_confirmed(f.responder, other), f.monotonic_ms);
	vouch_issuer_free(other);
	fixture_free(&f);
}

/* S-18: nothing changes in the source when the time has come, and no poll says so. */
static void
a_revocation_shows_at_its_time_though_nothing_changes(void **state)
{
	const vouch_time then = NOW + HOUR;
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(&f);
	assert_true(fixture_ask(&f, 5, NOW, NULL).next_update > then);
	fixture_set(&f, 5, VOUCH_REVOKED, then, VOUCH_REASON_KEY_COMPROMISE);
	fixture_poll(&f);
	vouch_outcome o = fixture_ask(&f, 5, NOW, NULL);
	assert_int_equal(o.statuses[VOUCH_GOOD], 1);
	assert_true(o.next_update < then && o.renew_at <= o.next_update && o.cache_until < then);
	assert_int_equal(fixture_ask(&f, 5, NOW + 1, NULL).served_from, VOUCH_SERVED_STORE);
	assert_int_equal(ask(&f, 5, then - 1), VOUCH_GOOD);
	assert_int_equal(ask(&f, 5, then), VOUCH_REVOKED);
	assert_int_equal(fixture_ask(&f, 5, then + 1, NULL).served_from, VOUCH_SERVED_STORE);
	fixture_free(&f);
}

/* S-13: takes effect by a reload, for what is stored as well. */
static void
a_compromised_ca_drops_the_stored_answers(void **state)
{
	vouch_responder_options options = { .size = sizeof(options), .epoch = 2 };
	vouch_issuer_options condemned;
	vouch_issuer *issuer;
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(&f);
	assert_int_equal(ask(&f, 5, NOW), VOUCH_GOOD);
	vouch_responder_free(f.responder);
	vouch_issuer_options_init(&condemned);
	condemned.compromised = NOW - HOUR;
	assert_int_equal(vouch_issuer_new(&issuer, vouch_issuer_certificate(f.issuer), &condemned, NULL),
	    VOUCH_OK);
	assert_int_equal(vouch_issuer_add_signer(issuer, f.signer, 0, NULL), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_source(issuer, f.source, 0, NULL), VOUCH_OK);
	options.store = f.store;
	assert_int_equal(vouch_responder_new(&f.responder, &options, NULL), VOUCH_OK);
	assert_int_equal(vouch_responder_add(f.responder, issuer, "/", NULL), VOUCH_OK);
	fixture_poll(&f);
	assert_int_equal(ask(&f, 5, NOW), VOUCH_REVOKED);
	assert_int_equal(ask(&f, 77, NOW), VOUCH_REVOKED);
	f.memory->failing = VOUCH_EUNAVAILABLE;
	f.monotonic_ms += 2 * LEASE_MS;
	assert_int_equal(ask(&f, 78, NOW), VOUCH_REVOKED);
	vouch_issuer_free(issuer);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_a_source_that_cannot_tell_what_changed_stand_for_a_lease_at_most),
		cmocka_unit_test(a_poll_that_asked_nothing_lengthens_no_lease),
		cmocka_unit_test(answers_of_such_a_source_are_stored_and_stand_a_while_without_a_lookup),
		cmocka_unit_test(a_source_that_fails_to_tell_keeps_no_other_issuer_from_being_confirmed),
		cmocka_unit_test(a_revocation_shows_at_its_time_though_nothing_changes),
		cmocka_unit_test(a_compromised_ca_drops_the_stored_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
