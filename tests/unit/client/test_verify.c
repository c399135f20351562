/* SPDX-License-Identifier: Apache-2.0 */
/* What a client believes, and by the name of which rule it refuses the rest (RFC 6960 3.2, 4.2.2.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "draft.h"
#include "ocsp/response.h"
#include "ocsp/rule.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define EXTENSION_OID "\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x01"
#define CRITICAL_EXTENSION SPAN_LITERAL("\x30\x10" EXTENSION_OID "\x01\x01\xff\x04\x00")
#define PLAIN_EXTENSION SPAN_LITERAL("\x30\x0d" EXTENSION_OID "\x04\x00")
#define ECDSA_SHA1 SPAN_LITERAL("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01")
#define ECDSA_SHA384 SPAN_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03")
#define RSA_SHA256 SPAN_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00")
#define RSA_SHA1 SPAN_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00")
#define NO_ALGORITHM SPAN_LITERAL("\x30\x0b" EXTENSION_OID)

static const uint8_t serial_5[] = { 5 }, serial_6[] = { 6 };
static vouch_request *request;

static void
ask(vouch_request *r, enum party issuer, vouch_span serial)
{
	assert_int_equal(vouch_request_add(r, draft_issuer(issuer), serial, VOUCH_SHA256, NULL), VOUCH_OK);
}

static int
set_up(void **state)
{
	(void)draft_world_make(state);
	assert_int_equal(vouch_request_new(&request, NULL), VOUCH_OK);
	ask(request, CA, SPAN_ARRAY(serial_5));
	assert_int_equal(vouch_request_set_nonce(request, draft_nonce, NULL), VOUCH_OK);
	return 0;
}

static int
tear_down(void **state)
{
	vouch_request_free(request);
	return draft_world_clear(state);
}

static vouch_verify_options
strict(void)
{
	return (vouch_verify_options){ .size = sizeof(vouch_verify_options),
		.now = DRAFT_NOW,
		.skew = 300,
		.require_nonce = true,
		.require_next_update = true };
}

static int
verify(vouch_span octets, const vouch_request *asked, const vouch_verify_options *options, vouch_err *err)
{
	vouch_response *response = NULL;
	int code = vouch_response_verify(&response, octets, asked, options, err);

	assert_int_equal(code, err->code);
	assert_true((code == VOUCH_OK) == (response != NULL));
	vouch_response_free(response);
	return code;
}

static void
expect_octets(const char *what, vouch_span octets, const vouch_verify_options *options, const char *rule)
{
	vouch_err err;
	int code = verify(octets, request, options, &err);

	if (rule == NULL && code != VOUCH_OK)
		fail_msg("%s: refused: %s: %s", what, err.rule, err.msg);
	if (rule != NULL && code == VOUCH_OK)
		fail_msg("%s: believed, not refused by %s", what, rule);
	if (rule != NULL && (err.rule == NULL || strcmp(err.rule, rule) != 0))
		fail_msg("%s: refused by %s, not by %s: %s", what, err.rule, rule, err.msg);
}

static void
expect(const char *what, const struct draft *draft, const vouch_verify_options *options, const char *rule)
{
	vouch_buf octets = { 0 };

	draft_encode(draft, &octets);
	expect_octets(what, span_buf(&octets), options, rule);
	vouch_buf_free(&octets);
}

static void
what_is_sound_is_believed(void **state)
{
	static const struct {
		const char *what;
		struct draft draft;
	} rows[] = {
		{ "nothing changed", { 0 } },
		{ "responderID by name", { .by_name = true } },
		{ "the CA itself", { .signer = CA } },
		{ "the CA itself, which nobody needs to send", { .signer = CA, .no_certs = true } },
		{ "the CA by name", { .signer = CA, .no_certs = true, .by_name = true } },
		{ "RSA", { .signer = STRONG_RSA } },
		{ "Ed25519", { .signer = ED25519 } },
		{ "nonRepudiation instead of digitalSignature", { .signer = NON_REPUDIATION } },
		{ "a critical policy", { .signer = POLICY } },
		{ "a chain", { .sent = { RESPONDER, CA } } },
		{ "a chain upside down", { .sent = { CA, RESPONDER } } },
		{ "another of the same name before it",
		    { .by_name = true, .sent = { NAMESAKE, RESPONDER } } },
		{ "the same key before it, expired", { .sent = { EXPIRED_TWIN, RESPONDER } } },
		{ "revoked", { .cert_status = VOUCH_REVOKED } },
		{ "an entry nobody asked for", { .extra_first = true } },
		{ "the same entry twice", { .twice = true } },
		{ "another CA's of this number", { .contradict = true, .other_key_hashed = OTHER_CA } },
		{ "the same by two hashes", { .twice = true, .other_hash = VOUCH_SHA1 } },
		{ "hash parameters left out", { .no_parameters = true } },
		{ "a nonce that is not wrapped", { .bare_nonce = true } },
		{ "an extension nobody knows", { .extension = PLAIN_EXTENSION } },
		{ "one in the entry", { .single_extension = PLAIN_EXTENSION } },
		{ "thisUpdate at the end of the skew", { .this_update = 300 } },
		{ "nextUpdate at the end of the skew", { .this_update = -3600, .next_update = -300 } },
		{ "producedAt at the end of the skew", { .produced_at = 300 } },
		{ "producedAt before thisUpdate", { .produced_at = -3600 } },
	};
	const vouch_verify_options options = strict();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect(rows[i].what, &rows[i].draft, &options, NULL);
}

static void
each_fault_is_refused_by_its_rule(void **state)
{
	static const struct {
		const char *what, *rule;
		struct draft draft;
	} rows[] = {
		{ "another serial number", OCSP_RULE_CERTID, { .serial = 6 } },
		{ "another hash", OCSP_RULE_CERTID, { .hash = VOUCH_SHA1 } },
		{ "another issuer's name", OCSP_RULE_CERTID, { .flip_name_hash = true } },
		{ "another issuer's key", OCSP_RULE_CERTID, { .key_hashed = OTHER_CA } },
		{ "a contradiction", OCSP_RULE_DUPLICATE, { .contradict = true } },
		{ "a contradiction by another hash", OCSP_RULE_DUPLICATE,
		    { .contradict = true, .other_hash = VOUCH_SHA1 } },
		{ "nobody's certificate", OCSP_RULE_RESPONDER_ID, { .no_certs = true } },
		{ "another's certificate", OCSP_RULE_RESPONDER_ID, { .sent = { STRONG_RSA } } },
		{ "another's name", OCSP_RULE_RESPONDER_ID, { .by_name = true, .sent = { STRONG_RSA } } },
		{ "SHA-1", OCSP_RULE_SIGNATURE_ALGORITHM, { .algorithm = ECDSA_SHA1, .digest = "SHA1" } },
		{ "SHA-1 by RSA", OCSP_RULE_SIGNATURE_ALGORITHM,
		    { .signer = STRONG_RSA, .algorithm = RSA_SHA1, .digest = "SHA1" } },
		{ "an algorithm for another key", OCSP_RULE_SIGNATURE_ALGORITHM,
		    { .algorithm = RSA_SHA256 } },
		{ "no algorithm", OCSP_RULE_SIGNATURE_ALGORITHM, { .algorithm = NO_ALGORITHM } },
		{ "a wrong algorithm", OCSP_RULE_SIGNATURE, { .algorithm = ECDSA_SHA384 } },
		{ "a flipped bit", OCSP_RULE_SIGNATURE, { .flip_signature = true } },
		{ "a flipped bit by RSA", OCSP_RULE_SIGNATURE,
		    { .signer = STRONG_RSA, .flip_signature = true } },
		{ "a flipped bit by the CA", OCSP_RULE_SIGNATURE, { .signer = CA, .flip_signature = true } },
		{ "another's key", OCSP_RULE_SIGNATURE,
		    { .signer = FOREIGN, .named = RESPONDER, .sent = { RESPONDER } } },
		{ "another's key, its own certificate", OCSP_RULE_RESPONDER_ID,
		    { .signer = FOREIGN, .named = RESPONDER, .sent = { FOREIGN } } },
		{ "another CA's signer", OCSP_RULE_SIGNER_ISSUER, { .signer = FOREIGN } },
		{ "another CA", OCSP_RULE_SIGNER_ISSUER, { .signer = OTHER_CA } },
		{ "a certificate of its own making", OCSP_RULE_SIGNER_ISSUER, { .signer = SELF_MADE } },
		{ "no EKU", OCSP_RULE_SIGNER_EKU, { .signer = NO_EKU } },
		{ "any EKU", OCSP_RULE_SIGNER_EKU, { .signer = ANY_EKU } },
		{ "a key for other uses", OCSP_RULE_SIGNER_KEY_USAGE, { .signer = NO_SIGNATURES } },
		{ "a critical extension of the signer", OCSP_RULE_SIGNER_CRITICAL_EXTENSION,
		    { .signer = CRITICAL } },
		{ "expired", OCSP_RULE_SIGNER_VALIDITY, { .signer = EXPIRED } },
		{ "not valid yet", OCSP_RULE_SIGNER_VALIDITY, { .signer = FUTURE } },
		{ "the same key, expired", OCSP_RULE_SIGNER_VALIDITY, { .sent = { EXPIRED_TWIN } } },
		{ "whoever came furthest tells", OCSP_RULE_SIGNER_VALIDITY,
		    { .by_name = true, .sent = { NAMESAKE, EXPIRED_TWIN } } },
		{ "whoever came furthest tells, first", OCSP_RULE_SIGNER_VALIDITY,
		    { .by_name = true, .sent = { EXPIRED_TWIN, NAMESAKE } } },
		{ "a weak key", OCSP_RULE_SIGNER_WEAK_KEY, { .signer = WEAK_RSA } },
		{ "a weak DSA key", OCSP_RULE_SIGNER_WEAK_KEY, { .signer = WEAK_DSA } },
		{ "no nonce", OCSP_RULE_NONCE_MISSING, { .no_nonce = true } },
		{ "another nonce", OCSP_RULE_NONCE,
		    { .nonce = SPAN_LITERAL("0123456789abcdef0123456789abcdeF") } },
		{ "half a nonce", OCSP_RULE_NONCE, { .nonce = SPAN_LITERAL("0123456789abcdef") } },
		{ "one octet more", OCSP_RULE_NONCE,
		    { .nonce = SPAN_LITERAL("0123456789abcdef0123456789abcdef0") } },
		{ "an empty nonce", OCSP_RULE_NONCE, { .nonce = SPAN_LITERAL("") } },
		{ "a critical extension", OCSP_RULE_CRITICAL_EXTENSION, { .extension = CRITICAL_EXTENSION } },
		{ "one in the entry", OCSP_RULE_CRITICAL_EXTENSION,
		    { .single_extension = CRITICAL_EXTENSION } },
		{ "an extension twice", OCSP_RULE_DER,
		    { .extension = SPAN_LITERAL(
			  "\x30\x0d" EXTENSION_OID "\x04\x00\x30\x0d" EXTENSION_OID "\x04\x00") } },
		{ "thisUpdate to come", OCSP_RULE_THIS_UPDATE, { .this_update = 301 } },
		{ "all times to come", OCSP_RULE_THIS_UPDATE,
		    { .this_update = 7200, .next_update = 9000, .produced_at = 7200 } },
		{ "nextUpdate gone", OCSP_RULE_NEXT_UPDATE, { .this_update = -3600, .next_update = -301 } },
		{ "nextUpdate before thisUpdate", OCSP_RULE_NEXT_UPDATE,
		    { .this_update = -10, .next_update = -20 } },
		{ "no nextUpdate", OCSP_RULE_NEXT_UPDATE_ABSENT, { .no_next_update = true } },
		{ "producedAt to come", OCSP_RULE_PRODUCED_AT, { .produced_at = 301 } },
	};
	const vouch_verify_options options = strict();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect(rows[i].what, &rows[i].draft, &options, rows[i].rule);
}

static void
what_is_not_asked_for_is_not_insisted_on(void **state)
{
	vouch_verify_options options = strict();

	(void)state;
	options.require_nonce = options.require_next_update = false;
	expect("no nonce", &(struct draft){ .no_nonce = true }, &options, NULL);
	expect("no nextUpdate", &(struct draft){ .no_next_update = true }, &options, NULL);
	expect("another nonce", &(struct draft){ .nonce = SPAN_LITERAL("0") }, &options, OCSP_RULE_NONCE);
	options.max_age = 3600;
	expect("young enough", &(struct draft){ .this_update = -3900, .no_next_update = true }, &options,
	    NULL);
	expect("too old", &(struct draft){ .this_update = -3901, .no_next_update = true }, &options,
	    OCSP_RULE_THIS_UPDATE);
	expect("too old, but said to hold", &(struct draft){ .this_update = -3901 }, &options,
	    OCSP_RULE_THIS_UPDATE);
	/* A caller of before there was require_next_update. */
	options = strict();
	options.size = offsetof(vouch_verify_options, require_next_update);
	expect("no nextUpdate", &(struct draft){ .no_next_update = true }, &options, NULL);
}

