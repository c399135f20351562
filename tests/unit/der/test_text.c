/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of dotted OBJECT IDENTIFIERs and of Names as text (RFC 4514). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hex.h"
#include "der/oid.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *hex, *text;
} oids[] = {
	{ "00", "0.0" },
	{ "27", "0.39" },
	{ "28", "1.0" },
	{ "4f", "1.39" },
	{ "50", "2.0" },
	{ "8837", "2.999" },
	{ "2b060105050730010"
	  "2",
	    "1.3.6.1.5.5.7.48.1.2" },
	{ "608648016503040201", "2.16.840.1.101.3.4.2.1" },
	{ "2a81ffffffffffffffff7f", "1.2.18446744073709551615" },
	{ "2a82808080808080808000", "#2a82808080808080808000" },
};

static void
oids_are_shown_with_dots_or_when_an_arc_is_huge_as_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(oids); i++) {
		vouch_buf oid = { 0 }, text = { 0 };
		vouch_err err;
		assert_int_equal(hex_decode(&oid, span_string(oids[i].hex), &err), VOUCH_OK);
		assert_int_equal(der_oid_text(&text, span_buf(&oid)), VOUCH_OK);
		assert_true(span_equal(span_buf(&text), span_string(oids[i].text)));
		vouch_buf_free(&oid);
		vouch_buf_free(&text);
	}
}

static void
an_oid_that_breaks_off_is_none(void **state)
{
	vouch_buf text = { 0 };

	(void)state;
	assert_int_equal(der_oid_text(&text, SPAN_LITERAL("\x2a\x86")), VOUCH_EPARSE);
	assert_int_equal(der_oid_text(&text, span_of(NULL, 0)), VOUCH_EPARSE);
	assert_int_equal(text.len, 0);
	vouch_buf_free(&text);
}

/* RFC 4514 4 has the like of most of these. */
static const struct {
	const char *what, *hex, *text;
} names[] = {
	{ "empty", "3000", "" },
	{ "order is turned round",
	    "301f310b3009060355040613024445"
	    "3110300e06035504030c0754657374204341",
	    "CN=Test CA,C=DE" },
	{ "several in one",
	    "301b3119300806035504030c0161300d060355040b13064e6f62"
	    "6f6479",
	    "CN=a+OU=Nobody" },
	{ "special characters",
	    "3019311730150603550403"
	    "0c0e222b2c3b3c3e5c233d2061622020",
	    "CN=\\\"\\+\\,\\;\\<\\>\\\\#= ab \\ " },
	{ "number sign and blanks at the ends",
	    "300f310d300b06035504030c042378"
	    "2020",
	    "CN=\\#x \\ " },
	{ "one blank", "300c310a300806035504030c0120", "CN=\\ " },
	{ "control characters", "300f310d300b06035504030c041b5b7f0a", "CN=\\1B[\\7F\\0A" },
	{ "control characters of the second kind", "300d310b300906035504030c02c29b", "CN=\\C2\\9B" },
	{ "UTF-8", "300f310d300b06035504030c04c3a4e282", "CN=#0c04c3a4e282" },
	{ "UTF-8 that is good", "3010310e300c06035504030c05c3a4e282ac", "CN=\xc3\xa4\xe2\x82\xac" },
	{ "UTF-8 too long", "300d310b300906035504030c02c0af", "CN=#0c02c0af" },
	{ "UTF-8 of a surrogate", "300e310c300a06035504030c03eda080", "CN=#0c03eda080" },
	{ "Latin-1",
	    "300c310a30080603550403"
	    "1401e4",
	    "CN=\xc3\xa4" },
	{ "BMPString",
	    "300d310b30090603550403"
	    "1e0220ac",
	    "CN=\xe2\x82\xac" },
	{ "BMPString of odd length",
	    "300e310c300a0603550403"
	    "1e0320ac20",
	    "CN=#1e0320ac20" },
	{ "UniversalString",
	    "300f310d300b0603550403"
	    "1c040001f600",
	    "CN=\xf0\x9f\x98\x80" },
	{ "no string", "300b3109300706035504030500", "CN=#0500" },
	{ "unknown type", "300b3109300706022a030c0161", "1.2.3=a" },
	{ "DC and UID",
	    "302e"
	    "31153013060a0992268993f22c6401190c0565782e6f72"
	    "31153013060a0992268993f22c6401010c05757365723a",
	    "UID=user:,DC=ex.or" },
};

static void
names_are_shown_as_rfc_4514_has_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		vouch_buf name = { 0 }, text = { 0 };
		vouch_err err;
		assert_int_equal(hex_decode(&name, span_string(names[i].hex), &err), VOUCH_OK);
		int code = vouch_name_format(&text, span_buf(&name));
		if (code != VOUCH_OK || !span_equal(span_buf(&text), span_string(names[i].text)))
			fail_msg("%s: %d, %.*s", names[i].what, code, (int)text.len, (const char *)text.data);
		for (size_t n = 0; n < name.len; n++) {
			size_t before = text.len;
			assert_int_equal(vouch_name_format(&text, span_of(name.data, n)), VOUCH_EPARSE);
			assert_int_equal(text.len, before);
		}
		vouch_buf_free(&name);
		vouch_buf_free(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oids_are_shown_with_dots_or_when_an_arc_is_huge_as_octets),
		cmocka_unit_test(an_oid_that_breaks_off_is_none),
		cmocka_unit_test(names_are_shown_as_rfc_4514_has_it),
	};

	return cmocka_run_group_tests_name("der_text", tests, NULL, NULL);
}
