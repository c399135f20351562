/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second opinion on every corpus input and thousands of damaged ones: what we accept, OpenSSL accepts with the same fields, and what we
 * encode, OpenSSL encodes again to the same octets.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "base/buf.h"
#include "ocsp/extension.h"
#include "ocsp/response.h"

#define CORPUS TEST_DATA "/../fuzz/corpus/"
#define CERTIDS 16
#define MUTATIONS 400 /* of each corpus input */
#define INPUT_MAX 8192

typedef void check(vouch_span der, const char *name);

static bool
same_octets(const ASN1_STRING *theirs, vouch_span ours)
{
	return span_equal(span_of(ASN1_STRING_get0_data(theirs), (size_t)ASN1_STRING_length(theirs)), ours);
}

/* The content of their INTEGER, which they keep as a magnitude and a sign. */
static bool
same_serial_number(const ASN1_INTEGER *theirs, vouch_span ours)
{
	uint8_t *der = NULL;
	int len = i2d_ASN1_INTEGER(theirs, &der);

	assert_true(len > 2);
	bool same = span_equal(der_content(span_of(der, (size_t)len)), ours);
	OPENSSL_free(der);
	return same;
}

static bool
same_hash(ASN1_OBJECT *theirs, const struct ocsp_certid *ours)
{
	static const int nids[VOUCH_HASHES] = { NID_undef, NID_sha1, NID_sha256, NID_sha384, NID_sha512,
		NID_md5 };

	return ours->hash == VOUCH_HASH_OTHER || OBJ_obj2nid(theirs) == nids[ours->hash];
}

static bool
same_certid(OCSP_CERTID *theirs, const struct ocsp_certid *ours)
{
	ASN1_OCTET_STRING *name_hash, *key_hash;
	ASN1_OBJECT *hash;
	ASN1_INTEGER *serial_number;
	uint8_t *der = NULL;

	assert_int_equal(OCSP_id_get0_info(&name_hash, &hash, &key_hash, &serial_number, theirs), 1);
	int len = i2d_OCSP_CERTID(theirs, &der);
	assert_true(len > 0);
	/* OpenSSL encodes odd parameters in its own way. */
	bool same = ours->odd_parameters || span_equal(span_of(der, (size_t)len), ours->der);
	OPENSSL_free(der);
	return same && same_hash(hash, ours) && same_octets(name_hash, ours->issuer_name_hash) &&
	    same_octets(key_hash, ours->issuer_key_hash) &&
	    same_serial_number(serial_number, ours->serial_number);
}

static bool
same_nonce(OCSP_REQUEST *theirs, const struct ocsp_request *ours)
{
	int at = OCSP_REQUEST_get_ext_by_NID(theirs, NID_id_pkix_OCSP_Nonce, -1);

	if ((at >= 0) != ours->has_nonce)
		return false;
	if (at < 0)
		return true;
	X509_EXTENSION *nonce = OCSP_REQUEST_get_ext(theirs, at);
	return same_octets(X509_EXTENSION_get_data(nonce), ours->nonce) &&
	    (X509_EXTENSION_get_critical(nonce) > 0) == ours->nonce_critical;
}

static bool
same_request(OCSP_REQUEST *theirs, const struct ocsp_request *ours)
{
	if (OCSP_request_onereq_count(theirs) != (int)ours->certid_count ||
	    OCSP_request_is_signed(theirs) != ours->is_signed)
		return false;
	for (size_t i = 0; i < ours->certid_count; i++)
		if (!same_certid(OCSP_onereq_get0_id(OCSP_request_onereq_get0(theirs, (int)i)),
			&ours->certids[i]))
			return false;
	return same_nonce(theirs, ours);
}

/*
 * What we do not look into, because nothing depends on it: the inside of a GeneralName and of certificates, and parameters of algorithms other
 * than NULL.  OpenSSL may refuse those.
 */
static bool
is_opaque(const struct ocsp_request *r)
{
	for (size_t i = 0; i < r->certid_count; i++)
		if (r->certids[i].odd_parameters)
			return true;
	return r->has_requestor_name || r->is_signed;
}

static void
check_request(vouch_span der, const char *name)
{
	struct ocsp_request ours;
	vouch_err err;
	const uint8_t *p = der.data;

	if (ocsp_request_parse(der, CERTIDS, 0, &ours, &err) != VOUCH_OK)
		return;
	OCSP_REQUEST *theirs = d2i_OCSP_REQUEST(NULL, &p, (long)der.len);
	if (theirs == NULL && is_opaque(&ours)) {
		ERR_clear_error();
		return;
	}
	if (theirs == NULL)
		fail_msg("%s: we accept what OpenSSL refuses: %s", name,
		    ERR_error_string(ERR_get_error(), NULL));
	if (!same_request(theirs, &ours))
		fail_msg("%s: OpenSSL reads other fields", name);
	OCSP_REQUEST_free(theirs);
}

