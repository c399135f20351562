/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the parser of requests: what is strict is lenient too, and what was understood can be asked again. */
#include "ocsp/extension.h"
#include "ocsp/request.h"
#include "target.h"

#define CERTIDS 16

static void
check_spans(const struct ocsp_request *r, vouch_span der)
{
	const uint8_t *end = der.data + der.len;

	FUZZ_CHECK(r->certid_count >= 1 && r->certid_count <= CERTIDS);
	for (size_t i = 0; i < r->certid_count; i++) {
		const struct ocsp_certid *c = &r->certids[i];
		FUZZ_CHECK(c->der.data >= der.data && c->der.data + c->der.len <= end);
		FUZZ_CHECK(c->serial_number.len > 0 && c->serial_number.data + c->serial_number.len <= end);
		FUZZ_CHECK(
		    c->hash == VOUCH_HASH_OTHER || c->issuer_name_hash.len == ocsp_hash_length(c->hash));
		FUZZ_CHECK(
		    c->hash == VOUCH_HASH_OTHER || c->issuer_key_hash.len == ocsp_hash_length(c->hash));
	}
	FUZZ_CHECK(r->tbs_request.data > der.data && r->tbs_request.data + r->tbs_request.len <= end);
	FUZZ_CHECK(
	    !r->is_signed || (r->signature_algorithm.len > 0 && r->signature.data + r->signature.len <= end));
	FUZZ_CHECK(!r->has_nonce || r->nonce_length <= r->nonce.len);
}

/* The same certificates and the same nonce, in a request of our own. */
static void
ask_again(const struct ocsp_request *r)
{
	vouch_span certids[CERTIDS], nonce = { NULL, 0 };
	vouch_buf out = { 0 };
	vouch_err err;
	struct ocsp_request again;

	for (size_t i = 0; i < r->certid_count; i++)
		certids[i] = r->certids[i].der;
	if (r->has_nonce && r->nonce_length > 0)
		nonce = span_of(r->nonce.data + r->nonce.len - r->nonce_length, r->nonce_length);
	FUZZ_CHECK(ocsp_request_encode(certids, r->certid_count, nonce, &out, &err) == VOUCH_OK);
	FUZZ_CHECK(
	    ocsp_request_parse(span_of(out.data, out.len), CERTIDS, OCSP_EXACT, &again, &err) == VOUCH_OK);
	FUZZ_CHECK(again.certid_count == r->certid_count);
	for (size_t i = 0; i < r->certid_count; i++) {
		FUZZ_CHECK(span_equal(again.certids[i].der, r->certids[i].der));
		FUZZ_CHECK(again.certids[i].hash == r->certids[i].hash);
	}
	FUZZ_CHECK(again.has_nonce == (nonce.len > 0) && again.nonce_length == nonce.len);
	vouch_buf_free(&out);
}

static void
walk_preferred(const struct ocsp_request *r)
{
	struct ocsp_preferred preferred;
	vouch_span rest = r->preferred;

	while (ocsp_preferred_next(&rest, &preferred))
		FUZZ_CHECK(preferred.sig_identifier.len > 0);
	FUZZ_CHECK(rest.len == 0); /* what was accepted can be walked to its end */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	vouch_span der = span_of(data, size);
	vouch_err err, strict_err;
	struct ocsp_request lenient, strict;
	int code = ocsp_request_parse(der, CERTIDS, 0, &lenient, &err);
	int strict_code = ocsp_request_parse(der, CERTIDS, OCSP_STRICT, &strict, &strict_err);

	FUZZ_CHECK(code == err.code && err.offset <= size);
	if (strict_code == VOUCH_OK)
		FUZZ_CHECK(code == VOUCH_OK && strict.certid_count == lenient.certid_count);
	if (code != VOUCH_OK)
		return 0;
	check_spans(&lenient, der);
	ask_again(&lenient);
	walk_preferred(&lenient);
	return 0;
}
