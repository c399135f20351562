/* SPDX-License-Identifier: Apache-2.0 */
/* One line of an index.txt, the table that `openssl ca` and easy-rsa write: its six fields, read strictly. */
#ifndef STATUS_INDEX_ROW_H
#define STATUS_INDEX_ROW_H

#include "base/span.h"

#define INDEX_SERIAL_MAX 1024 /* octets, as vouch_serial_parse() has it; RFC 5280 4.1.2.2 allows 20 */

enum index_type { INDEX_VALID = 'V', INDEX_REVOKED = 'R', INDEX_EXPIRED = 'E' };

/*
 *	R	271122100000Z	261122100000Z,keyTime,20261101000000Z	0A1B	unknown	/CN=mallory
 *	type	notAfter	revocation: time[,reason[,more]]	serial	file	subject
 */
struct index_row {
	enum index_type type;
	uint8_t revocation_reason; /* CRLReason + 1, 0 absent */
	vouch_time not_after;
	vouch_time revocation_time, invalidity_date; /* absent unless revoked */
	size_t serial_len;
	uint8_t serial_number[INDEX_SERIAL_MAX + 1]; /* the content of its DER INTEGER */
};

/* The line comes without its end.  VOUCH_EPARSE, VOUCH_ELIMIT or VOUCH_EREFUSED, with the offset into it. */
VOUCH_MUST int index_row_parse(struct index_row *out, vouch_span line, vouch_err *err);

#endif