static bool
same_single(OCSP_SINGLERESP *theirs, const struct ocsp_single_response *ours)
{
	static const int statuses[] = { [VOUCH_GOOD] = V_OCSP_CERTSTATUS_GOOD,
		[VOUCH_REVOKED] = V_OCSP_CERTSTATUS_REVOKED,
		[VOUCH_UNKNOWN] = V_OCSP_CERTSTATUS_UNKNOWN };
	ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
	int reason = -1;
	int status = OCSP_single_get0_status(theirs, &reason, &revoked, &this_update, &next_update);

	if (status != statuses[ours->cert_status] ||
	    (next_update == NULL) != (ours->next_update == VOUCH_TIME_ABSENT))
		return false;
	if (status == V_OCSP_CERTSTATUS_REVOKED && reason + 1 != ours->revocation_reason)
		return false;
	return same_certid((OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(theirs), &ours->certid);
}

static bool
same_response(OCSP_RESPONSE *theirs, const struct ocsp_response *ours)
{
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(theirs);

	if (basic == NULL)
		return false;
	bool same = OCSP_resp_count(basic) == (int)ours->data.response_count &&
	    same_octets(OCSP_resp_get0_signature(basic), ours->signature);
	for (size_t i = 0; same && i < ours->data.response_count; i++)
		same = same_single(OCSP_resp_get0(basic, (int)i), &ours->data.responses[i]);
	OCSP_BASICRESP_free(basic);
	return same;
}

/* The same for responses: certificates, Names and parameters. */
static bool
is_opaque_response(const struct ocsp_response *r)
{
	vouch_span algorithm = der_content(r->signature_algorithm);

	if (algorithm.len > 1 && algorithm.len != 2u + algorithm.data[1])
		return true; /* more than an OBJECT IDENTIFIER */
	for (size_t i = 0; i < r->data.response_count; i++)
		if (r->data.responses[i].certid.odd_parameters)
			return true;
	return r->certs.len > 0 ||
	    (r->data.responder_id.len > 0 && r->data.responder_id.data[0] == DER_CONTEXT(1));
}

static void
check_response(vouch_span der, const char *name)
{
	struct ocsp_single_response responses[CERTIDS];
	struct ocsp_response ours;
	vouch_err err;
	const uint8_t *p = der.data;
	uint8_t *again = NULL;

	if (ocsp_response_parse(der, responses, CERTIDS, &ours, &err) != VOUCH_OK)
		return;
	OCSP_RESPONSE *theirs = d2i_OCSP_RESPONSE(NULL, &p, (long)der.len);
	if (theirs == NULL)
		fail_msg("%s: we accept what OpenSSL refuses", name);
	assert_int_equal(OCSP_response_status(theirs), ours.response_status);
	int len = i2d_OCSP_RESPONSE(theirs, &again);
	if (len < 0 || !span_equal(span_of(again, (size_t)len), der))
		fail_msg("%s: OpenSSL encodes it differently", name);
	if (ours.response_status == VOUCH_SUCCESSFUL && !is_opaque_response(&ours) &&
	    !same_response(theirs, &ours))
		fail_msg("%s: OpenSSL reads other fields", name);
	ERR_clear_error();
	OPENSSL_free(again);
	OCSP_RESPONSE_free(theirs);
}

/* The same damage on every run. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Flips bits, changes octets, cuts and doubles; *len stays within the room. */
static void
damage(uint8_t *octets, size_t *len, uint32_t *seed)
{
	for (uint32_t n = 1 + next_random(seed) % 3; n > 0 && *len > 0; n--) {
		size_t at = next_random(seed) % *len, rest = *len - at;
		switch (next_random(seed) % 5) {
		case 0:
			octets[at] ^= (uint8_t)(1u << next_random(seed) % 8);
			break;
		case 1:
			octets[at] = (uint8_t)next_random(seed);
			break;
		case 2:
			octets[at] = (uint8_t)(octets[at] + 1);
			break;
		case 3:
			memmove(octets + at, octets + at + 1, rest - 1);
			--*len;
			break;
		default:
			if (*len == INPUT_MAX)
				break;
			memmove(octets + at + 1, octets + at, rest);
			++*len;
		}
	}
}

static size_t
read_file(const char *path, uint8_t *octets)
{
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	size_t len = fread(octets, 1, INPUT_MAX, file);
	fclose(file);
	return len;
}

static void
check_damaged(vouch_span der, const char *name, check *check_one)
{
	uint32_t seed = (uint32_t)der.len;
	static uint8_t octets[INPUT_MAX];

	for (int i = 0; i < MUTATIONS && der.len > 0; i++) {
		size_t len = der.len;
		memcpy(octets, der.data, len);
		damage(octets, &len, &seed);
		check_one(span_of(octets, len), name);
	}
}

static void
check_corpus(const char *folder, check *check_one)
{
	static uint8_t octets[INPUT_MAX];
	DIR *dir = opendir(folder);
	size_t count = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		assert_true(
		    (size_t)snprintf(path, sizeof(path), "%s%s", folder, entry->d_name) < sizeof(path));
		vouch_span der = span_of(octets, read_file(path, octets));
		check_one(der, entry->d_name);
		check_damaged(der, entry->d_name, check_one);
		count++;
	}
	closedir(dir);
	assert_true(count > 0);
}

