/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of hexadecimal text, decimal numbers, serial numbers, reasons, statuses, buffers and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/number.h"

/* One row is one serial number: what people write, its DER content, and what we write. */
static const struct {
	const char *text, *content, *formatted;
} serials[] = {
	{ "0", "00", "0" },
	{ "00", "00", "0" },
	{ "-0", "00", "0" },
	{ "1", "01", "1" },
	{ "7f", "7f", "7F" },
	{ "80", "0080", "80" },
	{ "0x80", "0080", "80" },
	{ "0X0080", "0080", "80" },
	{ "1AAF00D", "01aaf00d", "1AAF00D" },
	{ "01aaf00d", "01aaf00d", "1AAF00D" },
	{ "0x01AAF00D", "01aaf00d", "1AAF00D" },
	{ "01:AA:F0:0D", "01aaf00d", "1AAF00D" },
	{ "1:aa:f0:0d", "01aaf00d", "1AAF00D" },
	{ "01 aa f0 0d", "01aaf00d", "1AAF00D" },
	{ "01aa:f00d", "01aaf00d", "1AAF00D" },
	{ "fefefefefefefefefefefefefefefefefefefefe", "00fefefefefefefefefefefefefefefefefefefefe",
	    "FEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFE" },
	{ "-1", "ff", "-1" },
	{ "-66", "9a", "-66" },
	{ "-80", "80", "-80" },
	{ "-81", "ff7f", "-81" },
	{ "-100", "ff00", "-100" },
	{ "-0x8000", "8000", "-8000" },
	{ "-00:80", "80", "-80" },
};

static void
serial_numbers_are_read_as_people_write_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
		vouch_buf content = { 0 }, expected = { 0 }, text = { 0 };
		vouch_err err;
		assert_int_equal(hex_decode(&expected, span_string(serials[i].content), &err), VOUCH_OK);
		assert_int_equal(vouch_serial_parse(&content, serials[i].text, NULL), VOUCH_OK);
		assert_true(span_equal(span_buf(&content), span_buf(&expected)));
		assert_int_equal(vouch_serial_format(&text, span_buf(&content)), VOUCH_OK);
		assert_true(span_equal(span_buf(&text), span_string(serials[i].formatted)));
		vouch_buf_free(&content);
		vouch_buf_free(&expected);
		vouch_buf_free(&text);
	}
}

static const struct {
	const char *text;
	size_t offset;
} bad_serials[] = {
	{ "", 0 },
	{ "-", 1 },
	{ "0x", 2 },
	{ "-0x", 3 },
	{ "--1", 1 },
	{ "x1", 0 },
	{ "0xg", 2 },
	{ "12 ", 3 },
	{ " 12", 0 },
	{ ":12", 0 },
	{ "12:", 3 },
	{ "12::34", 3 },
	{ "12:3", 4 },
	{ "12:345:67", 6 },
	{ "12\n", 2 },
	{ "1.5", 1 },
};

static void
what_is_no_serial_number_is_refused_where_it_breaks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_serials) / sizeof(bad_serials[0]); i++) {
		vouch_buf out = { 0 };
		vouch_err err;
		assert_int_equal(vouch_serial_parse(&out, bad_serials[i].text, &err), VOUCH_EPARSE);
		assert_int_equal(err.offset, bad_serials[i].offset);
		assert_int_equal(out.len, 0);
		vouch_buf_free(&out);
	}
}

static void
a_serial_number_has_1024_octets_at_most(void **state)
{
	char text[2 * 1024 + 2];
	vouch_buf out = { 0 };
	vouch_err err;

	(void)state;
	memset(text, 'f', sizeof(text));
	text[2048] = '\0';
	assert_int_equal(vouch_serial_parse(&out, text, &err), VOUCH_OK);
	assert_int_equal(out.len, 1025);
	text[2048] = 'f';
	text[2049] = '\0';
	assert_int_equal(vouch_serial_parse(&out, text, &err), VOUCH_ELIMIT);
	assert_int_equal(out.len, 1025);
	vouch_buf_free(&out);
}

static void
a_serial_number_without_content_is_not_formatted(void **state)
{
	vouch_buf out = { 0 };

	(void)state;
	assert_int_equal(vouch_serial_format(&out, span_of("", 0)), VOUCH_EINVAL);
	assert_int_equal(out.len, 0);
}

static void
hexadecimal_goes_both_ways_and_odd_or_foreign_digits_do_not(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
	} bad[] = { { "a", 1 }, { "0g", 1 }, { "zz", 0 }, { "00 0", 2 }, { "0x00", 1 } };
	vouch_buf octets = { 0 }, text = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(hex_decode(&octets, SPAN_LITERAL("00fFA5"), &err), VOUCH_OK);
	assert_true(span_equal(span_buf(&octets), SPAN_LITERAL("\x00\xff\xa5")));
	assert_int_equal(hex_encode(&text, span_buf(&octets)), VOUCH_OK);
	assert_true(span_equal(span_buf(&text), SPAN_LITERAL("00ffa5")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(hex_decode(&octets, span_string(bad[i].text), &err), VOUCH_EPARSE);
		assert_int_equal(err.offset, bad[i].offset);
		assert_int_equal(octets.len, 3);
	}
	vouch_buf_free(&octets);
	vouch_buf_free(&text);
}

static const struct {
	const char *text;
	uint64_t max;
	bool good;
	uint64_t value;
} numbers[] = {
	{ "0", 0, true, 0 },
	{ "00042", 100, true, 42 },
	{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, false, 0 },
	{ "99999999999999999999", UINT64_MAX, false, 0 },
	{ "18446744073709551715", 1000, false, 0 },
	{ "000000000000000000001", 9, false, 0 },
	{ "101", 100, false, 0 },
	{ "", 9, false, 0 },
	{ "+1", 9, false, 0 },
	{ "-1", 9, false, 0 },
	{ "1x", 9, false, 0 },
	{ " 1", 9, false, 0 },
	{ "0x1", 9, false, 0 },
	{ "1.0", 9, false, 0 },
};

