/* SPDX-License-Identifier: Apache-2.0 */
/* Signers: every kind of key signs what its certificate verifies, from any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "authority.h"
#include "base/hex.h"
#include "signer/signer.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ECDSA_SIGNATURES 400
#define THREADS 4
#define SIGNATURES_PER_THREAD 50

struct material {
	unsigned released; /* signers that are no more */
	EVP_PKEY *key;
	vouch_buf cert;
	char path[64]; /* of the key */
};

static struct material
make_material_of(EVP_PKEY *takes_key, EVP_PKEY *issuer_key)
{
	struct material m = { .key = takes_key, .path = "/tmp/vouch-signer-XXXXXX" };

	m.cert = authority_certificate(&(struct recipe){ .subject = "C=XX/O=Certs 'r Us/CN=OCSP Responder",
	    .key = m.key,
	    .issuer = "CN=CA",
	    .issuer_key = issuer_key,
	    .extensions = { AUTHORITY_SIGNER_EXTENSIONS } });
	int fd = mkstemp(m.path);
	assert_true(fd >= 0);
	FILE *out = fdopen(fd, "wb");
	assert_int_equal(PEM_write_PrivateKey(out, m.key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(out);
	return m;
}

static struct material
make_material(const char *kind)
{
	return make_material_of(authority_key(kind), NULL);
}

static void
free_material(struct material *m)
{
	unlink(m->path);
	vouch_buf_free(&m->cert);
	EVP_PKEY_free(m->key);
}

static vouch_signer *
open_signer(const struct material *m, const char *algorithm)
{
	vouch_signer *signer = NULL;
	vouch_err err;
	vouch_signer_options options = { .size = sizeof(options),
		.certificate = span_buf(&m->cert),
		.key = m->path,
		.algorithm = algorithm };

	if (vouch_signer_open(&signer, &options, &err) != VOUCH_OK)
		fail_msg("%s: %s", algorithm != NULL ? algorithm : "default", err.msg);
	return signer;
}

static void
sign(vouch_signer *signer, vouch_span tbs, vouch_buf *signature)
{
	vouch_err err;

	if (vouch_signer_sign(signer, tbs, signature, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
}

/* The second opinion: libcrypto reads the identifier and verifies by itself. */
static bool
verifies(EVP_PKEY *key, vouch_span identifier, vouch_span tbs, vouch_span signature)
{
	const uint8_t *at = identifier.data;
	X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &at, (long)identifier.len);
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	at = tbs.data;
	ASN1_TYPE *type = d2i_ASN1_TYPE(NULL, &at, (long)tbs.len);

	assert_non_null(algorithm);
	assert_non_null(type);
	ASN1_BIT_STRING_set(bits, (unsigned char *)(uintptr_t)signature.data, (int)signature.len);
	int verified = ASN1_item_verify(ASN1_ITEM_rptr(ASN1_ANY), algorithm, bits, type, key);
	ASN1_TYPE_free(type);
	ASN1_BIT_STRING_free(bits);
	X509_ALGOR_free(algorithm);
	return verified == 1;
}

struct kind_of_signer {
	const char *kind, *algorithm;
	const char *identifier; /* hexadecimal */
	const char *name;
	size_t length; /* 0: varies */
};

static const struct kind_of_signer signers[] = {
	{ "rsa2048", NULL, "300d06092a864886f70d01010b0500", "rsa-sha256", 256 },
	{ "rsa2048", "rsa-sha384", "300d06092a864886f70d01010c0500", "rsa-sha384", 256 },
	{ "rsa2048", "rsa-sha512", "300d06092a864886f70d01010d0500", "rsa-sha512", 256 },
	{ "rsa2048", "rsa-pss-sha256",
	    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108"
	    "300d06096086480165030402010500a203020120",
	    "rsa-pss-sha256", 256 },
	{ "rsa3072", "rsa-pss-sha384",
	    "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108"
	    "300d06096086480165030402020500a203020130",
	    "rsa-pss-sha384", 384 },
	{ "pss2048", "rsa-pss-sha512",
	    "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108"
	    "300d06096086480165030402030500a203020140",
	    "rsa-pss-sha512", 256 },
	{ "pss2048-sha256-32", NULL,
	    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108"
	    "300d06096086480165030402010500a203020120",
	    "rsa-pss-sha256", 256 },
	{ "pss2048-sha256-40", NULL,
	    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108"
	    "300d06096086480165030402010500a203020128",
	    "rsa-pss-sha256", 256 },
	{ "p256", NULL, "300a06082a8648ce3d040302", "ecdsa-sha256", 0 },
	{ "p384", NULL, "300a06082a8648ce3d040303", "ecdsa-sha384", 0 },
	{ "p521", NULL, "300a06082a8648ce3d040304", "ecdsa-sha512", 0 },
	{ "p256", "ecdsa-sha512", "300a06082a8648ce3d040304", "ecdsa-sha512", 0 },
	{ "ed25519", NULL, "300506032b6570", "ed25519", 64 },
	{ "ed448", NULL, "300506032b6571", "ed448", 114 },
};

/* RFC 9881 2, RFC 9909 3; sizes of FIPS 204 table 2 and FIPS 205 table 2.  The other "s" sets take seconds. */
static const struct kind_of_signer postquantum_signers[] = {
	{ "ml-dsa-44", NULL, "300b0609608648016503040311", "ml-dsa-44", 2420 },
	{ "ml-dsa-65", NULL, "300b0609608648016503040312", "ml-dsa-65", 3309 },
	{ "ml-dsa-87", NULL, "300b0609608648016503040313", "ml-dsa-87", 4627 },
	{ "slh-dsa-sha2-128s", NULL, "300b0609608648016503040314", "slh-dsa-sha2-128s", 7856 },
	{ "slh-dsa-sha2-128f", NULL, "300b0609608648016503040315", "slh-dsa-sha2-128f", 17088 },
	{ "slh-dsa-sha2-192f", NULL, "300b0609608648016503040317", "slh-dsa-sha2-192f", 35664 },
	{ "slh-dsa-sha2-256f", NULL, "300b0609608648016503040319", "slh-dsa-sha2-256f", 49856 },
	{ "slh-dsa-shake-128f", NULL, "300b060960864801650304031b", "slh-dsa-shake-128f", 17088 },
};

/* A ResponseData would do; any element is as good. */
#define TBS SPAN_LITERAL("\x30\x05\x04\x03TBS")

static void
assert_signs(const struct kind_of_signer *row)
{
	struct material m = make_material(row->kind);
	vouch_signer *signer = open_signer(&m, row->algorithm);
	vouch_buf text = { 0 }, signature = { 0 };
	vouch_span identifier = signer_signature_algorithm(signer);
	vouch_err err = { 0 };

	assert_int_equal(hex_encode(&text, identifier), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&text, "", 1), VOUCH_OK);
	assert_string_equal((char *)text.data, row->identifier);
	assert_string_equal(vouch_signer_algorithm(signer), row->name);
	sign(signer, TBS, &signature);
	assert_true(verifies(m.key, identifier, TBS, span_buf(&signature)));
	if (row->length != 0)
		assert_int_equal(signature.len, row->length);
	assert_int_equal(signer_verify(signer, TBS, span_buf(&signature), &err), VOUCH_OK);
	signature.data[signature.len / 2] ^= 4;
	assert_int_equal(signer_verify(signer, TBS, span_buf(&signature), &err), VOUCH_EVERIFY);
	vouch_buf_free(&text);
	vouch_buf_free(&signature);
	vouch_signer_free(signer);
	free_material(&m);
}

/* */
static void
every_kind_of_key_signs_with_the_identifier_it_announces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(signers); i++)
		assert_signs(&signers[i]);
}

