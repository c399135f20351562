/* SPDX-License-Identifier: Apache-2.0 */
/* What rows say of a certificate, and what is no answer. */
#include "fixture.h"

#include <stdio.h>

/* 2026-11-22T10:00:00Z */
#define MOMENT INT64_C(1795341600)

static struct query_columns
columns_of(const char *const *names)
{
	struct query_columns columns;
	vouch_err err = { 0 };
	size_t count = 0;

	while (names[count] != NULL)
		count++;
	if (query_columns_read(&columns, QUERY_LOOKUP, names, count, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	return columns;
}

/* One row of status, revoked_at and a third column. */
static int
answer_of(const char *third, struct query_value status, struct query_value revoked_at,
    struct query_value value, vouch_status *out, vouch_err *err)
{
	const char *names[] = { "status", "revoked_at", third, NULL };
	struct query_columns columns = columns_of(names);
	struct query_value row[] = { status, revoked_at, value };
	struct query_answer answer;

	query_answer_begin(&answer);
	int code = query_answer_row(&answer, &columns, row, err);
	return code == VOUCH_OK ? query_answer_end(&answer, out) : code;
}

static const struct {
	struct query_value status;
	int cert_status; /* VOUCH_STATUS_UNSET: an error */
	uint8_t reason;
} words[] = {
	{ TEXT("good"), VOUCH_GOOD, 0 },
	{ TEXT("GOOD"), VOUCH_GOOD, 0 },
	{ TEXT("valid"), VOUCH_GOOD, 0 },
	{ TEXT("Active"), VOUCH_GOOD, 0 },
	{ TEXT("ISSUED"), VOUCH_GOOD, 0 },
	{ TEXT("V"), VOUCH_GOOD, 0 },
	{ OCTETS("good"), VOUCH_GOOD, 0 },
	{ TEXT("good   "), VOUCH_GOOD, 0 },
	{ TEXT("revoked"), VOUCH_REVOKED, 0 },
	{ TEXT("R"), VOUCH_REVOKED, 0 },
	{ TEXT("hold"), VOUCH_REVOKED, VOUCH_REASON_CERTIFICATE_HOLD },
	{ TEXT("unknown"), VOUCH_UNKNOWN, 0 },
	{ TEXT(""), VOUCH_STATUS_UNSET, 0 },
	{ TEXT(" good"), VOUCH_STATUS_UNSET, 0 },
	{ TEXT("goo"), VOUCH_STATUS_UNSET, 0 },
	{ TEXT("goods"), VOUCH_STATUS_UNSET, 0 },
	{ TEXT("good\0"), VOUCH_STATUS_UNSET, 0 },
	{ TEXT("1"), VOUCH_STATUS_UNSET, 0 },
	{ TEXT("true"), VOUCH_STATUS_UNSET, 0 },
	{ TEXT("expired"), VOUCH_STATUS_UNSET, 0 },
	{ TEXT("E"), VOUCH_STATUS_UNSET, 0 },
	{ INTEGER(0), VOUCH_STATUS_UNSET, 0 },
	{ INTEGER(1), VOUCH_STATUS_UNSET, 0 },
	{ NOTHING, VOUCH_STATUS_UNSET, 0 },
};

static void
a_status_is_one_of_few_words_and_nothing_else_is_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		vouch_status s;
		vouch_err err = { 0 };
		int code = answer_of(NULL, words[i].status, VALUE(INTEGER(MOMENT)), VALUE(NOTHING), &s, &err);
		assert_int_equal(code, words[i].cert_status != VOUCH_STATUS_UNSET ? VOUCH_OK : VOUCH_EPARSE);
		if (code != VOUCH_OK) {
			assert_memory_equal(err.msg, "query: column \"status\" is ", 26);
			continue;
		}
		assert_int_equal(s.cert_status, words[i].cert_status);
		assert_int_equal(s.revocation_reason, words[i].reason);
		assert_true(
		    s.revocation_time == (s.cert_status == VOUCH_REVOKED ? MOMENT : VOUCH_TIME_ABSENT));
	}
}

