/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_request: put together certificate by certificate. */
#include "client/request.h"

#include <stdlib.h>

#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/digest.h"

int
vouch_request_new(vouch_request **out, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	vouch_request *request = calloc(1, sizeof(*request));
	if (request == NULL)
		return err_nomem(err);
	*out = request;
	return VOUCH_OK;
}

void
vouch_request_free(vouch_request *request)
{
	if (request == NULL)
		return;
	for (size_t i = 0; i < request->asked_count; i++) {
		vouch_issuer_free(request->asked[i].issuer);
		vouch_buf_free(&request->asked[i].certid);
	}
	free(request->asked);
	vouch_buf_free(&request->nonce);
	free(request);
}

static int
write_certid(vouch_buf *out, const struct crypto_cert *issuer, vouch_span serial_number, enum vouch_hash hash,
    vouch_err *err)
{
	uint8_t name[CRYPTO_DIGEST_MAX], key[CRYPTO_DIGEST_MAX];
	size_t len = crypto_digest(hash, issuer->subject, name);

	if (len == 0 || crypto_digest(hash, issuer->key_bits, key) != len)
		return err_set(err, VOUCH_ECRYPTO, "this hash algorithm is not available");
	struct der_writer w = der_writer_init(out);
	ocsp_certid_write(&w, hash, span_of(name, len), span_of(key, len), serial_number);
	return der_writer_finish(&w, err);
}

static int
encode_certid(vouch_buf *out, const vouch_issuer *issuer, vouch_span serial_number, enum vouch_hash hash,
    vouch_err *err)
{
	struct crypto_cert cert;

	if (crypto_cert_parse(&cert, vouch_issuer_certificate(issuer), err) != VOUCH_OK)
		return err->code;
	int code = write_certid(out, &cert, serial_number, hash, err);
	crypto_cert_clear(&cert);
	return code;
}

static int
grow(vouch_request *request, vouch_err *err)
{
	if (request->asked_count == OCSP_CERTIDS_MAX)
		return err_set(err, VOUCH_ELIMIT, "a request names at most %d certificates",
		    OCSP_CERTIDS_MAX);
	struct client_asked *grown = realloc(request->asked, (request->asked_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return err_nomem(err);
	request->asked = grown;
	return VOUCH_OK;
}

int
vouch_request_add(vouch_request *request, vouch_issuer *issuer, vouch_span serial_number,
    enum vouch_hash hash, vouch_err *err)
{
	vouch_err unread;
	vouch_buf certid = { 0 };

	err = err_or(err, &unread);
	if (hash <= VOUCH_HASH_OTHER || (size_t)hash >= VOUCH_HASHES || serial_number.len == 0)
		return err_set(err, VOUCH_EINVAL, "a hash algorithm and a serial number are needed");
	if (grow(request, err) != VOUCH_OK ||
	    encode_certid(&certid, issuer, serial_number, hash, err) != VOUCH_OK) {
		vouch_buf_free(&certid);
		return err->code;
	}
	request->asked[request->asked_count++] = (struct client_asked){ vouch_issuer_ref(issuer), certid };
	return VOUCH_OK;
}

int
vouch_request_set_nonce(vouch_request *request, vouch_span nonce, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (nonce.len == 0 || nonce.len > OCSP_NONCE_MAX)
		return err_set(err, VOUCH_EINVAL, "nonce is %zu octets, RFC 9654 2.1 allows 1 to %d",
		    nonce.len, OCSP_NONCE_MAX);
	buf_clear(&request->nonce);
	return buf_append_span(&request->nonce, nonce) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

int
vouch_request_encode(const vouch_request *request, vouch_buf *out, vouch_err *err)
{
	vouch_err unread;
	vouch_span certids[OCSP_CERTIDS_MAX];

	err = err_or(err, &unread);
	if (request->asked_count == 0)
		return err_set(err, VOUCH_EINVAL, "the request asks about no certificate");
	for (size_t i = 0; i < request->asked_count; i++)
		certids[i] = span_buf(&request->asked[i].certid);
	return ocsp_request_encode(certids, request->asked_count, span_buf(&request->nonce), out, err);
}