/* */
static void
post_quantum_keys_sign_raw_and_pure(void **state)
{
	(void)state;
	if (!authority_knows("ml-dsa-65"))
		skip();
	for (size_t i = 0; i < COUNT(postquantum_signers); i++)
		assert_signs(&postquantum_signers[i]);
}

/* RFC 3279 2.2.3, X.690 8.3.2 and 10.1: SEQUENCE of two positive INTEGERs in as few octets as can be. */
static bool
is_minimal(vouch_span signature)
{
	const uint8_t *p = signature.data;
	size_t header = p[1] == 0x81 ? 3 : 2;

	if (p[0] != 0x30 || p[header - 1] != signature.len - header || (header == 3 && p[2] < 0x80))
		return false;
	for (size_t i = 0, at = header; i < 2; i++) {
		size_t len = p[at + 1];
		if (p[at] != 2 || len == 0 || p[at + 2] >= 0x80 ||
		    (len > 1 && p[at + 2] == 0 && p[at + 3] < 0x80))
			return false;
		at += 2 + len;
		if (i == 1 && at != signature.len)
			return false;
	}
	return true;
}

/* */
static void
ecdsa_values_are_minimal_der(void **state)
{
	static const char *const kinds[] = { "p256", "p521" };

	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++) {
		struct material m = make_material(kinds[k]);
		vouch_signer *signer = open_signer(&m, NULL);
		vouch_buf signature = { 0 };
		for (size_t i = 0; i < ECDSA_SIGNATURES; i++) {
			buf_clear(&signature);
			sign(signer, span_of(&i, sizeof(i)), &signature);
			assert_true(is_minimal(span_buf(&signature)));
		}
		vouch_buf_free(&signature);
		vouch_signer_free(signer);
		free_material(&m);
	}
}

