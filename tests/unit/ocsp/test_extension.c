/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the extensions that responders write, octet for octet, and of how they are found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/date.h"
#include "ocsp/extension.h"
#include "octets.h"

/* E-04: the octets of the request's extnValue, whatever they are; E-03: never critical. */
static void
a_nonce_is_echoed_octet_for_octet(void **state)
{
	vouch_buf out = { 0 };

	(void)state;
	assert_int_equal(ocsp_extension_nonce(&out, SPAN_LITERAL("\x04\x02\xab\xcd")), VOUCH_OK);
	assert_hex(span_buf(&out),
	    "301106092b06010505073001020404"
	    "0402abcd");
	buf_clear(&out);
	assert_int_equal(ocsp_extension_nonce(&out, SPAN_LITERAL("\xa5\xa5")), VOUCH_OK);
	assert_hex(span_buf(&out),
	    "300f06092b06010505073001020402"
	    "a5a5");
	vouch_buf_free(&out);
}

/* E-20 */
static void
extended_revoke_is_a_null_that_is_not_critical(void **state)
{
	vouch_buf out = { 0 };

	(void)state;
	assert_int_equal(ocsp_extension_extended_revoke(&out), VOUCH_OK);
	assert_hex(span_buf(&out), "300f06092b060105050730010904020500");
	vouch_buf_free(&out);
}

/* E-16, E-17 */
static void
times_are_written_and_found_again(void **state)
{
	vouch_buf out = { 0 };
	vouch_span value;
	vouch_time cutoff = date_parse_rfc3339(SPAN_LITERAL("2019-07-01T12:00:00Z"));

	(void)state;
	assert_int_equal(ocsp_extension_archive_cutoff(&out, cutoff), VOUCH_OK);
	assert_hex(span_buf(&out),
	    "301e06092b06010505073001060411"
	    "180f"
	    "32303139303730313132303030305a");
	assert_int_equal(ocsp_extension_invalidity_date(&out, 0), VOUCH_OK);
	assert_hex(span_of(out.data + 32, out.len - 32),
	    "30180603551d180411"
	    "180f"
	    "31393730303130313030303030305a");
	assert_true(ocsp_extension_find(span_buf(&out), ocsp_oid_archive_cutoff, &value));
	assert_true(ocsp_extension_time(value) == cutoff);
	assert_true(ocsp_extension_find(span_buf(&out), ocsp_oid_invalidity_date, &value));
	assert_true(ocsp_extension_time(value) == 0);
	assert_false(ocsp_extension_find(span_buf(&out), ocsp_oid_nonce, &value));
	vouch_buf_free(&out);
}

static void
a_time_that_is_none_is_not_written(void **state)
{
	vouch_buf out = { 0 };

	(void)state;
	assert_int_equal(buf_append_string(&out, "kept"), VOUCH_OK);
	assert_int_equal(ocsp_extension_archive_cutoff(&out, VOUCH_TIME_ABSENT), VOUCH_EINVAL);
	assert_int_equal(ocsp_extension_invalidity_date(&out, DATE_LAST + 1), VOUCH_EINVAL);
	assert_true(span_equal(span_buf(&out), SPAN_LITERAL("kept")));
	vouch_buf_free(&out);
}

static void
what_is_no_time_is_absent(void **state)
{
	(void)state;
	assert_true(ocsp_extension_time(span_of(NULL, 0)) == VOUCH_TIME_ABSENT);
	assert_true(ocsp_extension_time(SPAN_LITERAL("\x05\x00")) == VOUCH_TIME_ABSENT);
	assert_true(ocsp_extension_time(SPAN_LITERAL("\x18\x0f"
						     "20260101000000Z"
						     "\x05\x00")) == VOUCH_TIME_ABSENT);
	assert_true(ocsp_extension_time(SPAN_LITERAL("\x18\x0f"
						     "20260101000000Z")) != VOUCH_TIME_ABSENT);
}

static void
nothing_is_found_behind_what_is_no_extension(void **state)
{
	vouch_buf out = { 0 };
	vouch_span value;

	(void)state;
	assert_int_equal(buf_append_string(&out, "\x30\x02\x05"), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&out, "", 1), VOUCH_OK);
	assert_int_equal(ocsp_extension_extended_revoke(&out), VOUCH_OK);
	assert_false(ocsp_extension_find(span_buf(&out), ocsp_oid_extended_revoke, &value));
	assert_false(ocsp_extension_find(span_of(NULL, 0), ocsp_oid_extended_revoke, &value));
	vouch_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nonce_is_echoed_octet_for_octet),
		cmocka_unit_test(extended_revoke_is_a_null_that_is_not_critical),
		cmocka_unit_test(times_are_written_and_found_again),
		cmocka_unit_test(a_time_that_is_none_is_not_written),
		cmocka_unit_test(what_is_no_time_is_absent),
		cmocka_unit_test(nothing_is_found_behind_what_is_no_extension),
	};

	return cmocka_run_group_tests_name("ocsp_extension", tests, NULL, NULL);
}
