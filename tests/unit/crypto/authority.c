/* SPDX-License-Identifier: Apache-2.0 */
/* A CA for tests: keys and certificates of every kind that a test asks for, made by libcrypto. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "authority.h"

#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static EVP_PKEY *
generate(EVP_PKEY_CTX *context)
{
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_generate(context, &key), 1);
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *
rsa_key(const char *type, const char *kind)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	char digest[16];
	int bits, salt;
	int fields = sscanf(kind, "%*[a-z]%d-%15[a-z0-9]-%d", &bits, digest, &salt);

	assert_true(fields >= 1);
	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits), 1);
	if (fields == 3) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(context, digest, NULL), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(context, digest), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(context, salt), 1);
	}
	return generate(context);
}

static EVP_PKEY *
ec_key(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	assert_non_null(key);
	return key;
}

static EVP_PKEY *
dsa_key(void)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
	EVP_PKEY *parameters = NULL;

	assert_int_equal(EVP_PKEY_paramgen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_dsa_paramgen_bits(context, 1024), 1);
	assert_int_equal(EVP_PKEY_generate(context, &parameters), 1);
	EVP_PKEY_CTX_free(context);
	context = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL);
	EVP_PKEY_free(parameters);
	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	return generate(context);
}

static EVP_PKEY *
plain_key(const char *type)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	return generate(context);
}

EVP_PKEY *
authority_key(const char *kind)
{
	static const char *const curves[][2] = { { "p256", "P-256" }, { "p384", "P-384" },
		{ "p521", "P-521" }, { "secp256k1", "secp256k1" } };

	if (strncmp(kind, "rsa", 3) == 0)
		return rsa_key("RSA", kind);
	if (strncmp(kind, "pss", 3) == 0)
		return rsa_key("RSA-PSS", kind);
	if (strcmp(kind, "dsa") == 0)
		return dsa_key();
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(kind, curves[i][0]) == 0)
			return ec_key(curves[i][1]);
	return plain_key(kind);
}

bool
authority_knows(const char *kind)
{
	EVP_KEYMGMT *type;

	if (strncmp(kind, "ml-dsa-", 7) != 0 && strncmp(kind, "slh-dsa-", 8) != 0)
		return true;
	type = EVP_KEYMGMT_fetch(NULL, kind, NULL);
	EVP_KEYMGMT_free(type);
	ERR_clear_error();
	return type != NULL;
}

EVP_PKEY *
authority_rfc9919_key(const char *file)
{
	char path[512];

	snprintf(path, sizeof(path), TEST_DATA "/rfc9919-ca/%s", file);
	FILE *in = fopen(path, "rb");
	assert_non_null(in);
	EVP_PKEY *key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
	fclose(in);
	assert_non_null(key);
	return key;
}

static void
set_name(X509_NAME *name, const char *text)
{
	char copy[256], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *part; (part = strsep(&rest, "/")) != NULL;) {
		char *value = strchr(part, '=');
		*value++ = '\0';
		assert_int_equal(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8,
				     (const unsigned char *)value, -1, -1, 0),
		    1);
	}
}

static void
add_extensions(X509 *cert, const struct recipe *recipe)
{
	for (size_t i = 0;
	     i + 1 < sizeof(recipe->extensions) / sizeof(char *) && recipe->extensions[i] != NULL; i += 2) {
		X509V3_CTX context;
		X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
		X509_EXTENSION *extension = X509V3_EXT_nconf(NULL, &context, recipe->extensions[i],
		    recipe->extensions[i + 1]);
		if (extension == NULL)
			fail_msg("extension %s = %s", recipe->extensions[i], recipe->extensions[i + 1]);
		X509_add_ext(cert, extension, -1);
		X509_EXTENSION_free(extension);
	}
}

static void
sign(X509 *cert, EVP_PKEY *key, const char *digest)
{
	char only[64];
	/* 2: the key's own digest is mandatory; for a pure one that is none. */
	bool is_pure = EVP_PKEY_get_default_digest_name(key, only, sizeof(only)) == 2 &&
	    !EVP_PKEY_is_a(key, "RSA-PSS");

	assert_true(X509_sign(cert, key,
			is_pure ? NULL : EVP_get_digestbyname(digest != NULL ? digest : "SHA256")) > 0);
}

vouch_buf
authority_certificate(const struct recipe *recipe)
{
	const char *subject = recipe->subject != NULL ? recipe->subject : "CN=Test";
	X509 *cert = X509_new();
	vouch_buf der = { 0 };
	unsigned char *octets = NULL;

	assert_int_equal(X509_set_version(cert, recipe->is_version_1 ? 0 : 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), recipe->serial_number != 0 ? recipe->serial_number : 1);
	set_name(X509_get_subject_name(cert), subject);
	set_name(X509_get_issuer_name(cert), recipe->issuer != NULL ? recipe->issuer : subject);
	ASN1_TIME_set(X509_getm_notBefore(cert),
	    recipe->not_before != 0 ? recipe->not_before : AUTHORITY_BEGIN);
	ASN1_TIME_set(X509_getm_notAfter(cert), recipe->not_after != 0 ? recipe->not_after : AUTHORITY_END);
	/* Octets, not ASN1_TIME_set_string: newer OpenSSL refuses to write what RFC 5280 forbids. */
	if (recipe->not_before_text != NULL)
		assert_int_equal(ASN1_STRING_set(X509_getm_notBefore(cert), recipe->not_before_text, -1), 1);
	assert_int_equal(X509_set_pubkey(cert, recipe->key), 1);
	add_extensions(cert, recipe);
	sign(cert, recipe->issuer_key != NULL ? recipe->issuer_key : recipe->key, recipe->digest);
	int len = i2d_X509(cert, &octets);
	assert_true(len > 0);
	assert_int_equal(vouch_buf_append(&der, octets, (size_t)len), VOUCH_OK);
	OPENSSL_free(octets);
	X509_free(cert);
	ERR_clear_error();
	return der;
}

void
authority_pem(vouch_buf *out, const char *label, vouch_span der)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	PEM_write_bio(bio, label, "", der.data, (long)der.len);
	long len = BIO_get_mem_data(bio, &text);
	assert_int_equal(vouch_buf_append(out, text, (size_t)len), VOUCH_OK);
	BIO_free(bio);
}

vouch_span
authority_span(const vouch_buf *buf)
{
	return (vouch_span){ buf->data, buf->len };
}