struct work {
	vouch_signer *signer;
	uint32_t number;
	int failures;
};

static void *
sign_and_verify_often(void *arg)
{
	struct work *work = arg;
	vouch_buf signature = { 0 };

	for (uint32_t i = 0; i < SIGNATURES_PER_THREAD; i++) {
		uint32_t tbs[2] = { work->number, i };
		vouch_err err = { 0 };
		buf_clear(&signature);
		vouch_span span = span_of(tbs, sizeof(tbs));
		if (vouch_signer_sign(work->signer, span, &signature, &err) != VOUCH_OK ||
		    signer_verify(work->signer, span, span_buf(&signature), &err) != VOUCH_OK)
			work->failures++;
	}
	vouch_buf_free(&signature);
	vouch_signer_free(work->signer);
	return NULL;
}

static void
four_threads_sign_with_one_signer(void **state)
{
	static const char *const kinds[] = { "rsa2048", "pss2048", "p256", "ed25519", "ml-dsa-44" };

	(void)state;
	for (size_t k = 0; k < COUNT(kinds) && authority_knows(kinds[k]); k++) {
		struct material m = make_material(kinds[k]);
		vouch_signer *signer = open_signer(&m, NULL);
		struct work work[THREADS];
		pthread_t threads[THREADS];
		for (uint32_t i = 0; i < THREADS; i++) {
			work[i] = (struct work){ vouch_signer_ref(signer), i, 0 };
			assert_int_equal(pthread_create(&threads[i], NULL, sign_and_verify_often, &work[i]),
			    0);
		}
		vouch_signer_free(signer);
		for (size_t i = 0; i < THREADS; i++) {
			pthread_join(threads[i], NULL);
			assert_int_equal(work[i].failures, 0);
		}
		free_material(&m);
	}
}

/* RFC 6960 4.2.1, RFC 9919 B.5: the responder of the RFC's test CA. */
static void
the_responder_id_of_rfc_9919_comes_out(void **state)
{
	EVP_PKEY *ca = authority_rfc9919_key("testECCP521.key");
	struct material m = make_material_of(authority_rfc9919_key("testECCP384.key"), ca);
	vouch_signer *signer = open_signer(&m, NULL);
	vouch_span by_key = signer_responder_id(signer, VOUCH_BY_KEY);
	vouch_span by_name = signer_responder_id(signer, VOUCH_BY_NAME);
	vouch_span subject = signer_cert(signer)->subject;

	(void)state;
	assert_int_equal(by_key.len, 24);
	assert_memory_equal(by_key.data,
	    "\xa2\x16\x04\x14\x0a\xe3\xa0\xfe\x9d\xd4\x25\x76"
	    "\x98\xb5\xeb\x72\xeb\xca\x0c\xe7\xbf\x3d\xf5\xf1",
	    24);
	assert_int_equal(by_name.data[0], 0xa1);
	assert_int_equal(by_name.data[1], subject.len);
	assert_true(span_equal(span_of(by_name.data + 2, by_name.len - 2), subject));
	vouch_signer_free(signer);
	free_material(&m);
	EVP_PKEY_free(ca);
}

