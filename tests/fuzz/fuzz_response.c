/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the parser of responses: what it accepts is what our encoder would have written, octet for octet. */
#include "ocsp/extension.h"
#include "ocsp/response.h"
#include "target.h"

#define RESPONSES 16

/* The encoder does not write unspecified and refuses removeFromCRL (S-14); a reader meets both. */
static bool
has_foreign_reason(const struct ocsp_response_data *data)
{
	for (size_t i = 0; i < data->response_count; i++)
		if (data->responses[i].revocation_reason == 0 + 1 ||
		    data->responses[i].revocation_reason == 8 + 1)
			return true;
	return false;
}

static void
write_again(const struct ocsp_response *r, vouch_span der)
{
	vouch_buf tbs = { 0 }, out = { 0 };
	vouch_err err;

	FUZZ_CHECK(ocsp_response_data_encode(&r->data, &tbs, &err) == VOUCH_OK);
	FUZZ_CHECK(span_equal(span_of(tbs.data, tbs.len), r->tbs));
	int code = ocsp_response_encode(r->tbs, r->signature_algorithm, r->signature, &r->certs,
	    r->certs.len > 0 ? 1 : 0, &out, &err);
	FUZZ_CHECK(code == (r->signature.len > 0 ? VOUCH_OK : VOUCH_EINVAL));
	FUZZ_CHECK(code != VOUCH_OK || span_equal(span_of(out.data, out.len), der));
	vouch_buf_free(&tbs);
	vouch_buf_free(&out);
}

static void
look_for_extensions(const struct ocsp_response *r)
{
	vouch_span value;

	if (ocsp_extension_find(r->data.response_extensions, ocsp_oid_nonce, &value))
		FUZZ_CHECK(value.len <= r->data.response_extensions.len);
	for (size_t i = 0; i < r->data.response_count; i++)
		if (ocsp_extension_find(r->data.responses[i].single_extensions, ocsp_oid_archive_cutoff,
			&value))
			(void)ocsp_extension_time(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ocsp_single_response responses[RESPONSES];
	struct ocsp_response r;
	vouch_err err;
	int code = ocsp_response_parse(span_of(data, size), responses, RESPONSES, &r, &err);

	FUZZ_CHECK(code == err.code && err.offset <= size);
	if (code != VOUCH_OK)
		return 0;
	if (r.response_status != VOUCH_SUCCESSFUL) {
		FUZZ_CHECK(span_equal(ocsp_error_response(r.response_status), span_of(data, size)));
		return 0;
	}
	look_for_extensions(&r);
	if (r.data.response_count > 0 && !has_foreign_reason(&r.data))
		write_again(&r, span_of(data, size));
	return 0;
}