static const struct {
	struct query_value value;
	vouch_time time; /* VOUCH_TIME_ABSENT: it is none */
} moments[] = {
	{ INTEGER(MOMENT), MOMENT },
	{ INTEGER(0), 0 },
	{ INTEGER(253402300799), 253402300799 },
	{ TEXT("1795341600"), MOMENT },
	{ TEXT("1795341600.75"), MOMENT },
	{ TEXT("1795341600   "), MOMENT },
	{ TEXT("2026-11-22T10:00:00Z"), MOMENT },
	{ TEXT("2026-11-22t10:00:00z"), MOMENT },
	{ TEXT("2026-11-22 10:00:00"), MOMENT },
	{ TEXT("2026-11-22 10:00"), MOMENT },
	{ TEXT("2026-11-22 10:00:00 UTC"), MOMENT },
	{ TEXT("2026-11-22 10:00:00.123456"), MOMENT },
	{ TEXT("2026-11-22 10:00:00,5"), MOMENT },
	{ TEXT("2026-11-22 10:00:00+00"), MOMENT },
	{ TEXT("2026-11-22 10:00:00.999+00:00"), MOMENT },
	{ TEXT("2026-11-22 10:00:00 +0000 UTC"), MOMENT },
	{ TEXT("2026-11-22 11:30:00+01:30"), MOMENT },
	{ TEXT("2026-11-22 11:30:00 +0130"), MOMENT },
	{ TEXT("2026-11-21 22:00:00-12"), MOMENT },
	{ TEXT("2026-11-22 10:53:28+00:53:28"), MOMENT },
	{ OCTETS("2026-11-22T10:00:00Z"), MOMENT },
	{ TEXT("20261122100000Z"), MOMENT },
	{ TEXT("2026-11-22"), MOMENT - 36000 },
	{ TEXT("1970-01-01 00:00:00"), 0 },
	{ TEXT("2000-02-29 00:00:00"), 951782400 },
	{ TEXT("2024-02-29T23:59:59Z"), 1709251199 },
	{ TEXT("9999-12-31 23:59:59"), 253402300799 },
	{ TEXT("2026-12-31 23:59:60"), 1798761600 },
	/* Not moments, or none that a certificate is revoked at. */
	{ INTEGER(-1), VOUCH_TIME_ABSENT },
	{ INTEGER(253402300800), VOUCH_TIME_ABSENT },
	{ INTEGER(1795341600000), VOUCH_TIME_ABSENT },
	{ INTEGER(INT64_MIN), VOUCH_TIME_ABSENT },
	{ TEXT("1795341600000"), VOUCH_TIME_ABSENT },
	{ TEXT("99999999999999999999999"), VOUCH_TIME_ABSENT },
	{ TEXT("9223372036854775807"), VOUCH_TIME_ABSENT },
	{ TEXT("-1"), VOUCH_TIME_ABSENT },
	{ TEXT("1795341600."), VOUCH_TIME_ABSENT },
	{ TEXT(".5"), VOUCH_TIME_ABSENT },
	{ TEXT("-"), VOUCH_TIME_ABSENT },
	{ TEXT("1.795e9"), VOUCH_TIME_ABSENT },
	{ TEXT(""), VOUCH_TIME_ABSENT },
	{ TEXT("now"), VOUCH_TIME_ABSENT },
	{ TEXT("infinity"), VOUCH_TIME_ABSENT },
	{ TEXT("2026"), 2026 }, /* seconds */
	{ TEXT("2026-"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-2"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22T"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22 10"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22 10:00:00.Z"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22 10:00:00 CET"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22 11:00:00 +0100 CET"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22 10:00:00+24"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22 10:00:00+1"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22 10:00:00Zx"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22 24:00:00"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-11-22 10:60:00"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-02-29 00:00:00"), VOUCH_TIME_ABSENT },
	{ TEXT("2100-02-29 00:00:00"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-13-01 00:00:00"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-00-01 00:00:00"), VOUCH_TIME_ABSENT },
	{ TEXT("2026-01-00 00:00:00"), VOUCH_TIME_ABSENT },
	{ TEXT("0000-00-00 00:00:00"), VOUCH_TIME_ABSENT },
	{ TEXT("0001-01-01 00:00:00"), VOUCH_TIME_ABSENT },
	{ TEXT("20261122100000"), VOUCH_TIME_ABSENT },
	{ TEXT("20261122100000+01"), VOUCH_TIME_ABSENT },
	{ TEXT("22/11/2026"), VOUCH_TIME_ABSENT },
	{ NOTHING, VOUCH_TIME_ABSENT },
};

static void
a_revocation_has_a_moment_or_is_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(moments); i++) {
		vouch_status s;
		vouch_err err = { 0 };
		vouch_time expected = moments[i].time;
		int code = answer_of(NULL, VALUE(TEXT("revoked")), moments[i].value, VALUE(NOTHING), &s,
		    &err);
		if (code != (expected == VOUCH_TIME_ABSENT ? VOUCH_EPARSE : VOUCH_OK))
			fail_msg("row %zu: %d %s", i, code, err.msg);
		if (code == VOUCH_OK && s.revocation_time != expected)
			fail_msg("row %zu: %lld", i, (long long)s.revocation_time);
	}
}

