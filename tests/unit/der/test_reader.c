/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the DER reader: strict, sticky, and sure of the place where the octets stop making sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/date.h"
#include "der/reader.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each reads one value, as the tables below want it. */
typedef void reading(struct der_reader *r);

static void
step_over(struct der_reader *r)
{
	der_skip(r);
}

static void
enter_twice(struct der_reader *r)
{
	struct der_reader outer = der_enter(r, DER_SEQUENCE);
	struct der_reader inner = der_enter(&outer, DER_SEQUENCE);

	der_null(&inner);
	der_leave(&inner);
	der_leave(&outer);
}

static void
read_octets(struct der_reader *r)
{
	(void)der_read(r, DER_OCTET_STRING);
}

static void
read_integer(struct der_reader *r)
{
	(void)der_integer(r);
}

static void
read_unsigned(struct der_reader *r)
{
	(void)der_unsigned(r);
}

static void
read_small(struct der_reader *r)
{
	(void)der_small(r, 1000);
}

static void
read_boolean(struct der_reader *r)
{
	(void)der_boolean(r);
}

static void
read_oid(struct der_reader *r)
{
	(void)der_oid(r);
}

static void
read_bits(struct der_reader *r)
{
	unsigned unused;

	(void)der_bit_string(r, &unused);
}

static void
read_whole_bits(struct der_reader *r)
{
	(void)der_bit_string(r, NULL);
}

static void
read_time(struct der_reader *r)
{
	(void)der_time(r);
}

static void
read_algorithm(struct der_reader *r)
{
	(void)der_algorithm_identifier(r);
}

