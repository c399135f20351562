/* SPDX-License-Identifier: Apache-2.0 */
/* ResponseData (RFC 6960 4.2.1): what is signed. */
#include "ocsp/response_data.h"

#include "ocsp/extension_list.h"
#include "ocsp/oids.h"
#include "ocsp/rule.h"

#define REASON_MAX 10 /* aACompromise */

static void
write_extensions(struct der_writer *w, vouch_span extensions)
{
	if (extensions.len == 0)
		return;
	size_t tagged = der_begin(w, DER_CONTEXT(1));
	size_t list = der_begin(w, DER_SEQUENCE);
	der_put_raw(w, extensions);
	der_end(w, list);
	der_end(w, tagged);
}

/*
 * S-14, RFC 5280 5.3.1: unspecified is said by absence; 7 does not exist and removeFromCRL is for delta
 * CRLs.
 */
static void
write_reason(struct der_writer *w, uint8_t revocation_reason, bool writes_unspecified)
{
	unsigned reason = revocation_reason - 1u;

	if (revocation_reason == 0 || (reason == 0 && !writes_unspecified))
		return;
	if (reason == 7 || reason == 8 || reason > REASON_MAX) {
		der_writer_fail(w, VOUCH_EINVAL, "no such revocationReason in an answer (RFC 5280 5.3.1)");
		return;
	}
	size_t tagged = der_begin(w, DER_CONTEXT(0));
	der_put_enumerated(w, reason);
	der_end(w, tagged);
}

static void
write_revoked(struct der_writer *w, const struct ocsp_single_response *single)
{
	size_t revoked = der_begin(w, DER_CONTEXT(1));

	der_put_generalized_time(w, single->revocation_time);
	write_reason(w, single->revocation_reason, single->writes_unspecified);
	der_end(w, revoked);
}

/* No default: a new status does not compile until somebody decides how it is encoded. */
static void
write_cert_status(struct der_writer *w, const struct ocsp_single_response *single)
{
	const vouch_span nothing = { NULL, 0 };

	switch (single->cert_status) {
	case VOUCH_GOOD:
		der_put(w, DER_CONTEXT_PRIMITIVE(0), nothing);
		return;
	case VOUCH_REVOKED:
		write_revoked(w, single);
		return;
	case VOUCH_UNKNOWN:
		der_put(w, DER_CONTEXT_PRIMITIVE(2), nothing);
		return;
	case VOUCH_STATUS_UNSET:
		break;
	}
	der_writer_fail(w, VOUCH_EINVAL, "certStatus is not set");
}

static void
write_single_response(struct der_writer *w, const struct ocsp_single_response *single)
{
	size_t response = der_begin(w, DER_SEQUENCE);

	if (single->certid.der.len == 0)
		der_writer_fail(w, VOUCH_EINVAL, "SingleResponse without a CertID");
	der_put_raw(w, single->certid.der);
	write_cert_status(w, single);
	der_put_generalized_time(w, single->this_update);
	if (single->next_update != VOUCH_TIME_ABSENT) {
		size_t tagged = der_begin(w, DER_CONTEXT(0));
		der_put_generalized_time(w, single->next_update);
		der_end(w, tagged);
	}
	write_extensions(w, single->single_extensions);
	der_end(w, response);
}

int
ocsp_response_data_encode(const struct ocsp_response_data *data, vouch_buf *out, vouch_err *err)
{
	struct der_writer w = der_writer_init(out);
	size_t response_data = der_begin(&w, DER_SEQUENCE);

	if (data->responder_id.len == 0 || data->response_count == 0)
		der_writer_fail(&w, VOUCH_EINVAL, "ResponseData without a responderID or without responses");
	der_put_raw(&w, data->responder_id);
	der_put_generalized_time(&w, data->produced_at);
	size_t responses = der_begin(&w, DER_SEQUENCE);
	for (size_t i = 0; i < data->response_count; i++)
		write_single_response(&w, &data->responses[i]);
	der_end(&w, responses);
	write_extensions(&w, data->response_extensions);
	der_end(&w, response_data);
	return der_writer_finish(&w, err);
}

/* Critical extensions that a reader of answers may meet and understand (RFC 6960 4.4, RFC 5280 5.3). */
static bool
is_recognised(vouch_span oid)
{
	static const vouch_span recognised[] = {
		{ (const uint8_t *)OCSP_OID_NONCE, sizeof(OCSP_OID_NONCE) - 1 },
		{ (const uint8_t *)OCSP_OID_CRL, sizeof(OCSP_OID_CRL) - 1 },
		{ (const uint8_t *)OCSP_OID_ARCHIVE_CUTOFF, sizeof(OCSP_OID_ARCHIVE_CUTOFF) - 1 },
		{ (const uint8_t *)OCSP_OID_EXTENDED_REVOKE, sizeof(OCSP_OID_EXTENDED_REVOKE) - 1 },
		{ (const uint8_t *)OCSP_OID_INVALIDITY_DATE, sizeof(OCSP_OID_INVALIDITY_DATE) - 1 },
	};

	for (size_t i = 0; i < sizeof(recognised) / sizeof(recognised[0]); i++)
		if (span_equal(recognised[i], oid))
			return true;
	return false;
}