static void
numbers_are_digits_within_their_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t value = 0;
		assert_int_equal(number_parse(span_string(numbers[i].text), numbers[i].max, &value),
		    numbers[i].good);
		assert_true(value == numbers[i].value);
	}
}

/* RFC 5280 5.3.1. */
static void
reasons_have_the_names_of_rfc_5280_and_7_has_none(void **state)
{
	static const struct {
		uint8_t number; /* CRLReason */
		enum vouch_reason reason;
		const char *name;
	} rows[] = {
		{ 0, VOUCH_REASON_UNSPECIFIED, "unspecified" },
		{ 1, VOUCH_REASON_KEY_COMPROMISE, "keyCompromise" },
		{ 2, VOUCH_REASON_CA_COMPROMISE, "cACompromise" },
		{ 3, VOUCH_REASON_AFFILIATION_CHANGED, "affiliationChanged" },
		{ 4, VOUCH_REASON_SUPERSEDED, "superseded" },
		{ 5, VOUCH_REASON_CESSATION_OF_OPERATION, "cessationOfOperation" },
		{ 6, VOUCH_REASON_CERTIFICATE_HOLD, "certificateHold" },
		{ 8, VOUCH_REASON_REMOVE_FROM_CRL, "removeFromCRL" },
		{ 9, VOUCH_REASON_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn" },
		{ 10, VOUCH_REASON_AA_COMPROMISE, "aACompromise" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rows[i].reason, rows[i].number + 1);
		assert_string_equal(vouch_reason_name((uint8_t)rows[i].reason), rows[i].name);
		assert_int_equal(vouch_reason_parse(rows[i].name), rows[i].reason);
	}
	assert_null(vouch_reason_name(VOUCH_REASON_ABSENT));
	assert_null(vouch_reason_name(7 + 1));
	assert_null(vouch_reason_name(12));
	assert_null(vouch_reason_name(255));
	assert_int_equal(vouch_reason_parse("KeyCompromise"), 0);
	assert_int_equal(vouch_reason_parse(""), 0);
}

static void
a_cleared_status_knows_nothing(void **state)
{
	vouch_status status;

	(void)state;
	vouch_status_init(&status);
	assert_int_equal(vouch_buf_append(&status.detail, "x", 1), VOUCH_OK);
	status.cert_status = VOUCH_GOOD;
	status.this_update = 5;
	vouch_status_clear(&status);
	assert_int_equal(status.size, sizeof(status));
	assert_int_equal(status.cert_status, VOUCH_STATUS_UNSET);
	assert_true(status.this_update == VOUCH_TIME_ABSENT && status.next_update == VOUCH_TIME_ABSENT);
	assert_true(
	    status.revocation_time == VOUCH_TIME_ABSENT && status.invalidity_date == VOUCH_TIME_ABSENT);
	assert_true(status.not_after == VOUCH_TIME_ABSENT);
	assert_null(status.detail.data);
}

static void
buffers_grow_and_keep_what_they_hold(void **state)
{
	vouch_buf buf = { 0 };

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(buf_printf(&buf, "%03u ", i), VOUCH_OK);
	assert_int_equal(buf.len, 4000);
	assert_memory_equal(buf.data + 4 * 999, "999 ", 4);
	assert_int_equal(vouch_buf_append(&buf, NULL, 0), VOUCH_OK);
	assert_int_equal(buf_reserve(&buf, SIZE_MAX - 10), VOUCH_ENOMEM);
	assert_int_equal(buf.len, 4000);
	buf_clear(&buf);
	assert_int_equal(buf.len, 0);
	vouch_buf_free(&buf);
}

static void
errors_keep_their_place_and_take_a_prefix(void **state)
{
	vouch_err err, unread = { .code = VOUCH_EIO };

	(void)state;
	assert_ptr_equal(err_or(NULL, &unread), &unread);
	assert_int_equal(unread.code, VOUCH_OK);
	assert_int_equal(err_at(&err, VOUCH_EPARSE, 17, "octet %d", 5), VOUCH_EPARSE);
	assert_int_equal(err_prefix(&err, "%s", "ca.pem"), VOUCH_EPARSE);
	assert_string_equal(err.msg, "ca.pem: octet 5");
	assert_int_equal(err.offset, 17);
	assert_string_equal(err_name(VOUCH_ELIMIT), "over a limit");
	assert_string_equal(err_name(-99), "unknown error");
	assert_string_equal(err_name(1), "unknown error");
	assert_string_equal(vouch_version(), VOUCH_VERSION);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serial_numbers_are_read_as_people_write_them),
		cmocka_unit_test(what_is_no_serial_number_is_refused_where_it_breaks),
		cmocka_unit_test(a_serial_number_has_1024_octets_at_most),
		cmocka_unit_test(a_serial_number_without_content_is_not_formatted),
		cmocka_unit_test(hexadecimal_goes_both_ways_and_odd_or_foreign_digits_do_not),
		cmocka_unit_test(numbers_are_digits_within_their_limit),
		cmocka_unit_test(reasons_have_the_names_of_rfc_5280_and_7_has_none),
		cmocka_unit_test(a_cleared_status_knows_nothing),
		cmocka_unit_test(buffers_grow_and_keep_what_they_hold),
		cmocka_unit_test(errors_keep_their_place_and_take_a_prefix),
	};

	return cmocka_run_group_tests_name("base_text", tests, NULL, NULL);
}
