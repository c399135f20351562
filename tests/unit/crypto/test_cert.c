/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: what is read of them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "authority.h"
#include "base/hex.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "der/reader.h"
#include "der/writer.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
assert_hex(vouch_span octets, const char *hex)
{
	vouch_buf text = { 0 };

	assert_int_equal(hex_encode(&text, octets), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&text, "", 1), VOUCH_OK);
	assert_string_equal((char *)text.data, hex);
	vouch_buf_free(&text);
}

static void
assert_digest(enum vouch_hash hash, vouch_span octets, const char *hex)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t len = crypto_digest(hash, octets, digest);

	assert_hex(span_of(digest, len), hex);
}

/* RFC 6960 4.1.1, errata 6166 and 6167; the values of RFC 9919 B.1. */
static void
the_issuer_hashes_of_rfc_9919_come_out(void **state)
{
	EVP_PKEY *key = authority_rfc9919_key("testECCP521.key");
	vouch_buf der = authority_certificate(&(struct recipe){ .subject = "C=XX/O=Certs 'r Us/CN=Issuing CA",
	    .key = key,
	    .extensions = { AUTHORITY_CA_EXTENSIONS } });
	struct crypto_cert cert;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(crypto_cert_parse(&cert, span_buf(&der), &err), VOUCH_OK);
	assert_digest(VOUCH_SHA1, cert.subject, "39cc7b801e8123ace5655ae082e20030b3d6e335");
	assert_digest(VOUCH_SHA1, cert.key_bits, "8ec214096076ea9038e939ae1b6d52c4177d9fbe");
	assert_digest(VOUCH_SHA256, cert.subject,
	    "3a994677568073a707bfde50186345e4cd6134db085ebaa1d10425f03b6f08ea");
	assert_digest(VOUCH_SHA256, cert.key_bits,
	    "474a6ca301f23dc9f7f7078704e1c7f5fc96e71675f6ed882e7ab65c3f584543");
	assert_digest(VOUCH_SHA384, cert.subject,
	    "e155d99b952f344caeb6b6d8e116136228b323d71e0ac716"
	    "ea152f4c245e42e4c8b04509d6ba5f1bb49587602dd9dfa8");
	assert_digest(VOUCH_SHA384, cert.key_bits,
	    "62a91f8c979f068dcc8c7821946449c7691b431f0d576c22"
	    "8efce0645cf5324f1183bae23f50b4e3a45ecf797a2f71f2");
	assert_digest(VOUCH_SHA512, cert.subject,
	    "6b70ba3a905331e8371ca43b1b9597a7d52fc6702be138eaf4da13991a5cbaf3"
	    "424b13773cd994e3456402a1817c9ff4f244451cfd384a87aff0781b7d2a908e");
	assert_digest(VOUCH_SHA512, cert.key_bits,
	    "04bb1f5705e98565be239603bb0a0680c60a1bb2ce5915681071e3639b4702ba"
	    "66cb530748552d6d7604bdda4c16a3cba418dba8f266f803a5359bfe17ec4ddc");
	crypto_cert_clear(&cert);
	vouch_buf_free(&der);
	EVP_PKEY_free(key);
}

