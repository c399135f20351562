/* SPDX-License-Identifier: Apache-2.0 */
/* OCSPRequest (RFC 6960 4.1.1), written. */
#include "ocsp/extension_list.h"
#include "ocsp/oids.h"
#include "ocsp/request.h"

#define DIRECTORY_NAME \
	DER_CONTEXT(4) /* of GeneralName (RFC 5280 4.2.1.6); explicit, since Name is a CHOICE */

/* requestExtensions [2]; the nonce is an OCTET STRING inside extnValue (RFC 9654 2.1). */
static void
write_nonce(struct der_writer *w, vouch_span nonce)
{
	if (nonce.len == 0)
		return;
	size_t tagged = der_begin(w, DER_CONTEXT(2));
	size_t list = der_begin(w, DER_SEQUENCE);
	struct ocsp_extension_marks nonce_extension = ocsp_extension_begin(w, SPAN_LITERAL(OCSP_OID_NONCE));
	der_put(w, DER_OCTET_STRING, nonce);
	ocsp_extension_end(w, nonce_extension);
	der_end(w, list);
	der_end(w, tagged);
}

/* requestorName [1] EXPLICIT GeneralName */
static void
write_requestor_name(struct der_writer *w, vouch_span name)
{
	if (name.len == 0)
		return;
	size_t tagged = der_begin(w, DER_CONTEXT(1));
	size_t directory_name = der_begin(w, DIRECTORY_NAME);
	der_put_raw(w, name);
	der_end(w, directory_name);
	der_end(w, tagged);
}

static void
write_request_list(struct der_writer *w, const vouch_span *certids, size_t count)
{
	size_t request_list = der_begin(w, DER_SEQUENCE);

	if (count == 0)
		der_writer_fail(w, VOUCH_EINVAL, "a request that asks about no certificate (RFC 6960 4.1.1)");
	for (size_t i = 0; i < count; i++) {
		size_t single = der_begin(w, DER_SEQUENCE);
		der_put_raw(w, certids[i]);
		der_end(w, single);
	}
	der_end(w, request_list);
}

static void
write_tbs_request(struct der_writer *w, const struct ocsp_tbs_request *t)
{
	size_t tbs_request = der_begin(w, DER_SEQUENCE);

	write_requestor_name(w, t->requestor_name);
	write_request_list(w, t->certids, t->certid_count);
	write_nonce(w, t->nonce);
	der_end(w, tbs_request);
}

int
ocsp_tbs_request_encode(const struct ocsp_tbs_request *tbs_request, vouch_buf *out, vouch_err *err)
{
	struct der_writer w = der_writer_init(out);

	write_tbs_request(&w, tbs_request);
	return der_writer_finish(&w, err);
}

static void
write_certs(struct der_writer *w, const vouch_span *certs, size_t count)
{
	if (count == 0)
		return;
	size_t tagged = der_begin(w, DER_CONTEXT(0));
	size_t list = der_begin(w, DER_SEQUENCE);
	for (size_t i = 0; i < count; i++)
		der_put_raw(w, certs[i]);
	der_end(w, list);
	der_end(w, tagged);
}

int
ocsp_request_wrap(vouch_span tbs_request, vouch_span signature_algorithm, vouch_span signature,
    const vouch_span *certs, size_t cert_count, vouch_buf *out, vouch_err *err)
{
	struct der_writer w = der_writer_init(out);
	size_t request = der_begin(&w, DER_SEQUENCE);

	der_put_raw(&w, tbs_request);
	if (signature.len > 0) {
		size_t tagged = der_begin(&w, DER_CONTEXT(0));
		size_t optional_signature = der_begin(&w, DER_SEQUENCE);
		der_put_raw(&w, signature_algorithm);
		der_put_bit_string(&w, signature);
		write_certs(&w, certs, cert_count);
		der_end(&w, optional_signature);
		der_end(&w, tagged);
	}
	der_end(&w, request);
	return der_writer_finish(&w, err);
}

int
ocsp_request_encode(const vouch_span *certids, size_t count, vouch_span nonce, vouch_buf *out, vouch_err *err)
{
	const struct ocsp_tbs_request t = { .certids = certids, .certid_count = count, .nonce = nonce };
	struct der_writer w = der_writer_init(out);
	size_t request = der_begin(&w, DER_SEQUENCE);

	write_tbs_request(&w, &t);
	der_end(&w, request);
	return der_writer_finish(&w, err);
}
