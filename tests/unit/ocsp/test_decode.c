/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of vouch_decode(): every field with its place, names and texts for people, and what it says of damaged messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/hex.h"
#include "vectors.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One line for each field: offset, depth, header + length, name, text. */
static int
append_line(void *arg, const vouch_field *f)
{
	return buf_printf(arg, "%zu %u %zu+%zu %s%s%s\n", f->offset, f->depth, f->header, f->length, f->name,
	    f->text[0] != '\0' ? ": " : "", f->text);
}

static void
assert_decodes(vouch_span der, const char *expected)
{
	vouch_buf lines = { 0 };
	vouch_err err;
	int code = vouch_decode(der, append_line, &lines, &err);

	if (code != VOUCH_OK)
		fail_msg("%d at %zu: %s", code, err.offset, err.msg);
	assert_int_equal(vouch_buf_append(&lines, "", 1), VOUCH_OK);
	assert_string_equal((const char *)lines.data, expected);
	vouch_buf_free(&lines);
}

static const char v29[] =
    "0 0 2+125 OCSPRequest\n"
    "2 1 2+123 tbsRequest\n"
    "4 2 2+65 requestList\n"
    "6 3 2+63 Request\n"
    "8 4 2+61 reqCert\n"
    "10 5 2+9 hashAlgorithm\n"
    "12 6 2+5 algorithm: sha1 (1.3.14.3.2.26)\n"
    "19 6 2+0 parameters: NULL\n"
    "21 5 2+20 issuerNameHash: 39cc7b801e8123ace5655ae082e20030b3d6e335\n"
    "43 5 2+20 issuerKeyHash: 8ec214096076ea9038e939ae1b6d52c4177d9fbe\n"
    "65 5 2+4 serialNumber: 1AAF00D\n"
    "71 2 2+54 [2]\n"
    "73 3 2+52 requestExtensions\n"
    "75 4 2+50 Extension\n"
    "77 5 2+9 extnID: id-pkix-ocsp-nonce (1.3.6.1.5.5.7.48.1.2)\n"
    "88 5 2+1 critical: TRUE\n"
    "91 5 2+34 extnValue\n"
    "93 6 2+32 Nonce: 01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da\n";

static void
a_request_is_shown_field_by_field(void **state)
{
	vouch_buf der = { 0 };

	(void)state;
	vector_load("V29", &der);
	assert_decodes(span_buf(&der), v29);
	vouch_buf_free(&der);
}

/* One answer of each status, a nonce, by name, with two extensions; the signature is no signature. */
static const char response_hex[] =
    "308202d50a0100a08202ce308202ca06092b0601050507300101048202bb308202b73082015ea11e301c310b30090603"
    "55040613024445310d300b06035504030c04412c2042180f32303236313132323130303030305a30820101307c301630"
    "0b06096086480165030402010401610401620201058000180f32303236313132323130303030305aa011180f32303236"
    "313132333039353935395aa13c303a301e06092b06010505073001060411180f32303139303130313030303030305a30"
    "180603551d180411180f32303235313233313030303030305a30543016300b0609608648016503040201040161040162"
    "020105a116180f32303236303130313030303030305aa0030a0106180f32303236313132323130303030305aa011180f"
    "32303236313132333039353935395a302b3016300b06096086480165030402010401610401620201058200180f323032"
    "36313132323130303030305aa1263024301106092b06010505073001020404a5a5a5a5300f06092b0601050507300109"
    "04020500300a06082a8648ce3d040302030a007369676e6174757265a082013930820135308201313081e4a003020102"
    "02021234300506032b6570301c310b3009060355040613024445310d300b06035504030c04412c20423020170d323630"
    "3130313030303030305a180f32303939313233313233353935395a301c310b3009060355040613024445310d300b0603"
    "5504030c04412c2042302a300506032b6570032100707070707070707070707070707070707070707070707070707070"
    "7070707070a3483046300e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070309300f"
    "06092b060105050730010504020500300e0603551d2004073005300306012a300506032b657003410073737373737373"
    "737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373737373"
    "737373737373737373";

