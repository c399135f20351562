/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of certificates and requests that are made: what they hold, for every type of key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/cert.h"
#include "pki/certificate.h"

#define NOW INT64_C(1795000000) /* 2026-11-18 */
#define DAY 86400

static const char *const types[] = { "rsa-2048", "p-256", "p-384", "p-521", "ed25519", "ed448" };
#define TYPES (sizeof(types) / sizeof(types[0]))

static const struct pki_template ca_template = {
	.purpose = PKI_CA,
	.common_name = "Unit CA",
	.not_before = NOW - DAY,
	.not_after = NOW + 365 * DAY,
};
static const struct pki_template responder_template = {
	.purpose = PKI_RESPONDER,
	.common_name = "OCSP Responder",
	.under_issuer_name = true,
	.not_before = NOW,
	.not_after = NOW + 90 * DAY,
};

static struct pki_ca *
make_ca(const struct pki_template *t, const char *type)
{
	struct pki_ca *ca;
	vouch_err err = { 0 };

	assert_int_equal(pki_ca_new(&ca, t, type, &err), VOUCH_OK);
	return ca;
}

/* Issues, and reads what was issued. */
static void
issue(const struct pki_ca *ca, const struct pki_template *t, const char *type, struct crypto_cert *out)
{
	struct evp_pkey_st *key;
	vouch_buf pem = { 0 };
	vouch_err err = { 0 };

	assert_int_equal(pki_key_new(&key, type, &err), VOUCH_OK);
	assert_int_equal(pki_issue(ca, t, key, &pem, &err), VOUCH_OK);
	assert_int_equal(crypto_cert_read_first(out, span_buf(&pem), &err), VOUCH_OK);
	pki_key_free(key);
	vouch_buf_free(&pem);
}

static void
read_ca(const struct pki_ca *ca, struct crypto_cert *out)
{
	vouch_err err = { 0 };

	assert_int_equal(crypto_cert_parse(out, pki_ca_certificate(ca), &err), VOUCH_OK);
}

static X509 *
x509_of(vouch_span der)
{
	const unsigned char *p = der.data;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);

	assert_non_null(x);
	return x;
}

static void
a_ca_of_each_type_signs_itself(void **state)
{
	vouch_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < TYPES; i++) {
		struct crypto_cert cert;
		struct pki_ca *ca = make_ca(&ca_template, types[i]);
		read_ca(ca, &cert);
		assert_int_equal(crypto_cert_issued_by(&cert, &cert, &err), VOUCH_OK);
		assert_true(cert.is_ca && cert.key_usage_is_critical);
		assert_int_equal(cert.key_usage,
		    CRYPTO_KEY_CERT_SIGN | CRYPTO_CRL_SIGN | CRYPTO_DIGITAL_SIGNATURE);
		assert_int_equal(cert.not_after, ca_template.not_after);
		crypto_cert_clear(&cert);
		pki_ca_free(ca);
	}
}

/* CA/B BR 7.1.2.8 and RFC 6960 4.2.2.2. */
static void
a_responder_has_what_the_rules_want_and_nothing_else(void **state)
{
	vouch_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < TYPES; i++) {
		struct crypto_cert issuer, cert;
		struct pki_ca *ca = make_ca(&ca_template, types[i]);
		read_ca(ca, &issuer);
		issue(ca, &responder_template, types[TYPES - 1 - i], &cert);
		assert_int_equal(crypto_cert_issued_by(&cert, &issuer, &err), VOUCH_OK);
		assert_int_equal(cert.version, 3);
		assert_true(cert.has_key_usage && cert.key_usage_is_critical);
		assert_int_equal(cert.key_usage, CRYPTO_DIGITAL_SIGNATURE);
		assert_true(cert.for_ocsp_signing);
		assert_false(cert.for_any_purpose || cert.for_other_purposes);
		assert_int_equal(cert.nocheck, CRYPTO_NOCHECK_PRESENT);
		assert_false(cert.nocheck_is_critical);
		assert_true(cert.has_authority_key_identifier);
		assert_false(cert.is_ca || cert.has_subject_alt_name || cert.has_name_constraints ||
		    cert.has_crl_distribution_points || cert.has_ocsp_access || cert.has_ca_issuers_access);
		assert_int_equal(cert.not_before, NOW);
		assert_int_equal(cert.not_after, NOW + 90 * DAY);
		crypto_cert_clear(&cert);
		crypto_cert_clear(&issuer);
		pki_ca_free(ca);
	}
}