static void
a_signer_that_is_trusted_locally_needs_no_authority(void **state)
{
	static const struct {
		const char *what, *rule;
		enum party trusted;
		struct draft draft;
	} rows[] = {
		{ "trusted", NULL, FOREIGN, { .signer = FOREIGN } },
		{ "not sent", NULL, FOREIGN, { .signer = FOREIGN, .no_certs = true } },
		{ "without EKU", NULL, NO_EKU, { .signer = NO_EKU } },
		{ "somebody else", OCSP_RULE_SIGNER_ISSUER, RESPONDER, { .signer = FOREIGN } },
		{ "expired", OCSP_RULE_SIGNER_VALIDITY, EXPIRED, { .signer = EXPIRED } },
		{ "weak", OCSP_RULE_SIGNER_WEAK_KEY, WEAK_RSA, { .signer = WEAK_RSA } },
		{ "forged", OCSP_RULE_SIGNATURE, FOREIGN, { .signer = FOREIGN, .flip_signature = true } },
	};
	vouch_verify_options options = strict();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		options.trusted_signer = draft_certificate(rows[i].trusted);
		expect(rows[i].what, &rows[i].draft, &options, rows[i].rule);
	}
}

static void
every_issuer_that_is_asked_about_must_have_authorised_the_signer(void **state)
{
	const vouch_verify_options options = strict();
	vouch_request *two;
	vouch_buf octets = { 0 };
	vouch_err err;

	(void)state;
	draft_encode(&(struct draft){ .extra_first = true }, &octets);
	assert_int_equal(vouch_request_new(&two, NULL), VOUCH_OK);
	ask(two, CA, SPAN_ARRAY(serial_5));
	ask(two, CA, SPAN_ARRAY(serial_6));
	assert_int_equal(verify(span_buf(&octets), two, &options, &err), VOUCH_OK);
	buf_clear(&octets);
	draft_encode(&(struct draft){ .signer = FOREIGN, .key_hashed = OTHER_CA }, &octets);
	vouch_request_free(two);
	assert_int_equal(vouch_request_new(&two, NULL), VOUCH_OK);
	ask(two, OTHER_CA, SPAN_ARRAY(serial_5));
	assert_int_equal(verify(span_buf(&octets), two, &options, &err), VOUCH_OK);
	buf_clear(&octets);
	draft_encode(&(struct draft){ .key_hashed = OTHER_CA }, &octets);
	assert_int_equal(verify(span_buf(&octets), two, &options, &err), VOUCH_EVERIFY);
	assert_string_equal(err.rule, OCSP_RULE_SIGNER_ISSUER);
	vouch_request_free(two);
	vouch_buf_free(&octets);
}

