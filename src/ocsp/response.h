/* SPDX-License-Identifier: Apache-2.0 */
/* OCSPResponse and BasicOCSPResponse (RFC 6960 4.2.1). */
#ifndef OCSP_RESPONSE_H
#define OCSP_RESPONSE_H

#include "ocsp/response_data.h"

/*
 * The five octets of an error response; static.  INTERNAL_ERROR for a status that has none (successful,
 * reserved).
 */
vouch_span ocsp_error_response(enum vouch_response_status response_status);

/*
 * Appends a successful OCSPResponse: tbs is a ResponseData element, signature_algorithm an
 * AlgorithmIdentifier element, signature the value (a BIT STRING with no unused bits is made of it), certs
 * whole Certificate elements; no certs leaves the field out.
 */
VOUCH_MUST int ocsp_response_encode(vouch_span tbs, vouch_span signature_algorithm, vouch_span signature,
    const vouch_span *certs, size_t cert_count, vouch_buf *out, vouch_err *err);

struct ocsp_response {
	enum vouch_response_status response_status;
	vouch_span tbs;				   /* the rest only if VOUCH_SUCCESSFUL */
	vouch_span signature_algorithm, signature; /* element; value without the unused-bits octet */
	vouch_span certs;			   /* concatenated Certificate elements, or empty */
	struct ocsp_response_data data;
};
/* Strict DER.  responses: room for max entries, the caller's. */
VOUCH_MUST int ocsp_response_parse(vouch_span der, struct ocsp_single_response *responses, size_t max,
    struct ocsp_response *out, vouch_err *err);

#endif