static void
the_signers_certificate_comes_first_and_its_chain_after_it_once(void **state)
{
	struct material m = make_material("p256"), other = make_material("p256");
	vouch_buf pem = { 0 };
	size_t count;

	(void)state;
	authority_pem(&pem, "CERTIFICATE", span_buf(&m.cert));
	authority_pem(&pem, "CERTIFICATE", span_buf(&other.cert));
	authority_pem(&pem, "CERTIFICATE", span_buf(&m.cert));
	struct material chained = m;
	chained.cert = pem;
	vouch_signer *signer = open_signer(&chained, NULL);
	const vouch_span *certs = signer_certs(signer, &count);
	assert_int_equal(count, 2);
	assert_true(span_equal(certs[0], span_buf(&m.cert)));
	assert_true(span_equal(certs[1], span_buf(&other.cert)));
	assert_true(span_equal(vouch_signer_certificate(signer), span_buf(&m.cert)));
	assert_true(signer_is_valid(signer, AUTHORITY_END));
	assert_false(signer_is_valid(signer, AUTHORITY_END + 1));
	vouch_signer_free(signer);
	vouch_buf_free(&pem);
	free_material(&other);
	free_material(&m);
}

struct elsewhere {
	EVP_PKEY *key;
	const char *mood;
};

static int
sign_elsewhere(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	const struct elsewhere *elsewhere = ctx;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t value[512];
	size_t len = sizeof(value);

	assert_int_equal(EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, elsewhere->key, NULL), 1);
	assert_int_equal(EVP_DigestSign(context, value, &len, tbs.data, tbs.len), 1);
	EVP_MD_CTX_free(context);
	if (strcmp(elsewhere->mood, "silent") == 0)
		return VOUCH_OK;
	if (strcmp(elsewhere->mood, "odd") == 0)
		return 17;
	if (strcmp(elsewhere->mood, "talkative") == 0) {
		err->code = VOUCH_EIO;
		snprintf(err->msg, sizeof(err->msg), "the token is gone");
		return VOUCH_EIO;
	}
	return vouch_buf_append(signature, value, len);
}

static void
a_function_of_the_callers_may_sign(void **state)
{
	struct material m = make_material("rsa2048");
	struct elsewhere elsewhere = { m.key, "fine" };
	vouch_signer_options options = { .size = sizeof(options),
		.certificate = span_buf(&m.cert),
		.sign = sign_elsewhere,
		.sign_ctx = &elsewhere };
	vouch_signer *signer;
	vouch_buf signature = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_signer_open(&signer, &options, &err), VOUCH_OK);
	assert_string_equal(vouch_signer_algorithm(signer), "rsa-sha256");
	sign(signer, TBS, &signature);
	assert_true(verifies(m.key, signer_signature_algorithm(signer), TBS, span_buf(&signature)));
	size_t len = signature.len;
	elsewhere.mood = "silent";
	assert_int_equal(vouch_signer_sign(signer, TBS, &signature, &err), VOUCH_EUNAVAILABLE);
	elsewhere.mood = "odd";
	assert_int_equal(vouch_signer_sign(signer, TBS, &signature, &err), VOUCH_EUNAVAILABLE);
	elsewhere.mood = "talkative";
	assert_int_equal(vouch_signer_sign(signer, TBS, &signature, &err), VOUCH_EIO);
	assert_string_equal(err.msg, "the token is gone");
	assert_int_equal(signature.len, len);
	vouch_buf_free(&signature);
	vouch_signer_free(signer);
	free_material(&m);
}

static void
count_release(void *sign_ctx)
{
	struct material *m = sign_ctx;

	m->released++;
}