static void
a_serial_number_is_positive_of_sixteen_octets_and_never_the_same(void **state)
{
	struct pki_ca *ca = make_ca(&ca_template, "p-256");
	uint8_t before[16] = { 0 };

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct crypto_cert cert;
		issue(ca, &responder_template, "ed25519", &cert);
		assert_int_equal(cert.serial_number.len, sizeof(before));
		assert_true(cert.serial_number.data[0] >= 0x40 && cert.serial_number.data[0] < 0x80);
		assert_memory_not_equal(cert.serial_number.data, before, sizeof(before));
		memcpy(before, cert.serial_number.data, sizeof(before));
		crypto_cert_clear(&cert);
	}
	pki_ca_free(ca);
}

static void
nothing_outlives_its_ca(void **state)
{
	struct pki_template t = responder_template, short_lived = ca_template;
	struct crypto_cert cert;
	struct evp_pkey_st *key;
	vouch_buf pem = { 0 };
	vouch_err err = { 0 };

	(void)state;
	short_lived.not_after = NOW + 10 * DAY;
	struct pki_ca *ca = make_ca(&short_lived, "p-256");
	issue(ca, &t, "p-256", &cert);
	assert_int_equal(cert.not_after, NOW + 10 * DAY);
	crypto_cert_clear(&cert);
	t.not_before = NOW + 10 * DAY;
	assert_int_equal(pki_key_new(&key, "p-256", &err), VOUCH_OK);
	assert_int_equal(pki_issue(ca, &t, key, &pem, &err), VOUCH_EREFUSED);
	assert_string_equal(err.msg, "the CA's certificate expired at 2026-11-28T11:06:40Z");
	assert_int_equal(pem.len, 0);
	pki_key_free(key);
	pki_ca_free(ca);
}

static void
a_responder_is_named_like_its_ca_with_another_common_name(void **state)
{
	vouch_buf name = { 0 };
	struct crypto_cert cert;
	struct pki_ca *ca = make_ca(&ca_template, "p-256");

	(void)state;
	issue(ca, &responder_template, "p-256", &cert);
	assert_int_equal(vouch_name_format(&name, cert.subject), VOUCH_OK);
	assert_int_equal(name.len, strlen("CN=OCSP Responder"));
	assert_memory_equal(name.data, "CN=OCSP Responder", name.len);
	vouch_buf_free(&name);
	crypto_cert_clear(&cert);
	pki_ca_free(ca);
}

static void
a_server_names_its_responder(void **state)
{
	struct pki_template t = responder_template;
	struct crypto_cert cert;
	struct pki_ca *ca = make_ca(&ca_template, "p-256");

	(void)state;
	t.purpose = PKI_SERVER;
	t.ocsp_url = "http://[::1]:8080/a";
	issue(ca, &t, "p-256", &cert);
	assert_true(cert.has_ocsp_access && cert.for_other_purposes && !cert.for_ocsp_signing);
	assert_int_equal(cert.ocsp_url.len, strlen(t.ocsp_url));
	assert_memory_equal(cert.ocsp_url.data, t.ocsp_url, cert.ocsp_url.len);
	crypto_cert_clear(&cert);
	pki_ca_free(ca);
}

