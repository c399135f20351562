/* SPDX-License-Identifier: Apache-2.0 */
/* What a client writes: libcrypto reads it, and finds the signature good (RFC 6960 4.1.1, 4.1.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "draft.h"
#include "ocsp/request.h"

static const uint8_t serial_5[] = { 5 }, serial_6[] = { 0x00, 0x80 };

static vouch_request *
new_request(enum vouch_hash hash)
{
	vouch_request *request;

	assert_int_equal(vouch_request_new(&request, NULL), VOUCH_OK);
	assert_int_equal(vouch_request_add(request, draft_issuer(CA), SPAN_ARRAY(serial_5), hash, NULL),
	    VOUCH_OK);
	assert_int_equal(vouch_request_add(request, draft_issuer(OTHER_CA), SPAN_ARRAY(serial_6), hash, NULL),
	    VOUCH_OK);
	assert_int_equal(vouch_request_set_nonce(request, draft_nonce, NULL), VOUCH_OK);
	return request;
}

/* Two certificates, as PEM or DER may have them: the chain travels with the signature. */
static vouch_signer *
open_signer(enum party party)
{
	BIO *bio = BIO_new(BIO_s_mem());
	vouch_buf chain = { 0 };
	vouch_signer *signer;
	char *text;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, draft_key(party), NULL, NULL, 0, NULL, NULL), 1);
	long len = BIO_get_mem_data(bio, &text);
	authority_pem(&chain, "CERTIFICATE", draft_certificate(party));
	authority_pem(&chain, "CERTIFICATE", draft_certificate(CA));
	const vouch_signer_options options = { .size = sizeof(options),
		.certificate = span_buf(&chain),
		.key_octets = span_of(text, (size_t)len) };
	assert_int_equal(vouch_signer_open(&signer, &options, NULL), VOUCH_OK);
	BIO_free(bio);
	vouch_buf_free(&chain);
	return signer;
}

static OCSP_REQUEST *
read_by_libcrypto(const vouch_request *request)
{
	vouch_buf octets = { 0 };

	assert_int_equal(vouch_request_encode(request, &octets, NULL), VOUCH_OK);
	const unsigned char *at = octets.data;
	OCSP_REQUEST *theirs = d2i_OCSP_REQUEST(NULL, &at, (long)octets.len);
	assert_non_null(theirs);
	assert_ptr_equal(at, octets.data + octets.len);
	vouch_buf_free(&octets);
	return theirs;
}

static void
certificates_and_nonce_are_named_by_any_hash(void **state)
{
	static const struct {
		enum vouch_hash hash;
		int nid;
	} rows[] = { { VOUCH_SHA1, NID_sha1 }, { VOUCH_SHA256, NID_sha256 }, { VOUCH_SHA384, NID_sha384 },
		{ VOUCH_SHA512, NID_sha512 }, { VOUCH_MD5, NID_md5 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_request *request = new_request(rows[i].hash);
		OCSP_REQUEST *theirs = read_by_libcrypto(request);
		ASN1_OBJECT *hash;
		ASN1_INTEGER *serial;
		assert_int_equal(OCSP_request_onereq_count(theirs), 2);
		OCSP_CERTID *second = OCSP_onereq_get0_id(OCSP_request_onereq_get0(theirs, 1));
		OCSP_id_get0_info(NULL, &hash, NULL, &serial, second);
		assert_int_equal(OBJ_obj2nid(hash), rows[i].nid);
		assert_int_equal(ASN1_INTEGER_get(serial), 0x80);
		assert_true(OCSP_REQUEST_get_ext_by_NID(theirs, NID_id_pkix_OCSP_Nonce, -1) >= 0);
		assert_false(OCSP_request_is_signed(theirs));
		OCSP_REQUEST_free(theirs);
		vouch_request_free(request);
	}
}

static X509_STORE *
trust_in_the_ca(void)
{
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *parameters = X509_VERIFY_PARAM_new();
	const unsigned char *at = draft_certificate(CA).data;
	X509 *ca = d2i_X509(NULL, &at, (long)draft_certificate(CA).len);

	assert_int_equal(X509_STORE_add_cert(store, ca), 1);
	X509_VERIFY_PARAM_set_time(parameters, DRAFT_NOW);
	X509_STORE_set1_param(store, parameters);
	X509_VERIFY_PARAM_free(parameters);
	X509_free(ca);
	return store;
}

/* The requestorName is the signer's subject; both certificates are there; the signature covers the tbsRequest. */
static void
a_signed_request_says_who_signed_and_verifies(void **state)
{
	static const enum party signers[] = { NO_EKU, STRONG_RSA, ED25519 };
	X509_STORE *store = trust_in_the_ca();

	(void)state;
	for (size_t i = 0; i < sizeof(signers) / sizeof(signers[0]); i++) {
		vouch_request *request = new_request(VOUCH_SHA256);
		vouch_signer *signer = open_signer(signers[i]);
		assert_int_equal(vouch_request_set_signer(request, signer, NULL), VOUCH_OK);
		vouch_signer_free(signer);
		OCSP_REQUEST *theirs = read_by_libcrypto(request);
		assert_true(OCSP_request_is_signed(theirs));
		/* It finds the signer by the requestorName, among the certificates that are sent. */
		assert_int_equal(OCSP_request_verify(theirs, NULL, store, 0), 1);
		OCSP_REQUEST_free(theirs);
		vouch_request_free(request);
	}
	X509_STORE_free(store);
}

static void
a_signed_request_is_read_by_us_as_well(void **state)
{
	vouch_request *request = new_request(VOUCH_SHA256);
	vouch_signer *signer = open_signer(NO_EKU);
	vouch_buf octets = { 0 };
	struct ocsp_request parsed;
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_request_set_signer(request, signer, NULL), VOUCH_OK);
	assert_int_equal(vouch_request_encode(request, &octets, NULL), VOUCH_OK);
	assert_int_equal(ocsp_request_parse(span_buf(&octets), 2, OCSP_STRICT, &parsed, &err), VOUCH_OK);
	assert_true(parsed.is_signed && parsed.has_requestor_name && parsed.has_nonce);
	assert_int_equal(vouch_request_set_signer(request, NULL, NULL), VOUCH_OK);
	buf_clear(&octets);
	assert_int_equal(vouch_request_encode(request, &octets, NULL), VOUCH_OK);
	assert_int_equal(ocsp_request_parse(span_buf(&octets), 2, OCSP_STRICT, &parsed, &err), VOUCH_OK);
	assert_false(parsed.is_signed || parsed.has_requestor_name);
	vouch_request_free(request);
	vouch_signer_free(signer);
	vouch_buf_free(&octets);
}