/* two processes, one with the key, one with the answers. */
static void
a_signer_without_its_key_is_proved_by_who_has_it(void **state)
{
	struct material m = make_material("p256"), other = make_material("p256");
	vouch_signer_options there = { .size = sizeof(there),
		.certificate = span_buf(&m.cert),
		.key = m.path };
	vouch_signer_options here = { .size = sizeof(here),
		.certificate = span_buf(&m.cert),
		.flags = VOUCH_SIGNER_ELSEWHERE,
		.sign_ctx = &m,
		.release = count_release };
	vouch_signer *with_key, *without = NULL;
	vouch_buf proof = { 0 }, signature = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_signer_open(&with_key, &there, &err), VOUCH_OK);
	assert_int_equal(vouch_signer_prove(with_key, &proof, &err), VOUCH_OK);
	assert_null(vouch_signer_context(with_key));
	here.proof = span_buf(&proof);
	assert_int_equal(vouch_signer_open(&without, &here, &err), VOUCH_OK);
	assert_ptr_equal(vouch_signer_context(without), &m);
	assert_int_equal(vouch_signer_sign(without, TBS, &signature, &err), VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(err.msg, "another process"));
	assert_int_equal(signature.len, 0);
	sign(with_key, TBS, &signature);
	assert_int_equal(signer_verify(without, TBS, span_buf(&signature), &err), VOUCH_OK);
	vouch_signer_free(vouch_signer_ref(without));
	assert_int_equal(m.released, 0);
	vouch_signer_free(without);
	assert_int_equal(m.released, 1);
	without = NULL;
	here.certificate = span_buf(&other.cert);
	assert_int_equal(vouch_signer_open(&without, &here, &err), VOUCH_EREFUSED);
	assert_int_equal(m.released, 1);
	here.proof = (vouch_span){ 0 };
	assert_int_equal(vouch_signer_open(&without, &here, &err), VOUCH_OK);
	vouch_signer_free(without);
	vouch_buf_free(&proof);
	vouch_buf_free(&signature);
	vouch_signer_free(with_key);
	free_material(&other);
	free_material(&m);
}

/* */
static void
a_signer_that_signs_with_another_key_or_algorithm_does_not_open(void **state)
{
	struct material m = make_material("rsa2048");
	struct elsewhere other = { authority_key("rsa2048"), "fine" }, same = { m.key, "fine" },
			 gone = { m.key, "talkative" };
	vouch_signer *signer = NULL;
	vouch_err err;
	const struct {
		struct elsewhere *ctx;
		const char *algorithm, *message;
		int code;
	} rows[] = {
		{ &other, NULL, "does not belong to the certificate", VOUCH_EREFUSED },
		{ &same, "rsa-sha512", "does not belong to the certificate", VOUCH_EREFUSED },
		{ &gone, NULL, "the token is gone", VOUCH_EIO },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_signer_options options = { .size = sizeof(options),
			.certificate = span_buf(&m.cert),
			.sign = sign_elsewhere,
			.sign_ctx = rows[i].ctx,
			.algorithm = rows[i].algorithm };
		assert_int_equal(vouch_signer_open(&signer, &options, &err), rows[i].code);
		assert_non_null(strstr(err.msg, rows[i].message));
		assert_null(signer);
	}
	EVP_PKEY_free(other.key);
	free_material(&m);
}

