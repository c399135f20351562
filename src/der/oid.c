/* SPDX-License-Identifier: Apache-2.0 */
/* OBJECT IDENTIFIERs: content octets, and their dotted text. */
#include "der/oid.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/hex.h"

/* The arc at *at, which moves behind it. */
static int
next_arc(vouch_span oid, size_t *at, uint64_t *arc)
{
	*arc = 0;
	for (size_t i = *at; i < oid.len; i++) {
		if (*arc > UINT64_MAX >> 7)
			return VOUCH_ELIMIT;
		*arc = *arc << 7 | (oid.data[i] & 0x7f);
		if (oid.data[i] >= 0x80)
			continue;
		*at = i + 1;
		return VOUCH_OK;
	}
	return VOUCH_EPARSE;
}

static int
append_arcs(vouch_buf *out, vouch_span oid)
{
	size_t at = 0;
	uint64_t arc;

	int code = next_arc(oid, &at, &arc);
	if (code != VOUCH_OK)
		return code;
	/* X.690 8.19.4: the first two arcs are one number, 40 times the first plus the second. */
	uint64_t first = arc < 80 ? arc / 40 : 2;
	if (buf_printf(out, "%" PRIu64 ".%" PRIu64, first, arc - 40 * first) != VOUCH_OK)
		return VOUCH_ENOMEM;
	while (at < oid.len) {
		code = next_arc(oid, &at, &arc);
		if (code != VOUCH_OK)
			return code;
		if (buf_printf(out, ".%" PRIu64, arc) != VOUCH_OK)
			return VOUCH_ENOMEM;
	}
	return VOUCH_OK;
}

int
der_oid_text(vouch_buf *out, vouch_span oid)
{
	size_t start = out->len;
	int code = append_arcs(out, oid);

	if (code == VOUCH_OK)
		return VOUCH_OK;
	out->len = start;
	if (code != VOUCH_ELIMIT)
		return code;
	if (buf_append_string(out, "#") != VOUCH_OK || hex_encode(out, oid) != VOUCH_OK) {
		out->len = start;
		return VOUCH_ENOMEM;
	}
	return VOUCH_OK;
}