/* One row is one way in which octets fail to be DER, or to be what belongs here; offset says where it was noticed. */
static const struct {
	const char *what;
	reading *read;
	size_t len, offset;
	uint8_t der[24];
} bad[] = {
	{ "empty", step_over, 0, 0, { 0 } },
	{ "lonely tag", step_over, 1, 0, { 0x30 } },
	{ "indefinite length", step_over, 4, 0, { 0x30, 0x80, 0x00, 0x00 } },
	{ "reserved length", step_over, 2, 0, { 0x30, 0xff } },
	{ "length in five octets", step_over, 9, 0,
	    { 0x30, 0x85, 0x01, 0x00, 0x00, 0x00, 0x02, 0x05, 0x00 } },
	{ "length of 2^32 - 1", step_over, 8, 0, { 0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 0x02, 0x05 } },
	{ "length with a leading zero", step_over, 6, 0, { 0x04, 0x82, 0x00, 0x02, 0x05, 0x00 } },
	{ "long length below 128", step_over, 4, 0, { 0x04, 0x81, 0x01, 0x00 } },
	{ "octets end within a length", step_over, 3, 0, { 0x04, 0x82, 0x01 } },
	{ "length past the end", step_over, 3, 0, { 0x30, 0x05, 0x30 } },
	{ "high tag number", step_over, 4, 0, { 0x1f, 0x02, 0x00, 0x00 } },
	{ "high context tag number", step_over, 4, 0, { 0xbf, 0x02, 0x00, 0x00 } },
	{ "inner length past outer", enter_twice, 6, 2, { 0x30, 0x02, 0x30, 0x02, 0x05, 0x00 } },
	{ "inner tag wrong", enter_twice, 6, 2, { 0x30, 0x04, 0x31, 0x02, 0x05, 0x00 } },
	{ "innermost missing", enter_twice, 4, 4, { 0x30, 0x02, 0x30, 0x00 } },
	{ "innermost wrong", enter_twice, 6, 4, { 0x30, 0x04, 0x30, 0x02, 0x04, 0x00 } },
	{ "too much inside", enter_twice, 8, 6, { 0x30, 0x06, 0x30, 0x04, 0x05, 0x00, 0x05, 0x00 } },
	{ "too much in between", enter_twice, 8, 6, { 0x30, 0x06, 0x30, 0x02, 0x05, 0x00, 0x05, 0x00 } },
	{ "too much behind", enter_twice, 7, 6, { 0x30, 0x04, 0x30, 0x02, 0x05, 0x00, 0x00 } },
	{ "NULL with content", enter_twice, 7, 4, { 0x30, 0x05, 0x30, 0x03, 0x05, 0x01, 0x00 } },
	{ "constructed OCTET STRING", read_octets, 4, 0, { 0x24, 0x02, 0x04, 0x00 } },
	{ "INTEGER without content", read_integer, 2, 0, { 0x02, 0x00 } },
	{ "INTEGER with leading 00", read_integer, 4, 0, { 0x02, 0x02, 0x00, 0x7f } },
	{ "INTEGER with leading ff", read_integer, 4, 0, { 0x02, 0x02, 0xff, 0x80 } },
	{ "negative", read_unsigned, 3, 0, { 0x02, 0x01, 0x80 } },
	{ "small and negative", read_small, 3, 0, { 0x02, 0x01, 0xff } },
	{ "small above its limit", read_small, 4, 0, { 0x02, 0x02, 0x03, 0xe9 } },
	{ "small of five octets", read_small, 7, 0, { 0x02, 0x05, 0x01, 0x00, 0x00, 0x00, 0x05 } },
	{ "small of nine octets", read_small, 11, 0, { 0x02, 0x09, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x05 } },
	{ "BOOLEAN 01", read_boolean, 3, 0, { 0x01, 0x01, 0x01 } },
	{ "BOOLEAN without content", read_boolean, 2, 0, { 0x01, 0x00 } },
	{ "BOOLEAN of two octets", read_boolean, 4, 0, { 0x01, 0x02, 0xff, 0xff } },
	{ "OID without content", read_oid, 2, 0, { 0x06, 0x00 } },
	{ "OID ends within an arc", read_oid, 4, 0, { 0x06, 0x02, 0x2a, 0x86 } },
	{ "OID arc with a leading 80", read_oid, 5, 0, { 0x06, 0x03, 0x2a, 0x80, 0x01 } },
	{ "OID begins with 80", read_oid, 4, 0, { 0x06, 0x02, 0x80, 0x01 } },
	{ "BIT STRING without content", read_bits, 2, 0, { 0x03, 0x00 } },
	{ "eight unused bits", read_bits, 4, 0, { 0x03, 0x02, 0x08, 0x00 } },
	{ "unused bits of nothing", read_bits, 3, 0, { 0x03, 0x01, 0x01 } },
	{ "unused bit that is one", read_bits, 4, 0, { 0x03, 0x02, 0x02, 0x02 } },
	{ "unused bits where none may be", read_whole_bits, 4, 0, { 0x03, 0x02, 0x01, 0x02 } },
	{ "GeneralizedTime without seconds", read_time, 15, 0,
	    { 0x18, 13, '2', '0', '2', '6', '1', '1', '2', '2', '1', '0', '0', '0', 'Z' } },
	{ "GeneralizedTime without Z", read_time, 17, 0,
	    { 0x18, 15, '2', '0', '2', '6', '1', '1', '2', '2', '1', '0', '0', '0', '0', '0', '0' } },
	{ "GeneralizedTime with a fraction", read_time, 19, 0,
	    { 0x18, 17, '2', '0', '2', '6', '1', '1', '2', '2', '1', '0', '0', '0', '0', '0', '.', '5',
		'Z' } },
	{ "GeneralizedTime with an offset", read_time, 21, 0,
	    { 0x18, 19, '2', '0', '2', '6', '1', '1', '2', '2', '1', '0', '0', '0', '0', '0', '+', '0', '1',
		'0', '0' } },
	{ "GeneralizedTime of 30 February", read_time, 17, 0,
	    { 0x18, 15, '2', '0', '2', '6', '0', '2', '3', '0', '1', '0', '0', '0', '0', '0', 'Z' } },
	{ "GeneralizedTime with a sign", read_time, 17, 0,
	    { 0x18, 15, '2', '0', '2', '6', '-', '1', '2', '2', '1', '0', '0', '0', '0', '0', 'Z' } },
	{ "UTCTime without seconds", read_time, 13, 0,
	    { 0x17, 11, '2', '6', '1', '1', '2', '2', '1', '0', '0', '0', 'Z' } },
	{ "UTCTime of hour 24", read_time, 15, 0,
	    { 0x17, 13, '2', '6', '1', '1', '2', '2', '2', '4', '0', '0', '0', '0', 'Z' } },
	{ "algorithm without OID", read_algorithm, 2, 2, { 0x30, 0x00 } },
	{ "algorithm with too much", read_algorithm, 9, 7,
	    { 0x30, 0x07, 0x06, 0x01, 0x2a, 0x05, 0x00, 0x05, 0x00 } },
};

