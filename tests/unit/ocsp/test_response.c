/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of ResponseData and OCSPResponse: the octets that P-03 to P-06, P-18 and P-19 ask for, and what a strict reader refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/hex.h"
#include "ocsp/extension.h"
#include "ocsp/response.h"
#include "octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW INT64_C(1795341600) /* 2026-11-22T10:00:00Z */
#define MAX 4

/* The CertID of V02. */
#define CERTID \
	"\x30\x3d\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14\x39\xcc\x7b\x80\x1e\x81\x23\xac\xe5\x65\x5a\xe0\x82\xe2" \
	"\x00\x30\xb3\xd6\xe3\x35\x04\x14\x8e\xc2\x14\x09\x60\x76\xea\x90\x38\xe9\x39\xae\x1b\x6d\x52\xc4\x17\x7d\x9f\xbe\x02" \
	"\x04\x01\xaa\xf0\x0d"
#define CERTID_HEX \
	"303d300906052b0e03021a0500041439cc7b801e8123ace5655ae082e2" \
	"0030b3d6e33504148ec214096076ea9038e939ae1b6d52c4177d9fbe02" \
	"0401aaf00d"
#define BY_KEY \
	"\xa2\x16\x04\x14" \
	"kkkkkkkkkkkkkkkkkkkk"
#define BY_KEY_HEX "a21604146b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b"
#define NOW_HEX "180f32303236313132323130303030305a"  /* 20261122100000Z */
#define NEXT_HEX "180f32303236313132333039353935395a" /* 20261123095959Z */
#define ALGORITHM "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"

static struct ocsp_single_response
good(void)
{
	return (struct ocsp_single_response){ .certid = { .der = SPAN_LITERAL(CERTID) },
		.cert_status = VOUCH_GOOD,
		.revocation_time = VOUCH_TIME_ABSENT,
		.this_update = NOW,
		.next_update = NOW + 86399 };
}

static struct ocsp_response_data
data_of(struct ocsp_single_response *responses, size_t count)
{
	return (struct ocsp_response_data){ .responder_id = SPAN_LITERAL(BY_KEY),
		.produced_at = NOW,
		.response_count = count,
		.responses = responses };
}