/* [1] EXPLICIT Extensions; yields the concatenated elements, or nothing when the field is absent. */
static vouch_span
read_extensions(struct der_reader *r)
{
	struct ocsp_extension_list list;
	struct ocsp_extension e;

	if (!der_next_is(r, DER_CONTEXT(1)))
		return (vouch_span){ NULL, 0 };
	struct der_reader tagged = der_enter(r, DER_CONTEXT(1));
	ocsp_extension_list_enter(&list, &tagged, true);
	vouch_span elements = span_of(list.r.next, (size_t)(list.r.end - list.r.next));
	while (ocsp_extension_list_next(&list, &e))
		if (e.critical && !is_recognised(e.oid)) {
			der_fail(&list.r, VOUCH_EREFUSED, e.oid.data,
			    "critical extension that is not understood (RFC 5280 4.2)");
			(void)err_rule(list.r.err, OCSP_RULE_CRITICAL_EXTENSION);
		}
	der_leave(&tagged);
	return elements;
}

static void
read_revoked(struct der_reader *r, struct ocsp_single_response *single)
{
	struct der_reader revoked = der_enter(r, DER_CONTEXT(1));

	single->cert_status = VOUCH_REVOKED;
	single->revocation_time = der_generalized_time(&revoked);
	if (der_next_is(&revoked, DER_CONTEXT(0))) {
		struct der_reader tagged = der_enter(&revoked, DER_CONTEXT(0));
		const uint8_t *at = tagged.next;
		uint32_t reason = der_enumerated(&tagged, REASON_MAX);
		if (reason == 7)
			der_fail(r, VOUCH_EPARSE, at, "CRLReason 7 does not exist (RFC 5280 5.3.1)");
		single->revocation_reason = (uint8_t)(reason + 1);
		der_leave(&tagged);
	}
	der_leave(&revoked);
}

static void
read_cert_status(struct der_reader *r, struct ocsp_single_response *single)
{
	const uint8_t *at = r->next;

	if (der_next_is(r, DER_CONTEXT(1))) {
		read_revoked(r, single);
		return;
	}
	bool unknown = der_next_is(r, DER_CONTEXT_PRIMITIVE(2));
	vouch_span nothing = der_read(r, unknown ? DER_CONTEXT_PRIMITIVE(2) : DER_CONTEXT_PRIMITIVE(0));
	if (nothing.len != 0)
		der_fail(r, VOUCH_EPARSE, at, "NULL with content");
	if (!der_failed(r))
		single->cert_status = unknown ? VOUCH_UNKNOWN : VOUCH_GOOD;
}

static void
read_single_response(struct der_reader *r, struct ocsp_single_response *single)
{
	struct der_reader response = der_enter(r, DER_SEQUENCE);

	*single = (struct ocsp_single_response){ .revocation_time = VOUCH_TIME_ABSENT,
		.next_update = VOUCH_TIME_ABSENT };
	ocsp_certid_read(&response, &single->certid);
	read_cert_status(&response, single);
	single->this_update = der_generalized_time(&response);
	if (der_next_is(&response, DER_CONTEXT(0))) {
		struct der_reader tagged = der_enter(&response, DER_CONTEXT(0));
		single->next_update = der_generalized_time(&tagged);
		der_leave(&tagged);
	}
	single->single_extensions = read_extensions(&response);
	der_leave(&response);
}

/* ResponderID ::= CHOICE { byName [1] Name, byKey [2] KeyHash } */
static vouch_span
read_responder_id(struct der_reader *r)
{
	const uint8_t *start = r->next;
	bool by_key = der_next_is(r, DER_CONTEXT(2));
	struct der_reader tagged = der_enter(r, by_key ? DER_CONTEXT(2) : DER_CONTEXT(1));

	(void)der_element_of(&tagged, by_key ? DER_OCTET_STRING : DER_SEQUENCE);
	der_leave(&tagged);
	return span_of(start, (size_t)(r->next - start));
}

static size_t
read_responses(struct der_reader *r, struct ocsp_single_response *responses, size_t max)
{
	struct der_reader list = der_enter(r, DER_SEQUENCE);
	size_t count = 0;

	while (der_more(&list) && count < max)
		read_single_response(&list, &responses[count++]);
	if (der_more(&list))
		der_fail(r, VOUCH_ELIMIT, list.next, "more than %zu responses", max);
	return count;
}

int
ocsp_response_data_parse(vouch_span der, size_t max, struct ocsp_response_data *data, vouch_err *err)
{
	struct der_reader r = der_reader_init(der, err_or(err, err));

	ocsp_response_data_read(&r, max, data);
	return der_finish(&r);
}

void
ocsp_response_data_read(struct der_reader *r, size_t max, struct ocsp_response_data *data)
{
	struct der_reader response_data = der_enter(r, DER_SEQUENCE);

	/* P-06: v1 is the default, which DER leaves out, and there is no other. */
	if (der_next_is(&response_data, DER_CONTEXT(0)))
		der_fail(r, VOUCH_EREFUSED, response_data.next,
		    "version of ResponseData is encoded: v1 is not, others do not exist");
	data->responder_id = read_responder_id(&response_data);
	data->produced_at = der_generalized_time(&response_data);
	data->response_count = read_responses(&response_data, data->responses, max);
	data->response_extensions = read_extensions(&response_data);
	der_leave(&response_data);
}