static void
options_that_make_no_sense_are_refused(void **state)
{
	struct material m = make_material("p256"), other = make_material("p256");
	const struct {
		const char *what;
		vouch_signer_options options;
		int code;
		const char *message;
	} rows[] = {
		{ "neither key nor function", { .certificate = span_buf(&m.cert) }, VOUCH_EINVAL,
		    "needs a key" },
		{ "both", { .certificate = span_buf(&m.cert), .key = m.path, .sign = sign_elsewhere },
		    VOUCH_EINVAL, "only one of them" },
		{ "a key here and elsewhere",
		    { .certificate = span_buf(&m.cert), .key = m.path, .flags = VOUCH_SIGNER_ELSEWHERE },
		    VOUCH_EINVAL, "only one of them" },
		{ "a proof beside the key", { .certificate = span_buf(&m.cert), .key = m.path, .proof = TBS },
		    VOUCH_EINVAL, "proof" },
		{ "no certificate", { .key = m.path }, VOUCH_EPARSE, "empty" },
		{ "bad certificate", { .certificate = SPAN_LITERAL("x"), .key = m.path }, VOUCH_EPARSE,
		    "neither PEM nor DER" },
		{ "unknown algorithm", { .certificate = span_buf(&m.cert), .key = m.path, .algorithm = "x" },
		    VOUCH_EINVAL, "no algorithm x" },
		{ "weak algorithm",
		    { .certificate = span_buf(&m.cert), .key = m.path, .algorithm = "ecdsa-sha1" },
		    VOUCH_EREFUSED, "weak" },
		{ "another's key", { .certificate = span_buf(&m.cert), .key = other.path }, VOUCH_EREFUSED,
		    other.path },
		{ "no such file", { .certificate = span_buf(&m.cert), .key = "/nonexistent/key" }, VOUCH_EIO,
		    "/nonexistent/key: No such" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_signer *signer = NULL;
		vouch_err err;
		vouch_signer_options options = rows[i].options;
		options.size = sizeof(options);
		int code = vouch_signer_open(&signer, &options, &err);
		if (code != rows[i].code || err.code != code || strstr(err.msg, rows[i].message) == NULL ||
		    signer != NULL)
			fail_msg("%s: %d %s", rows[i].what, code, err.msg);
		assert_int_equal(vouch_signer_open(&signer, &options, NULL), rows[i].code);
	}
	free_material(&other);
	free_material(&m);
}

#define ID_ECDSA_SHA256 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define ID_ECDSA_SHA256_NULL "\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00"
#define ID_RSA_SHA256 "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"
#define ID_RSA_SHA256_ABSENT "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"
#define ID_PSS_ABSENT "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define ID_PSS_EMPTY "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x00"
#define PSS_SHA256_HASH "\xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define PSS_SHA256_MGF \
	"\xa1\x1a\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08" \
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define ID_PSS_SHA256_NO_NULLS \
	"\x30\x3d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x30" PSS_SHA256_HASH PSS_SHA256_MGF \
	"\xa2\x03\x02\x01\x20"
#define ID_PSS_SHA256_SALT_20 \
	"\x30\x38\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x2b" PSS_SHA256_HASH PSS_SHA256_MGF
#define KEY_P256 "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define KEY_P384 "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"
#define KEY_EC "\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
#define KEY_RSA "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
#define KEY_RSA_ABSENT "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"

struct preference {
	const char *what;
	vouch_span sig, key;
	bool p256, rsa, pss; /* which of our signers is what the client prefers */
};

/* A-12; RFC 6960 4.4.7.1 */
static void
a_preference_matches_by_oid_with_null_equal_to_absent(void **state)
{
	const struct preference rows[] = {
		{ "ECDSA", SPAN_LITERAL(ID_ECDSA_SHA256), { 0 }, true, false, false },
		{ "ECDSA with NULL", SPAN_LITERAL(ID_ECDSA_SHA256_NULL), { 0 }, true, false, false },
		{ "ECDSA on P-256", SPAN_LITERAL(ID_ECDSA_SHA256), SPAN_LITERAL(KEY_P256), true, false,
		    false },
		{ "ECDSA on P-384", SPAN_LITERAL(ID_ECDSA_SHA256), SPAN_LITERAL(KEY_P384), false, false,
		    false },
		{ "ECDSA on any curve", SPAN_LITERAL(ID_ECDSA_SHA256), SPAN_LITERAL(KEY_EC), true, false,
		    false },
		{ "ECDSA with an RSA key", SPAN_LITERAL(ID_ECDSA_SHA256), SPAN_LITERAL(KEY_RSA), false, false,
		    false },
		{ "RSA", SPAN_LITERAL(ID_RSA_SHA256), { 0 }, false, true, false },
		{ "RSA, NULL left out", SPAN_LITERAL(ID_RSA_SHA256_ABSENT), SPAN_LITERAL(KEY_RSA_ABSENT),
		    false, true, false },
		{ "PSS of any kind", SPAN_LITERAL(ID_PSS_ABSENT), { 0 }, false, false, true },
		{ "PSS with its defaults", SPAN_LITERAL(ID_PSS_EMPTY), { 0 }, false, false, false },
		{ "PSS, NULLs left out", SPAN_LITERAL(ID_PSS_SHA256_NO_NULLS), SPAN_LITERAL(KEY_RSA), false,
		    false, true },
		{ "PSS with another salt", SPAN_LITERAL(ID_PSS_SHA256_SALT_20), { 0 }, false, false, false },
		{ "nothing", { 0 }, { 0 }, false, false, false },
		{ "something else", SPAN_LITERAL("\x02\x01\x05"), { 0 }, false, false, false },
		{ "cut off", SPAN_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03"), { 0 }, false,
		    false, false },
		{ "a damaged key", SPAN_LITERAL(ID_ECDSA_SHA256), SPAN_LITERAL("\x30\x01"), false, false,
		    false },
	};
	struct material p256 = make_material("p256"), rsa = make_material("rsa2048");
	vouch_signer *const ours[] = { open_signer(&p256, NULL), open_signer(&rsa, NULL),
		open_signer(&rsa, "rsa-pss-sha256") };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const bool expected[] = { rows[i].p256, rows[i].rsa, rows[i].pss };
		for (size_t k = 0; k < COUNT(ours); k++)
			if (signer_matches(ours[k], rows[i].sig, rows[i].key) != expected[k])
				fail_msg("%s: signer %zu", rows[i].what, k);
	}
	for (size_t k = 0; k < COUNT(ours); k++)
		vouch_signer_free(ours[k]);
	free_material(&rsa);
	free_material(&p256);
}

