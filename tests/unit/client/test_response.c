/* SPDX-License-Identifier: Apache-2.0 */
/* What a client believes, and by which rule it refuses the rest (RFC 6960 3.2, 4.2.2.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ocsp/extension.h"
#include "ocsp/response.h"
#include "signer/signer.h"
#include "../pki/issued_signer.h"

#define NOW INT64_C(1795000000)
#define DAY 86400

static const uint8_t serial_5[] = { 5 }, serial_6[] = { 6 };
static const vouch_span nonce = { (const uint8_t *)"0123456789abcdef0123456789abcdef", 32 };

/* One CA, another of the same name, and those who sign for them: rightly or not. */
static struct world {
	struct pki_ca *ca, *other_ca;
	vouch_issuer *issuer;
	vouch_signer *responder, *foreign, *server, *expired, *future, *itself;
	vouch_request *request;
} w;

static struct pki_ca *
make_ca(const char *name)
{
	const struct pki_template t = { .purpose = PKI_CA,
		.common_name = name,
		.not_before = NOW - DAY,
		.not_after = NOW + 900 * DAY };
	struct pki_ca *ca;
	vouch_err err = { 0 };

	assert_int_equal(pki_ca_new(&ca, &t, "p-256", &err), VOUCH_OK);
	return ca;
}

static vouch_signer *
make_signer(const struct pki_ca *ca, enum pki_purpose purpose, vouch_time not_before, vouch_time not_after)
{
	const struct pki_template t = { .purpose = purpose,
		.common_name = "Signer",
		.not_before = not_before,
		.not_after = not_after };

	return issued_signer(ca, &t);
}

static vouch_signer *
ca_as_signer(const struct pki_ca *ca)
{
	vouch_buf certificate = { 0 }, key = { 0 };
	vouch_err err = { 0 };

	assert_int_equal(pki_ca_write(ca, &certificate, &key, &err), VOUCH_OK);
	vouch_signer *signer = signer_from_pem(span_buf(&certificate), span_buf(&key));
	vouch_buf_free(&certificate);
	vouch_buf_free(&key);
	return signer;
}

static int
set_up(void **state)
{
	vouch_err err = { 0 };

	(void)state;
	w.ca = make_ca("Test CA");
	w.other_ca = make_ca("Test CA");
	assert_int_equal(vouch_issuer_new(&w.issuer, pki_ca_certificate(w.ca), NULL, &err), VOUCH_OK);
	w.responder = make_signer(w.ca, PKI_RESPONDER, NOW - DAY, NOW + 30 * DAY);
	w.foreign = make_signer(w.other_ca, PKI_RESPONDER, NOW - DAY, NOW + 30 * DAY);
	w.server = make_signer(w.ca, PKI_SERVER, NOW - DAY, NOW + 30 * DAY);
	w.expired = make_signer(w.ca, PKI_RESPONDER, NOW - 30 * DAY, NOW - 3600);
	w.future = make_signer(w.ca, PKI_RESPONDER, NOW + 3600, NOW + 30 * DAY);
	w.itself = ca_as_signer(w.ca);
	assert_int_equal(vouch_request_new(&w.request, &err), VOUCH_OK);
	assert_int_equal(vouch_request_add(w.request, w.issuer, SPAN_ARRAY(serial_5), VOUCH_SHA256, &err),
	    VOUCH_OK);
	assert_int_equal(vouch_request_set_nonce(w.request, nonce, &err), VOUCH_OK);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	vouch_request_free(w.request);
	vouch_signer_free(w.responder);
	vouch_signer_free(w.foreign);
	vouch_signer_free(w.server);
	vouch_signer_free(w.expired);
	vouch_signer_free(w.future);
	vouch_signer_free(w.itself);
	vouch_issuer_free(w.issuer);
	pki_ca_free(w.ca);
	pki_ca_free(w.other_ca);
	return 0;
}

/* An answer under construction: what a test changes, it changes here. */
struct draft {
	vouch_signer *signer;
	vouch_span serial;
	vouch_time this_update, next_update, produced_at;
	vouch_span nonce;      /* the value of the extension; empty: none */
	const char *extension; /* another whole extension in the response, in hex-free octets */
	size_t extension_len;
	bool no_certs, flip_signature, contradict;
};

static struct draft
good_draft(void)
{
	return (struct draft){ .signer = w.responder,
		.serial = SPAN_ARRAY(serial_5),
		.this_update = NOW - 60,
		.next_update = NOW + 3600,
		.produced_at = NOW - 60,
		.nonce = nonce };
}

