/* SPDX-License-Identifier: Apache-2.0 */
/* The guard beside the responder: whatever the responder makes passes, under every policy. */
#include <stdio.h>

#include "../responder/fixture.h"
#include "base/buf.h"
#include "ocsp/extension.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY INT64_C(86400)
#define SIGNER_END (NOW + 30 * DAY) /* of the fixture */
#define NEVER_ISSUED 99

static const vouch_issuer_options policies[] = {
	{ .name = "defaults" },
	{ .name = "webpki, long", .profile = VOUCH_PROFILE_WEBPKI, .validity = 7 * DAY },
	{ .name = "webpki, short", .profile = VOUCH_PROFILE_WEBPKI, .validity = 8 * 3600 },
	{ .name = "etsi",
	    .profile = VOUCH_PROFILE_ETSI,
	    .validity = 4 * DAY,
	    .archive = VOUCH_ARCHIVE_ISSUER },
	{ .name = "enterprise", .profile = VOUCH_PROFILE_ENTERPRISE, .validity = 40 * DAY },
	{ .name = "by name", .responder_id = VOUCH_BY_NAME },
	{ .name = "the shortest", .validity = 2 },
	{ .name = "an hour", .validity = 3600 },
	{ .name = "the longest", .validity = 3660 * DAY },
	{ .name = "plain times", .shape = VOUCH_SHAPE_PLAIN_TIMES },
	{ .name = "plain times, webpki", .shape = VOUCH_SHAPE_PLAIN_TIMES, .profile = VOUCH_PROFILE_WEBPKI },
	{ .name = "plain times for ten years", .shape = VOUCH_SHAPE_PLAIN_TIMES, .validity = 3650 * DAY },
	{ .name = "unspecified", .shape = VOUCH_SHAPE_UNSPECIFIED },
	{ .name = "every shape",
	    .shape = VOUCH_SHAPE_PLAIN_TIMES | VOUCH_SHAPE_UNSPECIFIED | VOUCH_SHAPE_ALWAYS_CERTS },
	{ .name = "never issued is revoked", .not_issued = VOUCH_NOT_ISSUED_REVOKED },
	{ .name = "never issued is good", .not_issued = VOUCH_NOT_ISSUED_GOOD },
	{ .name = "never issued is unauthorized", .not_issued = VOUCH_NOT_ISSUED_UNAUTHORIZED },
	{ .name = "retention",
	    .archive = VOUCH_ARCHIVE_RETENTION,
	    .archive_years = 7,
	    .archive_seconds = 10 },
	{ .name = "retention of all ages", .archive = VOUCH_ARCHIVE_RETENTION, .archive_years = 1000 },
	{ .name = "MD5 too", .certid_hashes = VOUCH_HASH_BIT(VOUCH_MD5) | VOUCH_HASH_BIT(VOUCH_SHA256) },
	{ .name = "SHA-256 alone", .certid_hashes = VOUCH_HASH_BIT(VOUCH_SHA256) },
	{ .name = "nonces required", .nonce = VOUCH_NONCE_REQUIRE },
	{ .name = "nonces ignored", .nonce = VOUCH_NONCE_IGNORE },
};

static const struct known {
	uint8_t serial;
	vouch_status status;
} known[SOURCE_ENTRIES] = {
	{ 1, { .cert_status = VOUCH_GOOD } },
	{ 2, { .cert_status = VOUCH_GOOD, .this_update = -20 * DAY, .next_update = 7 } },
	{ 3, { .cert_status = VOUCH_REVOKED, .revocation_time = -400 * DAY, .invalidity_date = -500 * DAY } },
	{ 4,
	    { .cert_status = VOUCH_REVOKED,
		.revocation_time = 0,
		.revocation_reason = VOUCH_REASON_KEY_COMPROMISE } },
	{ 5,
	    { .cert_status = VOUCH_REVOKED,
		.revocation_time = -1,
		.revocation_reason = VOUCH_REASON_UNSPECIFIED } },
	{ 6,
	    { .cert_status = VOUCH_REVOKED,
		.revocation_time = 1800,
		.revocation_reason = VOUCH_REASON_AA_COMPROMISE } },
	{ 7,
	    { .cert_status = VOUCH_REVOKED,
		.revocation_time = -30,
		.this_update = 30,
		.next_update = 90 * DAY,
		.revocation_reason = VOUCH_REASON_CERTIFICATE_HOLD } },
	{ 8, { .cert_status = VOUCH_UNKNOWN, .this_update = -3600 } },
};