static void
digests_that_do_not_exist_have_no_length(void **state)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];

	(void)state;
	assert_int_equal(crypto_digest(VOUCH_HASH_OTHER, span_string("abc"), digest), 0);
	assert_int_equal(crypto_digest((enum vouch_hash)VOUCH_HASHES, span_string("abc"), digest), 0);
	assert_digest(VOUCH_MD5, span_string("abc"), "900150983cd24fb0d6963f7d28e17f72");
	assert_digest(VOUCH_SHA1, span_of(NULL, 0), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

static struct crypto_cert
parse(const vouch_buf *der)
{
	struct crypto_cert cert;
	vouch_err err = { 0 };

	if (crypto_cert_parse(&cert, span_buf(der), &err) != VOUCH_OK)
		fail_msg("%s at %zu", err.msg, err.offset);
	return cert;
}

static struct crypto_cert
make(const struct recipe *recipe)
{
	struct recipe with_key = *recipe;
	with_key.key = recipe->key != NULL ? EVP_PKEY_dup(recipe->key) : authority_key("p256");
	vouch_buf der = authority_certificate(&with_key);
	struct crypto_cert cert = parse(&der);

	vouch_buf_free(&der);
	EVP_PKEY_free(with_key.key);
	return cert;
}

static void
every_field_of_a_responder_certificate_is_read(void **state)
{
	struct crypto_cert cert = make(&(struct recipe){ .subject = "CN=Responder",
	    .issuer = "CN=CA",
	    .serial_number = 0x1aaf00d,
	    .extensions = { AUTHORITY_SIGNER_EXTENSIONS, "authorityInfoAccess",
		"caIssuers;URI:ldap://x,OCSP;email:a@b,OCSP;URI:HTTP://ocsp.example/,OCSP;URI:http://second/,"
		"caIssuers;URI:https://ca.example/" } });

	(void)state;
	assert_int_equal(cert.version, 3);
	assert_hex(cert.serial_number, "01aaf00d");
	assert_int_equal(cert.not_before, AUTHORITY_BEGIN);
	assert_int_equal(cert.not_after, AUTHORITY_END);
	assert_true(cert.has_key_usage && cert.key_usage_is_critical);
	assert_int_equal(cert.key_usage, CRYPTO_DIGITAL_SIGNATURE);
	assert_true(cert.has_extended_key_usage && cert.for_ocsp_signing);
	assert_false(cert.for_any_purpose || cert.for_other_purposes);
	assert_int_equal(cert.nocheck, CRYPTO_NOCHECK_PRESENT);
	assert_false(cert.nocheck_is_critical);
	assert_true(cert.has_authority_key_identifier);
	assert_false(cert.has_basic_constraints || cert.is_ca || cert.has_subject_alt_name ||
	    cert.has_name_constraints || cert.has_crl_distribution_points);
	assert_true(cert.has_ocsp_access && cert.has_ca_issuers_access);
	assert_true(span_equal(cert.ocsp_url, span_string("HTTP://ocsp.example/")));
	assert_true(span_equal(cert.ca_issuers_url, span_string("https://ca.example/")));
	assert_int_equal(cert.key_bits.len, 65);
	assert_int_equal(cert.key_bits.data[0], 4);
	assert_non_null(cert.key);
	assert_true(
	    crypto_cert_is_valid_at(&cert, AUTHORITY_BEGIN) && crypto_cert_is_valid_at(&cert, AUTHORITY_END));
	assert_false(crypto_cert_is_valid_at(&cert, AUTHORITY_BEGIN - 1) ||
	    crypto_cert_is_valid_at(&cert, AUTHORITY_END + 1));
	crypto_cert_clear(&cert);
}

static void
every_field_of_an_unusual_certificate_is_read(void **state)
{
	struct crypto_cert cert = make(&(struct recipe){ .not_before = -1,
	    .not_after = INT64_C(253402300799),
	    .extensions = { "basicConstraints", "CA:TRUE,pathlen:0", "keyUsage",
		"nonRepudiation,decipherOnly", "extendedKeyUsage", "anyExtendedKeyUsage,serverAuth",
		"subjectAltName", "DNS:a.example", "nameConstraints", "permitted;DNS:example",
		"crlDistributionPoints", "URI:http://crl.example/", "1.3.6.1.5.5.7.48.1.5",
		"critical,DER:0101FF" } });

	(void)state;
	assert_int_equal(cert.not_before, -1);
	assert_int_equal(cert.not_after, INT64_C(253402300799));
	assert_true(cert.has_basic_constraints && cert.is_ca && cert.has_path_length);
	assert_int_equal(cert.key_usage, CRYPTO_NON_REPUDIATION | 1 << 8);
	assert_false(cert.key_usage_is_critical);
	assert_true(cert.for_any_purpose && cert.for_other_purposes);
	assert_false(cert.for_ocsp_signing);
	assert_true(
	    cert.has_subject_alt_name && cert.has_name_constraints && cert.has_crl_distribution_points);
	assert_int_equal(cert.nocheck, CRYPTO_NOCHECK_MALFORMED);
	assert_true(cert.nocheck_is_critical);
	assert_false(cert.has_ocsp_access);
	assert_int_equal(cert.ocsp_url.len, 0);
	crypto_cert_clear(&cert);
}

static void
version_1_and_foreign_keys_are_read(void **state)
{
	EVP_PKEY *ca = authority_key("p256"), *x25519 = authority_key("x25519");
	struct crypto_cert cert = make(&(struct recipe){ .is_version_1 = true });

	(void)state;
	assert_int_equal(cert.version, 1);
	crypto_cert_clear(&cert);
	cert = make(&(struct recipe){ .key = x25519, .issuer_key = ca });
	assert_int_equal(cert.key_bits.len, 32);
	crypto_cert_clear(&cert);
	EVP_PKEY_free(ca);
	EVP_PKEY_free(x25519);
}

/* Replaces what is there once, of the same length. */
static vouch_buf
with(const struct crypto_cert *cert, vouch_span old, vouch_span new)
{
	vouch_buf der = { 0 };
	assert_int_equal(buf_append_span(&der, span_buf(&cert->der)), VOUCH_OK);
	uint8_t *at = memmem(der.data, der.len, old.data, old.len);

	assert_non_null(at);
	assert_int_equal(old.len, new.len);
	memcpy(at, new.data, new.len);
	return der;
}

static void
what_der_forbids_but_the_field_has_is_read(void **state)
{
	struct crypto_cert cert = make(
	    &(struct recipe){ .extensions = { "keyUsage", "critical,digitalSignature" } });

	(void)state;
	/* critical FALSE spelled out */
	vouch_buf der = with(&cert, SPAN_LITERAL("\x55\x1d\x0f\x01\x01\xff"),
	    SPAN_LITERAL("\x55\x1d\x0f\x01\x01\x00"));
	struct crypto_cert odd = parse(&der);
	assert_true(odd.has_key_usage);
	assert_false(odd.key_usage_is_critical);
	crypto_cert_clear(&odd);
	vouch_buf_free(&der);
	crypto_cert_clear(&cert);
}

#define YEAR_2050 INT64_C(2524608000) /* the first that is a GeneralizedTime */

static int
read_odd_time(const char *text, int64_t not_before, struct crypto_cert *cert)
{
	EVP_PKEY *key = authority_key("p256");
	vouch_buf der = authority_certificate(
	    &(struct recipe){ .key = key, .not_before = not_before, .not_before_text = text });
	vouch_err err = { 0 };
	int code = crypto_cert_parse(cert, span_buf(&der), &err);

	if (code != VOUCH_OK)
		assert_non_null(strstr(err.msg, "notBefore"));
	vouch_buf_free(&der);
	EVP_PKEY_free(key);
	return code;
}

static void
times_without_seconds_and_with_offsets_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t type, time;
	} odd[] = {
		{ "2601010000Z", 0, AUTHORITY_BEGIN },
		{ "260101010000+0100", 0, AUTHORITY_BEGIN },
		{ "2512312330-0030", 0, AUTHORITY_BEGIN },
		{ "5001010000Z", 0, INT64_C(-631152000) },
		{ "205001010000Z", YEAR_2050, YEAR_2050 },
		{ "20500101000000.999Z", YEAR_2050, YEAR_2050 },
		{ "20500101053000.0+0530", YEAR_2050, YEAR_2050 },
	};
	struct crypto_cert cert;

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		assert_int_equal(read_odd_time(odd[i].text, odd[i].type, &cert), VOUCH_OK);
		assert_int_equal(cert.not_before, odd[i].time);
		crypto_cert_clear(&cert);
	}
}

