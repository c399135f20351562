/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the parser of certificates: PEM or DER in, and whatever is read of one asked for. */
#include "crypto/algorithm.h"
#include "crypto/name.h"
#include "crypto/scheme.h"
#include "target.h"

#include <openssl/x509.h>

static void
check_inside(vouch_span part, vouch_span whole)
{
	FUZZ_CHECK(
	    part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len));
}

static void
check_spans(const struct crypto_cert *cert)
{
	const vouch_span parts[] = { cert->tbs, cert->signature_algorithm, cert->signature,
		cert->serial_number, cert->tbs_signature, cert->issuer, cert->subject, cert->spki,
		cert->key_algorithm, cert->key_bits, cert->ocsp_url, cert->ca_issuers_url };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		check_inside(parts[i], span_buf(&cert->der));
	FUZZ_CHECK(cert->serial_number.len > 0 && cert->version >= 1 && cert->version <= 3);
	FUZZ_CHECK(cert->not_before != VOUCH_TIME_ABSENT && cert->not_after != VOUCH_TIME_ABSENT);
}

/* libcrypto's reading of the same octets, where it has one. */
static void
compare(const struct crypto_cert *cert)
{
	const uint8_t *at = cert->der.data;
	X509 *x509 = d2i_X509(NULL, &at, (long)cert->der.len);
	const unsigned char *name = NULL;
	size_t len = 0;

	if (x509 != NULL && X509_NAME_get0_der(X509_get_subject_name(x509), &name, &len) == 1)
		FUZZ_CHECK(span_equal(cert->subject, span_of(name, len)));
	if (x509 != NULL) {
		ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x509);
		FUZZ_CHECK(span_equal(cert->key_bits, span_of(bits->data, (size_t)bits->length)));
	}
	X509_free(x509);
}

static void
ask_everything(const struct crypto_cert *cert)
{
	struct crypto_scheme scheme;
	vouch_buf identifier = { 0 };
	vouch_err err = { 0 };

	free(crypto_name_short(cert->subject));
	(void)crypto_cert_is_same_entity(cert, cert);
	FUZZ_CHECK(crypto_cert_issued_by(cert, cert, &err) == err.code);
	err = (vouch_err){ 0 };
	FUZZ_CHECK(crypto_scheme_parse(cert->signature_algorithm, &scheme, &err) == err.code);
	err = (vouch_err){ 0 };
	if (crypto_key_kind_of(cert, CRYPTO_STRONG, &err) != NULL) {
		bool is_chosen = crypto_algorithm_choose(cert, NULL, CRYPTO_STRONG, &identifier, &err) != NULL;
		FUZZ_CHECK(is_chosen == (err.code == VOUCH_OK));
		FUZZ_CHECK(
		    !is_chosen || crypto_scheme_parse(span_buf(&identifier), &scheme, &err) == VOUCH_OK);
	}
	vouch_buf_free(&identifier);
}

static void
read_one(vouch_span der)
{
	struct crypto_cert cert;
	vouch_certificate_info info = { .size = sizeof(info) };
	vouch_err err = { 0 };

	bool is_read = crypto_cert_parse(&cert, der, &err) == VOUCH_OK;
	FUZZ_CHECK(is_read || (err.code < 0 && err.msg[0] != '\0' && err.offset <= der.len));
	FUZZ_CHECK((vouch_certificate_inspect(der, &info, NULL) == VOUCH_OK) == is_read);
	if (!is_read)
		return;
	check_inside(info.serial_number, der);
	check_inside(info.subject, der);
	check_inside(info.ocsp_url, der);
	check_spans(&cert);
	compare(&cert);
	ask_everything(&cert);
	crypto_cert_clear(&cert);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	vouch_span input = span_of(data, size);
	vouch_buf der = { 0 };
	vouch_err err;

	for (size_t left = size + 1; input.len < left; buf_clear(&der)) {
		left = input.len;
		if (vouch_certificate_read(&input, &der, &err) != VOUCH_OK)
			break;
		FUZZ_CHECK(input.len < left); /* else a loop over it would not end */
		read_one(span_buf(&der));
	}
	vouch_buf_free(&der);
	return 0;
}
