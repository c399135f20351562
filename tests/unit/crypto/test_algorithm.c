/* SPDX-License-Identifier: Apache-2.0 */
/* Signature algorithms: the octets that name them, which key makes which, and verifying them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "authority.h"
#include "base/hex.h"
#include "crypto/algorithm.h"
#include "crypto/scheme.h"
#include "crypto/verify.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
assert_hex(const char *what, vouch_span octets, const char *hex)
{
	vouch_buf text = { 0 };

	assert_int_equal(hex_encode(&text, octets), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&text, "", 1), VOUCH_OK);
	if (strcmp((char *)text.data, hex) != 0)
		fail_msg("%s: %s is not %s", what, (char *)text.data, hex);
	vouch_buf_free(&text);
}

/* RFC 4055 5, RFC 5758 3.2, RFC 8410 3, RFC 9881 2, RFC 9909 3; BR 7.1.3.2 for the exact octets. */
static const struct {
	const char *name, *identifier;
} identifiers[] = {
	{ "rsa-sha256", "300d06092a864886f70d01010b0500" },
	{ "rsa-sha384", "300d06092a864886f70d01010c0500" },
	{ "rsa-sha512", "300d06092a864886f70d01010d0500" },
	{ "rsa-pss-sha256",
	    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108"
	    "300d06096086480165030402010500a203020120" },
	{ "rsa-pss-sha384",
	    "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108"
	    "300d06096086480165030402020500a203020130" },
	{ "rsa-pss-sha512",
	    "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108"
	    "300d06096086480165030402030500a203020140" },
	{ "ecdsa-sha256", "300a06082a8648ce3d040302" },
	{ "ecdsa-sha384", "300a06082a8648ce3d040303" },
	{ "ecdsa-sha512", "300a06082a8648ce3d040304" },
	{ "ed25519", "300506032b6570" },
	{ "ed448", "300506032b6571" },
	{ "ml-dsa-44", "300b0609608648016503040311" },
	{ "ml-dsa-65", "300b0609608648016503040312" },
	{ "ml-dsa-87", "300b0609608648016503040313" },
	{ "slh-dsa-sha2-128s", "300b0609608648016503040314" },
	{ "slh-dsa-sha2-128f", "300b0609608648016503040315" },
	{ "slh-dsa-sha2-192s", "300b0609608648016503040316" },
	{ "slh-dsa-sha2-192f", "300b0609608648016503040317" },
	{ "slh-dsa-sha2-256s", "300b0609608648016503040318" },
	{ "slh-dsa-sha2-256f", "300b0609608648016503040319" },
	{ "slh-dsa-shake-128s", "300b060960864801650304031a" },
	{ "slh-dsa-shake-128f", "300b060960864801650304031b" },
	{ "slh-dsa-shake-192s", "300b060960864801650304031c" },
	{ "slh-dsa-shake-192f", "300b060960864801650304031d" },
	{ "slh-dsa-shake-256s", "300b060960864801650304031e" },
	{ "slh-dsa-shake-256f", "300b060960864801650304031f" },
};

static void
every_identifier_has_the_octets_that_the_clauses_want(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(identifiers); i++) {
		const struct crypto_algorithm *algorithm = crypto_algorithm_by_name(identifiers[i].name);
		assert_non_null(algorithm);
		assert_hex(identifiers[i].name, algorithm->identifier, identifiers[i].identifier);
	}
	assert_null(crypto_algorithm_by_name("rsa"));
}

static struct crypto_cert
cert_of(EVP_PKEY *key, EVP_PKEY *issuer_key)
{
	vouch_buf der = authority_certificate(&(struct recipe){ .key = key, .issuer_key = issuer_key });
	struct crypto_cert cert;
	vouch_err err = { 0 };

	assert_int_equal(crypto_cert_parse(&cert, span_buf(&der), &err), VOUCH_OK);
	vouch_buf_free(&der);
	return cert;
}

struct choice {
	const char *key, *named;
	const char *chosen; /* NULL: refused */
	const char *message;
	const char *identifier_end; /* of the hexadecimal, where it is not the table's */
};

