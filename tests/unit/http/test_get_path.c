/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the path of a GET: V45, whose base64 holds '+', '//' and '=', in every spelling that clients and
 * proxies give it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hex.h"
#include "http/get_path.h"

#define V45 \
	"304e304c304a30483046300906052b0e03021a0500041439cc7b801e8123ace5655ae082e20030b3d6e33504148ec214096076ea9038e939ae1b6d" \
	"52c4177d9fbe020d62a9699cd5205fbfffbb2afd55"
#define A "ME4wTDBKMEgwRjAJBgUrDgMCGgUABBQ5zHuAHoEjrOVlWuCC4gAws9bjNQQUjsIUCWB26pA46TmuG21SxBd9n74CDWKpaZzVIF"
#define C "7sq" /* between the "//" and the last group */

enum { REQUEST = HTTP_GET_PATH_REQUEST, MALFORMED = HTTP_GET_PATH_MALFORMED, OTHER = HTTP_GET_PATH_OTHER };

static const struct {
	const char *what, *path;
	int lenient, strict;
} spellings[] = {
	{ "raw (X-01)", A "+//" C "/VU=", REQUEST, REQUEST },
	{ "percent-encoded (X-02)", A "%2B%2F%2F" C "%2FVU%3D", REQUEST, REQUEST },
	{ "percent-encoded in lower case (X-02)", A "%2b%2f%2f" C "%2fVU%3d", REQUEST, REQUEST },
	{ "percent-encoded all over",
	    "%4d%45"
	    "4wTDBKMEgwRjAJBgUrDgMCGgUABBQ5zHuAHoEjrOVlWuCC4gAws9bjNQQUjsIUCWB26pA46TmuG21SxBd9n74CDWKp"
	    "aZzVIF+//" C "/VU=",
	    REQUEST, REQUEST },
	{ "a blank for the plus (X-03)", A "%20//" C "/VU=", REQUEST, MALFORMED },
	{ "CR LF after 64 characters (X-04)",
	    "ME4wTDBKMEgwRjAJBgUrDgMCGgUABBQ5zHuAHoEjrOVlWuCC4gAws9bjNQQUjsIU%0D%0A"
	    "CWB26pA46TmuG21SxBd9n74CDWKpaZzVIF+//" C "/VU=",
	    REQUEST, MALFORMED },
	{ "LF at the end (X-04)", A "+//" C "/VU=%0a", REQUEST, MALFORMED },
	{ "double encoding (X-05)", A "%252B%252F%252F" C "%252FVU%253D", MALFORMED, MALFORMED },
	{ "no padding (X-06)", A "+//" C "/VU", REQUEST, MALFORMED },
	{ "base64url (X-07)", A "-__" C "_VU=", REQUEST, MALFORMED },
	{ "a slash more in front (X-08)", "/" A "+//" C "/VU=", REQUEST, REQUEST },
	{ "two slashes more in front, one encoded", "/%2f" A "+//" C "/VU=", REQUEST, REQUEST },
	{ "a character too much", A "+//" C "/VU==", MALFORMED, MALFORMED },
	{ "half an escape", A "+//" C "/VU%3", MALFORMED, MALFORMED },
	{ "an escape that is none", A "+//" C "/VU%zz", MALFORMED, MALFORMED },
	{ "a NUL", A "+//" C "/VU%00", MALFORMED, MALFORMED },
	{ "something that begins with M", "Manual.html", MALFORMED, MALFORMED },
	{ "nothing", "", OTHER, OTHER },
	{ "slashes", "///", OTHER, OTHER },
	{ "favicon.ico (H-33)", "favicon.ico", OTHER, OTHER },
	{ "a half escape at the front", "%4", OTHER, OTHER },
	{ "no slash after the prefix (X-09)", "ocsp" A "+//" C "/VU=", OTHER, OTHER },
};

static void
v45_is_read_in_every_spelling(void **state)
{
	struct http_get_path path = { 0 };
	vouch_buf v45 = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(hex_decode(&v45, span_string(V45), &err), VOUCH_OK);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		for (int strict = 0; strict < 2; strict++) {
			int wanted = strict ? spellings[i].strict : spellings[i].lenient;
			enum http_get_path_result result = http_get_path_decode(&path,
			    span_string(spellings[i].path), strict != 0);
			if ((int)result != wanted)
				fail_msg("%s, strict %d: %d instead of %d", spellings[i].what, strict, result,
				    wanted);
			if (result == HTTP_GET_PATH_REQUEST)
				assert_true(span_equal(span_buf(&path.der), span_buf(&v45)));
		}
	}
	vouch_buf_free(&v45);
	http_get_path_free(&path);
}