static void
no_cut_of_an_answer_is_one(void **state)
{
	static const struct draft drafts[] = { { 0 }, { .signer = STRONG_RSA }, { .signer = ED25519 },
		{ .signer = CA, .no_certs = true }, { .sent = { RESPONDER, CA }, .extra_first = true } };
	const vouch_verify_options options = strict();
	vouch_buf octets = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(drafts); i++) {
		buf_clear(&octets);
		draft_encode(&drafts[i], &octets);
		for (size_t len = 0; len < octets.len; len++)
			expect_octets("a cut", span_of(octets.data, len), &options, OCSP_RULE_DER);
	}
	vouch_buf_free(&octets);
}

/* The signature covers what is said, the CA's covers who says it, and the rest has one form only. */
static void
no_answer_with_a_flipped_bit_is_believed(void **state)
{
	const vouch_verify_options options = strict();
	vouch_buf octets = { 0 };
	vouch_err err;

	(void)state;
	draft_encode(&(struct draft){ 0 }, &octets);
	for (size_t i = 0; i < octets.len; i++)
		for (unsigned bit = 0; bit < 8; bit += 3) {
			octets.data[i] ^= (uint8_t)(1u << bit);
			/* An error status is an answer, too, but none to be believed. */
			if (verify(span_buf(&octets), request, &options, &err) == VOUCH_OK)
				fail_msg("believed with bit %u of octet %zu flipped", bit, i);
			assert_non_null(err.rule);
			octets.data[i] ^= (uint8_t)(1u << bit);
		}
	vouch_buf_free(&octets);
}

