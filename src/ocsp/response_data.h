/* SPDX-License-Identifier: Apache-2.0 */
/* ResponseData (RFC 6960 4.2.1): what is signed. */
#ifndef OCSP_RESPONSE_DATA_H
#define OCSP_RESPONSE_DATA_H

#include "ocsp/request.h"

struct ocsp_single_response {
	struct ocsp_certid certid;	    /* for encoding only certid.der is used */
	enum vouch_cert_status cert_status; /* VOUCH_STATUS_UNSET is refused */
	uint8_t revocation_reason;	    /* CRLReason + 1, 0 absent */
	bool writes_unspecified;	    /* otherwise unspecified(0) is said by absence (S-14) */
	vouch_time revocation_time;
	vouch_time this_update, next_update; /* next_update may be VOUCH_TIME_ABSENT */
	vouch_span single_extensions;	     /* concatenated Extension elements, or empty */
};

struct ocsp_response_data {
	vouch_span responder_id; /* the whole element: a1 … (byName) or a2 … (byKey) */
	vouch_time produced_at;
	size_t response_count;
	struct ocsp_single_response *responses; /* the caller's array */
	vouch_span response_extensions;		/* concatenated Extension elements, or empty */
};

VOUCH_MUST int ocsp_response_data_encode(const struct ocsp_response_data *data, vouch_buf *out,
    vouch_err *err);
/* Strict.  data->responses points to room for max entries. */
VOUCH_MUST int ocsp_response_data_parse(vouch_span der, size_t max, struct ocsp_response_data *data,
    vouch_err *err);
/* The same, of the next element of r; the error sticks to r. */
void ocsp_response_data_read(struct der_reader *r, size_t max, struct ocsp_response_data *data);

#endif