/* P-03 */
static void
error_responses_have_five_octets(void **state)
{
	static const struct {
		enum vouch_response_status status;
		const char *hex;
	} rows[] = { { VOUCH_MALFORMED_REQUEST, "30030a0101" }, { VOUCH_INTERNAL_ERROR, "30030a0102" },
		{ VOUCH_TRY_LATER, "30030a0103" }, { VOUCH_SIG_REQUIRED, "30030a0105" },
		{ VOUCH_UNAUTHORIZED, "30030a0106" }, { VOUCH_SUCCESSFUL, "30030a0102" },
		{ (enum vouch_response_status)4, "30030a0102" },
		{ (enum vouch_response_status)7, "30030a0102" } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_hex(ocsp_error_response(rows[i].status), rows[i].hex);
}

static void
statuses_have_the_names_of_the_asn_1(void **state)
{
	static const char *const names[] = { "successful", "malformedRequest", "internalError", "tryLater",
		"reserved", "sigRequired", "unauthorized", "reserved" };

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_string_equal(vouch_response_status_name(i), names[i]);
	assert_string_equal(vouch_response_status_name(-1), "reserved");
	assert_string_equal(vouch_response_status_name(INT32_MAX), "reserved");
}

/* P-05, P-06, P-18, P-19: one row is one SingleResponse and its octets behind the CertID. */
static const struct {
	const char *what;
	enum vouch_cert_status status;
	uint8_t reason;
	vouch_time revocation_time, next_update;
	const char *extensions, *hex;
} singles[] = {
	{ "good", VOUCH_GOOD, 0, VOUCH_TIME_ABSENT, NOW + 86399, "",
	    "3065" CERTID_HEX "8000" NOW_HEX "a011" NEXT_HEX },
	{ "unknown", VOUCH_UNKNOWN, 0, VOUCH_TIME_ABSENT, NOW + 86399, "",
	    "3065" CERTID_HEX "8200" NOW_HEX "a011" NEXT_HEX },
	{ "revoked", VOUCH_REVOKED, 0, NOW, NOW + 86399, "",
	    "3076" CERTID_HEX "a111" NOW_HEX NOW_HEX "a011" NEXT_HEX },
	{ "revoked, unspecified (S-14)", VOUCH_REVOKED, 0 + 1, NOW, NOW + 86399, "",
	    "3076" CERTID_HEX "a111" NOW_HEX NOW_HEX "a011" NEXT_HEX },
	{ "revoked, keyCompromise", VOUCH_REVOKED, 1 + 1, NOW, NOW + 86399, "",
	    "307b" CERTID_HEX "a116" NOW_HEX "a0030a0101" NOW_HEX "a011" NEXT_HEX },
	{ "revoked, certificateHold of 1970 (S-06)", VOUCH_REVOKED, 6 + 1, 0, NOW + 86399, "",
	    "307b" CERTID_HEX "a116180f31393730303130313030303030305aa0030a0106" NOW_HEX "a011" NEXT_HEX },
	{ "no nextUpdate", VOUCH_GOOD, 0, VOUCH_TIME_ABSENT, VOUCH_TIME_ABSENT, "",
	    "3052" CERTID_HEX "8000" NOW_HEX },
	{ "the end of time (F-27)", VOUCH_GOOD, 0, VOUCH_TIME_ABSENT, DATE_LAST, "",
	    "3065" CERTID_HEX "8000" NOW_HEX "a011180f39393939313233313233353935395a" },
	{ "singleExtensions", VOUCH_GOOD, 0, VOUCH_TIME_ABSENT, NOW + 86399,
	    "300706022a030401"
	    "78",
	    "3072" CERTID_HEX "8000" NOW_HEX "a011" NEXT_HEX "a10b3009300706022a030401"
	    "78" },
};

static void
every_status_has_its_tags_and_comes_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(singles); i++) {
		vouch_buf extensions = { 0 }, out = { 0 }, again = { 0 };
		struct ocsp_single_response single = good(), read[MAX];
		vouch_err err;
		assert_int_equal(hex_decode(&extensions, span_string(singles[i].extensions), &err), VOUCH_OK);
		single.cert_status = singles[i].status;
		single.revocation_reason = singles[i].reason;
		single.revocation_time = singles[i].revocation_time;
		single.next_update = singles[i].next_update;
		single.single_extensions = span_buf(&extensions);
		struct ocsp_response_data data = data_of(&single, 1), parsed = { .responses = read };
		assert_int_equal(ocsp_response_data_encode(&data, &out, &err), VOUCH_OK);

		/* What stands before: SEQUENCE, responderID, producedAt, responses. */
		size_t header = out.data[1] >= 0x80 ? 3 : 2, list = header + 24 + 17;
		list += out.data[list + 1] >= 0x80 ? 3 : 2;
		assert_hex(span_of(out.data + header, 24), BY_KEY_HEX);
		assert_hex(span_of(out.data + list, out.len - list), singles[i].hex);

		assert_int_equal(ocsp_response_data_parse(span_buf(&out), MAX, &parsed, &err), VOUCH_OK);
		assert_int_equal(parsed.response_count, 1);
		assert_true(parsed.produced_at == NOW && read[0].this_update == NOW);
		assert_int_equal(read[0].cert_status, single.cert_status);
		assert_int_equal(read[0].revocation_reason, singles[i].reason == 1 ? 0 : singles[i].reason);
		assert_true(read[0].next_update == single.next_update);
		assert_true(read[0].revocation_time == single.revocation_time);
		assert_true(span_equal(read[0].single_extensions, span_buf(&extensions)));
		assert_true(span_equal(read[0].certid.der, SPAN_LITERAL(CERTID)));
		assert_int_equal(read[0].certid.hash, VOUCH_SHA1);
		assert_int_equal(ocsp_response_data_encode(&parsed, &again, &err), VOUCH_OK);
		assert_true(span_equal(span_buf(&out), span_buf(&again)));
		vouch_buf_free(&extensions);
		vouch_buf_free(&out);
		vouch_buf_free(&again);
	}
}

