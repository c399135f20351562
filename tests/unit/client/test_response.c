/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer tells of itself, verified or only read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "draft.h"
#include "ocsp/extension.h"
#include "ocsp/response.h"
#include "ocsp/rule.h"

static const uint8_t serial_5[] = { 5 }, serial_6[] = { 6 };

static void
assert_single(const vouch_response *response, size_t number, uint8_t serial, enum vouch_cert_status status)
{
	vouch_single single = { .size = sizeof(single) };

	assert_int_equal(vouch_response_single(response, number, &single), VOUCH_OK);
	assert_int_equal(single.size, sizeof(single));
	assert_true(span_equal(single.serial_number, span_of(&serial, 1)));
	assert_int_equal(single.cert_status, status);
	assert_int_equal(single.hash, VOUCH_SHA256);
	assert_true(single.this_update == DRAFT_NOW - 60 && single.next_update == DRAFT_NOW + 3600);
	assert_true(single.archive_cutoff == VOUCH_TIME_ABSENT);
	assert_true((single.revocation_time == VOUCH_TIME_ABSENT) == (status != VOUCH_REVOKED));
}

/* The response has 6 first. */
static void
entries_are_in_the_order_asked(void **state)
{
	const vouch_verify_options options = { .size = sizeof(options), .now = DRAFT_NOW, .skew = 0 };
	vouch_request *request;
	vouch_response *response;
	vouch_buf octets = { 0 };

	(void)state;
	assert_int_equal(vouch_request_new(&request, NULL), VOUCH_OK);
	assert_int_equal(vouch_request_add(request, draft_issuer(CA), SPAN_ARRAY(serial_5), VOUCH_SHA256,
			     NULL),
	    VOUCH_OK);
	assert_int_equal(vouch_request_add(request, draft_issuer(CA), SPAN_ARRAY(serial_6), VOUCH_SHA256,
			     NULL),
	    VOUCH_OK);
	draft_encode(&(struct draft){ .extra_first = true }, &octets);
	assert_int_equal(vouch_response_verify(&response, span_buf(&octets), request, &options, NULL),
	    VOUCH_OK);
	assert_int_equal(vouch_response_singles(response), 2);
	assert_single(response, 0, 5, VOUCH_GOOD);
	assert_single(response, 1, 6, VOUCH_REVOKED);
	assert_true(vouch_response_has_nonce(response));
	assert_true(vouch_response_produced_at(response) == DRAFT_NOW - 60);
	assert_true(span_equal(vouch_response_signer(response), draft_certificate(RESPONDER)));
	vouch_response_free(response);
	vouch_request_free(request);
	vouch_buf_free(&octets);
}

static void
what_is_only_parsed_is_told_as_it_comes_and_has_no_signer(void **state)
{
	vouch_response *response;
	vouch_buf octets = { 0 };

	(void)state;
	draft_encode(&(struct draft){ .extra_first = true, .flip_signature = true, .no_nonce = true },
	    &octets);
	assert_int_equal(vouch_response_parse(&response, span_buf(&octets), NULL), VOUCH_OK);
	assert_int_equal(vouch_response_status(response), VOUCH_SUCCESSFUL);
	assert_int_equal(vouch_response_singles(response), 2);
	assert_single(response, 0, 6, VOUCH_REVOKED);
	assert_single(response, 1, 5, VOUCH_GOOD);
	assert_false(vouch_response_has_nonce(response));
	assert_true(vouch_response_produced_at(response) == DRAFT_NOW - 60);
	assert_int_equal(vouch_response_signer(response).len, 0);
	vouch_response_free(response);
	vouch_buf_free(&octets);
}

static void
what_does_not_parse_is_refused_where_it_breaks(void **state)
{
	static const struct {
		const char *what;
		vouch_span octets;
		size_t offset;
	} rows[] = {
		{ "nothing", { (const uint8_t *)"", 0 }, 0 },
		{ "another type", SPAN_LITERAL("\x04\x00"), 0 },
		{ "BER", SPAN_LITERAL("\x30\x80\x0a\x01\x03\x00\x00"), 0 },
		{ "a status that does not exist", SPAN_LITERAL("\x30\x03\x0a\x01\x04"), 2 },
		{ "successful, without more", SPAN_LITERAL("\x30\x03\x0a\x01\x00"), 5 },
		{ "octets behind it", SPAN_LITERAL("\x30\x03\x0a\x01\x03\x00"), 5 },
	};
	vouch_response *response = NULL;
	vouch_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (vouch_response_parse(&response, rows[i].octets, &err) != VOUCH_EPARSE ||
		    err.offset != rows[i].offset || strcmp(err.rule, OCSP_RULE_DER) != 0)
			fail_msg("%s: offset %zu, %s", rows[i].what, err.offset, err.msg);
		assert_null(response);
	}
}

static void
an_error_status_is_told(void **state)
{
	vouch_response *response;

	(void)state;
	assert_int_equal(vouch_response_parse(&response, ocsp_error_response(VOUCH_UNAUTHORIZED), NULL),
	    VOUCH_OK);
	assert_int_equal(vouch_response_status(response), VOUCH_UNAUTHORIZED);
	assert_int_equal(vouch_response_singles(response), 0);
	vouch_response_free(response);
}

static void
dates_in_extensions_are_told(void **state)
{
	vouch_buf octets = { 0 }, extension = { 0 };
	vouch_single single = { .size = sizeof(single) };
	vouch_response *response;

	(void)state;
	assert_int_equal(ocsp_extension_archive_cutoff(&extension, 1000000000), VOUCH_OK);
	draft_encode(&(struct draft){ .single_extension = span_buf(&extension) }, &octets);
	assert_int_equal(vouch_response_parse(&response, span_buf(&octets), NULL), VOUCH_OK);
	assert_int_equal(vouch_response_single(response, 0, &single), VOUCH_OK);
	assert_true(single.archive_cutoff == 1000000000 && single.invalidity_date == VOUCH_TIME_ABSENT);
	assert_true(span_equal(single.single_extensions, span_buf(&extension)));
	/* An older caller's structure ends earlier; one without a size is none. */
	vouch_single older = { .size = offsetof(vouch_single, revocation_time), .this_update = 77 };
	assert_int_equal(vouch_response_single(response, 0, &older), VOUCH_OK);
	assert_true(older.cert_status == VOUCH_GOOD && older.this_update == 77);
	older.size = 0;
	assert_int_equal(vouch_response_single(response, 0, &older), VOUCH_EINVAL);
	assert_int_equal(vouch_response_single(response, 1, &single), VOUCH_EINVAL);
	vouch_response_free(response);
	vouch_buf_free(&octets);
	vouch_buf_free(&extension);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_in_the_order_asked),
		cmocka_unit_test(what_is_only_parsed_is_told_as_it_comes_and_has_no_signer),
		cmocka_unit_test(what_does_not_parse_is_refused_where_it_breaks),
		cmocka_unit_test(an_error_status_is_told),
		cmocka_unit_test(dates_in_extensions_are_told),
	};

	return cmocka_run_group_tests(tests, draft_world_make, draft_world_clear);
}
