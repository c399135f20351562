/* SPDX-License-Identifier: Apache-2.0 */
/* The job: policies, refusals and faults. */
#include "fixture.h"

#include "ocsp/extension.h"

#define HOLD (6 + 1)

static const vouch_span nonce_32 = { (const uint8_t *)"0123456789abcdef0123456789abcdef", 32 };

static vouch_issuer_options
options_with(enum vouch_not_issued not_issued, enum vouch_nonce_policy nonce)
{
	vouch_issuer_options options;

	vouch_issuer_options_init(&options);
	options.not_issued = (uint8_t)not_issued;
	options.nonce = (uint8_t)nonce;
	return options;
}

static vouch_outcome
ask_octets(struct fixture *f, vouch_span request, unsigned flags, vouch_buf *out)
{
	vouch_call call = fixture_call(f, NOW);
	vouch_outcome outcome = { .size = sizeof(outcome) };

	call.flags = flags;
	out->len = 0;
	assert_int_equal(vouch_handle(f->responder, &call, request, out, &outcome), VOUCH_OK);
	return outcome;
}

static void
what_was_never_issued_is_answered_by_policy(void **state)
{
	static const struct {
		enum vouch_not_issued policy;
		enum vouch_response_status response_status;
		enum vouch_cert_status cert_status;
	} rows[] = {
		{ VOUCH_NOT_ISSUED_UNKNOWN, VOUCH_SUCCESSFUL, VOUCH_UNKNOWN },
		{ VOUCH_NOT_ISSUED_UNAUTHORIZED, VOUCH_UNAUTHORIZED, VOUCH_STATUS_UNSET },
		{ VOUCH_NOT_ISSUED_REVOKED, VOUCH_SUCCESSFUL, VOUCH_REVOKED },
		{ VOUCH_NOT_ISSUED_GOOD, VOUCH_SUCCESSFUL, VOUCH_GOOD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_issuer_options options = options_with(rows[i].policy, VOUCH_NONCE_ECHO);
		vouch_buf out = { 0 };
		struct fixture f;
		fixture_make(&f, &options, &memory_source_ops);
		vouch_outcome o = fixture_ask(&f, 77, NOW, &out);
		assert_int_equal(o.response_status, rows[i].response_status);
		if (o.response_status == VOUCH_SUCCESSFUL)
			assert_int_equal(fixture_status(span_buf(&out)), rows[i].cert_status);
		vouch_buf_free(&out);
		fixture_free(&f);
	}
}

/* RFC 6960 4.4.8 */
static void
extended_revoke_says_hold_since_1970(void **state)
{
	vouch_issuer_options options = options_with(VOUCH_NOT_ISSUED_REVOKED, VOUCH_NONCE_ECHO);
	struct ocsp_single_response single;
	struct ocsp_response response;
	vouch_err err = { 0 };
	vouch_buf out = { 0 };
	vouch_span value;
	struct fixture f;

	(void)state;
	fixture_make(&f, &options, &memory_source_ops);
	(void)fixture_ask(&f, 77, NOW, &out);
	assert_int_equal(ocsp_response_parse(span_buf(&out), &single, 1, &response, &err), VOUCH_OK);
	assert_int_equal(single.revocation_time, 0);
	assert_int_equal(single.revocation_reason, HOLD);
	assert_int_equal(single.single_extensions.len, 0);
	assert_true(ocsp_extension_find(response.data.response_extensions, ocsp_oid_extended_revoke, &value));
	assert_true(span_equal(value, SPAN_LITERAL("\x05\x00")));
	vouch_buf_free(&out);
	fixture_free(&f);
}

static void
a_source_that_says_unknown_is_not_overruled(void **state)
{
	vouch_issuer_options options = options_with(VOUCH_NOT_ISSUED_GOOD, VOUCH_NONCE_ECHO);
	vouch_buf out = { 0 };
	struct fixture f;

	(void)state;
	fixture_make(&f, &options, &memory_source_ops);
	fixture_set(&f, 5, VOUCH_UNKNOWN, VOUCH_TIME_ABSENT, 0);
	(void)fixture_ask(&f, 5, NOW, &out);
	assert_int_equal(fixture_status(span_buf(&out)), VOUCH_UNKNOWN);
	vouch_buf_free(&out);
	fixture_free(&f);
}

/* S-18 */
static void
a_revocation_in_the_future_is_not_yet_one(void **state)
{
	vouch_buf out = { 0 };
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	fixture_set(&f, 5, VOUCH_REVOKED, NOW + 100, 2);
	vouch_outcome o = fixture_ask(&f, 5, NOW, &out);
	assert_int_equal(fixture_status(span_buf(&out)), VOUCH_GOOD);
	assert_true(o.next_update < NOW + 100);
	out.len = 0;
	(void)fixture_ask(&f, 5, NOW + 100, &out);
	assert_int_equal(fixture_status(span_buf(&out)), VOUCH_REVOKED);
	vouch_buf_free(&out);
	fixture_free(&f);
}

static void
nonces_are_echoed_ignored_or_required(void **state)
{
	static const struct {
		enum vouch_nonce_policy policy;
		bool sent;
		enum vouch_response_status expected;
		int signatures;
	} rows[] = {
		{ VOUCH_NONCE_ECHO, true, VOUCH_SUCCESSFUL, 1 },
		{ VOUCH_NONCE_ECHO, false, VOUCH_SUCCESSFUL, 1 },
		{ VOUCH_NONCE_IGNORE, true, VOUCH_SUCCESSFUL, 1 },
		{ VOUCH_NONCE_REQUIRE, true, VOUCH_SUCCESSFUL, 1 },
		{ VOUCH_NONCE_REQUIRE, false, VOUCH_UNAUTHORIZED, 0 },
	};
	const uint8_t serial = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_issuer_options options = options_with(VOUCH_NOT_ISSUED_UNKNOWN, rows[i].policy);
		vouch_buf request = { 0 }, out = { 0 };
		struct fixture f;
		fixture_make(&f, &options, &memory_source_ops);
		fixture_request(&f, &request, VOUCH_SHA1, &serial, 1,
		    rows[i].sent ? nonce_32 : (vouch_span){ 0 });
		vouch_outcome o = ask_octets(&f, span_buf(&request), 0, &out);
		assert_int_equal(o.response_status, rows[i].expected);
		assert_int_equal(f.faulty->signatures, rows[i].signatures);
		assert_int_equal(o.nonce, rows[i].sent && rows[i].policy != VOUCH_NONCE_IGNORE);
		vouch_buf_free(&request);
		vouch_buf_free(&out);
		fixture_free(&f);
	}
}