static const struct question_row {
	enum vouch_hash hash;
	size_t count, nonce;
	bool beside_foreign;
	uint8_t serials[4];
} questions[] = {
	{ VOUCH_SHA1, 1, 0, false, { 1 } },
	{ VOUCH_SHA256, 1, 32, false, { 1 } },
	{ VOUCH_SHA384, 1, 128, false, { 1 } },
	{ VOUCH_SHA512, 1, 1, false, { 2 } },
	{ VOUCH_SHA256, 1, 0, false, { 2 } },
	{ VOUCH_MD5, 1, 0, false, { 3 } },
	{ VOUCH_SHA256, 1, 0, false, { 3 } },
	{ VOUCH_SHA256, 1, 0, false, { 4 } },
	{ VOUCH_SHA256, 1, 0, false, { 5 } },
	{ VOUCH_SHA256, 1, 0, false, { 6 } },
	{ VOUCH_SHA256, 1, 0, false, { 7 } },
	{ VOUCH_SHA256, 1, 0, false, { 8 } },
	{ VOUCH_SHA256, 1, 0, false, { NEVER_ISSUED } },
	{ VOUCH_SHA256, 1, 16, false, { NEVER_ISSUED } },
	{ VOUCH_SHA256, 4, 0, false, { 1, 3, NEVER_ISSUED, 1 } },
	{ VOUCH_SHA256, 4, 32, false, { 7, 6, 5, 4 } },
	{ VOUCH_SHA256, 1, 0, true, { 1 } },
	{ VOUCH_SHA1, 2, 32, true, { NEVER_ISSUED, 4 } },
};

/* Times of the rows count from the moment of the question; 0 is absent but for a revocation. */
static void
set_statuses(struct fixture *f, vouch_time now)
{
	f->memory->count = 0;
	for (size_t i = 0; i < COUNT(known); i++) {
		const vouch_status *row = &known[i].status;
		fixture_set(f, known[i].serial, row->cert_status,
		    row->cert_status == VOUCH_REVOKED ? now + row->revocation_time : VOUCH_TIME_ABSENT,
		    row->revocation_reason);
		vouch_status *status = &f->memory->entries[i].status;
		if (row->invalidity_date != 0)
			status->invalidity_date = now + row->invalidity_date;
		if (row->this_update != 0)
			status->this_update = now + row->this_update;
		if (row->next_update != 0)
			status->next_update = now + row->next_update;
	}
	f->memory->changed_count = 0;
}

static void
write_request(const struct fixture *f, vouch_issuer *foreign, const struct question_row *row, vouch_buf *out)
{
	uint8_t nonce[128] = { 0x5a };
	vouch_request *request;
	vouch_err err;

	assert_int_equal(vouch_request_new(&request, &err), VOUCH_OK);
	if (row->beside_foreign)
		assert_int_equal(vouch_request_add(request, foreign, SPAN_LITERAL("\x01"), VOUCH_SHA256,
				     &err),
		    VOUCH_OK);
	for (size_t i = 0; i < row->count; i++)
		if (vouch_request_add(request, f->issuer, span_of(&row->serials[i], 1), row->hash, &err) !=
		    VOUCH_OK)
			fail_msg("%s", err.msg);
	if (row->nonce > 0)
		assert_int_equal(vouch_request_set_nonce(request, span_of(nonce, row->nonce), &err),
		    VOUCH_OK);
	assert_int_equal(vouch_request_encode(request, out, &err), VOUCH_OK);
	vouch_request_free(request);
}