static void
odd_times_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *text;
		int64_t type;
	} bad[] = {
		{ "", 0 },
		{ "Z", 0 },
		{ "26010100Z", 0 },
		{ "2601010000", 0 },
		{ "260101000Z", 0 },
		{ "26010100000Z", 0 },
		{ "2601010000z", 0 },
		{ "2601010000ZZ", 0 },
		{ "2602300000Z", 0 },
		{ "2601012400Z", 0 },
		{ "260101000060+0000", 0 },
		{ "260101000000.5Z", 0 },
		{ "260101000000+01", 0 },
		{ "260101000000+01000", 0 },
		{ "260101000000+2400", 0 },
		{ "260101000000+0060", 0 },
		{ "260101000000+-100", 0 },
		{ "-6010100000Z", 0 },
		{ "20500101000000.Z", YEAR_2050 },
		{ "205001010000.5Z", YEAR_2050 },
		{ "20500101000000.5", YEAR_2050 },
		{ "000001010000Z", YEAR_2050 },
	};
	struct crypto_cert cert;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(read_odd_time(bad[i].text, bad[i].type, &cert), VOUCH_EPARSE);
}

static void
what_is_no_time_is_refused_where_it_stands(void **state)
{
	struct crypto_cert cert = make(&(struct recipe){ 0 }), odd;
	vouch_err err = { 0 };

	(void)state;
	vouch_buf der = with(&cert, SPAN_LITERAL("260101000000Z"), SPAN_LITERAL("261301000000Z"));
	assert_int_equal(crypto_cert_parse(&odd, span_buf(&der), &err), VOUCH_EPARSE);
	assert_non_null(strstr(err.msg, "notBefore"));
	assert_memory_equal(der.data + err.offset, "\x17\x0d\x32\x36\x31\x33", 6);
	vouch_buf_free(&der);
	crypto_cert_clear(&cert);
}