/* RFC 9110 9.3.2 */
static void
head_of_a_nonced_request_makes_no_signature(void **state)
{
	const uint8_t serial = 5;
	vouch_buf request = { 0 }, out = { 0 };
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	fixture_request(&f, &request, VOUCH_SHA1, &serial, 1, nonce_32);
	vouch_outcome o = ask_octets(&f, span_buf(&request), VOUCH_CALL_NO_NONCED, &out);
	assert_int_equal(o.response_status, VOUCH_SUCCESSFUL);
	assert_int_equal(out.len, 0);
	assert_int_equal(f.faulty->signatures, 0);
	vouch_buf_free(&request);
	vouch_buf_free(&out);
	fixture_free(&f);
}

/* P-20: the first of contradictory entries is what clients take. */
static void
change_between(void *arg)
{
	struct fixture *f = arg;

	f->memory->pause = NULL;
	fixture_set(f, 5, VOUCH_REVOKED, NOW - 1, 2);
}

static void
twins_in_one_request_never_disagree(void **state)
{
	const uint8_t serials[] = { 5, 5 };
	struct ocsp_single_response singles[2];
	struct ocsp_response response;
	vouch_buf request = { 0 }, out = { 0 };
	vouch_err err = { 0 };
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	f.memory->pause = change_between;
	f.memory->pause_arg = &f;
	fixture_request(&f, &request, VOUCH_SHA1, serials, 2, (vouch_span){ 0 });
	(void)ask_octets(&f, span_buf(&request), 0, &out);
	assert_int_equal(ocsp_response_parse(span_buf(&out), singles, 2, &response, &err), VOUCH_OK);
	assert_int_equal(singles[0].cert_status, singles[1].cert_status);
	assert_int_equal(singles[0].this_update, singles[1].this_update);
	vouch_buf_free(&request);
	vouch_buf_free(&out);
	fixture_free(&f);
}

