/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the DER writer: what it writes is what the reader reads, at every size of length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/date.h"
#include "der/reader.h"
#include "der/writer.h"

static void
every_value_has_its_octets(void **state)
{
	static const uint8_t expected[] = { 0x30, 0x3d, 0x02, 0x01, 0x00, 0x02, 0x01, 0x7f, 0x02, 0x02, 0x00,
		0x80, 0x02, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff, 0x02, 0x02, 0x80, 0x00, 0x0a, 0x01, 0x06,
		0x01, 0x01, 0xff, 0x01, 0x01, 0x00, 0x05, 0x00, 0x06, 0x02, 0x2a, 0x03, 0x03, 0x03, 0x00,
		0xab, 0xcd, 0x04, 0x01, 'x', 0x18, 15, '1', '9', '7', '0', '0', '1', '0', '1', '0', '0', '0',
		'0', '0', '0', 'Z' };
	vouch_buf out = { 0 };
	vouch_err err;
	struct der_writer w = der_writer_init(&out);

	(void)state;
	size_t seq = der_begin(&w, DER_SEQUENCE);
	der_put_small(&w, 0);
	der_put_small(&w, 127);
	der_put_small(&w, 128);
	der_put_small(&w, UINT32_MAX);
	der_put_integer(&w, SPAN_LITERAL("\x80\x00"));
	der_put_enumerated(&w, 6);
	der_put_boolean(&w, true);
	der_put_boolean(&w, false);
	der_put_null(&w);
	der_put_oid(&w, SPAN_LITERAL("\x2a\x03"));
	der_put_bit_string(&w, SPAN_LITERAL("\xab\xcd"));
	der_put_raw(&w, SPAN_LITERAL("\x04\x01x"));
	der_put_generalized_time(&w, 0);
	der_end(&w, seq);
	assert_int_equal(der_writer_finish(&w, &err), VOUCH_OK);
	assert_true(span_equal(span_buf(&out), SPAN_ARRAY(expected)));
	vouch_buf_free(&out);
}

static void
lengths_of_every_size_are_filled_in_and_read_again(void **state)
{
	static const size_t sizes[] = { 0, 1, 121, 122, 123, 124, 125, 126, 127, 128, 129, 250, 251, 252, 253,
		254, 255, 256, 257, 65529, 65530, 65531, 65532, 65535, 65536, 100000, 0xffffff, 0x1000000 };
	uint8_t *octets = calloc(1, 0x1000000);

	(void)state;
	assert_non_null(octets);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		vouch_buf out = { 0 };
		vouch_err err = { 0 };
		assert_int_equal(buf_append_string(&out, "before"), VOUCH_OK);
		struct der_writer w = der_writer_init(&out);
		size_t outer = der_begin(&w, DER_SEQUENCE), inner = der_begin(&w, DER_CONTEXT(1));
		der_put(&w, DER_OCTET_STRING, span_of(octets, sizes[i]));
		der_end(&w, inner);
		der_put_null(&w);
		der_end(&w, outer);
		assert_int_equal(der_writer_finish(&w, &err), VOUCH_OK);

		struct der_reader r = der_reader_init(span_of(out.data + 6, out.len - 6), &err);
		struct der_reader seq = der_enter(&r, DER_SEQUENCE), tagged = der_enter(&seq, DER_CONTEXT(1));
		assert_true(der_read(&tagged, DER_OCTET_STRING).len == sizes[i]);
		der_leave(&tagged);
		der_null(&seq);
		der_leave(&seq);
		assert_int_equal(der_finish(&r), VOUCH_OK);
		vouch_buf_free(&out);
	}
	free(octets);
}

static void
a_failure_sticks_and_takes_everything_back(void **state)
{
	vouch_buf out = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(buf_append_string(&out, "kept"), VOUCH_OK);
	struct der_writer w = der_writer_init(&out);
	size_t seq = der_begin(&w, DER_SEQUENCE);
	der_put_generalized_time(&w, VOUCH_TIME_ABSENT);
	der_put_integer(&w, span_of(NULL, 0));
	der_put_null(&w);
	der_end(&w, seq);
	assert_int_equal(der_writer_finish(&w, &err), VOUCH_EINVAL);
	assert_string_equal(err.msg, "a time is absent or not in years 1 to 9999");
	assert_true(span_equal(span_buf(&out), SPAN_LITERAL("kept")));
	vouch_buf_free(&out);
}

static void
an_integer_needs_content(void **state)
{
	vouch_buf out = { 0 };
	vouch_err err;
	struct der_writer w = der_writer_init(&out);

	(void)state;
	der_put_integer(&w, span_of(NULL, 0));
	assert_int_equal(der_writer_finish(&w, &err), VOUCH_EINVAL);
	vouch_buf_free(&out);
}

static void
more_octets_than_there_can_be_are_refused(void **state)
{
	static const uint8_t one[1] = { 0 };
	vouch_buf out = { 0 };
	vouch_err err;
	struct der_writer w = der_writer_init(&out);

	(void)state;
	der_put(&w, DER_OCTET_STRING, span_of(one, (size_t)UINT32_MAX + 1));
	assert_int_equal(der_writer_finish(&w, &err), VOUCH_ELIMIT);
	w = der_writer_init(&out);
	der_put_raw(&w, span_of(one, SIZE_MAX - 1));
	assert_int_equal(der_writer_finish(&w, &err), VOUCH_ENOMEM);
	assert_int_equal(out.len, 0);
	vouch_buf_free(&out);
}

static void
times_of_all_centuries_go_out_and_come_back(void **state)
{
	(void)state;
	for (vouch_time t = DATE_FIRST; t <= DATE_LAST; t += 86400 * INT64_C(97) + 4711) {
		vouch_buf out = { 0 };
		vouch_err err = { 0 };
		struct der_writer w = der_writer_init(&out);
		der_put_generalized_time(&w, t);
		assert_int_equal(der_writer_finish(&w, &err), VOUCH_OK);
		struct der_reader r = der_reader_init(span_buf(&out), &err);
		assert_true(der_generalized_time(&r) == t);
		assert_int_equal(der_finish(&r), VOUCH_OK);
		vouch_buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_its_octets),
		cmocka_unit_test(lengths_of_every_size_are_filled_in_and_read_again),
		cmocka_unit_test(a_failure_sticks_and_takes_everything_back),
		cmocka_unit_test(an_integer_needs_content),
		cmocka_unit_test(more_octets_than_there_can_be_are_refused),
		cmocka_unit_test(times_of_all_centuries_go_out_and_come_back),
	};

	return cmocka_run_group_tests_name("der_writer", tests, NULL, NULL);
}