/* A URL with a comma would become two values of an extension; one that is too long, half of one. */
static void
a_url_that_cannot_be_written_whole_is_refused(void **state)
{
	static char long_url[600] = "http://127.0.0.1/";
	const char *const urls[] = { "http://a/,OCSP;URI:http://b/", "http://a/;b", "http://a/\nb",
		long_url };
	struct pki_template t = responder_template;
	struct evp_pkey_st *key;
	vouch_buf pem = { 0 };
	vouch_err err = { 0 };
	struct pki_ca *ca = make_ca(&ca_template, "p-256");

	(void)state;
	memset(long_url + 17, 'x', sizeof(long_url) - 18);
	t.purpose = PKI_SERVER;
	assert_int_equal(pki_key_new(&key, "p-256", &err), VOUCH_OK);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		t.ocsp_url = urls[i];
		assert_int_equal(pki_issue(ca, &t, key, &pem, &err), VOUCH_ECRYPTO);
		assert_int_equal(pem.len, 0);
	}
	pki_key_free(key);
	pki_ca_free(ca);
}

/* As other software makes it: with a key identifier of its own, or with none. */
static struct pki_ca *
open_ca_with_identifier(const char *identifier)
{
	char path[] = "/tmp/vouch-unit-XXXXXX";
	struct pki_ca *made = make_ca(&ca_template, "p-256"), *ca = NULL;
	vouch_buf certificate = { 0 }, key = { 0 };
	unsigned char *der = NULL;
	vouch_err err = { 0 };

	assert_int_equal(pki_ca_write(made, &certificate, &key, &err), VOUCH_OK);
	int fd = mkstemp(path);
	assert_int_equal(write(fd, key.data, key.len), key.len);
	close(fd);
	BIO *bio = BIO_new_file(path, "r");
	EVP_PKEY *private = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	X509 *x = x509_of(pki_ca_certificate(made));
	X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, NID_subject_key_identifier, -1)));
	if (identifier != NULL) {
		X509_EXTENSION *own = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_key_identifier, identifier);
		X509_add_ext(x, own, -1);
		X509_EXTENSION_free(own);
	}
	assert_true(X509_sign(x, private, EVP_sha256()) > 0);
	int len = i2d_X509(x, &der);
	assert_int_equal(pki_ca_open(&ca, span_of(der, (size_t)len), path, (vouch_span){ 0 }, &err),
	    VOUCH_OK);
	unlink(path);
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(private);
	pki_ca_free(made);
	vouch_buf_free(&certificate);
	pki_key_wipe(&key);
	return ca;
}

/* RFC 5280 4.2.1.1: the identifier is there even if the issuer has none, and is the issuer's if it has one. */
static void
the_authority_key_identifier_is_the_issuers_own(void **state)
{
	static const char *const identifiers[] = { "01:02:03:04", NULL };
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_len;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct pki_ca *ca = open_ca_with_identifier(identifiers[i]);
		struct crypto_cert cert;
		issue(ca, &responder_template, "p-256", &cert);
		X509 *issued = x509_of(span_buf(&cert.der)), *issuer = x509_of(pki_ca_certificate(ca));
		const ASN1_OCTET_STRING *identifier = X509_get0_authority_key_id(issued);
		assert_non_null(identifier);
		assert_int_equal(X509_pubkey_digest(issuer, EVP_sha1(), digest, &digest_len), 1);
		assert_int_equal(ASN1_STRING_length(identifier), i == 0 ? 4 : 20);
		assert_memory_equal(ASN1_STRING_get0_data(identifier),
		    i == 0 ? (const void *)"\x01\x02\x03\x04" : digest,
		    (size_t)ASN1_STRING_length(identifier));
		X509_free(issued);
		X509_free(issuer);
		crypto_cert_clear(&cert);
		pki_ca_free(ca);
	}
}

static void
a_request_has_the_name_the_key_and_the_wishes(void **state)
{
	vouch_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < TYPES; i++) {
		struct pki_ca *ca = make_ca(&ca_template, "p-256");
		struct evp_pkey_st *key;
		vouch_buf pem = { 0 };
		assert_int_equal(pki_key_new(&key, types[i], &err), VOUCH_OK);
		assert_int_equal(pki_csr(&responder_template, pki_ca_certificate(ca), key, &pem, &err),
		    VOUCH_OK);
		BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
		X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
		assert_non_null(request);
		assert_int_equal(X509_REQ_verify(request, key), 1);
		assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(request), key), 1);
		STACK_OF(X509_EXTENSION) *wishes = X509_REQ_get_extensions(request);
		assert_int_equal(sk_X509_EXTENSION_num(wishes), 3);
		assert_true(X509v3_get_ext_by_NID(wishes, NID_key_usage, -1) >= 0);
		assert_true(X509v3_get_ext_by_NID(wishes, NID_ext_key_usage, -1) >= 0);
		assert_true(X509v3_get_ext_by_NID(wishes, NID_id_pkix_OCSP_noCheck, -1) >= 0);
		sk_X509_EXTENSION_pop_free(wishes, X509_EXTENSION_free);
		X509_REQ_free(request);
		BIO_free(bio);
		pki_key_free(key);
		vouch_buf_free(&pem);
		pki_ca_free(ca);
	}
}