/* */
static void
a_signer_that_fails_gives_try_later_and_recovers(void **state)
{
	vouch_buf out = { 0 };
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	f.faulty->fault = FAULT_REFUSES;
	assert_int_equal(fixture_ask(&f, 5, NOW, &out).response_status, VOUCH_TRY_LATER);
	assert_true(span_equal(span_buf(&out), SPAN_LITERAL("\x30\x03\x0a\x01\x03")));
	f.faulty->fault = FAULT_NONE;
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).response_status, VOUCH_SUCCESSFUL);
	vouch_buf_free(&out);
	fixture_free(&f);
}

/* */
static void
an_answer_whose_signature_does_not_hold_is_withheld_and_not_stored(void **state)
{
	vouch_buf out = { 0 };
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	f.faulty->fault = FAULT_WRONG_SIGNATURE;
	assert_int_equal(fixture_ask(&f, 5, NOW, &out).response_status, VOUCH_INTERNAL_ERROR);
	assert_true(span_equal(span_buf(&out), SPAN_LITERAL("\x30\x03\x0a\x01\x02")));
	f.faulty->fault = FAULT_NONE;
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).served_from, VOUCH_SERVED_SIGNED);
	vouch_buf_free(&out);
	fixture_free(&f);
}

/* R-11, S-11 */
static void
nothing_is_signed_when_the_signer_has_expired_nor_beyond_its_end(void **state)
{
	const vouch_time expires = NOW + 30 * 86400;
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	assert_true(fixture_ask(&f, 5, expires - 3600, NULL).next_update <= expires);
	int signatures = f.faulty->signatures;
	assert_int_equal(fixture_ask(&f, 6, expires + 1, NULL).response_status, VOUCH_TRY_LATER);
	assert_int_equal(f.faulty->signatures, signatures);
	fixture_free(&f);
}

static void
what_makes_no_sense_is_an_internal_error(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	f.memory->failing = VOUCH_EPARSE;
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).response_status, VOUCH_INTERNAL_ERROR);
	f.memory->failing = 0;
	fixture_set(&f, 5, VOUCH_STATUS_UNSET, VOUCH_TIME_ABSENT, 0);
	assert_int_equal(fixture_ask(&f, 5, NOW, NULL).response_status, VOUCH_INTERNAL_ERROR);
	fixture_free(&f);
}

static void
every_truncation_of_a_request_is_malformed(void **state)
{
	const uint8_t serials[] = { 5, 6 };
	vouch_buf request = { 0 }, out = { 0 };
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, &memory_source_ops);
	fixture_request(&f, &request, VOUCH_SHA256, serials, 2, nonce_32);
	for (size_t len = 0; len < request.len; len++) {
		vouch_outcome o = ask_octets(&f, span_of(request.data, len), 0, &out);
		assert_int_equal(o.response_status, VOUCH_MALFORMED_REQUEST);
		assert_int_equal(out.len, 5);
	}
	assert_int_equal(f.faulty->signatures, 0);
	vouch_buf_free(&request);
	vouch_buf_free(&out);
	fixture_free(&f);
}

static struct ocsp_single_response
single_of(const vouch_buf *out, struct ocsp_response *response)
{
	struct ocsp_single_response single;
	vouch_err err = { 0 };

	assert_int_equal(ocsp_response_parse(span_buf(out), &single, 1, response, &err), VOUCH_OK);
	return single;
}