static void
what_must_not_be_said_is_not_encoded(void **state)
{
	static const struct {
		const char *what;
		enum vouch_cert_status status;
		uint8_t reason;
		vouch_time revocation_time, this_update, next_update;
	} rows[] = {
		{ "no status", VOUCH_STATUS_UNSET, 0, NOW, NOW, NOW },
		{ "no such status", (enum vouch_cert_status)9, 0, NOW, NOW, NOW },
		{ "reason 7", VOUCH_REVOKED, 7 + 1, NOW, NOW, NOW },
		{ "removeFromCRL", VOUCH_REVOKED, 8 + 1, NOW, NOW, NOW },
		{ "reason 11", VOUCH_REVOKED, 11 + 1, NOW, NOW, NOW },
		{ "reason 254", VOUCH_REVOKED, 255, NOW, NOW, NOW },
		{ "revoked at no time", VOUCH_REVOKED, 0, VOUCH_TIME_ABSENT, NOW, NOW },
		{ "no thisUpdate", VOUCH_GOOD, 0, NOW, VOUCH_TIME_ABSENT, NOW },
		{ "nextUpdate in year 10000", VOUCH_GOOD, 0, NOW, NOW, DATE_LAST + 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_buf out = { 0 };
		vouch_err err;
		struct ocsp_single_response single = good();
		single.cert_status = rows[i].status;
		single.revocation_reason = rows[i].reason;
		single.revocation_time = rows[i].revocation_time;
		single.this_update = rows[i].this_update;
		single.next_update = rows[i].next_update;
		struct ocsp_response_data data = data_of(&single, 1);
		if (ocsp_response_data_encode(&data, &out, &err) != VOUCH_EINVAL || out.len != 0)
			fail_msg("%s", rows[i].what);
		vouch_buf_free(&out);
	}
}

static void
response_data_needs_its_parts(void **state)
{
	vouch_buf out = { 0 };
	vouch_err err;
	struct ocsp_single_response single = good();
	struct ocsp_response_data data = data_of(&single, 0);

	(void)state;
	assert_int_equal(ocsp_response_data_encode(&data, &out, &err), VOUCH_EINVAL);
	data = data_of(&single, 1);
	data.responder_id = span_of(NULL, 0);
	assert_int_equal(ocsp_response_data_encode(&data, &out, &err), VOUCH_EINVAL);
	data = data_of(&single, 1);
	data.produced_at = VOUCH_TIME_ABSENT;
	assert_int_equal(ocsp_response_data_encode(&data, &out, &err), VOUCH_EINVAL);
	single.certid.der = span_of(NULL, 0);
	data = data_of(&single, 1);
	assert_int_equal(ocsp_response_data_encode(&data, &out, &err), VOUCH_EINVAL);
	vouch_buf_free(&out);
}

/* Appends a whole response about three certificates, with a nonce, signed by nobody. */
static void
whole_response(vouch_buf *out, bool with_certs)
{
	struct ocsp_single_response three[] = { good(), good(), good() };
	struct ocsp_response_data data = data_of(three, 3);
	vouch_buf tbs = { 0 }, nonce = { 0 };
	vouch_err err;
	const vouch_span certs[] = { SPAN_LITERAL("\x30\x03\x02\x01\x05"), SPAN_LITERAL("\x30\x00") };

	three[1].cert_status = VOUCH_UNKNOWN;
	three[2].cert_status = VOUCH_REVOKED;
	three[2].revocation_time = NOW - 5;
	assert_int_equal(ocsp_extension_nonce(&nonce, SPAN_LITERAL("\x04\x02hi")), VOUCH_OK);
	data.response_extensions = span_buf(&nonce);
	assert_int_equal(ocsp_response_data_encode(&data, &tbs, &err), VOUCH_OK);
	assert_int_equal(ocsp_response_encode(span_buf(&tbs), SPAN_LITERAL(ALGORITHM),
			     SPAN_LITERAL("signature"), certs, with_certs ? 2 : 0, out, &err),
	    VOUCH_OK);
	vouch_buf_free(&tbs);
	vouch_buf_free(&nonce);
}

static void
a_whole_response_comes_back(void **state)
{
	struct ocsp_single_response read[MAX];
	struct ocsp_response r;
	vouch_buf out = { 0 };
	vouch_span value;
	vouch_err err;

	(void)state;
	whole_response(&out, true);
	assert_int_equal(ocsp_response_parse(span_buf(&out), read, MAX, &r, &err), VOUCH_OK);
	assert_int_equal(r.response_status, VOUCH_SUCCESSFUL);
	assert_int_equal(r.data.response_count, 3);
	assert_int_equal(read[1].cert_status, VOUCH_UNKNOWN);
	assert_true(read[2].revocation_time == NOW - 5);
	assert_true(span_equal(r.data.responder_id, SPAN_LITERAL(BY_KEY)));
	assert_true(span_equal(r.signature_algorithm, SPAN_LITERAL(ALGORITHM)));
	assert_true(span_equal(r.signature, SPAN_LITERAL("signature")));
	assert_true(span_equal(r.certs, SPAN_LITERAL("\x30\x03\x02\x01\x05\x30\x00")));
	assert_true(r.tbs.data[0] == 0x30 && r.tbs.data[r.tbs.len - 1] == 'i');
	assert_true(ocsp_extension_find(r.data.response_extensions, ocsp_oid_nonce, &value));
	assert_true(span_equal(value, SPAN_LITERAL("\x04\x02hi")));
	assert_int_equal(ocsp_response_parse(span_buf(&out), read, 2, &r, &err), VOUCH_ELIMIT);
	vouch_buf_free(&out);
}

/* P-05, R-10 */
static void
no_certs_leave_no_trace(void **state)
{
	struct ocsp_single_response read[MAX];
	struct ocsp_response r;
	vouch_buf out = { 0 };
	vouch_err err;

	(void)state;
	whole_response(&out, false);
	assert_int_equal(ocsp_response_parse(span_buf(&out), read, MAX, &r, &err), VOUCH_OK);
	assert_int_equal(r.certs.len, 0);
	assert_memory_equal(out.data + out.len - 9, "signature", 9);
	vouch_buf_free(&out);
}

/* */
static void
nothing_unsigned_is_encoded_as_successful(void **state)
{
	const vouch_span none = { NULL, 0 }, some = SPAN_LITERAL("\x30\x00");
	vouch_buf out = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(ocsp_response_encode(some, some, none, NULL, 0, &out, &err), VOUCH_EINVAL);
	assert_int_equal(ocsp_response_encode(some, none, some, NULL, 0, &out, &err), VOUCH_EINVAL);
	assert_int_equal(ocsp_response_encode(none, some, some, NULL, 0, &out, &err), VOUCH_EINVAL);
	assert_int_equal(out.len, 0);
	vouch_buf_free(&out);
}

static void
no_truncation_of_a_response_is_one(void **state)
{
	vouch_buf out = { 0 };

	(void)state;
	whole_response(&out, true);
	for (size_t n = 0; n < out.len; n++) {
		struct ocsp_single_response read[MAX];
		struct ocsp_response r;
		vouch_err err;
		uint8_t *exact = malloc(n > 0 ? n : 1);
		assert_non_null(exact);
		memcpy(exact, out.data, n);
		assert_int_equal(ocsp_response_parse(span_of(exact, n), read, MAX, &r, &err), VOUCH_EPARSE);
		assert_true(err.offset <= n);
		free(exact);
	}
	vouch_buf_free(&out);
}

/* One row is one way in which octets are no OCSPResponse that a strict reader takes. */
static const struct {
	const char *what, *hex;
	int code;
	size_t offset;
} bad[] = {
	{ "empty", "", VOUCH_EPARSE, 0 },
	{ "status of no bytes", "30020a00", VOUCH_EPARSE, 2 },
	{ "status 4", "30030a0104", VOUCH_EPARSE, 2 },
	{ "status 7", "30030a0107", VOUCH_EPARSE, 2 },
	{ "status as INTEGER", "3003020103", VOUCH_EPARSE, 2 },
	{ "successful without responseBytes", "30030a0100", VOUCH_EPARSE, 5 },
	{ "an error with responseBytes",
	    "3081980a0103a0819230818f06092b0601050507300101048181307f3065a21604146b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e03"
	    "021a040004000201058000180f32303236313132323130303030305aa011180f32303236313132333039"
	    "353935395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 6 },
	{ "octets behind an error", "30030a01030a", VOUCH_EPARSE, 5 },
	{ "octets behind",
	    "3081980a0100a0819230818f06092b0601050507300101048181307f3065a21604146b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e03"
	    "021a040004000201058000180f32303236313132323130303030305aa011180f32303236313132333039"
	    "353935395a300a06082a8648ce3d040302030a007369676e617475726500",
	    VOUCH_EPARSE, 155 },
	{ "another responseType",
	    "3081980a0100a0819230818f06092b0601050507300102048181307f3065a21604146b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e03"
	    "021a040004000201058000180f32303236313132323130303030305aa011180f32303236313132333039"
	    "353935395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EREFUSED, 12 },
	{ "version encoded",
	    "30819e0a0100a0819830819506092b0601050507300101048187308184306aa003020100a21604146b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a3038301030"
	    "0706052b0e03021a040004000201058000180f32303236313132323130303030305aa011180f32303236"
	    "313132333039353935395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EREFUSED, 31 },
	{ "no responderID",
	    "307d0a0100a078307606092b060105050730010104693067304d180f3230323631313232313030303030"
	    "5a303a30383010300706052b0e03021a040004000201058000180f32303236313132323130303030305a"
	    "a011180f32303236313132333039353935395a300a06082a8648ce3d040302030a007369676e61747572"
	    "65",
	    VOUCH_EPARSE, 26 },
	{ "responderID [3]",
	    "3081810a0100a07c307a06092b0601050507300101046d306b3051a3020400180f323032363131323231"
	    "30303030305a303a30383010300706052b0e03021a040004000201058000180f32303236313132323130"
	    "303030305aa011180f32303236313132333039353935395a300a06082a8648ce3d040302030a00736967"
	    "6e6174757265",
	    VOUCH_EPARSE, 27 },
	{ "byKey of no OCTET STRING",
	    "3081810a0100a07c307a06092b0601050507300101046d306b3051a2020500180f323032363131323231"
	    "30303030305a303a30383010300706052b0e03021a040004000201058000180f32303236313132323130"
	    "303030305aa011180f32303236313132333039353935395a300a06082a8648ce3d040302030a00736967"
	    "6e6174757265",
	    VOUCH_EPARSE, 29 },
	{ "byName with more",
	    "3081830a0100a07e307c06092b0601050507300101046f306d3053a10430000500180f32303236313132"
	    "323130303030305a303a30383010300706052b0e03021a040004000201058000180f3230323631313232"
	    "3130303030305aa011180f32303236313132333039353935395a300a06082a8648ce3d040302030a0073"
	    "69676e6174757265",
	    VOUCH_EPARSE, 31 },
	{ "producedAt with a fraction",
	    "30819b0a0100a0819530819206092b06010505073001010481843081813067a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b181132303236313132323130303030302e355a303a3038301030070605"
	    "2b0e03021a040004000201058000180f32303236313132323130303030305aa011180f32303236313132"
	    "333039353935395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 55 },
	{ "producedAt as UTCTime",
	    "3081950a0100a0818f30818c06092b0601050507300101047f307d3063a21604146b6b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b170d3236313132323130303030305a303a30383010300706052b0e03021a04"
	    "0004000201058000180f32303236313132323130303030305aa011180f32303236313132333039353935"
	    "395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 53 },
	{ "no certStatus",
	    "3081800a0100a07b307906092b0601050507300101046c306a3050a21604146b6b6b6b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a302530233010300706052b0e03021a04"
	    "000400020105180f32303236313132323130303030305a300a06082a8648ce3d040302030a007369676e"
	    "6174757265",
	    VOUCH_EPARSE, 90 },
	{ "good with content",
	    "30819a0a0100a0819430819106092b06010505073001010481833081803066a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303b30393010300706052b0e"
	    "03021a04000400020105800100180f32303236313132323130303030305aa011180f3230323631313233"
	    "3039353935395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 94 },
	{ "good as EXPLICIT NULL",
	    "30819b0a0100a0819530819206092b06010505073001010481843081813067a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303c303a3010300706052b0e"
	    "03021a04000400020105a0020500180f32303236313132323130303030305aa011180f32303236313132"
	    "333039353935395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 94 },
	{ "unknown with content",
	    "30819a0a0100a0819430819106092b06010505073001010481833081803066a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303b30393010300706052b0e"
	    "03021a04000400020105820100180f32303236313132323130303030305aa011180f3230323631313233"
	    "3039353935395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 94 },
	{ "status [3]",
	    "3081980a0100a0819230818f06092b0601050507300101048181307f3065a21604146b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e03"
	    "021a040004000201058300180f32303236313132323130303030305aa011180f32303236313132333039"
	    "353935395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 93 },
	{ "revoked at no time",
	    "3081980a0100a0819230818f06092b0601050507300101048181307f3065a21604146b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e03"
	    "021a04000400020105a100180f32303236313132323130303030305aa011180f32303236313132333039"
	    "353935395a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 95 },
	{ "revoked with more",
	    "3081ac0a0100a081a63081a306092b06010505073001010481953081923078a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a304d304b3010300706052b0e"
	    "03021a04000400020105a113180f32303236313132323130303030305a0500180f323032363131323231"
	    "30303030305aa011180f32303236313132333039353935395a300a06082a8648ce3d040302030a007369"
	    "676e6174757265",
	    VOUCH_EPARSE, 113 },
	{ "reason 7",
	    "3081af0a0100a081a93081a606092b0601050507300101048198308195307ba21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a3050304e3010300706052b0e"
	    "03021a04000400020105a116180f32303236303130313030303030305aa0030a0107180f323032363131"
	    "32323130303030305aa011180f32303236313132333039353935395a300a06082a8648ce3d040302030a"
	    "007369676e6174757265",
	    VOUCH_EPARSE, 115 },
	{ "reason 11",
	    "3081af0a0100a081a93081a606092b0601050507300101048198308195307ba21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a3050304e3010300706052b0e"
	    "03021a04000400020105a116180f32303236303130313030303030305aa0030a010b180f323032363131"
	    "32323130303030305aa011180f32303236313132333039353935395a300a06082a8648ce3d040302030a"
	    "007369676e6174757265",
	    VOUCH_EPARSE, 115 },
	{ "reason as INTEGER",
	    "3081af0a0100a081a93081a606092b0601050507300101048198308195307ba21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a3050304e3010300706052b0e"
	    "03021a04000400020105a116180f32303236313132323130303030305aa003020101180f323032363131"
	    "32323130303030305aa011180f32303236313132333039353935395a300a06082a8648ce3d040302030a"
	    "007369676e6174757265",
	    VOUCH_EPARSE, 115 },
	{ "nextUpdate without its tag",
	    "3081950a0100a0818f30818c06092b0601050507300101047f307d3063a21604146b6b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303830363010300706052b0e0302"
	    "1a040004000201058000180f32303236313132323130303030305a180f32303236313132323130303030"
	    "305a300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 111 },
	{ "nextUpdate twice",
	    "3081aa0a0100a081a43081a106092b06010505073001010481933081903076a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a304b30493010300706052b0e"
	    "03021a040004000201058000180f32303236313132323130303030305aa022180f323032363131323231"
	    "30303030305a180f32303236313132323130303030305a300a06082a8648ce3d040302030a007369676e"
	    "6174757265",
	    VOUCH_EPARSE, 132 },
	{ "empty singleExtensions",
	    "30819d0a0100a0819730819406092b06010505073001010481863081833069a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303e303c3010300706052b0e"
	    "03021a040004000201058000180f32303236313132323130303030305aa011180f323032363131323330"
	    "39353935395aa1023000300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 136 },
	{ "critical FALSE encoded",
	    "3081a80a0100a081a230819f06092b060105050730010104819130818e3074a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a304930473010300706052b0e"
	    "03021a040004000201058000180f32303236313132323130303030305aa011180f323032363131323330"
	    "39353935395aa10d300b300906022a030101000400300a06082a8648ce3d040302030a007369676e6174"
	    "757265",
	    VOUCH_EPARSE, 142 },
	{ "unknown critical extension",
	    "3081a80a0100a081a230819f06092b060105050730010104819130818e3074a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a304930473010300706052b0e"
	    "03021a040004000201058000180f32303236313132323130303030305aa011180f323032363131323330"
	    "39353935395aa10d300b300906022a030101ff0400300a06082a8648ce3d040302030a007369676e6174"
	    "757265",
	    VOUCH_EREFUSED, 140 },
	{ "the same extension twice",
	    "3081ad0a0100a081a73081a406092b06010505073001010481963081933079a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e"
	    "03021a040004000201058000180f32303236313132323130303030305aa011180f323032363131323330"
	    "39353935395aa1123010300606022a030400300606022a030400300a06082a8648ce3d040302030a0073"
	    "69676e6174757265",
	    VOUCH_EREFUSED, 148 },
	{ "responseExtensions [2]",
	    "3081a50a0100a0819f30819c06092b060105050730010104818e30818b3071a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e"
	    "03021a040004000201058000180f32303236313132323130303030305aa011180f323032363131323330"
	    "39353935395aa20a3008300606022a030400300a06082a8648ce3d040302030a007369676e6174757265",
	    VOUCH_EPARSE, 132 },
	{ "signature with unused bits",
	    "30818f0a0100a0818930818606092b0601050507300101047930773065a21604146b6b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e0302"
	    "1a040004000201058000180f32303236313132323130303030305aa011180f3230323631313233303935"
	    "3935395a300a06082a8648ce3d04030203020102",
	    VOUCH_EPARSE, 142 },
	{ "no signature",
	    "30818b0a0100a0818530818206092b0601050507300101047530733065a21604146b6b6b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e0302"
	    "1a040004000201058000180f32303236313132323130303030305aa011180f3230323631313233303935"
	    "3935395a300a06082a8648ce3d040302",
	    VOUCH_EPARSE, 142 },
	{ "empty certs",
	    "30819d0a0100a0819730819406092b06010505073001010481863081833065a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e"
	    "03021a040004000201058000180f32303236313132323130303030305aa011180f323032363131323330"
	    "39353935395a300a06082a8648ce3d040302030a007369676e6174757265a0023000",
	    VOUCH_EPARSE, 160 },
	{ "certs that are no SEQUENCEs",
	    "30819f0a0100a0819930819606092b06010505073001010481883081853065a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e"
	    "03021a040004000201058000180f32303236313132323130303030305aa011180f323032363131323330"
	    "39353935395a300a06082a8648ce3d040302030a007369676e6174757265a00430020500",
	    VOUCH_EPARSE, 160 },
	{ "more than certs",
	    "3081a10a0100a0819b30819806092b060105050730010104818a3081873065a21604146b6b6b6b6b6b6b"
	    "6b6b6b6b6b6b6b6b6b6b6b6b6b180f32303236313132323130303030305a303a30383010300706052b0e"
	    "03021a040004000201058000180f32303236313132323130303030305aa011180f323032363131323330"
	    "39353935395a300a06082a8648ce3d040302030a007369676e6174757265a004300230000500",
	    VOUCH_EPARSE, 162 },
};

static void
what_is_no_response_is_refused_where_it_breaks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ocsp_single_response read[MAX];
		struct ocsp_response r;
		vouch_buf der = { 0 };
		vouch_err err;
		assert_int_equal(hex_decode(&der, span_string(bad[i].hex), &err), VOUCH_OK);
		int code = ocsp_response_parse(span_buf(&der), read, MAX, &r, &err);
		if (code != bad[i].code || err.offset != bad[i].offset)
			fail_msg("%s: %d at %zu: %s", bad[i].what, code, err.offset, err.msg);
		vouch_buf_free(&der);
	}
}

static void
an_error_response_has_only_its_status(void **state)
{
	struct ocsp_response r;
	vouch_err err;

	(void)state;
	assert_int_equal(ocsp_response_parse(ocsp_error_response(VOUCH_TRY_LATER), NULL, 0, &r, &err),
	    VOUCH_OK);
	assert_int_equal(r.response_status, VOUCH_TRY_LATER);
	assert_int_equal(r.data.response_count, 0);
	assert_true(r.data.produced_at == VOUCH_TIME_ABSENT && r.tbs.len == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_responses_have_five_octets),
		cmocka_unit_test(statuses_have_the_names_of_the_asn_1),
		cmocka_unit_test(every_status_has_its_tags_and_comes_back),
		cmocka_unit_test(what_must_not_be_said_is_not_encoded),
		cmocka_unit_test(response_data_needs_its_parts),
		cmocka_unit_test(a_whole_response_comes_back),
		cmocka_unit_test(no_certs_leave_no_trace),
		cmocka_unit_test(nothing_unsigned_is_encoded_as_successful),
		cmocka_unit_test(no_truncation_of_a_response_is_one),
		cmocka_unit_test(what_is_no_response_is_refused_where_it_breaks),
		cmocka_unit_test(an_error_response_has_only_its_status),
	};

	return cmocka_run_group_tests_name("ocsp_response", tests, NULL, NULL);
}
