/* SPDX-License-Identifier: Apache-2.0 */
/* OCSPResponse and BasicOCSPResponse (RFC 6960 4.2.1). */
#include "ocsp/response.h"

#include "ocsp/oids.h"
#include "ocsp/rule.h"

/* By OCSPResponseStatus; 4 is not used. */
static const struct {
	const char *name;
	uint8_t der[5];
} statuses[] = {
	[VOUCH_SUCCESSFUL] = { "successful", { 0 } },
	[VOUCH_MALFORMED_REQUEST] = { "malformedRequest", { 0x30, 0x03, 0x0a, 0x01, 0x01 } },
	[VOUCH_INTERNAL_ERROR] = { "internalError", { 0x30, 0x03, 0x0a, 0x01, 0x02 } },
	[VOUCH_TRY_LATER] = { "tryLater", { 0x30, 0x03, 0x0a, 0x01, 0x03 } },
	[VOUCH_SIG_REQUIRED] = { "sigRequired", { 0x30, 0x03, 0x0a, 0x01, 0x05 } },
	[VOUCH_UNAUTHORIZED] = { "unauthorized", { 0x30, 0x03, 0x0a, 0x01, 0x06 } },
};
#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))

static bool
status_exists(int response_status)
{
	return response_status >= 0 && (size_t)response_status < STATUSES &&
	    statuses[response_status].name != NULL;
}

const char *
vouch_response_status_name(int response_status)
{
	return status_exists(response_status) ? statuses[response_status].name : "reserved";
}

vouch_span
ocsp_error_response(enum vouch_response_status response_status)
{
	int status = (int)response_status;

	if (!status_exists(status) || response_status == VOUCH_SUCCESSFUL)
		status = VOUCH_INTERNAL_ERROR;
	return SPAN_ARRAY(statuses[status].der);
}

static void
write_basic_response(struct der_writer *w, vouch_span tbs, vouch_span signature_algorithm,
    vouch_span signature, const vouch_span *certs, size_t cert_count)
{
	size_t basic_response = der_begin(w, DER_SEQUENCE);

	der_put_raw(w, tbs);
	der_put_raw(w, signature_algorithm);
	der_put_bit_string(w, signature);
	if (cert_count > 0) {
		size_t tagged = der_begin(w, DER_CONTEXT(0));
		size_t list = der_begin(w, DER_SEQUENCE);
		for (size_t i = 0; i < cert_count; i++)
			der_put_raw(w, certs[i]);
		der_end(w, list);
		der_end(w, tagged);
	}
	der_end(w, basic_response);
}

int
ocsp_response_encode(vouch_span tbs, vouch_span signature_algorithm, vouch_span signature,
    const vouch_span *certs, size_t cert_count, vouch_buf *out, vouch_err *err)
{
	struct der_writer w = der_writer_init(out);
	size_t response = der_begin(&w, DER_SEQUENCE);

	/* nothing leaves that looks like an answer and is not signed. */
	if (tbs.len == 0 || signature_algorithm.len == 0 || signature.len == 0)
		der_writer_fail(&w, VOUCH_EINVAL, "a successful response needs ResponseData and a signature");
	der_put_enumerated(&w, VOUCH_SUCCESSFUL);
	size_t tagged = der_begin(&w, DER_CONTEXT(0));
	size_t response_bytes = der_begin(&w, DER_SEQUENCE);
	der_put_oid(&w, SPAN_LITERAL(OCSP_OID_BASIC));
	size_t octets = der_begin(&w, DER_OCTET_STRING);
	write_basic_response(&w, tbs, signature_algorithm, signature, certs, cert_count);
	der_end(&w, octets);
	der_end(&w, response_bytes);
	der_end(&w, tagged);
	der_end(&w, response);
	return der_writer_finish(&w, err);
}

/* certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL; they are not looked into. */
static vouch_span
read_certs(struct der_reader *r)
{
	if (!der_next_is(r, DER_CONTEXT(0)))
		return (vouch_span){ NULL, 0 };
	struct der_reader tagged = der_enter(r, DER_CONTEXT(0));
	struct der_reader list = der_enter(&tagged, DER_SEQUENCE);
	vouch_span certs = span_of(list.next, (size_t)(list.end - list.next));
	if (!der_more(&list))
		der_fail(r, VOUCH_EPARSE, list.next, "certs is there and empty (RFC 6960 4.2.1)");
	while (der_more(&list))
		(void)der_element_of(&list, DER_SEQUENCE);
	der_leave(&tagged);
	return certs;
}

static void
read_basic_response(struct der_reader *r, size_t max, struct ocsp_response *out)
{
	struct der_reader basic_response = der_enter(r, DER_SEQUENCE);
	const uint8_t *start = basic_response.next;

	ocsp_response_data_read(&basic_response, max, &out->data);
	out->tbs = span_of(start, (size_t)(basic_response.next - start));
	out->signature_algorithm = der_algorithm_identifier(&basic_response);
	out->signature = der_bit_string(&basic_response, NULL);
	out->certs = read_certs(&basic_response);
	der_leave(&basic_response);
	der_leave(r);
}

static void
read_response_bytes(struct der_reader *r, size_t max, struct ocsp_response *out)
{
	struct der_reader tagged = der_enter(r, DER_CONTEXT(0));
	struct der_reader response_bytes = der_enter(&tagged, DER_SEQUENCE);
	const uint8_t *at = response_bytes.next;
	vouch_span response_type = der_oid(&response_bytes);

	if (!der_failed(r) && !span_equal(response_type, SPAN_LITERAL(OCSP_OID_BASIC))) {
		der_fail(r, VOUCH_EREFUSED, at, "responseType is not id-pkix-ocsp-basic");
		(void)err_rule(r->err, OCSP_RULE_RESPONSE_TYPE);
	}
	struct der_reader octets = der_enter(&response_bytes, DER_OCTET_STRING);
	read_basic_response(&octets, max, out);
	der_leave(&response_bytes);
	der_leave(&tagged);
}

int
ocsp_response_parse(vouch_span der, struct ocsp_single_response *responses, size_t max,
    struct ocsp_response *out, vouch_err *err)
{
	struct der_reader r = der_reader_init(der, err_or(err, err));
	struct der_reader response = der_enter(&r, DER_SEQUENCE);
	const uint8_t *at = response.next;

	*out = (struct ocsp_response){ .data = { .produced_at = VOUCH_TIME_ABSENT, .responses = responses } };
	uint32_t status = der_enumerated(&response, VOUCH_UNAUTHORIZED);
	if (!status_exists((int)status))
		der_fail(&r, VOUCH_EPARSE, at, "responseStatus %u does not exist", (unsigned)status);
	out->response_status = (enum vouch_response_status)status;
	/* RFC 6960 4.2.1: an error has no responseBytes, so they would be octets too many. */
	if (status == VOUCH_SUCCESSFUL)
		read_response_bytes(&response, max, out);
	der_leave(&response);
	return der_finish(&r);
}