static const struct choice choices[] = {
	{ "rsa2048", NULL, "rsa-sha256", NULL, NULL },
	{ "rsa2048", "rsa-sha512", "rsa-sha512", NULL, NULL },
	{ "rsa2048", "rsa-pss-sha384", "rsa-pss-sha384", NULL, NULL },
	{ "rsa2048", "rsa-sha1", NULL, "weak", NULL },
	{ "rsa2048", "rsa-md5", NULL, "weak", NULL },
	{ "rsa2048", "ecdsa-sha256", NULL, "which cannot sign with ecdsa-sha256", NULL },
	{ "rsa2048", "rot13", NULL, "there is no algorithm rot13", NULL },
	{ "rsa2048", "", NULL, "there is no algorithm", NULL },
	{ "rsa1024", NULL, NULL, "RSA key of 1024 bits", NULL },
	{ "pss2048", NULL, "rsa-pss-sha256", NULL, NULL },
	{ "pss2048", "rsa-pss-sha512", "rsa-pss-sha512", NULL, NULL },
	{ "pss2048", "rsa-sha256", NULL, "RSASSA-PSS, which cannot sign with rsa-sha256", NULL },
	{ "pss2048-sha384-48", NULL, "rsa-pss-sha384", NULL, NULL },
	{ "pss2048-sha384-20", "rsa-pss-sha384", "rsa-pss-sha384", NULL, NULL },
	{ "pss2048-sha384-20", "rsa-pss-sha256", NULL, "restricted to rsa-pss-sha384", NULL },
	{ "pss2048-sha256-40", NULL, "rsa-pss-sha256", NULL, "a203020128" },
	{ "pss2048-sha1-20", NULL, NULL, "weak digest", NULL },
	{ "pss2048-sha224-28", NULL, NULL, "digest that we do not sign with", NULL },
	{ "p256", NULL, "ecdsa-sha256", NULL, NULL },
	{ "p256", "ecdsa-sha512", "ecdsa-sha512", NULL, NULL },
	{ "p256", "ecdsa-sha1", NULL, "weak", NULL },
	{ "p384", NULL, "ecdsa-sha384", NULL, NULL },
	{ "p521", NULL, "ecdsa-sha512", NULL, NULL },
	{ "secp256k1", NULL, NULL, "secp256k1", NULL },
	{ "ed25519", NULL, "ed25519", NULL, NULL },
	{ "ed25519", "ed448", NULL, "Ed25519, which cannot sign with ed448", NULL },
	{ "ed448", NULL, "ed448", NULL, NULL },
	{ "x25519", NULL, NULL, "X25519", NULL },
	{ "dsa", NULL, NULL, "dsaEncryption", NULL },
};

/* the key's OID is the signature's. */
static const struct choice postquantum_choices[] = {
	{ "ml-dsa-44", NULL, "ml-dsa-44", NULL, NULL },
	{ "ml-dsa-65", NULL, "ml-dsa-65", NULL, NULL },
	{ "ml-dsa-65", "ml-dsa-65", "ml-dsa-65", NULL, NULL },
	{ "ml-dsa-65", "ml-dsa-87", NULL, "ML-DSA-65, which cannot sign with ml-dsa-87", NULL },
	{ "ml-dsa-65", "ecdsa-sha256", NULL, "ML-DSA-65, which cannot sign with ecdsa-sha256", NULL },
	{ "ml-dsa-87", NULL, "ml-dsa-87", NULL, NULL },
	{ "slh-dsa-sha2-128s", NULL, "slh-dsa-sha2-128s", NULL, NULL },
	{ "slh-dsa-sha2-128f", NULL, "slh-dsa-sha2-128f", NULL, NULL },
	{ "slh-dsa-sha2-192s", NULL, "slh-dsa-sha2-192s", NULL, NULL },
	{ "slh-dsa-sha2-192f", NULL, "slh-dsa-sha2-192f", NULL, NULL },
	{ "slh-dsa-sha2-256s", NULL, "slh-dsa-sha2-256s", NULL, NULL },
	{ "slh-dsa-sha2-256f", NULL, "slh-dsa-sha2-256f", NULL, NULL },
	{ "slh-dsa-shake-128s", NULL, "slh-dsa-shake-128s", NULL, NULL },
	{ "slh-dsa-shake-128f", NULL, "slh-dsa-shake-128f", NULL, NULL },
	{ "slh-dsa-shake-192s", NULL, "slh-dsa-shake-192s", NULL, NULL },
	{ "slh-dsa-shake-192f", NULL, "slh-dsa-shake-192f", NULL, NULL },
	{ "slh-dsa-shake-256s", NULL, "slh-dsa-shake-256s", NULL, NULL },
	{ "slh-dsa-shake-256f", NULL, "slh-dsa-shake-256f", NULL, NULL },
	{ "slh-dsa-sha2-128f", "slh-dsa-shake-128f", NULL, "cannot sign with slh-dsa-shake-128f", NULL },
};