/* Stands for vouch_is_served(): the octets, or those with one other serial number, are. */
struct served {
	vouch_buf der[2];
	unsigned asked;
};

static bool
is_served(void *arg, vouch_span der)
{
	struct served *s = arg;

	s->asked++;
	return span_equal(der, span_buf(&s->der[0])) || span_equal(der, span_buf(&s->der[1]));
}

static bool
repair(struct http_get_path *path, struct served *served, const char *text)
{
	enum http_get_path_result result = http_get_path_decode(path, span_string(text), false);

	served->asked = 0;
	return http_get_path_is_short(path, result) && http_get_path_repair(path, is_served, served);
}

static void
a_merged_double_slash_is_put_back(void **state)
{
	static const char *const merged[] = { A "+/" C "/VU=", A "+/" C "/VU", A "%2B%2F" C "%2FVU%3D",
		"/" A "+/" C "/VU=", A "+/" C "/VU=%0A" };
	struct http_get_path path = { 0 };
	struct served served = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(hex_decode(&served.der[0], span_string(V45), &err), VOUCH_OK);
	for (size_t i = 0; i < sizeof(merged) / sizeof(merged[0]); i++) {
		if (!repair(&path, &served, merged[i]))
			fail_msg("%s is not repaired", merged[i]);
		assert_true(span_equal(span_buf(&path.der), span_buf(&served.der[0])));
		assert_in_range(served.asked, 1, 2);
	}
	vouch_buf_free(&served.der[0]);
	http_get_path_free(&path);
}

/* "...+//7sq/VU=" and "...+/7sq//VU=" both become "...+/7sq/VU=". */
static void
two_readings_are_no_reading(void **state)
{
	struct http_get_path path = { 0 };
	struct served served = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(http_get_path_decode(&path, span_string(A "+/" C "//VU="), false),
	    HTTP_GET_PATH_REQUEST);
	assert_int_equal(buf_append_span(&served.der[1], span_buf(&path.der)), VOUCH_OK);
	assert_true(repair(&path, &served, A "+/" C "/VU="));
	assert_int_equal(hex_decode(&served.der[0], span_string(V45), &err), VOUCH_OK);
	assert_false(repair(&path, &served, A "+/" C "/VU="));
	vouch_buf_free(&served.der[0]);
	vouch_buf_free(&served.der[1]);
	http_get_path_free(&path);
}

static void
what_cannot_be_a_merged_request_is_not_tried(void **state)
{
	static const char *const others[] = {
		A "+//" C "/VU=",   /* whole */
		A "+" C "VU=",	    /* shorter by more than its slashes can explain */
		"MIIB/////////w==", /* nine slashes */
		"M/",
		"MA/",
		"ME4wTDBK",
	};
	struct http_get_path path = { 0 };
	struct served served = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(repair(&path, &served, others[i]));
		assert_int_equal(served.asked, 0);
	}
	http_get_path_free(&path);
}

/* 4 of 8 slashes: the worst that a path can cost. */
static void
no_more_than_70_candidates_are_tried(void **state)
{
	struct http_get_path path = { 0 };
	struct served served = { 0 };
	char text[300] = "MFAw"; /* announces 82 octets, 110 characters */

	(void)state;
	for (size_t i = 4; i < 106; i++)
		text[i] = i % 12 == 0 && i <= 96 ? '/' : 'A';
	assert_false(repair(&path, &served, text));
	assert_int_equal(served.asked, 70);
	http_get_path_free(&path);
}

static void
every_beginning_of_v45_is_read_or_refused(void **state)
{
	static const char text[] = A "%2B//" C "/VU=";
	struct http_get_path path = { 0 };
	struct served served = { 0 };

	(void)state;
	for (size_t len = 0; len + 1 < sizeof(text); len++) {
		vouch_span raw = { (const uint8_t *)text, len };
		enum http_get_path_result result = http_get_path_decode(&path, raw, false);
		if (http_get_path_is_short(&path, result))
			assert_false(http_get_path_repair(&path, is_served, &served));
	}
	http_get_path_free(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v45_is_read_in_every_spelling),
		cmocka_unit_test(a_merged_double_slash_is_put_back),
		cmocka_unit_test(two_readings_are_no_reading),
		cmocka_unit_test(what_cannot_be_a_merged_request_is_not_tried),
		cmocka_unit_test(no_more_than_70_candidates_are_tried),
		cmocka_unit_test(every_beginning_of_v45_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
