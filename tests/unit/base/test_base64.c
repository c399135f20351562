/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base64: RFC 4648 to the letter, and the liberties of, each alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"

/* RFC 4648 section 10. */
static const struct {
	const char *octets, *text;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

static void
the_vectors_of_rfc_4648_go_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		vouch_buf text = { 0 }, octets = { 0 };
		vouch_err err;
		assert_int_equal(base64_encode(&text, span_string(vectors[i].octets)), VOUCH_OK);
		assert_true(span_equal(span_buf(&text), span_string(vectors[i].text)));
		assert_int_equal(base64_decode_buf(&octets, span_buf(&text), 0, &err), VOUCH_OK);
		assert_true(span_equal(span_buf(&octets), span_string(vectors[i].octets)));
		vouch_buf_free(&text);
		vouch_buf_free(&octets);
	}
}

/* One row is one text; what it says with the flag, and where it fails without. */
static const struct {
	const char *what, *text;
	unsigned flag;
	const char *octets;
	size_t offset;
} liberties[] = {
	{ "base64url, minus", "-_8+", BASE64_URL_ALPHABET, "\xfb\xff\x3e", 0 },
	{ "base64url, underscore", "+/_/", BASE64_URL_ALPHABET, "\xfb\xff\xff", 2 },
	{ "two '=' missing", "Zg", BASE64_NO_PADDING, "f", 2 },
	{ "one '=' missing", "Zm8", BASE64_NO_PADDING, "fo", 3 },
	{ "one of two '=' missing", "Zg=", BASE64_NO_PADDING, "f", 3 },
	{ "CR LF within a group", "Zm\r\n9v", BASE64_LINE_ENDS, "foo", 2 },
	{ "LF between groups", "Zm9v\nYmFy", BASE64_LINE_ENDS, "foobar", 4 },
	{ "LF before the padding", "Zg\n==", BASE64_LINE_ENDS, "f", 2 },
	{ "LF within the padding", "Zg=\n=", BASE64_LINE_ENDS, "f", 3 },
	{ "LF at the end", "Zg==\r\n", BASE64_LINE_ENDS, "f", 4 },
	{ "blank for plus", " /8 ", BASE64_BLANK_IS_PLUS, "\xfb\xff\x3e", 0 },
	{ "an encoded letter", "Z%6d9v", BASE64_PERCENT, "foo", 1 },
	{ "an encoded slash and plus", "%2F%2bA/", BASE64_PERCENT, "\xff\xe0\x3f", 0 },
	{ "encoded padding", "Zg%3D%3d", BASE64_PERCENT, "f", 2 },
	{ "padding half encoded", "Zg=%3d", BASE64_PERCENT, "f", 3 },
	{ "loose bits, one octet", "Zh==", BASE64_LOOSE_BITS, "f", 4 },
	{ "loose bits, two octets", "Zm9=", BASE64_LOOSE_BITS, "fo", 4 },
};

static void
each_liberty_is_taken_only_with_its_flag(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(liberties) / sizeof(liberties[0]); i++) {
		uint8_t out[16];
		size_t len = 0;
		vouch_err err;
		vouch_span text = span_string(liberties[i].text);
		assert_int_equal(base64_decode(text, liberties[i].flag, out, sizeof(out), &len, &err),
		    VOUCH_OK);
		assert_true(span_equal(span_of(out, len), span_string(liberties[i].octets)));
		unsigned others = BASE64_LENIENT & ~liberties[i].flag;
		assert_int_equal(base64_decode(text, others, out, sizeof(out), &len, &err), VOUCH_EPARSE);
		assert_int_equal(err.offset, liberties[i].offset);
	}
}

static const struct {
	const char *what, *text;
	size_t offset;
} bad[] = {
	{ "lonely character", "Z", 1 },
	{ "lonely character behind a group", "Zm9vY", 5 },
	{ "only padding", "====", 0 },
	{ "padding after one character", "Z===", 1 },
	{ "padding of three", "Zg===", 4 },
	{ "padding behind whole groups", "Zm9v=", 4 },
	{ "text behind the padding", "Zg==Zg==", 4 },
	{ "text within the padding", "Zg=g", 3 },
	{ "percent", "Zm%2", 2 },
	{ "tabulator", "Zm\t9", 2 },
	{ "half an encoding", "Zm9v%3", 4 },
	{ "no encoding", "Zm9v%zz", 4 },
	{ "an encoded NUL", "Zm9v%00", 4 },
	{ "encoded twice", "Zg%253D", 2 },
	{ "eighth bit",
	    "Zm9v\xc3\xa4"
	    "aa",
	    4 },
	{ "bad in a later group", "Zm9vZm9vZm!v", 10 },
};

static void
what_is_not_base64_is_refused_at_its_place_however_lenient(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		vouch_buf out = { 0 };
		vouch_err err;
		for (unsigned percent = 0; percent <= BASE64_PERCENT; percent += BASE64_PERCENT) {
			assert_int_equal(base64_decode_buf(&out, span_string(bad[i].text),
					     BASE64_LENIENT | percent, &err),
			    VOUCH_EPARSE);
			assert_int_equal(err.offset, bad[i].offset);
			assert_int_equal(out.len, 0);
		}
		vouch_buf_free(&out);
	}
}

static void
a_nul_is_a_character_like_any_other_bad_one(void **state)
{
	uint8_t out[8];
	size_t len;
	vouch_err err;

	(void)state;
	assert_int_equal(base64_decode(SPAN_LITERAL("Zm9v\0aaa"), BASE64_LENIENT, out, sizeof(out), &len,
			     &err),
	    VOUCH_EPARSE);
	assert_int_equal(err.offset, 4);
}

static void
nothing_is_written_beyond_the_room_there_is(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 7; cap++) {
		uint8_t *out = malloc(cap + 1); /* of exactly the size that the sanitizer is to watch */
		uint8_t *exact = realloc(out, cap > 0 ? cap : 1);
		assert_non_null(exact);
		size_t len = SIZE_MAX;
		vouch_err err;
		int code = base64_decode(SPAN_LITERAL("Zm9vYmE="), 0, exact, cap, &len, &err);
		assert_int_equal(code, cap < 5 ? VOUCH_ELIMIT : VOUCH_OK);
		assert_true(len == (cap < 5 ? SIZE_MAX : 5));
		free(exact);
	}
}

static void
every_length_survives_the_way_there_and_back_in_place(void **state)
{
	uint8_t octets[256];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 167 + 13);
	for (size_t n = 0; n <= sizeof(octets); n++) {
		vouch_buf text = { 0 };
		vouch_err err;
		size_t len = 0;
		assert_int_equal(base64_encode(&text, span_of(octets, n)), VOUCH_OK);
		assert_true(base64_octets(text.len) >= n);
		if (n > 0)
			assert_int_equal(base64_decode(span_buf(&text), 0, text.data, text.cap, &len, &err),
			    VOUCH_OK);
		assert_true(span_equal(span_of(text.data, len), span_of(octets, n)));
		vouch_buf_free(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_rfc_4648_go_both_ways),
		cmocka_unit_test(each_liberty_is_taken_only_with_its_flag),
		cmocka_unit_test(what_is_not_base64_is_refused_at_its_place_however_lenient),
		cmocka_unit_test(a_nul_is_a_character_like_any_other_bad_one),
		cmocka_unit_test(nothing_is_written_beyond_the_room_there_is),
		cmocka_unit_test(every_length_survives_the_way_there_and_back_in_place),
	};

	return cmocka_run_group_tests_name("base_base64", tests, NULL, NULL);
}