static void
what_is_not_der_is_refused_where_it_breaks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		vouch_err err = { 0 };
		struct der_reader r = der_reader_init(span_of(bad[i].der, bad[i].len), &err);
		bad[i].read(&r);
		if (der_finish(&r) != VOUCH_EPARSE || err.offset != bad[i].offset)
			fail_msg("%s: %d at %zu (%s)", bad[i].what, err.code, err.offset, err.msg);
	}
}

static const struct {
	const char *what;
	reading *read;
	size_t len;
	uint8_t der[24];
} good[] = {
	{ "nested", enter_twice, 6, { 0x30, 0x04, 0x30, 0x02, 0x05, 0x00 } },
	{ "empty octets", read_octets, 2, { 0x04, 0x00 } },
	{ "zero", read_integer, 3, { 0x02, 0x01, 0x00 } },
	{ "minus one", read_integer, 3, { 0x02, 0x01, 0xff } },
	{ "128", read_unsigned, 4, { 0x02, 0x02, 0x00, 0x80 } },
	{ "minus 129", read_integer, 4, { 0x02, 0x02, 0xff, 0x7f } },
	{ "small at its limit", read_small, 4, { 0x02, 0x02, 0x03, 0xe8 } },
	{ "FALSE", read_boolean, 3, { 0x01, 0x01, 0x00 } },
	{ "TRUE", read_boolean, 3, { 0x01, 0x01, 0xff } },
	{ "OID", read_oid, 5, { 0x06, 0x03, 0x2a, 0x86, 0x48 } },
	{ "OID with 80 inside an arc", read_oid, 5, { 0x06, 0x03, 0x81, 0x80, 0x01 } },
	{ "no bits", read_bits, 3, { 0x03, 0x01, 0x00 } },
	{ "seven bits", read_bits, 4, { 0x03, 0x02, 0x01, 0xfe } },
	{ "eight bits", read_whole_bits, 4, { 0x03, 0x02, 0x00, 0xff } },
	{ "GeneralizedTime", read_time, 17,
	    { 0x18, 15, '9', '9', '9', '9', '1', '2', '3', '1', '2', '3', '5', '9', '5', '9', 'Z' } },
	{ "UTCTime", read_time, 15,
	    { 0x17, 13, '2', '6', '1', '1', '2', '2', '1', '0', '0', '0', '0', '0', 'Z' } },
	{ "algorithm", read_algorithm, 7, { 0x30, 0x05, 0x06, 0x01, 0x2a, 0x05, 0x00 } },
};

static void
good_values_are_read_and_none_of_their_truncations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		for (size_t n = 0; n <= good[i].len; n++) {
			/* On the heap and exact, so that the sanitizer sees a read beyond the end. */
			uint8_t *copy = malloc(n + 1);
			assert_non_null(copy);
			memcpy(copy + 1, good[i].der, n);
			vouch_err err = { 0 };
			struct der_reader r = der_reader_init(span_of(copy + 1, n), &err);
			good[i].read(&r);
			if ((der_finish(&r) == VOUCH_OK) != (n == good[i].len))
				fail_msg("%s, %zu octets: %s", good[i].what, n, err.msg);
			free(copy);
		}
}

static void
the_first_failure_sticks_in_all_readers_of_a_message(void **state)
{
	static const uint8_t der[] = { 0x30, 0x08, 0x02, 0x01, 0x05, 0x04, 0x00, 0x02, 0x01, 0x07 };
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(SPAN_ARRAY(der), &err), seq = der_enter(&r, DER_SEQUENCE);

	(void)state;
	assert_int_equal(der_small(&seq, 9), 5);
	assert_int_equal(der_small(&seq, 9), 0); /* an OCTET STRING stands there */
	assert_int_equal(err.offset, 5);
	assert_false(der_more(&seq));
	assert_false(der_next_is(&seq, DER_OCTET_STRING));
	assert_int_equal(der_read(&seq, DER_OCTET_STRING).len, 0);
	assert_int_equal(der_fail(&r, VOUCH_EREFUSED, der, "later"), VOUCH_EPARSE);
	der_leave(&seq);
	assert_int_equal(der_finish(&r), VOUCH_EPARSE);
	assert_int_equal(err.offset, 5);
}

