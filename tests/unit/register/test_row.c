/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a row of the table of certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "modules/register/row.h"

#define ABSENT VOUCH_TIME_ABSENT

static const uint8_t hash[32] = { 1, 2, 3 }, extensions[] = { 0x30, 0x00 };

static void
a_status_comes_back_as_it_was_written(void **state)
{
	(void)state;
	vouch_status status, read;
	static const uint8_t reasons[] = { VOUCH_REASON_ABSENT, VOUCH_REASON_KEY_COMPROMISE,
		VOUCH_REASON_CERTIFICATE_HOLD, VOUCH_REASON_AA_COMPROMISE };

	for (size_t i = 0; i < sizeof(reasons); i++) {
		vouch_status_init(&status);
		vouch_status_init(&read);
		status.cert_status = VOUCH_REVOKED;
		status.revocation_reason = reasons[i];
		status.revocation_time = 1000;
		status.invalidity_date = 500;
		status.not_after = 2000;
		status.has_certificate_sha256 = 1;
		memcpy(status.certificate_sha256, hash, sizeof(hash));
		assert_int_equal(vouch_buf_append(&status.single_extensions, extensions, sizeof(extensions)),
		    VOUCH_OK);
		assert_int_equal(register_row_check(&status, &(vouch_err){ 0 }), VOUCH_OK);
		const struct register_row row = register_row_of(&status);
		assert_true(register_row_read(&row, &read));
		assert_int_equal(register_row_append(&row, "db:", "here", &read), VOUCH_OK);
		assert_int_equal(read.cert_status, VOUCH_REVOKED);
		assert_int_equal(read.revocation_reason, reasons[i]);
		assert_int_equal(read.revocation_time, 1000);
		assert_int_equal(read.invalidity_date, 500);
		assert_int_equal(read.not_after, 2000);
		assert_int_equal(read.has_certificate_sha256, 1);
		assert_memory_equal(read.certificate_sha256, hash, sizeof(hash));
		assert_int_equal(read.single_extensions.len, sizeof(extensions));
		assert_int_equal(read.detail.len, strlen("db:here"));
		assert_memory_equal(read.detail.data, "db:here", strlen("db:here"));
		vouch_status_clear(&status);
		vouch_status_clear(&read);
	}
}

static void
what_belongs_to_a_revocation_is_not_written_of_a_good_certificate(void **state)
{
	(void)state;
	vouch_status status;

	vouch_status_init(&status);
	status.cert_status = VOUCH_GOOD;
	status.revocation_reason = VOUCH_REASON_SUPERSEDED;
	status.revocation_time = status.invalidity_date = 5;
	const struct register_row row = register_row_of(&status);
	assert_int_equal(row.revocation_reason, ABSENT);
	assert_int_equal(row.revocation_time, ABSENT);
	assert_int_equal(row.invalidity_date, ABSENT);
	assert_null(row.certificate_sha256.data);
	assert_null(row.single_extensions.data);
}

/* RFC 5280 5.3.1 */
static void
an_unspecified_reason_is_expressed_by_absence(void **state)
{
	(void)state;
	vouch_status status;

	vouch_status_init(&status);
	status.cert_status = VOUCH_REVOKED;
	status.revocation_time = 5;
	status.revocation_reason = VOUCH_REASON_UNSPECIFIED;
	assert_int_equal(register_row_check(&status, &(vouch_err){ 0 }), VOUCH_OK);
	assert_int_equal(register_row_of(&status).revocation_reason, ABSENT);
}

static void
a_row_that_breaks_a_rule_is_damaged(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct register_row row;
	} bad[] = {
		{ "no status", { ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "status 0", { 0, ABSENT, ABSENT, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "status 3", { 3, ABSENT, ABSENT, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "status 257", { 257, ABSENT, ABSENT, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "revoked without a time", { 2, ABSENT, ABSENT, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "good with a time", { 1, ABSENT, 5, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "reason 0", { 2, 0, 5, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "reason 7", { 2, 7, 5, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "reason 8", { 2, 8, 5, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "reason 11", { 2, 11, 5, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "reason 257", { 2, 257, 5, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "reason -1", { 2, -1, 5, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "the highest reason", { 2, INT64_MAX, 5, ABSENT, ABSENT, { 0 }, { 0 } } },
		{ "a short hash", { 1, ABSENT, ABSENT, ABSENT, ABSENT, { hash, 31 }, { 0 } } },
		{ "an empty hash", { 1, ABSENT, ABSENT, ABSENT, ABSENT, { hash, 0 }, { 0 } } },
	};
	vouch_status status;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		vouch_status_init(&status);
		if (register_row_read(&bad[i].row, &status))
			fail_msg("%s was read", bad[i].what);
	}
}

static void
what_no_register_may_hold_is_refused(void **state)
{
	(void)state;
	static const struct {
		uint8_t cert_status, reason;
		vouch_time time;
		int code;
		const char *says;
	} bad[] = {
		{ VOUCH_STATUS_UNSET, 0, ABSENT, VOUCH_EINVAL, "only good and revoked" },
		{ VOUCH_UNKNOWN, 0, ABSENT, VOUCH_EINVAL, "only good and revoked" },
		{ VOUCH_REVOKED, 0, ABSENT, VOUCH_EINVAL, "needs its time" },
		{ VOUCH_REVOKED, 8, 5, VOUCH_EREFUSED, "reason 7 cannot be recorded" },
		{ VOUCH_REVOKED, VOUCH_REASON_REMOVE_FROM_CRL, 5, VOUCH_EREFUSED, "reason 8" },
		{ VOUCH_REVOKED, VOUCH_REASON_AA_COMPROMISE + 1, 5, VOUCH_EREFUSED, "reason 11" },
	};
	vouch_status status;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		vouch_err err = { 0 };
		vouch_status_init(&status);
		status.cert_status = bad[i].cert_status;
		status.revocation_reason = bad[i].reason;
		status.revocation_time = bad[i].time;
		assert_int_equal(register_row_check(&status, &err), bad[i].code);
		assert_int_equal(err.code, bad[i].code);
		assert_non_null(strstr(err.msg, bad[i].says));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_comes_back_as_it_was_written),
		cmocka_unit_test(what_belongs_to_a_revocation_is_not_written_of_a_good_certificate),
		cmocka_unit_test(an_unspecified_reason_is_expressed_by_absence),
		cmocka_unit_test(a_row_that_breaks_a_rule_is_damaged),
		cmocka_unit_test(what_no_register_may_hold_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