static void
write_certid(vouch_span serial, vouch_buf *out)
{
	vouch_request *request;
	struct ocsp_request parsed;
	vouch_buf der = { 0 };
	vouch_err err = { 0 };

	assert_int_equal(vouch_request_new(&request, &err), VOUCH_OK);
	assert_int_equal(vouch_request_add(request, w.issuer, serial, VOUCH_SHA256, &err), VOUCH_OK);
	assert_int_equal(vouch_request_encode(request, &der, &err), VOUCH_OK);
	assert_int_equal(ocsp_request_parse(span_buf(&der), 1, 0, &parsed, &err), VOUCH_OK);
	assert_int_equal(buf_append_span(out, parsed.certids[0].der), VOUCH_OK);
	vouch_request_free(request);
	vouch_buf_free(&der);
}

static void
write_extensions(const struct draft *d, vouch_buf *out)
{
	vouch_buf value = { 0 };
	uint8_t header[] = { 0x04, (uint8_t)d->nonce.len };

	if (d->nonce.len > 0) {
		assert_int_equal(vouch_buf_append(&value, header, 2), VOUCH_OK);
		assert_int_equal(buf_append_span(&value, d->nonce), VOUCH_OK);
		assert_int_equal(ocsp_extension_nonce(out, span_buf(&value)), VOUCH_OK);
	}
	assert_int_equal(vouch_buf_append(out, d->extension, d->extension_len), VOUCH_OK);
	vouch_buf_free(&value);
}

static void
draft_encode(const struct draft *d, vouch_buf *out)
{
	vouch_buf certid = { 0 }, extensions = { 0 }, tbs = { 0 }, signature = { 0 };
	vouch_err err = { 0 };
	size_t cert_count;

	write_certid(d->serial, &certid);
	write_extensions(d, &extensions);
	struct ocsp_single_response singles[2] = { { .certid = { .der = span_buf(&certid) },
	    .cert_status = VOUCH_GOOD,
	    .this_update = d->this_update,
	    .next_update = d->next_update } };
	singles[1] = singles[0];
	singles[1].cert_status = VOUCH_UNKNOWN;
	struct ocsp_response_data data = { .responder_id = signer_responder_id(d->signer, VOUCH_BY_KEY),
		.produced_at = d->produced_at,
		.response_count = d->contradict ? 2 : 1,
		.responses = singles,
		.response_extensions = span_buf(&extensions) };
	assert_int_equal(ocsp_response_data_encode(&data, &tbs, &err), VOUCH_OK);
	assert_int_equal(vouch_signer_sign(d->signer, span_buf(&tbs), &signature, &err), VOUCH_OK);
	if (d->flip_signature)
		signature.data[signature.len - 1] ^= 1;
	const vouch_span *certs = signer_certs(d->signer, &cert_count);
	assert_int_equal(ocsp_response_encode(span_buf(&tbs), signer_signature_algorithm(d->signer),
			     span_buf(&signature), certs, d->no_certs ? 0 : cert_count, out, &err),
	    VOUCH_OK);
	vouch_buf_free(&certid);
	vouch_buf_free(&extensions);
	vouch_buf_free(&tbs);
	vouch_buf_free(&signature);
}

static int
verify_octets(vouch_span octets, vouch_span trusted, vouch_err *err)
{
	const vouch_verify_options options = { .size = sizeof(options),
		.now = NOW,
		.skew = 300,
		.require_nonce = true,
		.trusted_signer = trusted };
	vouch_response *response = NULL;
	int code = vouch_response_verify(&response, octets, w.request, &options, err);

	assert_true((code == VOUCH_OK) == (response != NULL));
	vouch_response_free(response);
	return code;
}

static void
expect(const struct draft *d, vouch_span trusted, const char *refusal)
{
	vouch_buf octets = { 0 };
	vouch_err err = { 0 };

	draft_encode(d, &octets);
	int code = verify_octets(span_buf(&octets), trusted, &err);
	if (refusal == NULL && code != VOUCH_OK)
		fail_msg("refused: %s", err.msg);
	if (refusal != NULL && (code == VOUCH_OK || strstr(err.msg, refusal) == NULL))
		fail_msg("expected \"%s\", got \"%s\"", refusal, code == VOUCH_OK ? "belief" : err.msg);
	vouch_buf_free(&octets);
}

static void
a_sound_answer_is_believed(void **state)
{
	struct draft d = good_draft();

	(void)state;
	expect(&d, (vouch_span){ 0 }, NULL);
	d.next_update = VOUCH_TIME_ABSENT;
	expect(&d, (vouch_span){ 0 }, NULL);
	d = good_draft();
	d.signer = w.itself;
	d.no_certs = true;
	expect(&d, (vouch_span){ 0 }, NULL);
}

static void
an_answer_about_something_else_is_refused(void **state)
{
	struct draft d = good_draft();

	(void)state;
	d.serial = SPAN_ARRAY(serial_6);
	expect(&d, (vouch_span){ 0 }, "RFC 6960 3.2 no. 1");
	d = good_draft();
	d.contradict = true;
	expect(&d, (vouch_span){ 0 }, "contradicts itself");
}