static void
milliseconds_are_called_so(void **state)
{
	static const struct {
		struct query_value value;
		vouch_time time;
	} table[] = { { INTEGER(1795341600999), MOMENT }, { TEXT("1795341600999"), MOMENT },
		{ INTEGER(0), 0 }, { NOTHING, VOUCH_TIME_ABSENT }, { TEXT("2026-11-22 10:00:00"), -1 },
		{ INTEGER(-1), -1 }, { INTEGER(INT64_MAX), -1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		vouch_status s;
		vouch_err err = { 0 };
		int code = answer_of("expires_at_ms", VALUE(TEXT("good")), VALUE(NOTHING), table[i].value, &s,
		    &err);
		assert_int_equal(code, table[i].time == -1 ? VOUCH_EPARSE : VOUCH_OK);
		if (code == VOUCH_OK)
			assert_true(s.not_after == table[i].time);
		else
			assert_non_null(strstr(err.msg, "query: column \"expires_at\" is "));
	}
}

static const struct {
	struct query_value reason;
	uint8_t expected; /* 0xff: an error */
} reasons[] = {
	{ NOTHING, VOUCH_REASON_ABSENT },
	{ TEXT(""), VOUCH_REASON_ABSENT },
	{ INTEGER(0), VOUCH_REASON_UNSPECIFIED },
	{ INTEGER(1), VOUCH_REASON_KEY_COMPROMISE },
	{ INTEGER(6), VOUCH_REASON_CERTIFICATE_HOLD },
	{ INTEGER(10), VOUCH_REASON_AA_COMPROMISE },
	{ TEXT("1"), VOUCH_REASON_KEY_COMPROMISE },
	{ TEXT("keyCompromise"), VOUCH_REASON_KEY_COMPROMISE },
	{ TEXT("KEY_COMPROMISE"), VOUCH_REASON_KEY_COMPROMISE },
	{ TEXT("key compromise "), VOUCH_REASON_KEY_COMPROMISE },
	{ TEXT("cessation-of-operation"), VOUCH_REASON_CESSATION_OF_OPERATION },
	{ OCTETS("aACompromise"), VOUCH_REASON_AA_COMPROMISE },
	{ INTEGER(-1), 0xff },
	{ INTEGER(7), 0xff },
	{ INTEGER(8), 0xff },
	{ INTEGER(11), 0xff },
	{ INTEGER(INT64_MAX), 0xff },
	{ TEXT("removeFromCRL"), 0xff },
	{ TEXT("keyCompromised"), 0xff },
	{ TEXT("key"), 0xff },
	{ TEXT("___"), 0xff },
};

static void
reasons_are_numbers_or_names_of_rfc_5280(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(reasons); i++) {
		vouch_status s;
		vouch_err err = { 0 };
		int code = answer_of("reason", VALUE(TEXT("revoked")), VALUE(INTEGER(5)), reasons[i].reason,
		    &s, &err);
		if (code != (reasons[i].expected == 0xff ? VOUCH_EPARSE : VOUCH_OK))
			fail_msg("row %zu: %d %s", i, code, err.msg);
		if (code == VOUCH_OK)
			assert_int_equal(s.revocation_reason, reasons[i].expected);
	}
}

/* Many tables have a zero, a -1 or what was before in the columns of a revocation while there is none. */
static void
what_is_not_revoked_has_nothing_of_a_revocation(void **state)
{
	static const struct query_value statuses[] = { TEXT("good"), TEXT("unknown") };

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		vouch_status s;
		vouch_err err = { 0 };
		assert_int_equal(answer_of("reason", statuses[i], VALUE(TEXT("0001-01-01")),
				     VALUE(INTEGER(-1)), &s, &err),
		    VOUCH_OK);
		assert_true(s.revocation_time == VOUCH_TIME_ABSENT && s.revocation_reason == 0);
	}
}

static void
a_hold_has_that_reason_and_no_other(void **state)
{
	static const struct {
		struct query_value reason;
		int code;
	} table[] = { { NOTHING, VOUCH_OK }, { INTEGER(0), VOUCH_OK }, { INTEGER(6), VOUCH_OK },
		{ INTEGER(1), VOUCH_EPARSE } };

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		vouch_status s;
		vouch_err err = { 0 };
		assert_int_equal(answer_of("reason", VALUE(TEXT("hold")), VALUE(INTEGER(5)), table[i].reason,
				     &s, &err),
		    table[i].code);
		if (table[i].code == VOUCH_OK)
			assert_int_equal(s.revocation_reason, VOUCH_REASON_CERTIFICATE_HOLD);
		else
			assert_string_equal(err.msg,
			    "query: the status is hold, and the reason is keyCompromise");
	}
}

