/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the verification of responses.  As they come: nothing is believed but what one of those signed who may sign.
 * Then with a signature of our own, so that what stands behind it is reached, too: what is believed fits the request.
 */
#include <openssl/evp.h>

#include "base/buf.h"
#include "client/request.h"
#include "crypto/digest.h"
#include "ocsp/response.h"
#include "ocsp/rule.h"
#include "signer/signer.h"
#include "target.h"
#include "verify_world.h"

#define SKEW 300
#define SINGLES 16
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const uint8_t serial_5[] = { 5 }, serial_6[] = { 6 };

static struct world {
	vouch_issuer *issuer;
	vouch_signer *signer;
	/* About one certificate with a nonce, about one without, about two */
	vouch_request *requests[3];
} world;

static int
sign(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, world_signer_key,
	    sizeof(world_signer_key));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t octets[64];
	size_t len = sizeof(octets);

	(void)ctx, (void)err;
	FUZZ_CHECK(EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1);
	FUZZ_CHECK(EVP_DigestSign(context, octets, &len, tbs.data, tbs.len) == 1);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return vouch_buf_append(signature, octets, len);
}

static void
ask(vouch_request **request, vouch_span serial)
{
	FUZZ_CHECK(*request != NULL || vouch_request_new(request, NULL) == VOUCH_OK);
	FUZZ_CHECK(vouch_request_add(*request, world.issuer, serial, VOUCH_SHA256, NULL) == VOUCH_OK);
}

static void
make_world(void)
{
	const vouch_signer_options options = { .size = sizeof(options),
		.certificate = SPAN_ARRAY(world_signer),
		.sign = sign };

	FUZZ_CHECK(vouch_issuer_new(&world.issuer, SPAN_ARRAY(world_ca), NULL, NULL) == VOUCH_OK);
	FUZZ_CHECK(vouch_signer_open(&world.signer, &options, NULL) == VOUCH_OK);
	ask(&world.requests[0], SPAN_ARRAY(serial_5));
	ask(&world.requests[1], SPAN_ARRAY(serial_5));
	ask(&world.requests[2], SPAN_ARRAY(serial_5));
	ask(&world.requests[2], SPAN_ARRAY(serial_6));
	FUZZ_CHECK(vouch_request_set_nonce(world.requests[0],
		       SPAN_LITERAL("0123456789abcdef0123456789abcdef"), NULL) == VOUCH_OK);
}

static bool
is_honest(const struct ocsp_response *r)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	vouch_buf both = { 0 };
	bool found = false;

	FUZZ_CHECK(buf_append_span(&both, r->tbs) == VOUCH_OK);
	FUZZ_CHECK(buf_append_span(&both, r->signature) == VOUCH_OK);
	size_t len = crypto_digest(VOUCH_SHA256, span_buf(&both), digest);
	for (size_t i = 0; i < COUNT(world_honest) && !found; i++)
		found = span_equal(span_of(digest, len), SPAN_ARRAY(world_honest[i]));
	vouch_buf_free(&both);
	return found;
}

static void
check_answer(const vouch_response *response, size_t number, const struct client_asked *asked)
{
	vouch_single single = { .size = sizeof(single) };

	FUZZ_CHECK(vouch_response_single(response, number, &single) == VOUCH_OK);
	FUZZ_CHECK(span_equal(single.serial_number, asked->parsed.serial_number));
	FUZZ_CHECK(single.hash == VOUCH_SHA256 && single.cert_status != VOUCH_STATUS_UNSET);
	FUZZ_CHECK(single.this_update <= WORLD_NOW + SKEW);
	FUZZ_CHECK(single.next_update == VOUCH_TIME_ABSENT ||
	    (single.next_update >= WORLD_NOW - SKEW && single.next_update >= single.this_update));
	FUZZ_CHECK(vouch_response_produced_at(response) <= WORLD_NOW + SKEW);
}

/* True when the response is believed; then it holds what was asked for. */
static bool
is_believed(vouch_span octets, const vouch_request *request)
{
	const vouch_verify_options options = { .size = sizeof(options),
		.now = WORLD_NOW,
		.skew = SKEW,
		.require_nonce = true };
	vouch_response *response = NULL;
	vouch_err err;
	int code = vouch_response_verify(&response, octets, request, &options, &err);

	FUZZ_CHECK(code == err.code && (code == VOUCH_OK) == (err.rule == NULL));
	if (code != VOUCH_OK) {
		FUZZ_CHECK(err.offset <= octets.len);
		return false;
	}
	bool is_successful = vouch_response_status(response) == VOUCH_SUCCESSFUL;
	FUZZ_CHECK(vouch_response_singles(response) == (is_successful ? request->asked_count : 0));
	for (size_t i = 0; i < vouch_response_singles(response); i++)
		check_answer(response, i, &request->asked[i]);
	FUZZ_CHECK(!is_successful || request->nonce.len == 0 || vouch_response_has_nonce(response));
	vouch_response_free(response);
	return is_successful;
}

/* The same ResponseData in the name of our signer, and signed. */
static void
sign_again(struct ocsp_response *r, vouch_buf *out)
{
	vouch_buf tbs = { 0 }, signature = { 0 };
	size_t cert_count;
	const vouch_span *certs = signer_certs(world.signer, &cert_count);
	vouch_err err;

	r->data.responder_id = signer_responder_id(world.signer, VOUCH_BY_KEY);
	if (ocsp_response_data_encode(&r->data, &tbs, &err) == VOUCH_OK) {
		FUZZ_CHECK(vouch_signer_sign(world.signer, span_buf(&tbs), &signature, &err) == VOUCH_OK);
		FUZZ_CHECK(ocsp_response_encode(span_buf(&tbs), signer_signature_algorithm(world.signer),
			       span_buf(&signature), certs, cert_count, out, &err) == VOUCH_OK);
	}
	vouch_buf_free(&tbs);
	vouch_buf_free(&signature);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ocsp_single_response singles[SINGLES];
	struct ocsp_response r;
	vouch_buf again = { 0 };
	vouch_err err;

	if (world.issuer == NULL)
		make_world();
	bool is_read = ocsp_response_parse(span_of(data, size), singles, SINGLES, &r, &err) == VOUCH_OK &&
	    r.response_status == VOUCH_SUCCESSFUL;
	for (size_t i = 0; i < COUNT(world.requests); i++)
		if (is_believed(span_of(data, size), world.requests[i]))
			FUZZ_CHECK(is_read && is_honest(&r));
	if (is_read)
		sign_again(&r, &again);
	for (size_t i = 0; again.len > 0 && i < COUNT(world.requests); i++)
		(void)is_believed(span_buf(&again), world.requests[i]);
	vouch_buf_free(&again);
	return 0;
}