static void
what_is_no_basic_response_in_der_is_told(void **state)
{
	static const uint8_t basic[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01 };
	const vouch_verify_options options = strict();
	vouch_buf octets = { 0 }, large = { 0 };

	(void)state;
	draft_encode(&(struct draft){ 0 }, &octets);
	uint8_t *at = memmem(octets.data, octets.len, basic, sizeof(basic));
	assert_non_null(at);
	at[sizeof(basic) - 1] = 2;
	expect_octets("another type", span_buf(&octets), &options, OCSP_RULE_RESPONSE_TYPE);
	at[sizeof(basic) - 1] = 1;
	assert_int_equal(vouch_buf_append(&octets, "\r\n", 2), VOUCH_OK);
	expect_octets("octets behind it", span_buf(&octets), &options, OCSP_RULE_DER);
	expect_octets("BER", SPAN_LITERAL("\x30\x80\x0a\x01\x03\x00\x00"), &options, OCSP_RULE_DER);
	expect_octets("status 4", SPAN_LITERAL("\x30\x03\x0a\x01\x04"), &options, OCSP_RULE_DER);
	expect_octets("octets in an error", SPAN_LITERAL("\x30\x05\x0a\x01\x03\xa0\x00"), &options,
	    OCSP_RULE_DER);
	assert_int_equal(buf_reserve(&large, (1 << 20) + 1), VOUCH_OK);
	memset(large.data, 0, (1 << 20) + 1);
	expect_octets("too much", span_of(large.data, (1 << 20) + 1), &options, OCSP_RULE_SIZE);
	vouch_buf_free(&octets);
	vouch_buf_free(&large);
}