/* Takes a job to where it wants its signature, and shows the guard of its signer what it is to sign. */
static int
show(const struct fixture *f, vouch_span request, vouch_time now, const vouch_guard *guard, vouch_err *err)
{
	const vouch_call call = fixture_call(f, now);
	vouch_signer *signer;
	vouch_job *job;
	int code = VOUCH_EAGAIN;

	assert_int_equal(vouch_job_start(&job, f->responder, &call, request), VOUCH_OK);
	if (vouch_job_step(job, now) == VOUCH_WANT_STATUS)
		vouch_job_lookup(job, now);
	if (vouch_job_step(job, now) == VOUCH_WANT_SIGNATURE)
		code = vouch_guard_check(guard, vouch_job_tbs(job, &signer), now, err);
	vouch_job_free(job);
	return code;
}

static size_t
ask_everything(struct fixture *f, vouch_issuer *foreign, const char *policy)
{
	static const vouch_time moments[] = { NOW, NOW + 31, SIGNER_END - 3600, SIGNER_END - 1 };
	vouch_guard *guard;
	vouch_err err;
	size_t shown = 0;

	assert_int_equal(vouch_guard_new(&guard, f->signer, NULL, &err), VOUCH_OK);
	assert_int_equal(vouch_guard_add(guard, f->issuer, &err), VOUCH_OK);
	for (size_t i = 0; i < COUNT(moments) * COUNT(questions); i++) {
		const struct question_row *row = &questions[i / COUNT(moments)];
		vouch_time now = moments[i % COUNT(moments)];
		vouch_buf request = { 0 };
		set_statuses(f, now);
		write_request(f, foreign, row, &request);
		int code = show(f, span_buf(&request), now, guard, &err);
		if (code == VOUCH_EREFUSED)
			fail_msg("%s, question %zu, moment %zu: %s", policy, i / COUNT(moments),
			    i % COUNT(moments), err.msg);
		shown += code == VOUCH_OK;
		vouch_buf_free(&request);
	}
	vouch_guard_free(guard);
	return shown;
}

static void
whatever_the_responder_makes_passes(void **state)
{
	struct fixture foreign;
	size_t shown = 0;

	(void)state;
	fixture_make(&foreign, NULL, &memory_source_ops);
	for (size_t i = 0; i < COUNT(policies); i++) {
		vouch_issuer_options options = policies[i];
		struct fixture f;
		options.size = sizeof(options);
		fixture_make(&f, &options, &memory_source_ops);
		shown += ask_everything(&f, foreign.issuer, policies[i].name);
		fixture_free(&f);
	}
	fixture_free(&foreign);
	/* The rest are errors: a nonce that is missing, a hash that is not served, a source at its end. */
	assert_true(shown > COUNT(policies) * COUNT(questions) * 3);
}

/* D-08: the first issuer's signer answers, and is none of the second's. */
static void
an_answer_that_leaves_an_issuer_out_passes_one_guard_only(void **state)
{
	const vouch_issuer_options an_hour = { .size = sizeof(an_hour), .validity = 3600 };
	struct fixture f, other;
	vouch_guard *guards[2];
	vouch_buf request = { 0 };
	vouch_err err;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	fixture_make(&other, &an_hour, &memory_source_ops);
	fixture_set(&f, 1, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_set(&other, 1, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	assert_int_equal(vouch_responder_add(f.responder, other.issuer, "/", &err), VOUCH_OK);
	assert_int_equal(vouch_guard_new(&guards[0], f.signer, NULL, &err), VOUCH_OK);
	assert_int_equal(vouch_guard_add(guards[0], f.issuer, &err), VOUCH_OK);
	assert_int_equal(vouch_guard_new(&guards[1], other.signer, NULL, &err), VOUCH_OK);
	assert_int_equal(vouch_guard_add(guards[1], other.issuer, &err), VOUCH_OK);
	/* The foreign one stands first and decides. */
	write_request(&f, other.issuer, &questions[16], &request);
	assert_int_equal(show(&f, span_buf(&request), NOW, guards[1], &err), VOUCH_OK);
	assert_int_equal(show(&f, span_buf(&request), NOW, guards[0], &err), VOUCH_EREFUSED);
	assert_string_equal(err.rule, "responder_id");
	vouch_buf_free(&request);
	vouch_guard_free(guards[0]);
	vouch_guard_free(guards[1]);
	fixture_free(&other);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_the_responder_makes_passes),
		cmocka_unit_test(an_answer_that_leaves_an_issuer_out_passes_one_guard_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
