/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What vouch_decode() knows of the ASN.1: one row for each field, one table for each constructed type.
 *
 *	request[]                     a table ends with a row that has no name
 *	  tbsRequest   ── inside ──>  tbs_request[]
 *	  [0]          ── inside ──>  one row, for an EXPLICIT tag around it
 */
#ifndef OCSP_DECODE_FIELD_H
#define OCSP_DECODE_FIELD_H

#include "base/buf.h"
#include "der/reader.h"

enum decode_need {
	DECODE_NEEDED,
	DECODE_OPTIONAL,
	DECODE_CHOICE,	/* one of the rows that stand together */
	DECODE_REPEATED /* any number of times */
};

/*
 * Reads one element off r and appends its value, for people.  What is wrong in it sticks to r; only lack of
 * memory is returned.
 */
typedef int decode_text(vouch_buf *out, struct der_reader *r);

struct decode_field {
	const char *name;
	uint8_t tag;	   /* 0: any */
	uint8_t need;	   /* enum decode_need */
	bool by_oid;	   /* what is inside depends on the OBJECT IDENTIFIER before it */
	decode_text *text; /* of a primitive value */
	const struct decode_field *inside;
};

extern const struct decode_field decode_request[], decode_response[]; /* one row each */
/* The one row that describes what is in an extension's extnValue; NULL when it is not known. */
const struct decode_field *decode_extension(vouch_span oid);
/* "id-pkix-ocsp-nonce"; NULL when it is not known.  Static. */
const char *decode_oid_name(vouch_span oid);

decode_text decode_any, decode_bits, decode_boolean, decode_generalized_time, decode_integer,
    decode_key_usage, decode_name, decode_null, decode_octets, decode_oid, decode_reason,
    decode_response_status, decode_string, decode_time, decode_version;

#endif