/* The answers of the Python package ocspresponder have these times. */
static void
plain_times_are_neither_rounded_nor_shortened(void **state)
{
	vouch_issuer_options options = options_with(VOUCH_NOT_ISSUED_UNKNOWN, VOUCH_NONCE_ECHO);
	const vouch_time second = NOW - NOW % 60 + 31, decade = INT64_C(3650) * 86400;
	struct ocsp_response response;
	vouch_buf out = { 0 };
	struct fixture f;

	(void)state;
	options.shape = VOUCH_SHAPE_PLAIN_TIMES;
	options.validity = decade;
	fixture_make(&f, &options, &memory_source_ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	(void)fixture_ask(&f, 5, second, &out);
	struct ocsp_single_response single = single_of(&out, &response);
	assert_int_equal(response.data.produced_at, second);
	assert_int_equal(single.this_update, second);
	assert_int_equal(single.next_update, second + decade);
	vouch_buf_free(&out);
	fixture_free(&f);
}

static void
unspecified_is_written_out_only_where_that_is_wanted(void **state)
{
	const vouch_span tail = SPAN_LITERAL("\xa0\x03\x0a\x01\x00"); /* [0] ENUMERATED unspecified */

	(void)state;
	for (uint32_t shape = 0; shape <= VOUCH_SHAPE_UNSPECIFIED; shape += VOUCH_SHAPE_UNSPECIFIED) {
		vouch_issuer_options options = options_with(VOUCH_NOT_ISSUED_UNKNOWN, VOUCH_NONCE_ECHO);
		vouch_buf out = { 0 };
		struct fixture f;
		options.shape = shape;
		fixture_make(&f, &options, &memory_source_ops);
		fixture_set(&f, 5, VOUCH_REVOKED, NOW - 10, 1);
		(void)fixture_ask(&f, 5, NOW, &out);
		assert_int_equal(fixture_status(span_buf(&out)), VOUCH_REVOKED);
		bool is_written = memmem(out.data, out.len, tail.data, tail.len) != NULL;
		assert_int_equal(is_written, shape != 0);
		vouch_buf_free(&out);
		fixture_free(&f);
	}
}

/* What a source adds is about the certificate, whatever its status is. */
static void
a_sources_extensions_are_written_beside_every_status(void **state)
{
	static const enum vouch_cert_status statuses[] = { VOUCH_GOOD, VOUCH_REVOKED, VOUCH_UNKNOWN };
	const vouch_span extension = SPAN_LITERAL("\x30\x08\x06\x02\x2a\x03\x04\x02\x05\x00");

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		vouch_time revoked_at = statuses[i] == VOUCH_REVOKED ? NOW - 10 : VOUCH_TIME_ABSENT;
		struct ocsp_response response;
		vouch_buf out = { 0 };
		struct fixture f;
		fixture_make(&f, NULL, &memory_source_ops);
		fixture_set(&f, 5, statuses[i], revoked_at, 0);
		vouch_buf *added = &f.memory->entries[0].status.single_extensions;
		assert_int_equal(vouch_buf_append(added, extension.data, extension.len), VOUCH_OK);
		(void)fixture_ask(&f, 5, NOW, &out);
		assert_true(span_equal(single_of(&out, &response).single_extensions, extension));
		vouch_buf_free(&out);
		vouch_buf_free(added);
		fixture_free(&f);
	}
}

