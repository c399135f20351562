/* SPDX-License-Identifier: Apache-2.0 */
/* One element replaced, with the lengths around it; lengths that are BER. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/hex.h"
#include "mock/length.h"
#include "mock/splice.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static vouch_buf
octets_of(const char *text)
{
	vouch_buf out = { 0 };
	vouch_err err = { 0 };

	assert_int_equal(hex_decode(&out, span_string(text), &err), VOUCH_OK);
	return out;
}

static void
expect_octets(const vouch_buf *got, const char *wanted)
{
	vouch_buf text = { 0 };

	assert_int_equal(hex_encode(&text, span_buf(got)), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&text, "", 1), VOUCH_OK);
	assert_string_equal((const char *)text.data, wanted);
	vouch_buf_free(&text);
}

/* SEQUENCE { INTEGER 1, OCTET STRING { SEQUENCE { NULL } }, [0] { BOOLEAN } } */
#define SAMPLE "300e020101040430020500a0030101ff"

static const struct {
	const char *what;
	struct mock_path path;
	const char *octets, *wanted;
} splices[] = {
	{ "the outermost element", { { 0 }, 0 }, "0500", "0500" },
	{ "the first element", { { 0 }, 1 }, "02020100", "300f02020100040430020500a0030101ff" },
	{ "inside an OCTET STRING", { { 1, 0, 0 }, 3 }, "0101ff", "300f020101040530030101ffa0030101ff" },
	{ "inside an explicit tag", { { 2, 0 }, 2 }, "0500", "300d020101040430020500a0020500" },
	{ "nothing in its place", { { 1 }, 1 }, "", "3008020101a0030101ff" },
	{ "two in its place", { { 0 }, 1 }, "05000500", "300f05000500040430020500a0030101ff" },
	{ "what is no DER", { { 2 }, 1 }, "ff", "300a020101040430020500ff" },
};

static void
an_element_is_replaced_and_the_lengths_around_it_are_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(splices); i++) {
		vouch_err err = { 0 };
		vouch_buf der = octets_of(SAMPLE), octets = octets_of(splices[i].octets);

		print_message("%s\n", splices[i].what);
		assert_int_equal(mock_splice(&der, &splices[i].path, span_buf(&octets), &err), VOUCH_OK);
		expect_octets(&der, splices[i].wanted);
		vouch_buf_free(&der);
		vouch_buf_free(&octets);
	}
}

static void
lengths_grow_over_the_limit_of_one_octet(void **state)
{
	uint8_t long_one[300] = { 0x04, 0x82, 0x01, 0x28 };
	const struct mock_path first = { { 0 }, 1 };
	vouch_err err = { 0 };
	vouch_buf der = octets_of(SAMPLE);

	(void)state;
	assert_int_equal(mock_splice(&der, &first, SPAN_ARRAY(long_one), &err), VOUCH_OK);
	assert_int_equal(der.len, 4 + 300 + 6 + 5);
	assert_memory_equal(der.data, "\x30\x82\x01\x37\x04\x82\x01\x28", 8);
	const struct mock_path last = { { 2, 0 }, 2 };
	vouch_span element;
	assert_int_equal(mock_splice_find(span_buf(&der), &last, &element), VOUCH_OK);
	assert_memory_equal(element.data, "\x01\x01\xff", 3);
	vouch_buf_free(&der);
}

static void
a_place_that_is_not_there_changes_nothing(void **state)
{
	static const struct mock_path paths[] = { { { 3 }, 1 }, { { 0, 0 }, 2 }, { { 2, 1 }, 2 },
		{ { 1, 0, 0, 0 }, 4 } };

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		vouch_err err = { 0 };
		vouch_buf der = octets_of(SAMPLE);

		assert_int_equal(mock_splice(&der, &paths[i], SPAN_LITERAL("\x05\x00"), &err),
		    VOUCH_ENOTFOUND);
		expect_octets(&der, SAMPLE);
		vouch_buf_free(&der);
	}
}

static void
every_truncation_is_no_place_at_all(void **state)
{
	const struct mock_path deep = { { 1, 0, 0 }, 3 };
	vouch_buf der = octets_of(SAMPLE);
	vouch_span element;

	(void)state;
	for (size_t len = 0; len < der.len; len++)
		assert_int_equal(mock_splice_find(span_of(der.data, len), &deep, &element), VOUCH_ENOTFOUND);
	vouch_buf_free(&der);
}

static void
one_length_octet_more_than_are_needed(void **state)
{
	static const struct {
		const char *der, *padded, *indefinite;
	} rows[] = {
		{ "0500", "058100", "05800000" },
		{ "020101", "02810101", "0280010000" },
	};
	vouch_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_buf der = octets_of(rows[i].der);

		assert_int_equal(mock_length_pad(&der, &err), VOUCH_OK);
		expect_octets(&der, rows[i].padded);
		vouch_buf_free(&der);
		der = octets_of(rows[i].der);
		assert_int_equal(mock_length_indefinite(&der, &err), VOUCH_OK);
		expect_octets(&der, rows[i].indefinite);
		vouch_buf_free(&der);
	}
}

static void
a_long_length_is_padded_too(void **state)
{
	vouch_err err = { 0 };
	vouch_buf der = { 0 };
	uint8_t content[200] = { 0 };

	(void)state;
	assert_int_equal(buf_append_span(&der, SPAN_LITERAL("\x04\x81\xc8")), VOUCH_OK);
	assert_int_equal(buf_append_span(&der, SPAN_ARRAY(content)), VOUCH_OK);
	assert_int_equal(mock_length_pad(&der, &err), VOUCH_OK);
	assert_int_equal(der.len, 204);
	assert_memory_equal(der.data, "\x04\x82\x00\xc8", 4);
	vouch_buf_free(&der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_element_is_replaced_and_the_lengths_around_it_are_right),
		cmocka_unit_test(lengths_grow_over_the_limit_of_one_octet),
		cmocka_unit_test(a_place_that_is_not_there_changes_nothing),
		cmocka_unit_test(every_truncation_is_no_place_at_all),
		cmocka_unit_test(one_length_octet_more_than_are_needed),
		cmocka_unit_test(a_long_length_is_padded_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
