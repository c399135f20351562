/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: from a request to the octets of a body. */
#include "mock/plan.h"

#include <stdlib.h>

#include "base/buf.h"
#include "mock/fault_apply.h"
#include "ocsp/extension.h"
#include "ocsp/response.h"

enum { SUPERSEDED = 4 + 1, UNDEFINED = 7 + 1, REMOVE_FROM_CRL = 8 + 1 }; /* CRLReason + 1 */
#define SINGLES_MAX ((size_t)2 * OCSP_CERTIDS_MAX)

void
mock_plan_init(struct mock_plan *plan)
{
	*plan = (struct mock_plan){ .produced_at = VOUCH_TIME_ABSENT };
	plan->http = (struct mock_http){ .status = 200,
		.version = "HTTP/1.1",
		.reason = "OK",
		.content_type = "application/ocsp-response",
		.retry_after = -1 };
	plan->socket = (struct mock_socket){ .head_max = SIZE_MAX, .body_max = SIZE_MAX };
}

void
mock_plan_clear(struct mock_plan *plan)
{
	vouch_buf *const owned[] = { &plan->request, &plan->responder_id, &plan->nonce, &plan->extensions,
		&plan->tbs, &plan->signature, &plan->signature_algorithm, &plan->body };

	for (size_t i = 0; i < plan->single_count; i++) {
		vouch_buf_free(&plan->singles[i].certid);
		vouch_buf_free(&plan->singles[i].extensions);
	}
	free(plan->singles);
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		vouch_buf_free(owned[i]);
	*plan = (struct mock_plan){ 0 };
}

struct mock_single *
mock_plan_add_single(struct mock_plan *plan)
{
	if (plan->singles == NULL)
		plan->singles = calloc(SINGLES_MAX, sizeof(*plan->singles));
	if (plan->singles == NULL || plan->single_count == SINGLES_MAX)
		return NULL;
	return &plan->singles[plan->single_count++];
}

/* The encoder knows reasons that exist in an answer; any other takes the place of one of them later. */
void
mock_single_revoke(struct mock_single *single, uint8_t reason)
{
	bool is_odd = reason == REMOVE_FROM_CRL || reason == UNDEFINED;

	single->odd_reason = is_odd ? (uint8_t)(reason - 1) : 0;
	single->answer.cert_status = VOUCH_REVOKED;
	single->answer.revocation_reason = is_odd ? SUPERSEDED : reason;
	single->answer.writes_unspecified = true;
}

/* The faults of one stage, in the order in which they were given. */
static int
apply(struct mock_plan *plan, enum mock_stage stage, vouch_err *err)
{
	for (size_t i = 0; i < plan->uses.count; i++) {
		const struct mock_use *use = &plan->uses.items[i];

		if (use->fault->stage == stage && use->fault->apply(plan, use, err) != VOUCH_OK)
			return err_prefix(err, "fault %s", use->fault->name);
	}
	return VOUCH_OK;
}

/* --- ResponseData --------------------------------------------------------------------------------------- */

/* RFC 6960 4.2.1 byKey: the SHA-1 of the signer's key. */
static int
fill_responder_id(struct mock_plan *plan, vouch_err *err)
{
	uint8_t sha1[CRYPTO_DIGEST_MAX];
	size_t len = crypto_digest(VOUCH_SHA1, plan->signer->cert.key_bits, sha1);
	struct der_writer w = der_writer_init(&plan->responder_id);

	if (len == 0)
		return err_set(err, VOUCH_ECRYPTO, "libcrypto has no SHA-1");
	size_t by_key = der_begin(&w, DER_CONTEXT(2));
	der_put(&w, DER_OCTET_STRING, span_of(sha1, len));
	der_end(&w, by_key);
	return der_writer_finish(&w, err);
}

static int
fill_data(struct mock_plan *plan, vouch_err *err)
{
	plan->produced_at = plan->now;
	if (plan->signer == NULL &&
	    mock_cast_get(plan->cast, MOCK_RESPONDER, plan->now, &plan->signer, err) != VOUCH_OK)
		return err->code;
	if (plan->signature_algorithm.len == 0 &&
	    buf_append_span(&plan->signature_algorithm, span_buf(&plan->signer->algorithm)) != VOUCH_OK)
		return err_nomem(err);
	plan->has_nonce = plan->asked.has_nonce;
	if (plan->has_nonce && buf_append_span(&plan->nonce, plan->asked.nonce) != VOUCH_OK)
		return err_nomem(err);
	return fill_responder_id(plan, err);
}

