/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the header fields of OCSP answers: L-08 to L-15, with the dates of RFC 9919 appendix B.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/span.h"
#include "http/ocsp_fields.h"

#define PRODUCED_AT INT64_C(1712061467) /* 20240402123747Z */
#define NEXT_UPDATE INT64_C(1712752667) /* 20240410123747Z */
#define NOW (PRODUCED_AT + 1000)

static vouch_outcome
cacheable(void)
{
	static const uint8_t sha256[32] = { 0x23, 0xcc, 0xbf, 0xd4, 0xe5, 0xb2, 0xc4, 0x41, 0xd6, 0x71, 0xe3,
		0xea, 0xd2, 0xa7, 0x5d, 0x81, 0x95, 0xeb, 0xa4, 0x34, 0xde, 0x2e, 0x6f, 0xc7, 0x58, 0x2b,
		0x2d, 0xd9, 0xb5, 0xb5, 0x76, 0xb9 };
	vouch_outcome o = { .size = sizeof(o),
		.response_status = VOUCH_SUCCESSFUL,
		.cacheable = 1,
		.has_sha256 = 1,
		.produced_at = PRODUCED_AT,
		.next_update = NEXT_UPDATE,
		.cache_until = NOW + 600 };

	memcpy(o.sha256, sha256, sizeof(sha256));
	return o;
}

static void
assert_fields(const struct http_ocsp_fields *f, const char *text)
{
	if (!span_equal(span_of(f->text, f->len), span_string(text)))
		fail_msg("%.*sinstead of\n%s", (int)f->len, f->text, text);
}

static void
a_cacheable_answer_has_all_that_caches_need(void **state)
{
	struct http_ocsp_fields f;
	vouch_outcome o = cacheable();

	(void)state;
	http_ocsp_fields_make(&f, &o, NOW);
	assert_fields(&f,
	    "Content-Type: application/ocsp-response\r\n"
	    "Cache-Control: public, max-age=600, no-transform, must-revalidate\r\n"
	    "Expires: Wed, 10 Apr 2024 12:37:47 GMT\r\n"
	    "ETag: \"23ccbfd4e5b2c441d671e3ead2a75d8195eba434de2e6fc7582b2dd9b5b576b9\"\r\n"
	    "Last-Modified: Tue, 02 Apr 2024 12:37:47 GMT\r\n");
	assert_int_equal(f.last_modified, PRODUCED_AT);
	http_ocsp_fields_make_not_modified(&f, &o, NOW);
	assert_fields(&f,
	    "Cache-Control: public, max-age=600, no-transform, must-revalidate\r\n"
	    "Expires: Wed, 10 Apr 2024 12:37:47 GMT\r\n"
	    "ETag: \"23ccbfd4e5b2c441d671e3ead2a75d8195eba434de2e6fc7582b2dd9b5b576b9\"\r\n");
}

static void
last_modified_is_never_after_the_date(void **state)
{
	struct http_ocsp_fields f;
	vouch_outcome o = cacheable();

	(void)state;
	http_ocsp_fields_make(&f, &o, PRODUCED_AT - 60);
	assert_int_equal(f.last_modified, PRODUCED_AT - 60);
}

static void
max_age_is_never_less_than_a_second(void **state)
{
	struct http_ocsp_fields f;
	vouch_outcome o = cacheable();

	(void)state;
	for (vouch_time until = NOW - 100; until <= NOW; until += 100) {
		o.cache_until = until;
		http_ocsp_fields_make(&f, &o, NOW);
		assert_non_null(memmem(f.text, f.len, " max-age=1,", 11));
	}
}

static void
without_a_digest_there_is_no_tag(void **state)
{
	struct http_ocsp_fields f;
	vouch_outcome o = cacheable();

	(void)state;
	o.has_sha256 = 0;
	http_ocsp_fields_make(&f, &o, NOW);
	assert_null(memmem(f.text, f.len, "ETag", 4));
	assert_int_equal(f.etag_len, 0);
}

static void
an_answer_with_a_nonce_is_for_nobody_else(void **state)
{
	struct http_ocsp_fields f;
	vouch_outcome o = cacheable();

	(void)state;
	o.cacheable = 0;
	o.nonce = 1;
	http_ocsp_fields_make(&f, &o, NOW);
	assert_fields(&f,
	    "Content-Type: application/ocsp-response\r\nCache-Control: max-age=0, no-transform, must-revalidate\r\n");
	assert_int_equal(f.last_modified, VOUCH_TIME_ABSENT);
}

static void
an_error_is_not_to_be_stored(void **state)
{
	struct http_ocsp_fields f;
	vouch_outcome o = cacheable();

	(void)state;
	o.response_status = VOUCH_UNAUTHORIZED;
	http_ocsp_fields_make(&f, &o, NOW);
	assert_fields(&f, "Content-Type: application/ocsp-response\r\nCache-Control: no-store\r\n");
	assert_int_equal(f.last_modified, VOUCH_TIME_ABSENT);
}

static void
the_largest_values_fit(void **state)
{
	struct http_ocsp_fields f;
	vouch_outcome o = cacheable();

	(void)state;
	o.cache_until = INT64_MAX;
	o.next_update = o.produced_at = INT64_MAX;
	http_ocsp_fields_make(&f, &o, 0);
	assert_true(f.len < sizeof(f.text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cacheable_answer_has_all_that_caches_need),
		cmocka_unit_test(last_modified_is_never_after_the_date),
		cmocka_unit_test(max_age_is_never_less_than_a_second),
		cmocka_unit_test(without_a_digest_there_is_no_tag),
		cmocka_unit_test(an_answer_with_a_nonce_is_for_nobody_else),
		cmocka_unit_test(an_error_is_not_to_be_stored),
		cmocka_unit_test(the_largest_values_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