static void
assert_choice(const struct choice *row, const struct crypto_cert *cert)
{
	vouch_buf identifier = { 0 };
	vouch_err err = { 0 };
	const struct crypto_algorithm *algorithm = crypto_algorithm_choose(cert, row->named, CRYPTO_STRONG,
	    &identifier, &err);
	int code = err.code;
	const char *named = row->named != NULL ? row->named : "default";

	if ((algorithm != NULL) != (row->chosen != NULL) || (algorithm != NULL) != (code == VOUCH_OK))
		fail_msg("%s with %s: %d %s", row->key, named, code, err.msg);
	if (code != VOUCH_OK && strstr(err.msg, row->message) == NULL)
		fail_msg("%s with %s: %s", row->key, named, err.msg);
	if (code == VOUCH_OK) {
		assert_string_equal(algorithm->name, row->chosen);
		if (row->identifier_end == NULL)
			assert_true(span_equal(span_buf(&identifier), algorithm->identifier));
		else
			assert_hex(row->key, span_of(identifier.data + identifier.len - 5, 5),
			    row->identifier_end);
	}
	vouch_buf_free(&identifier);
}

static void
assert_choices(const struct choice *rows, size_t count)
{
	EVP_PKEY *ca = authority_key("p256"), *key = NULL;
	const char *kind = "";

	for (size_t i = 0; i < count; i++) {
		if (strcmp(kind, rows[i].key) != 0) {
			EVP_PKEY_free(key);
			key = authority_key(rows[i].key);
			kind = rows[i].key;
		}
		struct crypto_cert cert = cert_of(key, ca);
		assert_choice(&rows[i], &cert);
		crypto_cert_clear(&cert);
	}
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca);
}

static void
each_key_gets_the_algorithm_that_suits_it_or_is_refused_by_name(void **state)
{
	(void)state;
	assert_choices(choices, COUNT(choices));
}

static void
a_post_quantum_key_gets_the_one_algorithm_of_its_own_oid(void **state)
{
	(void)state;
	if (!authority_knows("ml-dsa-65"))
		skip();
	assert_choices(postquantum_choices, COUNT(postquantum_choices));
}

/* A certificate whose key has an OID of the arc of ML-DSA and SLH-DSA, and bits that are no such key. */
static struct crypto_cert
cert_with_key_oid(uint8_t last, uint8_t identifier[13])
{
	static const uint8_t start[] = { 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3 };
	EVP_PKEY *key = authority_key("p256");
	struct crypto_cert cert = cert_of(key, key);

	memcpy(identifier, start, sizeof(start));
	identifier[sizeof(start)] = last;
	cert.key_algorithm = span_of(identifier, sizeof(start) + 1);
	EVP_PKEY_free(cert.key);
	cert.key = NULL;
	EVP_PKEY_free(key);
	return cert;
}

static void
a_post_quantum_key_that_cannot_sign_is_refused_by_name(void **state)
{
	const char *absent = authority_knows("ml-dsa-65") ? "is damaged" :
							    "needs OpenSSL 3.5 or newer; this is";
	const struct {
		uint8_t last;
		const char *name, *message;
		int code;
	} rows[] = {
		{ 17, "ML-DSA-44", absent, VOUCH_ECRYPTO },
		{ 18, "ML-DSA-65", absent, VOUCH_ECRYPTO },
		{ 31, "SLH-DSA-SHAKE-256f", absent, VOUCH_ECRYPTO },
		{ 32, "HashML-DSA-44", "RFC 9881 8.3", VOUCH_EREFUSED }, /* */
		{ 34, "HashML-DSA-87", "RFC 9881 8.3", VOUCH_EREFUSED },
		{ 35, "HashSLH-DSA-SHA2-128s", "RFC 9909 3", VOUCH_EREFUSED },
		{ 46, "HashSLH-DSA-SHAKE-256f", "RFC 9909 3", VOUCH_EREFUSED },
		{ 16, "2.16.840.1.101.3.4.3.16", "cannot sign answers", VOUCH_EREFUSED },
		{ 47, "2.16.840.1.101.3.4.3.47", "cannot sign answers", VOUCH_EREFUSED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t identifier[13];
		struct crypto_cert cert = cert_with_key_oid(rows[i].last, identifier);
		vouch_err err = { 0 };
		bool is_named = rows[i].last > 16 && rows[i].last < 47;
		assert_null(crypto_key_kind_of(&cert, CRYPTO_STRONG, &err));
		if (err.code != rows[i].code || strstr(err.msg, rows[i].message) == NULL ||
		    (is_named && strstr(err.msg, rows[i].name) == NULL))
			fail_msg("%s: %d %s", rows[i].name, err.code, err.msg);
		crypto_cert_clear(&cert);
	}
}

static vouch_buf
sign_with(const struct crypto_scheme *scheme, EVP_PKEY *key, vouch_span data)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	vouch_buf signature = { 0 };
	vouch_err err = { 0 };
	size_t len = (size_t)EVP_PKEY_get_size(key);

	assert_int_equal(crypto_scheme_start(scheme, context, key, CRYPTO_SIGN, &err), VOUCH_OK);
	assert_int_equal(buf_reserve(&signature, len), VOUCH_OK);
	assert_int_equal(EVP_DigestSign(context, signature.data, &len, data.data, data.len), 1);
	signature.len = len;
	EVP_MD_CTX_free(context);
	return signature;
}