static void
an_error_response_is_an_answer(void **state)
{
	const vouch_verify_options options = strict();
	vouch_response *response;

	(void)state;
	assert_int_equal(vouch_response_verify(&response, ocsp_error_response(VOUCH_TRY_LATER), request,
			     &options, NULL),
	    VOUCH_OK);
	assert_int_equal(vouch_response_status(response), VOUCH_TRY_LATER);
	assert_int_equal(vouch_response_singles(response), 0);
	assert_true(vouch_response_produced_at(response) == VOUCH_TIME_ABSENT);
	assert_int_equal(vouch_response_signer(response).len, 0);
	vouch_response_free(response);
}

static void
options_that_make_no_sense_are_the_callers_fault(void **state)
{
	vouch_buf octets = { 0 };
	vouch_err err;

	(void)state;
	draft_encode(&(struct draft){ 0 }, &octets);
	vouch_verify_options rows[] = { strict(), strict(), strict(), strict(), strict() };
	rows[0].now = VOUCH_TIME_ABSENT;
	rows[1].skew = -1;
	rows[2].skew = INT64_MAX;
	rows[3].max_age = -1;
	rows[4].size = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(verify(span_buf(&octets), request, &rows[i], &err), VOUCH_EINVAL);
		assert_null(err.rule);
	}
	vouch_buf_free(&octets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sound_is_believed),
		cmocka_unit_test(each_fault_is_refused_by_its_rule),
		cmocka_unit_test(what_is_not_asked_for_is_not_insisted_on),
		cmocka_unit_test(a_signer_that_is_trusted_locally_needs_no_authority),
		cmocka_unit_test(every_issuer_that_is_asked_about_must_have_authorised_the_signer),
		cmocka_unit_test(no_cut_of_an_answer_is_one),
		cmocka_unit_test(no_answer_with_a_flipped_bit_is_believed),
		cmocka_unit_test(what_is_no_basic_response_in_der_is_told),
		cmocka_unit_test(an_error_response_is_an_answer),
		cmocka_unit_test(options_that_make_no_sense_are_the_callers_fault),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
