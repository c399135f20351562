/* SPDX-License-Identifier: Apache-2.0 */
/* Lengths that are BER and not DER. */
#include "mock/length.h"

#include "base/buf.h"
#include "base/span.h"
#include "der/reader.h"

#define HEADER_MAX 8

/* The element with another header and end. */
static int
rewrite(vouch_buf *der, vouch_span header, vouch_span end, vouch_err *err)
{
	vouch_buf out = { 0 };

	if (buf_append_span(&out, header) != VOUCH_OK ||
	    buf_append_span(&out, der_content(span_buf(der))) != VOUCH_OK ||
	    buf_append_span(&out, end) != VOUCH_OK) {
		vouch_buf_free(&out);
		return err_nomem(err);
	}
	vouch_buf_free(der);
	*der = out;
	return VOUCH_OK;
}

int
mock_length_pad(vouch_buf *der, vouch_err *err)
{
	vouch_span content = der_content(span_buf(der));
	size_t old = der->len - content.len; /* 2 octets, or 2 and as many as the second one says */
	uint8_t header[HEADER_MAX] = { der->data[0], 0x81 };

	if (old == 2) {
		header[2] = der->data[1];
		return rewrite(der, span_of(header, 3), (vouch_span){ 0 }, err);
	}
	header[1] = (uint8_t)(der->data[1] + 1);
	header[2] = 0;
	memcpy(header + 3, der->data + 2, old - 2);
	return rewrite(der, span_of(header, old + 1), (vouch_span){ 0 }, err);
}

int
mock_length_indefinite(vouch_buf *der, vouch_err *err)
{
	const uint8_t header[] = { der->data[0], 0x80 };

	return rewrite(der, SPAN_ARRAY(header), SPAN_LITERAL("\x00\x00"), err);
}