static void
assert_verifies_only_unchanged(EVP_PKEY *key, vouch_span identifier)
{
	struct crypto_cert cert = cert_of(key, key);
	struct crypto_scheme scheme;
	vouch_err err = { 0 };
	vouch_span data = span_string("what is signed");

	assert_int_equal(crypto_scheme_parse(identifier, &scheme, &err), VOUCH_OK);
	vouch_buf signature = sign_with(&scheme, key, data);
	if (crypto_verify(&cert, identifier, data, span_buf(&signature), 0, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(crypto_verify(&cert, identifier, span_string("What is signed"), span_buf(&signature),
			     0, &err),
	    VOUCH_EVERIFY);
	signature.data[signature.len - 1] ^= 1;
	err = (vouch_err){ 0 };
	assert_int_equal(crypto_verify(&cert, identifier, data, span_buf(&signature), 0, &err),
	    VOUCH_EVERIFY);
	err = (vouch_err){ 0 };
	assert_int_equal(crypto_verify(&cert, identifier, data, span_of(NULL, 0), 0, &err), VOUCH_EVERIFY);
	vouch_buf_free(&signature);
	crypto_cert_clear(&cert);
}

/* Each algorithm of the table that is for such a key. */
static void
assert_each_verifies(const char *key_kind)
{
	EVP_PKEY *key = authority_key(key_kind);
	struct crypto_cert cert = cert_of(key, key);

	for (size_t i = 0; i < COUNT(identifiers); i++) {
		vouch_buf identifier = { 0 };
		vouch_err err = { 0 };
		if (crypto_algorithm_choose(&cert, identifiers[i].name, CRYPTO_STRONG, &identifier, &err) !=
		    NULL)
			assert_verifies_only_unchanged(key, span_buf(&identifier));
		vouch_buf_free(&identifier);
	}
	crypto_cert_clear(&cert);
	EVP_PKEY_free(key);
}

static void
every_algorithm_verifies_what_is_unchanged_and_nothing_else(void **state)
{
	static const char *const keys[] = { "rsa2048", "p256", "ed25519", "ed448" };

	(void)state;
	for (size_t k = 0; k < COUNT(keys); k++)
		assert_each_verifies(keys[k]);
}

static void
post_quantum_signatures_verify_when_unchanged_and_not_otherwise(void **state)
{
	static const char *const keys[] = { "ml-dsa-44", "ml-dsa-65", "ml-dsa-87", "slh-dsa-sha2-128f",
		"slh-dsa-shake-128f", "slh-dsa-sha2-256f" };

	(void)state;
	if (!authority_knows("ml-dsa-65"))
		skip();
	for (size_t k = 0; k < COUNT(keys); k++)
		assert_each_verifies(keys[k]);
}

#define ML_DSA_65 "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x12"
#define HASH_ML_DSA_65 "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x21"
#define HASH_SLH_DSA "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x23"

static void
post_quantum_identifiers_are_read_strictly(void **state)
{
	const bool is_there = authority_knows("ml-dsa-65");
	const struct {
		const char *what;
		vouch_span identifier;
		int code;
		const char *message;
	} rows[] = {
		{ "ML-DSA-65 with NULL", SPAN_LITERAL("\x30\x0d" ML_DSA_65 "\x05\x00"), VOUCH_EPARSE, "" },
		{ "ML-DSA-65 with parameters", SPAN_LITERAL("\x30\x0d" ML_DSA_65 "\x30\x00"), VOUCH_EPARSE,
		    "" },
		{ "HashML-DSA-65", SPAN_LITERAL("\x30\x0b" HASH_ML_DSA_65), VOUCH_EREFUSED, "RFC 9881 8.3" },
		{ "HashSLH-DSA", SPAN_LITERAL("\x30\x0b" HASH_SLH_DSA), VOUCH_EREFUSED, "pre-hash" },
		{ "ML-DSA-65", SPAN_LITERAL("\x30\x0b" ML_DSA_65), is_there ? VOUCH_EVERIFY : VOUCH_ECRYPTO,
		    is_there ? "another type of key" : "ML-DSA-65 needs OpenSSL 3.5" },
	};
	EVP_PKEY *key = authority_key("p256");
	struct crypto_cert cert = cert_of(key, key);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_err err = { 0 };
		uint8_t signature[3309] = { 1 };
		int code = crypto_verify(&cert, rows[i].identifier, span_string("data"),
		    SPAN_ARRAY(signature), 0, &err);
		if (code != rows[i].code || err.code != code || strstr(err.msg, rows[i].message) == NULL)
			fail_msg("%s: %d %s", rows[i].what, code, err.msg);
	}
	crypto_cert_clear(&cert);
	EVP_PKEY_free(key);
}

static void
a_signer_whose_key_libcrypto_does_not_know_is_named_with_what_is_needed(void **state)
{
	uint8_t identifier[13];
	struct crypto_cert cert = cert_with_key_oid(18, identifier);
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(crypto_verify_key(&cert, &err), VOUCH_ECRYPTO);
	if (!authority_knows("ml-dsa-65") &&
	    strstr(err.msg, "the signer's key: ML-DSA-65 needs OpenSSL 3.5 or newer") == NULL)
		fail_msg("%s", err.msg);
	crypto_cert_clear(&cert);
}

/* The OIDs that sign certificates of old CAs; DER by hand. */
#define SHA1_WITH_RSA SPAN_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00")
#define MD5_WITH_RSA SPAN_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04\x05\x00")
#define PSS_DEFAULTS SPAN_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x00")
#define ECDSA_SHA256 SPAN_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")
#define RSA_SHA256_NO_NULL SPAN_LITERAL("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")
#define RSA_SHA256_ODD SPAN_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x30\x00")
#define UNKNOWN_OID SPAN_LITERAL("\x30\x06\x06\x04\x2b\x06\x01\x04")

static void
weak_and_unfit_algorithms_do_not_verify(void **state)
{
	const struct {
		const char *what;
		vouch_span identifier;
		unsigned flags;
		int code;
		const char *message;
	} rows[] = {
		{ "SHA-1 in an answer", SHA1_WITH_RSA, 0, VOUCH_EREFUSED, "weak" },
		{ "SHA-1 in a certificate", SHA1_WITH_RSA, CRYPTO_ALLOW_SHA1, VOUCH_EVERIFY,
		    "does not hold" },
		{ "MD5", MD5_WITH_RSA, CRYPTO_ALLOW_SHA1, VOUCH_EREFUSED, "weak" },
		{ "PSS with the defaults", PSS_DEFAULTS, 0, VOUCH_EREFUSED, "weak" },
		{ "an algorithm for EC", ECDSA_SHA256, 0, VOUCH_EVERIFY, "another type of key" },
		{ "without its NULL", RSA_SHA256_NO_NULL, 0, VOUCH_EVERIFY, "does not hold" },
		{ "with other parameters", RSA_SHA256_ODD, 0, VOUCH_EPARSE, "tag" },
		{ "an unknown one", UNKNOWN_OID, 0, VOUCH_ECRYPTO, "not known" },
		{ "no algorithm", span_of(NULL, 0), 0, VOUCH_EPARSE, "missing" },
	};
	EVP_PKEY *key = authority_key("rsa2048");
	struct crypto_cert cert = cert_of(key, key);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_err err = { 0 };
		uint8_t signature[256] = { 1 };
		int code = crypto_verify(&cert, rows[i].identifier, span_string("data"),
		    SPAN_ARRAY(signature), rows[i].flags, &err);
		if (code != rows[i].code || err.code != code || strstr(err.msg, rows[i].message) == NULL)
			fail_msg("%s: %d %s", rows[i].what, code, err.msg);
	}
	crypto_cert_clear(&cert);
	EVP_PKEY_free(key);
}