/* PEM as openssl writes it, and DER, PKCS#8 and traditional. */
static void
a_key_may_be_given_by_its_octets(void **state)
{
	struct material m = make_material("p256");
	vouch_buf forms[3] = { { 0 } };
	unsigned char *der = NULL;

	(void)state;
	FILE *pem = fopen(m.path, "rb");
	uint8_t text[512];
	assert_int_equal(vouch_buf_append(&forms[0], text, fread(text, 1, sizeof(text), pem)), VOUCH_OK);
	fclose(pem);
	int len = i2d_PrivateKey(m.key, &der);
	assert_int_equal(vouch_buf_append(&forms[1], der, (size_t)len), VOUCH_OK);
	OPENSSL_free(der);
	der = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(m.key);
	len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	assert_int_equal(vouch_buf_append(&forms[2], der, (size_t)len), VOUCH_OK);
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(info);
	for (size_t i = 0; i < COUNT(forms); i++) {
		vouch_signer *signer = NULL;
		vouch_err err;
		vouch_signer_options options = { .size = sizeof(options),
			.certificate = span_buf(&m.cert),
			.key_octets = span_buf(&forms[i]) };
		if (vouch_signer_open(&signer, &options, &err) != VOUCH_OK)
			fail_msg("form %zu: %s", i, err.msg);
		vouch_signer_free(signer);
		for (size_t cut = 0; cut < forms[i].len - 4; cut++) {
			options.key_octets.len = cut;
			signer = NULL;
			assert_int_not_equal(vouch_signer_open(&signer, &options, &err), VOUCH_OK);
			assert_null(signer);
		}
		vouch_buf_free(&forms[i]);
	}
	free_material(&m);
}

static void
weak_keys_and_digests_sign_only_for_who_asks_for_them(void **state)
{
	static const struct {
		const char *kind, *algorithm;
	} rows[] = { { "rsa512", NULL }, { "rsa1024", "rsa-sha1" }, { "rsa2048", "rsa-sha1" },
		{ "p256", "ecdsa-sha1" } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct material m = make_material(rows[i].kind);
		vouch_signer *signer = NULL;
		vouch_err err;
		vouch_signer_options options = { .size = sizeof(options),
			.certificate = span_buf(&m.cert),
			.key = m.path,
			.algorithm = rows[i].algorithm };
		assert_int_equal(vouch_signer_open(&signer, &options, &err), VOUCH_EREFUSED);
		options.flags = VOUCH_SIGNER_WEAK;
		if (vouch_signer_open(&signer, &options, &err) != VOUCH_OK)
			fail_msg("%s: %s", rows[i].kind, err.msg);
		vouch_signer_free(signer);
		options.flags = 2;
		assert_int_equal(vouch_signer_open(&signer, &options, &err), VOUCH_EINVAL);
		free_material(&m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_may_be_given_by_its_octets),
		cmocka_unit_test(weak_keys_and_digests_sign_only_for_who_asks_for_them),
		cmocka_unit_test(every_kind_of_key_signs_with_the_identifier_it_announces),
		cmocka_unit_test(post_quantum_keys_sign_raw_and_pure),
		cmocka_unit_test(ecdsa_values_are_minimal_der),
		cmocka_unit_test(four_threads_sign_with_one_signer),
		cmocka_unit_test(the_responder_id_of_rfc_9919_comes_out),
		cmocka_unit_test(the_signers_certificate_comes_first_and_its_chain_after_it_once),
		cmocka_unit_test(a_function_of_the_callers_may_sign),
		cmocka_unit_test(a_signer_without_its_key_is_proved_by_who_has_it),
		cmocka_unit_test(a_signer_that_signs_with_another_key_or_algorithm_does_not_open),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
		cmocka_unit_test(a_preference_matches_by_oid_with_null_equal_to_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