/* RFC 6960 4.4.5, D-09 (E-17): of the extensions of a CRL's entry. */
static void
extensions_of_a_crl_entry_are_written_once_and_where_they_belong(void **state)
{
#define OTHER "\x30\x08\x06\x02\x2a\x03\x04\x02\x05\x00"
#define REASON_CODE "\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01"
#define CERTIFICATE_ISSUER "\x30\x09\x06\x03\x55\x1d\x1d\x04\x02\x30\x00"
#define INVALIDITY(day) "\x30\x18\x06\x03\x55\x1d\x18\x04\x11\x18\x0f" "202610" day "000000Z"
#define CUTOFF "\x30\x1e\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x06\x04\x11\x18\x0f" "20200101000000Z"
	static const vouch_span from = SPAN_LITERAL(REASON_CODE OTHER CERTIFICATE_ISSUER INVALIDITY("01") CUTOFF);
	static const struct {
		enum vouch_cert_status status;
		bool has_invalidity_date;
		vouch_span wanted;
	} rows[] = {
		{ VOUCH_REVOKED, false, SPAN_LITERAL(OTHER CERTIFICATE_ISSUER INVALIDITY("01") CUTOFF) },
		{ VOUCH_REVOKED, true, SPAN_LITERAL(OTHER CERTIFICATE_ISSUER CUTOFF INVALIDITY("02")) },
		{ VOUCH_GOOD, false, SPAN_LITERAL(OTHER CERTIFICATE_ISSUER CUTOFF) },
		{ VOUCH_UNKNOWN, false, SPAN_LITERAL(OTHER CERTIFICATE_ISSUER CUTOFF) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_revoked = rows[i].status == VOUCH_REVOKED;
		struct ocsp_response response;
		vouch_buf out = { 0 };
		struct fixture f;
		fixture_make(&f, NULL, &memory_source_ops);
		fixture_set(&f, 5, rows[i].status, is_revoked ? NOW - 10 : VOUCH_TIME_ABSENT, 0);
		vouch_status *status = &f.memory->entries[0].status;
		if (rows[i].has_invalidity_date)
			status->invalidity_date = 1790899200; /* 2026-10-02 */
		assert_int_equal(vouch_buf_append(&status->single_extensions, from.data, from.len), VOUCH_OK);
		(void)fixture_ask(&f, 5, NOW, &out);
		assert_true(span_equal(single_of(&out, &response).single_extensions, rows[i].wanted));
		vouch_buf_free(&out);
		vouch_buf_free(&status->single_extensions);
		fixture_free(&f);
	}
}

static void
an_archive_cutoff_of_ones_own_gives_way_to_the_policys(void **state)
{
	static const vouch_span from = SPAN_LITERAL(CUTOFF OTHER);
	const vouch_issuer_options options = { .size = sizeof(options), .archive = VOUCH_ARCHIVE_ISSUER };
	struct ocsp_response response;
	vouch_buf out = { 0 };
	vouch_span value;
	struct fixture f;

	(void)state;
	fixture_make(&f, &options, &memory_source_ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	vouch_buf *extensions = &f.memory->entries[0].status.single_extensions;
	assert_int_equal(vouch_buf_append(extensions, from.data, from.len), VOUCH_OK);
	(void)fixture_ask(&f, 5, NOW, &out);
	vouch_span written = single_of(&out, &response).single_extensions;
	assert_int_equal(written.len, from.len);
	assert_memory_equal(written.data, from.data + from.len - 10, 10); /* OTHER comes first now */
	assert_true(ocsp_extension_find(written, ocsp_oid_archive_cutoff, &value));
	assert_int_equal(ocsp_extension_time(value), NOW - 86400);
	vouch_buf_free(&out);
	vouch_buf_free(extensions);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_times_are_neither_rounded_nor_shortened),
		cmocka_unit_test(unspecified_is_written_out_only_where_that_is_wanted),
		cmocka_unit_test(what_was_never_issued_is_answered_by_policy),
		cmocka_unit_test(extended_revoke_says_hold_since_1970),
		cmocka_unit_test(a_source_that_says_unknown_is_not_overruled),
		cmocka_unit_test(a_sources_extensions_are_written_beside_every_status),
		cmocka_unit_test(extensions_of_a_crl_entry_are_written_once_and_where_they_belong),
		cmocka_unit_test(an_archive_cutoff_of_ones_own_gives_way_to_the_policys),
		cmocka_unit_test(a_revocation_in_the_future_is_not_yet_one),
		cmocka_unit_test(nonces_are_echoed_ignored_or_required),
		cmocka_unit_test(head_of_a_nonced_request_makes_no_signature),
		cmocka_unit_test(twins_in_one_request_never_disagree),
		cmocka_unit_test(a_signer_that_fails_gives_try_later_and_recovers),
		cmocka_unit_test(an_answer_whose_signature_does_not_hold_is_withheld_and_not_stored),
		cmocka_unit_test(nothing_is_signed_when_the_signer_has_expired_nor_beyond_its_end),
		cmocka_unit_test(what_makes_no_sense_is_an_internal_error),
		cmocka_unit_test(every_truncation_of_a_request_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