static void
a_hash_is_octets_or_digits(void **state)
{
	static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
	static const char octets[] =
	    "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31\32\33\34\35\36\37";
	static const struct {
		struct query_value value;
		int has; /* -1: an error */
	} table[] = { { OCTETS(octets), 1 }, { TEXT(digits), 1 }, { OCTETS(digits), 1 }, { NOTHING, 0 },
		{ TEXT("00"), -1 }, { TEXT(""), -1 }, { INTEGER(32), -1 },
		{ TEXT("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1g"), -1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		vouch_status s;
		vouch_err err = { 0 };
		int code = answer_of("certificate_sha256", VALUE(TEXT("good")), VALUE(NOTHING),
		    table[i].value, &s, &err);
		assert_int_equal(code, table[i].has < 0 ? VOUCH_EPARSE : VOUCH_OK);
		if (code != VOUCH_OK)
			continue;
		assert_int_equal(s.has_certificate_sha256, table[i].has);
		if (table[i].has == 1)
			assert_memory_equal(s.certificate_sha256, octets, 32);
	}
}

static void
every_time_has_its_column(void **state)
{
	static const char *const names[] = { "invalidity_date", "expires_at", "next_update", "this_update_ms",
		"revoked_at", "status", NULL };
	struct query_value row[] = { INTEGER(1), INTEGER(2), INTEGER(3), INTEGER(4999), INTEGER(5),
		TEXT("revoked") };
	struct query_columns columns = columns_of(names);
	struct query_answer answer;
	vouch_status s;
	vouch_err err = { 0 };

	(void)state;
	query_answer_begin(&answer);
	assert_int_equal(query_answer_row(&answer, &columns, row, &err), VOUCH_OK);
	assert_int_equal(query_answer_end(&answer, &s), VOUCH_OK);
	assert_true(s.invalidity_date == 1 && s.not_after == 2 && s.next_update == 3 && s.this_update == 4 &&
	    s.revocation_time == 5);
}

static void
rows_must_not_contradict_each_other(void **state)
{
	static const char *const names[] = { "status", "revoked_at", "reason", NULL };
	static const struct {
		struct query_value first[3], second[3];
		int code;
	} table[] = {
		{ { TEXT("good"), NOTHING, NOTHING }, { TEXT("valid"), INTEGER(9), INTEGER(1) }, VOUCH_OK },
		{ { TEXT("R"), INTEGER(5), INTEGER(1) },
		    { TEXT("revoked"), TEXT("5"), TEXT("keyCompromise") }, VOUCH_OK },
		{ { TEXT("good"), NOTHING, NOTHING }, { TEXT("revoked"), INTEGER(5), NOTHING },
		    VOUCH_EPARSE },
		{ { TEXT("revoked"), INTEGER(5), NOTHING }, { TEXT("good"), NOTHING, NOTHING },
		    VOUCH_EPARSE },
		{ { TEXT("revoked"), INTEGER(5), NOTHING }, { TEXT("revoked"), INTEGER(6), NOTHING },
		    VOUCH_EPARSE },
		{ { TEXT("revoked"), INTEGER(5), NOTHING }, { TEXT("revoked"), INTEGER(5), INTEGER(1) },
		    VOUCH_EPARSE },
		{ { TEXT("good"), NOTHING, NOTHING }, { TEXT("unknown"), NOTHING, NOTHING }, VOUCH_EPARSE },
	};
	struct query_columns columns = columns_of(names);

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct query_answer answer;
		vouch_err err = { 0 };
		query_answer_begin(&answer);
		assert_int_equal(query_answer_row(&answer, &columns, table[i].first, &err), VOUCH_OK);
		assert_int_equal(query_answer_row(&answer, &columns, table[i].second, &err), table[i].code);
		assert_int_equal(strstr(err.msg, "contradict") != NULL, table[i].code != VOUCH_OK);
	}
}

static void
no_row_is_not_found(void **state)
{
	struct query_answer answer;
	vouch_status s;

	(void)state;
	query_answer_begin(&answer);
	assert_int_equal(query_answer_end(&answer, &s), VOUCH_ENOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_one_of_few_words_and_nothing_else_is_good),
		cmocka_unit_test(a_revocation_has_a_moment_or_is_an_error),
		cmocka_unit_test(milliseconds_are_called_so),
		cmocka_unit_test(reasons_are_numbers_or_names_of_rfc_5280),
		cmocka_unit_test(what_is_not_revoked_has_nothing_of_a_revocation),
		cmocka_unit_test(a_hold_has_that_reason_and_no_other),
		cmocka_unit_test(a_hash_is_octets_or_digits),
		cmocka_unit_test(every_time_has_its_column),
		cmocka_unit_test(rows_must_not_contradict_each_other),
		cmocka_unit_test(no_row_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
