/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of the envelope: OCSPResponse and what is around it. */
#include "mock/fault_apply.h"

#include "base/buf.h"
#include "mock/length.h"

/* Of OCSPResponse: responseStatus, responseBytes [0] { responseType, response }. */
static const struct mock_path response_status = { { 0 }, 1 };
static const struct mock_path tagged_bytes = { { 1 }, 1 };
static const struct mock_path response_type = { { 1, 0, 0 }, 3 };
static const struct mock_path response = { { 1, 0, 1 }, 3 };

/* Of an error there is nothing to spoil: it goes out as it is. */
static int
splice(struct mock_plan *plan, const struct mock_path *path, vouch_span octets, vouch_err *err)
{
	return plan->error == VOUCH_SUCCESSFUL ? mock_splice(&plan->body, path, octets, err) : VOUCH_OK;
}

int
mock_response_type(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use;
	/* id-pkix-ocsp 99, which nobody has defined */
	return splice(plan, &response_type, SPAN_LITERAL("\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x63"),
	    err);
}

/* parameter 0: no responseBytes; 1: a response of no octets. */
int
mock_response_bytes(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return use->fault->parameter == 0 ? splice(plan, &tagged_bytes, (vouch_span){ 0 }, err) :
					    splice(plan, &response, SPAN_LITERAL("\x04\x00"), err);
}

/* RFC 6960 4.2.1: an error has no responseBytes; who reads them takes a status from an error. */
int
mock_error_with_bytes(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use;
	return splice(plan, &response_status, SPAN_LITERAL("\x0a\x01\x03"), err);
}

static int
append_random(struct mock_plan *plan, vouch_buf *out, size_t octets, vouch_err *err)
{
	if (buf_reserve(out, octets) != VOUCH_OK)
		return err_nomem(err);
	mock_random_fill(&plan->random, out->data + out->len, octets);
	out->len += octets;
	return VOUCH_OK;
}

int
mock_trailing(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	return append_random(plan, &plan->body, (size_t)use->value, err);
}

/* Behind BasicOCSPResponse, inside the OCTET STRING around it. */
int
mock_trailing_inside(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	vouch_span old;
	vouch_buf content = { 0 }, element = { 0 };

	if (mock_splice_find(span_buf(&plan->body), &response, &old) != VOUCH_OK)
		return VOUCH_OK;
	struct der_writer w = der_writer_init(&element);
	int code = buf_append_span(&content, der_content(old)) == VOUCH_OK ?
	    append_random(plan, &content, (size_t)use->value, err) :
	    err_nomem(err);
	der_put(&w, DER_OCTET_STRING, span_buf(&content));
	if (code == VOUCH_OK)
		code = der_writer_finish(&w, err);
	if (code == VOUCH_OK)
		code = splice(plan, &response, span_buf(&element), err);
	vouch_buf_free(&content);
	vouch_buf_free(&element);
	return code;
}

int
mock_long_length(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use;
	return mock_length_pad(&plan->body, err);
}

int
mock_indefinite_length(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use;
	return mock_length_indefinite(&plan->body, err);
}

int
mock_truncated(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)err;
	if (plan->body.len > (size_t)use->value)
		plan->body.len = (size_t)use->value;
	return VOUCH_OK;
}

int
mock_empty_body(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	(void)use, (void)err;
	buf_clear(&plan->body);
	return VOUCH_OK;
}

/* What a hotel's network answers to everything; its type may be right all the same. */
int
mock_page(struct mock_plan *plan, const struct mock_use *use, vouch_err *err)
{
	static const char page[] =
	    "<!DOCTYPE html><html><title>Welcome</title><p>Please log in.</p></html>\n";

	if (use->fault->parameter != 0)
		plan->http.content_type = "text/html; charset=utf-8";
	buf_clear(&plan->body);
	return buf_append_string(&plan->body, page) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}
