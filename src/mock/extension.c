/* SPDX-License-Identifier: Apache-2.0 */
/* An extension that nobody knows. */
#include "mock/extension.h"

#include "base/span.h"
#include "der/writer.h"

#define OID_EXAMPLE "\x2b\x06\x01\x04\x01\x81\xfd\x59\x01" /* 1.3.6.1.4.1.32473.1 */

int
mock_extension_write(vouch_buf *out, bool critical, size_t octets, vouch_err *err)
{
	struct der_writer w = der_writer_init(out);
	size_t extension = der_begin(&w, DER_SEQUENCE);

	der_put_oid(&w, SPAN_LITERAL(OID_EXAMPLE));
	if (critical)
		der_put_boolean(&w, true);
	size_t extn_value = der_begin(&w, DER_OCTET_STRING);
	size_t inner = der_begin(&w, DER_OCTET_STRING);
	if (buf_reserve(out, octets) == VOUCH_OK) {
		memset(out->data + out->len, 'x', octets);
		out->len += octets;
	} else {
		der_writer_fail(&w, VOUCH_ENOMEM, "out of memory");
	}
	der_end(&w, inner);
	der_end(&w, extn_value);
	der_end(&w, extension);
	return der_writer_finish(&w, err);
}