static int
encode_singles(struct mock_plan *plan, vouch_span extensions, vouch_err *err)
{
	struct ocsp_single_response *responses = calloc(plan->single_count, sizeof(*responses));

	if (responses == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < plan->single_count; i++) {
		struct mock_single *single = &plan->singles[i];

		responses[i] = single->answer;
		if (single->certid.len > 0)
			responses[i].certid.der = span_buf(&single->certid);
		responses[i].single_extensions = span_buf(&single->extensions);
	}
	const struct ocsp_response_data data = { .responder_id = span_buf(&plan->responder_id),
		.produced_at = plan->produced_at,
		.response_count = plan->single_count,
		.responses = responses,
		.response_extensions = extensions };
	int code = ocsp_response_data_encode(&data, &plan->tbs, err);
	free(responses);
	return code == VOUCH_OK ? mock_octets_reasons(plan, err) : code;
}

static int
encode_data(struct mock_plan *plan, vouch_err *err)
{
	vouch_buf extensions = { 0 };
	int code = VOUCH_OK;

	if (plan->has_nonce)
		code = ocsp_extension_nonce(&extensions, span_buf(&plan->nonce));
	if (code == VOUCH_OK)
		code = buf_append_span(&extensions, span_buf(&plan->extensions));
	code = code == VOUCH_OK ? encode_singles(plan, span_buf(&extensions), err) : err_nomem(err);
	vouch_buf_free(&extensions);
	return code;
}

/* --- Body ----------------------------------------------------------------------------------------------- */

static int
encode_envelope(struct mock_plan *plan, vouch_err *err)
{
	/* RFC 6960 4.2.2.3: the CA's own certificate need not be sent. */
	bool is_ca = span_equal(span_buf(&plan->signer->cert.der), span_buf(&mock_cast_ca(plan->cast)->der));
	const vouch_span cert = span_buf(&plan->signer->cert.der);

	return ocsp_response_encode(span_buf(&plan->tbs), span_buf(&plan->signature_algorithm),
	    span_buf(&plan->signature), &cert, plan->no_certs || is_ca ? 0 : 1, &plan->body, err);
}

static int
make_answer(struct mock_plan *plan, vouch_err *err)
{
	if (apply(plan, MOCK_SINGLE, err) != VOUCH_OK || apply(plan, MOCK_SIGNER, err) != VOUCH_OK ||
	    fill_data(plan, err) != VOUCH_OK || apply(plan, MOCK_DATA, err) != VOUCH_OK ||
	    encode_data(plan, err) != VOUCH_OK || apply(plan, MOCK_OCTETS, err) != VOUCH_OK)
		return err->code;
	const struct mock_signer *hand = plan->forger != NULL ? plan->forger : plan->signer;
	if (mock_signer_sign(hand, span_buf(&plan->signature_algorithm), span_buf(&plan->tbs),
		&plan->signature, err) != VOUCH_OK ||
	    apply(plan, MOCK_SIGNATURE, err) != VOUCH_OK)
		return err->code;
	return encode_envelope(plan, err);
}

static int
make_error(struct mock_plan *plan, vouch_err *err)
{
	struct der_writer w = der_writer_init(&plan->body);
	size_t response = der_begin(&w, DER_SEQUENCE);

	der_put_enumerated(&w, (uint32_t)plan->error);
	der_end(&w, response);
	return der_writer_finish(&w, err);
}

int
mock_plan_make(struct mock_plan *plan, vouch_err *err)
{
	if (apply(plan, MOCK_STATUS, err) != VOUCH_OK)
		return err->code;
	int code = plan->error == VOUCH_SUCCESSFUL ? make_answer(plan, err) : make_error(plan, err);
	if (code != VOUCH_OK || apply(plan, MOCK_ENVELOPE, err) != VOUCH_OK ||
	    apply(plan, MOCK_HTTP, err) != VOUCH_OK)
		return err->code;
	return apply(plan, MOCK_SOCKET, err);
}