static void
what_we_accept_as_a_request_openssl_accepts_with_the_same_fields(void **state)
{
	(void)state;
	check_corpus(CORPUS "request/", check_request);
}

static void
what_we_accept_as_a_response_openssl_accepts_with_the_same_octets(void **state)
{
	(void)state;
	check_corpus(CORPUS "response/", check_response);
}

/* One of the many ResponseData that a responder may write, chosen by the number. */
static void
encode_response(unsigned number, vouch_buf *out)
{
	static const uint8_t certid[] = { 0x30, 0x1b, 0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a,
		0x04, 0x03, 'a', 'b', 'c', 0x04, 0x03, 'd', 'e', 'f', 0x02, 0x06, 0x00, 0xff, 1, 2, 3, 4 };
	static const uint8_t reasons[] = { 0, 1, 2, 3, 4, 5, 6, 7, 10, 11 };
	static const vouch_time moments[] = { -2208988800, 0, 951782400, 1795341600, 4107542400,
		253402300799 };
	struct ocsp_single_response singles[3];
	vouch_buf extensions = { 0 }, tbs = { 0 };
	vouch_err err;

	assert_int_equal(ocsp_extension_archive_cutoff(&extensions, moments[number % 6]), VOUCH_OK);
	assert_int_equal(ocsp_extension_invalidity_date(&extensions, moments[(number + 1) % 6]), VOUCH_OK);
	for (unsigned i = 0; i < 3; i++)
		singles[i] = (struct ocsp_single_response){ .certid = { .der = SPAN_ARRAY(certid) },
			.cert_status = (enum vouch_cert_status)(1 + (number + i) % 3),
			.revocation_reason = reasons[number % 10],
			.revocation_time = moments[number % 6],
			.this_update = moments[(number / 2) % 6],
			.next_update = number % 4 == 0 ? VOUCH_TIME_ABSENT : moments[(number / 3) % 6],
			.single_extensions = number % 5 == 0 ? span_buf(&extensions) : span_of(NULL, 0) };
	struct ocsp_response_data data = { .responder_id = number % 2 == 0 ?
		    SPAN_LITERAL("\xa2\x16\x04\x14kkkkkkkkkkkkkkkkkkkk") :
		    SPAN_LITERAL("\xa1\x02\x30\x00"),
		.produced_at = moments[number % 6],
		.response_count = 1 + number % 3,
		.responses = singles,
		.response_extensions = number % 7 == 0 ? span_buf(&extensions) : span_of(NULL, 0) };
	assert_int_equal(ocsp_response_data_encode(&data, &tbs, &err), VOUCH_OK);
	static const uint8_t signature[400] = { 0xab };
	assert_int_equal(ocsp_response_encode(span_buf(&tbs),
			     SPAN_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"),
			     span_of(signature, 1 + number), NULL, 0, out, &err),
	    VOUCH_OK);
	vouch_buf_free(&extensions);
	vouch_buf_free(&tbs);
}

/* P-05: also of the part inside the OCTET STRING, which i2d_OCSP_RESPONSE alone would only copy. */
static void
what_we_encode_openssl_encodes_again_to_the_same_octets(void **state)
{
	(void)state;
	for (unsigned number = 0; number < 390; number++) {
		struct ocsp_single_response responses[CERTIDS];
		struct ocsp_response ours;
		vouch_buf out = { 0 };
		vouch_err err;
		uint8_t *again = NULL;
		encode_response(number, &out);
		check_response(span_buf(&out), "of our own");
		assert_int_equal(ocsp_response_parse(span_buf(&out), responses, CERTIDS, &ours, &err),
		    VOUCH_OK);
		const uint8_t *p = out.data;
		OCSP_RESPONSE *theirs = d2i_OCSP_RESPONSE(NULL, &p, (long)out.len);
		assert_non_null(theirs);
		OCSP_BASICRESP *basic = OCSP_response_get1_basic(theirs);
		assert_non_null(basic);
		assert_true(same_response(theirs, &ours));
		int len = i2d_OCSP_BASICRESP(basic, &again);
		vouch_span inner = span_of(ours.tbs.data - 4,
		    (size_t)(out.data + out.len - (ours.tbs.data - 4)));
		while (inner.len > (size_t)len)
			inner = span_of(inner.data + 1, inner.len - 1);
		assert_true(len > 0 && span_equal(span_of(again, (size_t)len), inner));
		OPENSSL_free(again);
		OCSP_BASICRESP_free(basic);
		OCSP_RESPONSE_free(theirs);
		vouch_buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_accept_as_a_request_openssl_accepts_with_the_same_fields),
		cmocka_unit_test(what_we_accept_as_a_response_openssl_accepts_with_the_same_octets),
		cmocka_unit_test(what_we_encode_openssl_encodes_again_to_the_same_octets),
	};

	return cmocka_run_group_tests_name("ocsp_differential", tests, NULL, NULL);
}
