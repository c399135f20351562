/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of ResponseData that its encoder lets pass: responderID, producedAt, nonce, extensions. */
#include "mock/fault_apply.h"

#include "base/buf.h"
#include "mock/extension.h"
#include "ocsp/extension.h"

#define NONCE_OCTETS 32 /* RFC 9654 2.1: what new clients send */

int
mock_produced_at(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	plan->produced_at = plan->now + use->value;
	return VOUCH_OK;
}

/* --- responderID ---------------------------------------------------------------------------------------- */

static int
write_name(struct mock_plan *plan, vouch_span name, vouch_err *err)
{
	buf_clear(&plan->responder_id);
	struct der_writer w = der_writer_init(&plan->responder_id);
	size_t by_name = der_begin(&w, DER_CONTEXT(1));

	der_put_raw(&w, name);
	der_end(&w, by_name);
	return der_writer_finish(&w, err);
}

int
mock_responder_id_by_name(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use;
	return write_name(plan, plan->signer->cert.subject, err);
}

/* The name of somebody else: an empty one is nobody's, and could be read as "any". */
int
mock_wrong_responder_name(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	static const char somebody[] = "\x30\x12\x31\x10\x30\x0e\x06\x03\x55\x04\x03\x0c\x07Nobody.";

	(void)use;
	return write_name(plan, SPAN_LITERAL(somebody), err);
}

int
mock_wrong_responder_key(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use, (void)err;
	plan->responder_id.data[plan->responder_id.len - 1] ^= 1;
	return VOUCH_OK;
}

/* --- Nonce ---------------------------------------------------------------------------------------------- */

/* So many octets of the nonce that was asked for, then others. */
static int
write_nonce(struct mock_plan *plan, size_t kept, size_t octets, vouch_err *err)
{
	vouch_err unread;
	struct der_reader r = der_reader_init(plan->asked.nonce, err_or(NULL, &unread));
	vouch_span asked = der_read(&r, DER_OCTET_STRING);
	uint8_t *text = NULL;
	vouch_buf nonce = { 0 };

	if (buf_reserve(&nonce, octets + 1) != VOUCH_OK)
		return err_nomem(err);
	text = nonce.data;
	mock_random_fill(&plan->random, text, octets);
	if (kept > asked.len)
		kept = asked.len;
	if (kept > 0)
		memcpy(text, asked.data, kept < octets ? kept : octets);
	buf_clear(&plan->nonce);
	struct der_writer w = der_writer_init(&plan->nonce);
	der_put(&w, DER_OCTET_STRING, span_of(text, octets));
	vouch_buf_free(&nonce);
	return der_writer_finish(&w, err);
}

int
mock_nonce_missing(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use, (void)err;
	plan->has_nonce = false;
	return VOUCH_OK;
}

int
mock_nonce_changed(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use, (void)err;
	if (plan->has_nonce)
		plan->nonce.data[plan->nonce.len - 1] ^= (uint8_t)(1u << mock_random_below(&plan->random, 8));
	return VOUCH_OK;
}

int
mock_nonce_short(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return plan->has_nonce ? write_nonce(plan, SIZE_MAX, (size_t)use->value, err) : VOUCH_OK;
}

int
mock_nonce_long(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return plan->has_nonce ? write_nonce(plan, SIZE_MAX, (size_t)use->value, err) : VOUCH_OK;
}

int
mock_nonce_unasked(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use;
	if (plan->has_nonce)
		return VOUCH_OK;
	plan->has_nonce = true;
	return write_nonce(plan, 0, NONCE_OCTETS, err);
}

/* --- Extensions ----------------------------------------------------------------------------------------- */

int
mock_response_extension(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return mock_extension_write(&plan->extensions, use->fault->parameter != 0, 1, err);
}

int
mock_repeated_extension(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use;
	int code = mock_extension_write(&plan->extensions, false, 1, err);

	return code == VOUCH_OK ? mock_extension_write(&plan->extensions, false, 1, err) : code;
}

int
mock_huge(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return mock_extension_write(&plan->extensions, false, (size_t)use->value, err);
}