static void
a_certificate_is_written_without_what_stands_around_it(void **state)
{
	struct pki_ca *ca = make_ca(&ca_template, "p-256");
	vouch_buf certificate = { 0 }, key = { 0 }, both = { 0 }, written = { 0 };
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(pki_ca_write(ca, &certificate, &key, &err), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&both, key.data, key.len), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&both, certificate.data, certificate.len), VOUCH_OK);
	assert_int_equal(pki_certificate_write(span_buf(&both), &written, &err), VOUCH_OK);
	assert_int_equal(written.len, certificate.len);
	assert_memory_equal(written.data, certificate.data, written.len);
	vouch_buf_free(&certificate);
	vouch_buf_free(&written);
	pki_key_wipe(&key);
	pki_key_wipe(&both);
	pki_ca_free(ca);
}

/* ML-DSA and SLH-DSA came with OpenSSL 3.5; without it the error says so. */
static bool
is_made(const char *type)
{
	struct evp_pkey_st *key;
	vouch_err err = { 0 };

	if (pki_key_new(&key, type, &err) == VOUCH_OK) {
		pki_key_free(key);
		return true;
	}
	assert_non_null(strstr(err.msg, "needs OpenSSL 3.5 or newer"));
	return false;
}

static void
the_key_suits_the_clients_of_the_ca(void **state)
{
	static const struct {
		const char *ca, *like;
	} rows[] = { { "rsa-3072", "rsa-2048" }, { "p-521", "p-256" }, { "ed25519", "ed25519" },
		{ "ed448", "ed448" }, { "ml-dsa-87", "ml-dsa-87" },
		{ "slh-dsa-shake-128f", "slh-dsa-shake-128f" } };
	const char *like;
	vouch_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && is_made(rows[i].ca); i++) {
		struct pki_ca *ca = make_ca(&ca_template, rows[i].ca);
		assert_int_equal(pki_key_type_like(&like, pki_ca_certificate(ca), &err), VOUCH_OK);
		assert_string_equal(like, rows[i].like);
		pki_ca_free(ca);
	}
}

static void
a_type_that_is_none_is_refused_with_those_that_are(void **state)
{
	struct evp_pkey_st *key;
	struct pki_ca *ca;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(pki_key_new(&key, "dsa", &err), VOUCH_EINVAL);
	assert_non_null(strstr(err.msg, "dsa is none of rsa-2048"));
	assert_int_equal(pki_ca_new(&ca, &ca_template, "", &err), VOUCH_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ca_of_each_type_signs_itself),
		cmocka_unit_test(a_responder_has_what_the_rules_want_and_nothing_else),
		cmocka_unit_test(a_serial_number_is_positive_of_sixteen_octets_and_never_the_same),
		cmocka_unit_test(nothing_outlives_its_ca),
		cmocka_unit_test(a_responder_is_named_like_its_ca_with_another_common_name),
		cmocka_unit_test(a_server_names_its_responder),
		cmocka_unit_test(a_url_that_cannot_be_written_whole_is_refused),
		cmocka_unit_test(the_authority_key_identifier_is_the_issuers_own),
		cmocka_unit_test(a_request_has_the_name_the_key_and_the_wishes),
		cmocka_unit_test(a_certificate_is_written_without_what_stands_around_it),
		cmocka_unit_test(the_key_suits_the_clients_of_the_ca),
		cmocka_unit_test(a_type_that_is_none_is_refused_with_those_that_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