static void
an_earlier_failure_in_the_same_err_is_not_forgotten(void **state)
{
	static const uint8_t der[] = { 0x05, 0x00 };
	vouch_err err = { .code = VOUCH_EIO };
	struct der_reader r = der_reader_init(SPAN_ARRAY(der), &err);

	(void)state;
	der_null(&r);
	assert_int_equal(der_finish(&r), VOUCH_EIO);
}

static void
offsets_inside_an_octet_string_count_from_the_start_of_the_message(void **state)
{
	static const uint8_t der[] = { 0x04, 0x04, 0x30, 0x02, 0x05, 0x01 };
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(SPAN_ARRAY(der), &err);
	struct der_reader inside = der_inside(&r, der_read(&r, DER_OCTET_STRING));
	struct der_reader seq = der_enter(&inside, DER_SEQUENCE);

	(void)state;
	der_null(&seq);
	assert_int_equal(der_finish(&r), VOUCH_EPARSE);
	assert_int_equal(err.offset, 4);
}

static void
elements_are_yielded_whole_and_their_content_found_again(void **state)
{
	uint8_t der[3 + 200] = { 0x04, 0x81, 200, 0xaa };
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(SPAN_ARRAY(der), &err);
	vouch_span element = der_element(&r), content = der_content(element);

	(void)state;
	assert_int_equal(der_finish(&r), VOUCH_OK);
	assert_true(element.data == der && element.len == sizeof(der));
	assert_true(content.data == der + 3 && content.len == 200);
	assert_int_equal(der_content(span_of(NULL, 0)).len, 0);
}

/* X.690 10.1: all of the octets are there, so that nothing but the length's form is wrong. */
static void
a_length_with_a_leading_zero_is_refused_even_when_it_fits(void **state)
{
	uint8_t der[4 + 128] = { 0x04, 0x82, 0x00, 0x80 };
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(SPAN_ARRAY(der), &err);

	(void)state;
	der_skip(&r);
	assert_int_equal(der_finish(&r), VOUCH_EPARSE);
	assert_int_equal(err.offset, 0);
}

static void
values_are_what_was_encoded(void **state)
{
	static const uint8_t der[] = { 0x02, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff, 0x0a, 0x01, 0x06, 0x01, 0x01,
		0xff, 0x03, 0x02, 0x03, 0xf8, 0x18, 15, '1', '9', '7', '0', '0', '1', '0', '1', '0', '0', '0',
		'0', '0', '1', 'Z', 0x17, 13, '5', '0', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0', 'Z',
		0x17, 13, '4', '9', '1', '2', '3', '1', '2', '3', '5', '9', '5', '9', 'Z' };
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(SPAN_ARRAY(der), &err);
	unsigned unused = 0;

	(void)state;
	assert_true(der_small(&r, UINT32_MAX) == UINT32_MAX);
	assert_int_equal(der_enumerated(&r, 10), 6);
	assert_true(der_boolean(&r));
	assert_true(span_equal(der_bit_string(&r, &unused), SPAN_LITERAL("\xf8")));
	assert_int_equal(unused, 3);
	assert_true(der_time(&r) == 1);
	assert_true(der_time(&r) == date_parse_rfc3339(SPAN_LITERAL("1950-01-01T00:00:00Z")));
	assert_true(der_time(&r) == date_parse_rfc3339(SPAN_LITERAL("2049-12-31T23:59:59Z")));
	assert_int_equal(der_finish(&r), VOUCH_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_der_is_refused_where_it_breaks),
		cmocka_unit_test(good_values_are_read_and_none_of_their_truncations),
		cmocka_unit_test(the_first_failure_sticks_in_all_readers_of_a_message),
		cmocka_unit_test(an_earlier_failure_in_the_same_err_is_not_forgotten),
		cmocka_unit_test(offsets_inside_an_octet_string_count_from_the_start_of_the_message),
		cmocka_unit_test(elements_are_yielded_whole_and_their_content_found_again),
		cmocka_unit_test(a_length_with_a_leading_zero_is_refused_even_when_it_fits),
		cmocka_unit_test(values_are_what_was_encoded),
	};

	return cmocka_run_group_tests_name("der_reader", tests, NULL, NULL);
}
