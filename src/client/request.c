/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_request: put together certificate by certificate. */
#include "client/request.h"

#include <stdlib.h>

#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "signer/signer.h"

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
	vouch_signer_free(request->signer);
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

/* What was written is read once more: a serial number that is no INTEGER's content is found out here. */
static int
read_certid(struct client_asked *asked, vouch_err *err)
{
	struct der_reader reader = der_reader_init(span_buf(&asked->certid), err);

	ocsp_certid_read(&reader, &asked->parsed);
	if (der_finish(&reader) == VOUCH_OK)
		return VOUCH_OK;
	return err_set(err, VOUCH_EINVAL, "the serial number is not the content of a DER INTEGER");
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
	struct client_asked asked = { 0 };

	err = err_or(err, &unread);
	if (hash <= VOUCH_HASH_OTHER || (size_t)hash >= VOUCH_HASHES || serial_number.len == 0)
		return err_set(err, VOUCH_EINVAL, "a hash algorithm and a serial number are needed");
	if (grow(request, err) != VOUCH_OK ||
	    encode_certid(&asked.certid, issuer, serial_number, hash, err) != VOUCH_OK ||
	    read_certid(&asked, err) != VOUCH_OK) {
		vouch_buf_free(&asked.certid);
		return err->code;
	}
	asked.issuer = vouch_issuer_ref(issuer);
	request->asked[request->asked_count++] = asked;
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
	vouch_buf octets = { 0 };
	if (buf_append_span(&octets, nonce) != VOUCH_OK)
		return err_nomem(err);
	vouch_buf_free(&request->nonce);
	request->nonce = octets;
	return VOUCH_OK;
}

int
vouch_request_set_signer(vouch_request *request, vouch_signer *signer, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	/* RFC 6960 4.1.2: who signs says who he is. */
	if (signer != NULL && der_content(signer_cert(signer)->subject).len == 0)
		return err_set(err, VOUCH_EINVAL,
		    "the signer's certificate has no subject, which a signed request names (RFC 6960 4.1.2)");
	vouch_signer *before = request->signer;
	request->signer = signer != NULL ? vouch_signer_ref(signer) : NULL;
	vouch_signer_free(before);
	return VOUCH_OK;
}

static int
sign(vouch_signer *signer, vouch_span tbs, vouch_buf *out, vouch_err *err)
{
	vouch_buf signature = { 0 };
	size_t cert_count;
	const vouch_span *certs = signer_certs(signer, &cert_count);
	int code = vouch_signer_sign(signer, tbs, &signature, err);

	if (code == VOUCH_OK)
		code = ocsp_request_wrap(tbs, signer_signature_algorithm(signer), span_buf(&signature), certs,
		    cert_count, out, err);
	vouch_buf_free(&signature);
	return code;
}

static int
encode_signed(const struct ocsp_tbs_request *t, vouch_signer *signer, vouch_buf *out, vouch_err *err)
{
	vouch_buf tbs = { 0 };
	int code = ocsp_tbs_request_encode(t, &tbs, err);

	if (code == VOUCH_OK)
		code = sign(signer, span_buf(&tbs), out, err);
	vouch_buf_free(&tbs);
	return code;
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
	struct ocsp_tbs_request t = { .certids = certids,
		.certid_count = request->asked_count,
		.nonce = span_buf(&request->nonce) };
	if (request->signer == NULL)
		return ocsp_request_encode(t.certids, t.certid_count, t.nonce, out, err);
	t.requestor_name = signer_cert(request->signer)->subject;
	return encode_signed(&t, request->signer, out, err);
}