static int
refuse_to_sign(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	int *calls = ctx;

	(void)tbs, (void)err;
	/* The proof at the start is made with the key that fits; the request finds it gone. */
	if ((*calls)++ > 0)
		return VOUCH_EUNAVAILABLE;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t octets[128];
	size_t len = sizeof(octets);
	assert_int_equal(EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, draft_key(RESPONDER),
			     NULL),
	    1);
	assert_int_equal(EVP_DigestSign(context, octets, &len, tbs.data, tbs.len), 1);
	EVP_MD_CTX_free(context);
	return vouch_buf_append(signature, octets, len);
}

static void
a_signer_that_fails_leaves_nothing_behind(void **state)
{
	vouch_request *request = new_request(VOUCH_SHA256);
	int calls = 0;
	const vouch_signer_options options = { .size = sizeof(options),
		.certificate = draft_certificate(RESPONDER),
		.sign = refuse_to_sign,
		.sign_ctx = &calls };
	vouch_signer *signer;
	vouch_buf octets = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_signer_open(&signer, &options, &err), VOUCH_OK);
	calls = 1;
	assert_int_equal(vouch_request_set_signer(request, signer, NULL), VOUCH_OK);
	assert_int_equal(vouch_request_encode(request, &octets, &err), VOUCH_EUNAVAILABLE);
	assert_int_equal(octets.len, 0);
	vouch_signer_free(signer);
	vouch_request_free(request);
	vouch_buf_free(&octets);
}

static void
what_cannot_be_asked_is_refused(void **state)
{
	static const struct {
		const char *what;
		vouch_span serial;
		enum vouch_hash hash;
	} rows[] = {
		{ "no serial number", { (const uint8_t *)"", 0 }, VOUCH_SHA256 },
		{ "not minimal", SPAN_LITERAL("\x00\x05"), VOUCH_SHA256 },
		{ "not minimal, negative", SPAN_LITERAL("\xff\x85"), VOUCH_SHA256 },
		{ "no hash", SPAN_LITERAL("\x05"), VOUCH_HASH_OTHER },
		{ "a hash that does not exist", SPAN_LITERAL("\x05"), (enum vouch_hash)VOUCH_HASHES },
	};
	vouch_request *request;
	vouch_buf octets = { 0 };

	(void)state;
	assert_int_equal(vouch_request_new(&request, NULL), VOUCH_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (vouch_request_add(request, draft_issuer(CA), rows[i].serial, rows[i].hash, NULL) !=
		    VOUCH_EINVAL)
			fail_msg("%s: not refused", rows[i].what);
	assert_int_equal(vouch_request_encode(request, &octets, NULL), VOUCH_EINVAL);
	assert_int_equal(vouch_request_set_nonce(request, span_of("", 0), NULL), VOUCH_EINVAL);
	assert_int_equal(vouch_request_set_nonce(request, span_of(draft_certificate(CA).data, 129), NULL),
	    VOUCH_EINVAL);
	for (size_t i = 0; i < OCSP_CERTIDS_MAX; i++)
		assert_int_equal(vouch_request_add(request, draft_issuer(CA), SPAN_ARRAY(serial_5),
				     VOUCH_SHA256, NULL),
		    VOUCH_OK);
	assert_int_equal(vouch_request_add(request, draft_issuer(CA), SPAN_ARRAY(serial_5), VOUCH_SHA256,
			     NULL),
	    VOUCH_ELIMIT);
	vouch_request_free(request);
	vouch_buf_free(&octets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_and_nonce_are_named_by_any_hash),
		cmocka_unit_test(a_signed_request_says_who_signed_and_verifies),
		cmocka_unit_test(a_signed_request_is_read_by_us_as_well),
		cmocka_unit_test(a_signer_that_fails_leaves_nothing_behind),
		cmocka_unit_test(what_cannot_be_asked_is_refused),
	};

	return cmocka_run_group_tests(tests, draft_world_make, draft_world_clear);
}
