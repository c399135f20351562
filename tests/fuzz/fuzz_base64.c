/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes base64: the first octet chooses the flags.  Strict text is canonical; a liberty more never refuses what was good. */
#include "base/base64.h"
#include "base/buf.h"
#include "target.h"

static void
check_canonical(vouch_span text, vouch_span octets)
{
	vouch_buf again = { 0 };

	FUZZ_CHECK(base64_encode(&again, octets) == VOUCH_OK);
	FUZZ_CHECK(span_equal(span_of(again.data, again.len), text));
	vouch_buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	vouch_buf chosen = { 0 }, lenient = { 0 };
	vouch_err err;

	if (size == 0)
		return 0;
	unsigned flags = data[0] & BASE64_LENIENT;
	vouch_span text = span_of(data + 1, size - 1);
	int code = base64_decode_buf(&chosen, text, flags, &err);
	int lenient_code = base64_decode_buf(&lenient, text, BASE64_LENIENT, &err);
	FUZZ_CHECK(lenient_code == VOUCH_OK || err.offset <= text.len);
	if (code == VOUCH_OK) {
		FUZZ_CHECK(lenient_code == VOUCH_OK);
		FUZZ_CHECK(span_equal(span_of(chosen.data, chosen.len), span_of(lenient.data, lenient.len)));
		FUZZ_CHECK(chosen.len <= base64_octets(text.len));
		if (flags == 0)
			check_canonical(text, span_of(chosen.data, chosen.len));
	}
	vouch_buf_free(&chosen);
	vouch_buf_free(&lenient);
	return 0;
}