static void
bad_extensions_are_refused_by_name(void **state)
{
	static const struct {
		const char *what;
		const char *extensions[5];
		const char *text;
	} rows[] = {
		{ "an extension twice", { "keyUsage", "digitalSignature", "keyUsage", "cRLSign" },
		    "keyUsage twice" },
		{ "keyUsage that is no BIT STRING", { "keyUsage", "DER:0500" }, "keyUsage: " },
		{ "keyUsage with something behind it", { "keyUsage", "DER:030207800500" }, "keyUsage: " },
		{ "extKeyUsage that is no list", { "extendedKeyUsage", "DER:06082b06010505070309" },
		    "extKeyUsage: " },
		{ "basicConstraints cut off", { "basicConstraints", "DER:30030101" }, "basicConstraints: " },
	};
	EVP_PKEY *key = authority_key("p256");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct recipe recipe = { .key = key };
		memcpy(recipe.extensions, rows[i].extensions, sizeof(rows[i].extensions));
		vouch_buf der = authority_certificate(&recipe);
		struct crypto_cert cert;
		vouch_err err = { 0 };
		if (crypto_cert_parse(&cert, span_buf(&der), &err) != VOUCH_EPARSE ||
		    strstr(err.msg, rows[i].text) == NULL)
			fail_msg("%s: %s", rows[i].what, err.msg);
		vouch_buf_free(&der);
	}
	EVP_PKEY_free(key);
}

static void
damaged_advice_is_passed_over(void **state)
{
	struct crypto_cert cert = make(&(struct recipe){ .extensions = { "authorityInfoAccess",
							     "DER:3024301806082b0601050507300186"
							     "0c687474703a2f2f612e62"
							     "2f63"
							     "2f"
							     "300806082b06010505073005" } });

	(void)state;
	assert_true(cert.has_ocsp_access);
	crypto_cert_clear(&cert);
}

static void
every_truncation_is_refused(void **state)
{
	struct crypto_cert good = make(&(struct recipe){ .extensions = { AUTHORITY_SIGNER_EXTENSIONS } });

	(void)state;
	for (size_t len = 0; len < good.der.len; len++) {
		struct crypto_cert cert;
		vouch_err err = { 0 };
		uint8_t *exact = test_malloc(len + 1);
		memcpy(exact + 1, good.der.data, len); /* ends where the memory ends */
		assert_int_equal(crypto_cert_parse(&cert, span_of(exact + 1, len), &err), VOUCH_EPARSE);
		assert_true(err.offset <= len);
		assert_string_not_equal(err.msg, "");
		test_free(exact);
	}
	crypto_cert_clear(&good);
}

