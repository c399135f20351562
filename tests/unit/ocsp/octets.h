/* SPDX-License-Identifier: Apache-2.0 */
/* What is written, compared by its hexadecimal digits. */
#ifndef TEST_OCSP_OCTETS_H
#define TEST_OCSP_OCTETS_H

#include "base/buf.h"
#include "base/hex.h"

static inline void
assert_hex(vouch_span octets, const char *digits)
{
	vouch_buf text = { 0 };

	assert_int_equal(hex_encode(&text, octets), VOUCH_OK);
	if (!span_equal(span_buf(&text), span_string(digits)))
		fail_msg("%.*s is not %s", (int)text.len, (const char *)text.data, digits);
	vouch_buf_free(&text);
}

#endif
