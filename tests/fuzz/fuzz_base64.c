/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes base64: the first octet chooses the flags.  Strict text is canonical; a liberty more never refuses what was good; percent-encodings
 * may be taken away before.
 */
#include "base/base64.h"
#include "base/buf.h"
#include "base/hex.h"
#include "target.h"

static void
check_canonical(vouch_span text, vouch_span octets)
{
	vouch_buf again = { 0 };

	FUZZ_CHECK(base64_encode(&again, octets) == VOUCH_OK);
	FUZZ_CHECK(span_equal(span_of(again.data, again.len), text));
	vouch_buf_free(&again);
}

/* RFC 3986 2.1, on its own; false when a percent sign begins no encoding. */
static bool
percent_decode(vouch_buf *out, vouch_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (c == '%') {
			if (text.len - i < 3 || hex_digit(text.data[i + 1]) < 0 || hex_digit(text.data[i + 2]) < 0)
				return false;
			c = (uint8_t)(hex_digit(text.data[i + 1]) << 4 | hex_digit(text.data[i + 2]));
			i += 2;
		}
		FUZZ_CHECK(vouch_buf_append(out, &c, 1) == VOUCH_OK);
	}
	return true;
}

static void
check_percent(vouch_span text, unsigned flags)
{
	vouch_buf at_once = { 0 }, plain = { 0 }, in_steps = { 0 };
	vouch_err err;

	bool decoded = percent_decode(&plain, text);
	int code = base64_decode_buf(&at_once, text, flags | BASE64_PERCENT, &err);
	FUZZ_CHECK(code == VOUCH_OK || err.offset <= text.len);
	bool both = decoded && base64_decode_buf(&in_steps, span_buf(&plain), flags, &err) == VOUCH_OK;
	FUZZ_CHECK((code == VOUCH_OK) == both);
	FUZZ_CHECK(span_equal(span_buf(&at_once), span_buf(&in_steps)));
	vouch_buf_free(&at_once);
	vouch_buf_free(&plain);
	vouch_buf_free(&in_steps);
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
	check_percent(text, flags);
	vouch_buf_free(&chosen);
	vouch_buf_free(&lenient);
	return 0;
}