static void
every_truncation_of_an_identifier_is_refused(void **state)
{
	vouch_span whole = crypto_algorithm_by_name("rsa-pss-sha256")->identifier;

	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		struct crypto_scheme scheme;
		vouch_err err = { 0 };
		uint8_t *exact = test_malloc(len + 1);
		memcpy(exact + 1, whole.data, len);
		assert_int_equal(crypto_scheme_parse(span_of(exact + 1, len), &scheme, &err), VOUCH_EPARSE);
		test_free(exact);
	}
}

static void
a_certificate_is_issued_by_the_key_that_signed_it(void **state)
{
	EVP_PKEY *ca_key = authority_key("p384"), *other_key = authority_key("p384"),
		 *key = authority_key("p256");
	vouch_buf ca_der = authority_certificate(&(struct recipe){ .subject = "CN=CA", .key = ca_key });
	vouch_buf twin_der = authority_certificate(&(struct recipe){ .subject = "CN=CA", .key = other_key });
	vouch_buf named_der = authority_certificate(&(struct recipe){ .subject = "CN=Other", .key = ca_key });
	vouch_buf der = authority_certificate(
	    &(struct recipe){ .issuer = "CN=CA", .key = key, .issuer_key = ca_key, .digest = "SHA1" });
	struct crypto_cert ca, twin, named, cert;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(crypto_cert_parse(&ca, span_buf(&ca_der), &err), VOUCH_OK);
	assert_int_equal(crypto_cert_parse(&twin, span_buf(&twin_der), &err), VOUCH_OK);
	assert_int_equal(crypto_cert_parse(&named, span_buf(&named_der), &err), VOUCH_OK);
	assert_int_equal(crypto_cert_parse(&cert, span_buf(&der), &err), VOUCH_OK);
	assert_int_equal(crypto_cert_issued_by(&cert, &ca, &err), VOUCH_OK);
	assert_int_equal(crypto_cert_issued_by(&ca, &ca, &err), VOUCH_OK);
	assert_int_equal(crypto_cert_issued_by(&cert, &twin, &err), VOUCH_EVERIFY);
	assert_int_equal(crypto_cert_issued_by(&cert, &named, &err), VOUCH_EVERIFY);
	assert_string_equal(err.msg,
	    "the certificate names another issuer, \"CA\" instead of \"Other\" (RFC 5280 6.1.3)");
	vouch_span subject = named.subject;
	named.subject = SPAN_LITERAL("\x30\x01\x31");
	assert_int_equal(crypto_cert_issued_by(&cert, &named, &err), VOUCH_EVERIFY);
	assert_string_equal(err.msg, "the certificate names another issuer (RFC 5280 6.1.3)");
	named.subject = subject;
	assert_false(crypto_cert_is_same_entity(&ca, &twin) || crypto_cert_is_same_entity(&ca, &named));
	assert_true(crypto_cert_is_same_entity(&ca, &ca));
	struct crypto_cert *const certs[] = { &ca, &twin, &named, &cert };
	vouch_buf *const ders[] = { &ca_der, &twin_der, &named_der, &der };
	EVP_PKEY *const keys[] = { ca_key, other_key, key };
	for (size_t i = 0; i < 4; i++) {
		crypto_cert_clear(certs[i]);
		vouch_buf_free(ders[i]);
	}
	for (size_t i = 0; i < 3; i++)
		EVP_PKEY_free(keys[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_identifier_has_the_octets_that_the_clauses_want),
		cmocka_unit_test(each_key_gets_the_algorithm_that_suits_it_or_is_refused_by_name),
		cmocka_unit_test(a_post_quantum_key_gets_the_one_algorithm_of_its_own_oid),
		cmocka_unit_test(a_post_quantum_key_that_cannot_sign_is_refused_by_name),
		cmocka_unit_test(every_algorithm_verifies_what_is_unchanged_and_nothing_else),
		cmocka_unit_test(post_quantum_signatures_verify_when_unchanged_and_not_otherwise),
		cmocka_unit_test(post_quantum_identifiers_are_read_strictly),
		cmocka_unit_test(a_signer_whose_key_libcrypto_does_not_know_is_named_with_what_is_needed),
		cmocka_unit_test(weak_and_unfit_algorithms_do_not_verify),
		cmocka_unit_test(every_truncation_of_an_identifier_is_refused),
		cmocka_unit_test(a_certificate_is_issued_by_the_key_that_signed_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
