/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer is worth at a glance. */
#include "bench/judge.h"

#include <string.h>

#include "base/err.h"
#include "base/span.h"
#include "bench/tally.h"
#include "der/reader.h"

/* OCSPResponse ::= SEQUENCE { responseStatus, responseBytes [0] EXPLICIT OPTIONAL } (RFC 6960 4.2.1). */
int
bench_judge_status(vouch_span body, unsigned *response_status)
{
	vouch_err err = { 0 };
	struct der_reader message = der_reader_init(body, &err);
	struct der_reader fields = der_enter(&message, DER_SEQUENCE);
	uint32_t status = der_enumerated(&fields, BENCH_RESPONSE_STATUSES - 1);

	if (status == VOUCH_SUCCESSFUL)
		(void)der_element_of(&fields, DER_CONTEXT(0));
	der_leave(&fields);
	if (der_finish(&message) != VOUCH_OK)
		return VOUCH_EPARSE;
	*response_status = status;
	return VOUCH_OK;
}

/* The whole element: a short serial number is found where it is one, and seldom elsewhere. */
bool
bench_judge_mentions(vouch_span body, vouch_span serial_number)
{
	uint8_t element[2 + 127];

	if (body.len == 0)
		return false;
	if (serial_number.len >= sizeof(element) - 2)
		return memmem(body.data, body.len, serial_number.data, serial_number.len) != NULL;
	element[0] = DER_INTEGER;
	element[1] = (uint8_t)serial_number.len;
	memcpy(element + 2, serial_number.data, serial_number.len);
	return memmem(body.data, body.len, element, 2 + serial_number.len) != NULL;
}
