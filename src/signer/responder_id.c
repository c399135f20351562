/* SPDX-License-Identifier: Apache-2.0 */
/* ResponderID (RFC 6960 4.2.1) of a certificate. */
#include "signer/responder_id.h"

#include "crypto/digest.h"
#include "der/writer.h"

int
responder_id_by_name(const struct crypto_cert *cert, vouch_buf *out, vouch_err *err)
{
	struct der_writer w = der_writer_init(out);
	size_t by_name = der_begin(&w, DER_CONTEXT(1));

	der_put_raw(&w, cert->subject);
	der_end(&w, by_name);
	return der_writer_finish(&w, err);
}

int
responder_id_by_key(const struct crypto_cert *cert, vouch_buf *out, vouch_err *err)
{
	uint8_t sha1[CRYPTO_DIGEST_MAX];
	/* KeyHash is SHA-1, whatever hash the CertIDs use (RFC 6960 4.2.1). */
	size_t len = crypto_digest(VOUCH_SHA1, cert->key_bits, sha1);

	if (len == 0)
		return err_set(err, VOUCH_ECRYPTO,
		    "libcrypto has no SHA-1, which byKey is made of (RFC 6960 4.2.1)");
	struct der_writer w = der_writer_init(out);
	size_t by_key = der_begin(&w, DER_CONTEXT(2));
	der_put(&w, DER_OCTET_STRING, span_of(sha1, len));
	der_end(&w, by_key);
	return der_writer_finish(&w, err);
}