static const char response_lines[] =
    "0 0 4+725 OCSPResponse\n"
    "4 1 2+1 responseStatus: successful (0)\n"
    "7 1 4+718 [0]\n"
    "11 2 4+714 responseBytes\n"
    "15 3 2+9 responseType: id-pkix-ocsp-basic (1.3.6.1.5.5.7.48.1.1)\n"
    "26 3 4+699 response\n"
    "30 4 4+695 BasicOCSPResponse\n"
    "34 5 4+350 tbsResponseData\n"
    "38 6 2+30 [1]\n"
    "40 7 2+28 byName: CN=A\\, B,C=DE\n"
    "70 6 2+15 producedAt: 2026-11-22T10:00:00Z\n"
    "87 6 4+257 responses\n"
    "91 7 2+124 SingleResponse\n"
    "93 8 2+22 certID\n"
    "95 9 2+11 hashAlgorithm\n"
    "97 10 2+9 algorithm: sha256 (2.16.840.1.101.3.4.2.1)\n"
    "108 9 2+1 issuerNameHash: 61\n"
    "111 9 2+1 issuerKeyHash: 62\n"
    "114 9 2+1 serialNumber: 5\n"
    "117 8 2+0 good\n"
    "119 8 2+15 thisUpdate: 2026-11-22T10:00:00Z\n"
    "136 8 2+17 [0]\n"
    "138 9 2+15 nextUpdate: 2026-11-23T09:59:59Z\n"
    "155 8 2+60 [1]\n"
    "157 9 2+58 singleExtensions\n"
    "159 10 2+30 Extension\n"
    "161 11 2+9 extnID: id-pkix-ocsp-archive-cutoff (1.3.6.1.5.5.7.48.1.6)\n"
    "172 11 2+17 extnValue\n"
    "174 12 2+15 ArchiveCutoff: 2019-01-01T00:00:00Z\n"
    "191 10 2+24 Extension\n"
    "193 11 2+3 extnID: id-ce-invalidityDate (2.5.29.24)\n"
    "198 11 2+17 extnValue\n"
    "200 12 2+15 InvalidityDate: 2025-12-31T00:00:00Z\n"
    "217 7 2+84 SingleResponse\n"
    "219 8 2+22 certID\n"
    "221 9 2+11 hashAlgorithm\n"
    "223 10 2+9 algorithm: sha256 (2.16.840.1.101.3.4.2.1)\n"
    "234 9 2+1 issuerNameHash: 61\n"
    "237 9 2+1 issuerKeyHash: 62\n"
    "240 9 2+1 serialNumber: 5\n"
    "243 8 2+22 revoked\n"
    "245 9 2+15 revocationTime: 2026-01-01T00:00:00Z\n"
    "262 9 2+3 [0]\n"
    "264 10 2+1 revocationReason: certificateHold (6)\n"
    "267 8 2+15 thisUpdate: 2026-11-22T10:00:00Z\n"
    "284 8 2+17 [0]\n"
    "286 9 2+15 nextUpdate: 2026-11-23T09:59:59Z\n"
    "303 7 2+43 SingleResponse\n"
    "305 8 2+22 certID\n"
    "307 9 2+11 hashAlgorithm\n"
    "309 10 2+9 algorithm: sha256 (2.16.840.1.101.3.4.2.1)\n"
    "320 9 2+1 issuerNameHash: 61\n"
    "323 9 2+1 issuerKeyHash: 62\n"
    "326 9 2+1 serialNumber: 5\n"
    "329 8 2+0 unknown\n"
    "331 8 2+15 thisUpdate: 2026-11-22T10:00:00Z\n"
    "348 6 2+38 [1]\n"
    "350 7 2+36 responseExtensions\n"
    "352 8 2+17 Extension\n"
    "354 9 2+9 extnID: id-pkix-ocsp-nonce (1.3.6.1.5.5.7.48.1.2)\n"
    "365 9 2+4 extnValue: a5a5a5a5\n"
    "371 8 2+15 Extension\n"
    "373 9 2+9 extnID: id-pkix-ocsp-extended-revoke (1.3.6.1.5.5.7.48.1.9)\n"
    "384 9 2+2 extnValue\n"
    "386 10 2+0 extended-revoke\n"
    "388 5 2+10 signatureAlgorithm\n"
    "390 6 2+8 algorithm: ecdsa-with-SHA256 (1.2.840.10045.4.3.2)\n"
    "400 5 2+10 signature: 9 octets: 7369676e6174757265\n"
    "412 5 4+313 [0]\n"
    "416 6 4+309 certs\n"
    "420 7 4+305 Certificate\n"
    "424 8 3+228 tbsCertificate\n"
    "427 9 2+3 [0]\n"
    "429 10 2+1 version: v3\n"
    "432 9 2+2 serialNumber: 1234\n"
    "436 9 2+5 signature\n"
    "438 10 2+3 algorithm: Ed25519 (1.3.101.112)\n"
    "443 9 2+28 issuer: CN=A\\, B,C=DE\n"
    "473 9 2+32 validity\n"
    "475 10 2+13 notBefore: 2026-01-01T00:00:00Z\n"
    "490 10 2+15 notAfter: 2099-12-31T23:59:59Z\n"
    "507 9 2+28 subject: CN=A\\, B,C=DE\n"
    "537 9 2+42 subjectPublicKeyInfo\n"
    "539 10 2+5 algorithm\n"
    "541 11 2+3 algorithm: Ed25519 (1.3.101.112)\n"
    "546 10 2+33 subjectPublicKey: 32 octets: 707070707070707070707070707070707070707070707070...\n"
    "581 9 2+72 [3]\n"
    "583 10 2+70 extensions\n"
    "585 11 2+14 Extension\n"
    "587 12 2+3 extnID: id-ce-keyUsage (2.5.29.15)\n"
    "592 12 2+1 critical: TRUE\n"
    "595 12 2+4 extnValue\n"
    "597 13 2+2 KeyUsage: digitalSignature\n"
    "601 11 2+19 Extension\n"
    "603 12 2+3 extnID: id-ce-extKeyUsage (2.5.29.37)\n"
    "608 12 2+12 extnValue\n"
    "610 13 2+10 ExtKeyUsageSyntax\n"
    "612 14 2+8 OBJECT IDENTIFIER: id-kp-OCSPSigning (1.3.6.1.5.5.7.3.9)\n"
    "622 11 2+15 Extension\n"
    "624 12 2+9 extnID: id-pkix-ocsp-nocheck (1.3.6.1.5.5.7.48.1.5)\n"
    "635 12 2+2 extnValue\n"
    "637 13 2+0 nocheck\n"
    "639 11 2+14 Extension\n"
    "641 12 2+3 extnID: id-ce-certificatePolicies (2.5.29.32)\n"
    "646 12 2+7 extnValue: 3005300306012a\n"
    "655 8 2+5 signatureAlgorithm\n"
    "657 9 2+3 algorithm: Ed25519 (1.3.101.112)\n"
    "662 8 2+65 signatureValue: 64 octets: 737373737373737373737373737373737373737373737373...\n";