static void
octets_behind_a_certificate_are_refused(void **state)
{
	struct crypto_cert good = make(&(struct recipe){ 0 }), cert;
	vouch_err err = { 0 };

	(void)state;
	size_t len = good.der.len;
	assert_int_equal(vouch_buf_append(&good.der, "", 1), VOUCH_OK);
	assert_int_equal(crypto_cert_parse(&cert, span_buf(&good.der), &err), VOUCH_EPARSE);
	assert_int_equal(err.offset, len);
	crypto_cert_clear(&good);
}

/* Any octet may be anything: no crash, no read past the end. */
static void
every_flipped_octet_is_survived(void **state)
{
	struct crypto_cert good = make(&(struct recipe){ .extensions = { AUTHORITY_SIGNER_EXTENSIONS } });

	(void)state;
	for (size_t i = 0; i < good.der.len; i++) {
		vouch_buf der = { 0 };
		struct crypto_cert cert;
		vouch_err err = { 0 };
		assert_int_equal(buf_append_span(&der, span_buf(&good.der)), VOUCH_OK);
		der.data[i] ^= 0x55;
		if (crypto_cert_parse(&cert, span_buf(&der), &err) == VOUCH_OK)
			crypto_cert_clear(&cert);
		vouch_buf_free(&der);
	}
	crypto_cert_clear(&good);
}

static void
inspecting_shows_spans_of_the_callers_octets(void **state)
{
	struct crypto_cert cert = make(&(struct recipe){ .issuer = "CN=CA",
	    .serial_number = 77,
	    .extensions = { "authorityInfoAccess", "OCSP;URI:http://o/", "subjectKeyIdentifier", "0102ff" } });
	vouch_certificate_info info = { .size = sizeof(info) };
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_certificate_inspect(span_buf(&cert.der), &info, &err), VOUCH_OK);
	assert_true(
	    info.serial_number.data > cert.der.data && info.ocsp_url.data < cert.der.data + cert.der.len);
	assert_hex(info.serial_number, "4d");
	assert_true(span_equal(info.issuer, cert.issuer) && span_equal(info.subject, cert.subject));
	assert_true(span_equal(info.ocsp_url, span_string("http://o/")));
	assert_int_equal(info.ca_issuers_url.len, 0);
	assert_true(span_equal(info.subject_public_key, cert.key_bits) && cert.key_bits.len > 0);
	assert_hex(info.subject_key_identifier, "0102ff");
	uint8_t digest[CRYPTO_DIGEST_MAX];
	assert_int_equal(vouch_digest(VOUCH_SHA256, span_buf(&cert.der), digest), 32);
	assert_memory_equal(info.sha256, digest, 32);
	assert_int_equal(vouch_certificate_inspect(span_string("no"), &info, &err), VOUCH_EPARSE);
	assert_non_null(strstr(err.msg, "not a certificate"));
	assert_int_equal(vouch_certificate_inspect(span_string("no"), &info, NULL), VOUCH_EPARSE);
	crypto_cert_clear(&cert);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_issuer_hashes_of_rfc_9919_come_out),
		cmocka_unit_test(digests_that_do_not_exist_have_no_length),
		cmocka_unit_test(every_field_of_a_responder_certificate_is_read),
		cmocka_unit_test(every_field_of_an_unusual_certificate_is_read),
		cmocka_unit_test(version_1_and_foreign_keys_are_read),
		cmocka_unit_test(what_der_forbids_but_the_field_has_is_read),
		cmocka_unit_test(times_without_seconds_and_with_offsets_are_read),
		cmocka_unit_test(odd_times_that_are_none_are_refused),
		cmocka_unit_test(what_is_no_time_is_refused_where_it_stands),
		cmocka_unit_test(bad_extensions_are_refused_by_name),
		cmocka_unit_test(damaged_advice_is_passed_over),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(octets_behind_a_certificate_are_refused),
		cmocka_unit_test(every_flipped_octet_is_survived),
		cmocka_unit_test(inspecting_shows_spans_of_the_callers_octets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