static void
a_signature_that_does_not_hold_is_refused(void **state)
{
	struct draft d = good_draft();

	(void)state;
	d.flip_signature = true;
	expect(&d, (vouch_span){ 0 }, "RFC 6960 3.2 no. 2");
}

static void
a_signer_without_the_right_is_refused(void **state)
{
	struct draft d = good_draft();

	(void)state;
	d.signer = w.foreign;
	expect(&d, (vouch_span){ 0 }, "RFC 6960 4.2.2.2");
	d.signer = w.server;
	expect(&d, (vouch_span){ 0 }, "id-kp-OCSPSigning");
	d.signer = w.expired;
	expect(&d, (vouch_span){ 0 }, "expired");
	d.signer = w.future;
	expect(&d, (vouch_span){ 0 }, "not valid yet");
	d = good_draft();
	d.no_certs = true;
	expect(&d, (vouch_span){ 0 }, "responderID");
}

static void
a_signer_that_is_trusted_locally_needs_no_authority_but_its_period(void **state)
{
	struct draft d = good_draft();

	(void)state;
	d.signer = w.foreign;
	expect(&d, vouch_signer_certificate(w.foreign), NULL);
	d.no_certs = true;
	expect(&d, vouch_signer_certificate(w.foreign), NULL);
	d.signer = w.expired;
	expect(&d, vouch_signer_certificate(w.expired), "expired");
}

static void
times_must_fit_within_the_skew(void **state)
{
	struct draft d = good_draft();

	(void)state;
	d.this_update = NOW + 299;
	d.next_update = NOW + 3600;
	expect(&d, (vouch_span){ 0 }, NULL);
	d.this_update = NOW + 301;
	expect(&d, (vouch_span){ 0 }, "thisUpdate is in the future");
	d = good_draft();
	d.next_update = NOW - 299;
	d.this_update = NOW - 3600;
	expect(&d, (vouch_span){ 0 }, NULL);
	d.next_update = NOW - 301;
	expect(&d, (vouch_span){ 0 }, "nextUpdate has passed");
	d = good_draft();
	d.produced_at = NOW + 301;
	expect(&d, (vouch_span){ 0 }, "producedAt");
	d = good_draft();
	d.this_update = NOW - 10;
	d.next_update = NOW - 20;
	expect(&d, (vouch_span){ 0 }, "before thisUpdate");
}

static void
the_nonce_must_come_back_as_it_was(void **state)
{
	struct draft d = good_draft();

	(void)state;
	d.nonce = (vouch_span){ 0 };
	expect(&d, (vouch_span){ 0 }, "did not come back");
	d.nonce = SPAN_LITERAL("0123456789abcdef0123456789abcdeF");
	expect(&d, (vouch_span){ 0 }, "another nonce");
	d.nonce = SPAN_LITERAL("0123456789abcdef");
	expect(&d, (vouch_span){ 0 }, "another nonce");
}

static void
a_critical_extension_that_is_unknown_is_refused(void **state)
{
	static const char critical[] =
	    "\x30\x10\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x01\x01\x01\xff\x04\x00";
	static const char plain[] = "\x30\x0d\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x01\x04\x00";
	struct draft d = good_draft();

	(void)state;
	d.extension = critical;
	d.extension_len = sizeof(critical) - 1;
	expect(&d, (vouch_span){ 0 }, "critical extension");
	d.extension = plain;
	d.extension_len = sizeof(plain) - 1;
	expect(&d, (vouch_span){ 0 }, NULL);
}

static void
an_error_response_is_an_answer_and_cuts_are_not(void **state)
{
	const vouch_verify_options options = { .size = sizeof(options), .now = NOW };
	vouch_response *response;
	vouch_buf octets = { 0 };
	struct draft d = good_draft();
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(vouch_response_verify(&response, ocsp_error_response(VOUCH_TRY_LATER), w.request,
			     &options, &err),
	    VOUCH_OK);
	assert_int_equal(vouch_response_status(response), VOUCH_TRY_LATER);
	assert_int_equal(vouch_response_singles(response), 0);
	vouch_response_free(response);
	draft_encode(&d, &octets);
	for (size_t len = 0; len < octets.len; len++)
		assert_int_not_equal(verify_octets(span_of(octets.data, len), (vouch_span){ 0 }, &err),
		    VOUCH_OK);
	vouch_buf_free(&octets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_answer_is_believed),
		cmocka_unit_test(an_answer_about_something_else_is_refused),
		cmocka_unit_test(a_signature_that_does_not_hold_is_refused),
		cmocka_unit_test(a_signer_without_the_right_is_refused),
		cmocka_unit_test(a_signer_that_is_trusted_locally_needs_no_authority_but_its_period),
		cmocka_unit_test(times_must_fit_within_the_skew),
		cmocka_unit_test(the_nonce_must_come_back_as_it_was),
		cmocka_unit_test(a_critical_extension_that_is_unknown_is_refused),
		cmocka_unit_test(an_error_response_is_an_answer_and_cuts_are_not),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