static void
a_response_is_shown_with_its_certificates(void **state)
{
	vouch_buf der = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(hex_decode(&der, span_string(response_hex), &err), VOUCH_OK);
	assert_decodes(span_buf(&der), response_lines);
	vouch_buf_free(&der);
}

static void
an_error_response_is_shown_by_name(void **state)
{
	(void)state;
	assert_decodes(SPAN_LITERAL("\x30\x03\x0a\x01\x06"),
	    "0 0 2+3 OCSPResponse\n2 1 2+1 responseStatus: unauthorized (6)\n");
	assert_decodes(SPAN_LITERAL("\x30\x03\x0a\x01\x04"),
	    "0 0 2+3 OCSPResponse\n2 1 2+1 responseStatus: reserved (4)\n");
}

/* What is read before the end is reported, and the end is an error at its place. */
static void
every_truncation_is_an_error_at_its_place(void **state)
{
	static const char *const sources[] = { "V12", "V25", "V43", NULL };

	(void)state;
	for (size_t i = 0; i < COUNT(sources); i++) {
		vouch_buf der = { 0 };
		vouch_err err;
		if (sources[i] != NULL)
			vector_load(sources[i], &der);
		else
			assert_int_equal(hex_decode(&der, span_string(response_hex), &err), VOUCH_OK);
		for (size_t n = 0; n < der.len; n++) {
			vouch_buf lines = { 0 };
			assert_int_equal(vouch_decode(span_of(der.data, n), append_line, &lines, &err),
			    VOUCH_EPARSE);
			assert_true(err.offset <= n);
			vouch_buf_free(&lines);
		}
		vouch_buf_free(&der);
	}
}

static const struct {
	const char *what, *hex;
	size_t offset, lines; /* of the error; fields reported before it */
} bad[] = {
	{ "text", "68656c6c6f", 0, 0 },
	{ "indefinite length (V37)", "30803004300205000000", 0, 0 },
	{ "an empty SEQUENCE", "3000", 2, 1 },
	{ "a response without its type", "30090a0100a00430020500", 9, 4 },
	{ "octets behind", "30030a010600", 5, 2 },
	{ "no responderID",
	    "30260a0100a021301f06092b0601050507300101041230103000300a06082a8648ce3d0403020302", 26, 8 },
};

static void
damage_is_told_after_what_could_be_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		vouch_buf der = { 0 }, lines = { 0 };
		vouch_err err;
		size_t count = 0;
		assert_int_equal(hex_decode(&der, span_string(bad[i].hex), &err), VOUCH_OK);
		int code = vouch_decode(span_buf(&der), append_line, &lines, &err);
		for (size_t k = 0; k < lines.len; k++)
			count += lines.data[k] == '\n';
		if (code != VOUCH_EPARSE || err.offset != bad[i].offset || count != bad[i].lines)
			fail_msg("%s: %d at %zu after %zu: %s", bad[i].what, code, err.offset, count,
			    err.msg);
		vouch_buf_free(&der);
		vouch_buf_free(&lines);
	}
}

static int
stop_at_requestlist(void *arg, const vouch_field *f)
{
	++*(unsigned *)arg;
	return strcmp(f->name, "requestList") == 0 ? 42 : 0;
}

static void
the_caller_can_stop_and_need_not_want_the_error(void **state)
{
	vouch_buf der = { 0 };
	unsigned count = 0;

	(void)state;
	vector_load("V01", &der);
	assert_int_equal(vouch_decode(span_buf(&der), stop_at_requestlist, &count, NULL), 42);
	assert_int_equal(count, 3);
	assert_int_equal(vouch_decode(span_of(der.data, 1), stop_at_requestlist, &count, NULL), VOUCH_EPARSE);
	vouch_buf_free(&der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_shown_field_by_field),
		cmocka_unit_test(a_response_is_shown_with_its_certificates),
		cmocka_unit_test(an_error_response_is_shown_by_name),
		cmocka_unit_test(every_truncation_is_an_error_at_its_place),
		cmocka_unit_test(damage_is_told_after_what_could_be_read),
		cmocka_unit_test(the_caller_can_stop_and_need_not_want_the_error),
	};

	return cmocka_run_group_tests_name("ocsp_decode", tests, NULL, NULL);
}
