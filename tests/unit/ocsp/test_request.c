/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of OCSPRequest: V01 to V45, lenient and strict, all their truncations, and what else is refused and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/hex.h"
#include "ocsp/request.h"
#include "octets.h"
#include "vectors.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NONE SIZE_MAX /* no nonce */
#define OK VOUCH_OK
#define PARSE VOUCH_EPARSE
#define REFUSED VOUCH_EREFUSED
#define LIMIT VOUCH_ELIMIT

/* What is known of the test CA (conformance list, appendix A.1). */
#define SERIAL "01aaf00d"

static const struct {
	const char *name;
	int lenient; /* 0 or the code of the refusal */
	size_t offset;
	int strict;
	size_t strict_offset;
	size_t certid_count;
	enum vouch_hash hash; /* of the first */
	const char *serial;   /* of the first, or NULL for those not worth writing down */
	size_t nonce_length;
} vectors[] = {
	{ "V01", OK, 0, OK, 0, 1, VOUCH_SHA256, SERIAL, NONE },
	{ "V02", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, NONE },
	{ "V03", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, NONE }, /* P-12: parameters absent */
	{ "V04", OK, 0, OK, 0, 1, VOUCH_SHA256, SERIAL, NONE },
	{ "V05", OK, 0, PARSE, 4, 1, VOUCH_SHA1, SERIAL, NONE },  /* v1 encoded */
	{ "V06", REFUSED, 4, REFUSED, 4, 0, 0, NULL, NONE },	  /* P-07 */
	{ "V07", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, NONE },	  /* P-22 */
	{ "V08", PARSE, 6, PARSE, 6, 0, 0, NULL, NONE },	  /* P-08 */
	{ "V09", OK, 0, PARSE, 75, 1, VOUCH_SHA1, SERIAL, NONE }, /* */
	{ "V10", OK, 0, PARSE, 75, 1, VOUCH_SHA1, SERIAL, NONE },
	{ "V11", OK, 0, OK, 0, 2, VOUCH_SHA1, SERIAL, NONE },
	{ "V12", OK, 0, OK, 0, 2, VOUCH_SHA1, SERIAL, NONE },
	{ "V13", OK, 0, OK, 0, 2, VOUCH_SHA1, SERIAL, NONE },
	{ "V14", OK, 0, OK, 0, 1, VOUCH_SHA1, "05", NONE },
	{ "V15", OK, 0, OK, 0, 1, VOUCH_SHA1, "00c0ffee", NONE },
	{ "V16", PARSE, 65, PARSE, 65, 0, 0, NULL, NONE },  /* */
	{ "V17", OK, 0, OK, 0, 1, VOUCH_SHA1, "ff", NONE }, /* */
	{ "V18", OK, 0, OK, 0, 1, VOUCH_SHA1, "00", NONE },
	{ "V19", OK, 0, OK, 0, 1, VOUCH_SHA1, "00fefefefefefefefefefefefefefefefefefefefe", NONE }, /* */
	{ "V20", OK, 0, LIMIT, 79, 1, VOUCH_SHA1, NULL, NONE },					    /* */
	{ "V21", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, 32 },					    /* E-08 */
	{ "V22", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, 0 }, /* E-07 is for the responder to judge */
	{ "V23", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, 1 },
	{ "V24", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, 16 },
	{ "V25", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, 128 },
	{ "V26", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, 129 },
	{ "V27", OK, 0, PARSE, 90, 1, VOUCH_SHA1, SERIAL, 16 },	 /* E-09, X-22 */
	{ "V28", REFUSED, 114, REFUSED, 114, 0, 0, NULL, NONE }, /* E-13 */
	{ "V29", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, 32 },	 /* */
	{ "V30", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, NONE },	 /* */
	{ "V31", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, NONE },	 /* E-01 */
	{ "V32", REFUSED, 79, REFUSED, 79, 0, 0, NULL, NONE },	 /* E-02 */
	{ "V33", REFUSED, 79, REFUSED, 79, 0, 0, NULL, NONE },
	{ "V34", OK, 0, PARSE, 88, 1, VOUCH_SHA1, SERIAL, 32 },	  /* FALSE encoded */
	{ "V35", OK, 0, PARSE, 71, 1, VOUCH_SHA1, SERIAL, NONE }, /* */
	{ "V36", PARSE, 0, PARSE, 0, 0, 0, NULL, NONE },	  /* */
	{ "V37", PARSE, 0, PARSE, 0, 0, 0, NULL, NONE },	  /* */
	{ "V38", PARSE, 0, PARSE, 0, 0, 0, NULL, NONE },
	{ "V39", OK, 0, OK, 0, 1, VOUCH_HASH_OTHER, SERIAL, NONE }, /* P-16 */
	{ "V40", OK, 0, OK, 0, 1, VOUCH_HASH_OTHER, SERIAL, NONE },
	{ "V41", OK, 0, OK, 0, 1, VOUCH_MD5, "2c9c7f83dc45f28c92633a25f3431ba6", NONE },
	{ "V42", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, NONE },
	{ "V43", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, NONE },
	{ "V44", OK, 0, OK, 0, 1, VOUCH_SHA1, SERIAL, NONE },
	{ "V45", OK, 0, OK, 0, 1, VOUCH_SHA1, "62a9699cd5205fbfffbb2afd55", NONE },
};

static void
every_vector_is_read_or_refused_as_the_list_has_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		vouch_buf der = { 0 };
		vouch_err err;
		struct ocsp_request r;
		vector_load(vectors[i].name, &der);
		int strict = ocsp_request_parse(span_buf(&der), 16, OCSP_STRICT, &r, &err);
		if (strict != vectors[i].strict || err.offset != vectors[i].strict_offset)
			fail_msg("%s strict: %d at %zu: %s", vectors[i].name, strict, err.offset, err.msg);
		int lenient = ocsp_request_parse(span_buf(&der), 16, 0, &r, &err);
		if (lenient != vectors[i].lenient || err.offset != vectors[i].offset)
			fail_msg("%s: %d at %zu: %s", vectors[i].name, lenient, err.offset, err.msg);
		if (lenient == VOUCH_OK) {
			assert_int_equal(r.certid_count, vectors[i].certid_count);
			assert_int_equal(r.certids[0].hash, vectors[i].hash);
			assert_int_equal(r.has_nonce, vectors[i].nonce_length != NONE);
			assert_true(!r.has_nonce || r.nonce_length == vectors[i].nonce_length);
			if (vectors[i].serial != NULL)
				assert_hex(r.certids[0].serial_number, vectors[i].serial);
		}
		vouch_buf_free(&der);
	}
}

static void
no_truncation_of_a_vector_is_a_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		vouch_buf der = { 0 };
		struct ocsp_request r;
		vouch_err err;
		vector_load(vectors[i].name, &der);
		size_t whole = der.len - (strcmp(vectors[i].name, "V35") == 0 ? 2 : 0);
		for (size_t n = 0; n < whole; n++) {
			/* On the heap and exact, so that the sanitizer sees a read beyond the end. */
			uint8_t *exact = malloc(n > 0 ? n : 1);
			assert_non_null(exact);
			memcpy(exact, der.data, n);
			assert_int_equal(ocsp_request_parse(span_of(exact, n), 16, 0, &r, &err),
			    VOUCH_EPARSE);
			assert_true(err.offset <= n);
			free(exact);
		}
		vouch_buf_free(&der);
	}
}

/* V02 in parts, so that a row of the table below is readable. */
#define CERTID \
	"303d300906052b0e03021a0500041439cc7b801e8123ace5655ae082e20030b3" \
	"d6e33504148ec214096076ea9038e939ae1b6d52c4177d9fbe020401aaf00d"

static const struct {
	const char *what, *hex;
	int lenient;
	size_t offset;
	int strict;
	size_t strict_offset;
} others[] = {
	{ "nothing", "", PARSE, 0, PARSE, 0 },
	{ "no SEQUENCE", "deadbeef", PARSE, 0, PARSE, 0 },
	{ "an empty SEQUENCE", "3000", PARSE, 2, PARSE, 2 },
	{ "LF behind", "304530433041303f" CERTID "0a", OK, 0, PARSE, 71 },
	{ "LF CR behind", "304530433041303f" CERTID "0a0d", OK, 0, PARSE, 71 },
	{ "three octets behind", "304530433041303f" CERTID "0d0a0a", PARSE, 71, PARSE, 71 },
	{ "two other octets behind", "304530433041303f" CERTID "0d20", PARSE, 72, PARSE, 71 },
	{ "another request behind", "304530433041303f" CERTID "3000", PARSE, 71, PARSE, 71 },
	{ "version of two octets", "304b3049a004020200003041303f" CERTID, PARSE, 6, PARSE, 6 },
	{ "version -1", "304a3048a0030201ff3041303f" CERTID, REFUSED, 4, REFUSED, 4 },
	{ "version 128", "304b3049a004020200803041303f" CERTID, REFUSED, 4, REFUSED, 4 },
	{ "version 256", "304b3049a004020201003041303f" CERTID, REFUSED, 4, REFUSED, 4 },
	{ "version without INTEGER", "30473045a0003041303f" CERTID, PARSE, 6, PARSE, 6 },
	{ "version and more in its tag", "304c304aa00502010005003041303f" CERTID, PARSE, 9, PARSE, 9 },
	{ "requestorName that is no GeneralName", "30493047a10205003041303f" CERTID, PARSE, 6, PARSE, 6 },
	{ "requestorName of [9]", "30493047a10289003041303f" CERTID, PARSE, 6, PARSE, 6 },
	{ "requestorName is empty", "30473045a1003041303f" CERTID, PARSE, 6, PARSE, 6 },
	{ "requestorName of [2]", "304a3048a1038201613041303f" CERTID, OK, 0, OK, 0 },
	{ "requestorName of [8]", "304a3048a10388012a3041303f" CERTID, OK, 0, OK, 0 },
	{ "two names in requestorName", "304b3049a104820082003041303f" CERTID, PARSE, 8, PARSE, 8 },
	{ "Request without CertID", "3006300430023000", PARSE, 8, PARSE, 8 },
	{ "Request with more", "3047304530433041" CERTID "0500", PARSE, 71, PARSE, 71 },
	{ "empty CertID", "30083006300430023000", PARSE, 10, PARSE, 10 },
	{ "CertID without serialNumber", "30193017301530133011300906052b0e03021a0500040161040162", PARSE, 27,
	    PARSE, 27 },
	{ "serialNumber that is no INTEGER", "301b3019301730153013300906052b0e03021a05000401610401620500",
	    PARSE, 27, PARSE, 27 },
	{ "CertID with more", "301e301c301a30183016300906052b0e03021a05000401610401620201050500", PARSE, 30,
	    PARSE, 30 },
	{ "hash algorithm with parameters", "301c301a301830163014300906052b0e03021a3000040161040162020105",
	    OK, 0, PARSE, 8 },
	{ "NULL parameters with content", "301d301b301930173015300a06052b0e03021a050178040161040162020105",
	    PARSE, 19, PARSE, 19 },
	{ "requestExtensions that are no SEQUENCE", "304930473041303f" CERTID "a2023100", PARSE, 73, PARSE,
	    73 },
	{ "requestExtensions twice",
	    "305d305b3041303f" CERTID "a20a3008300606022a030400a20a3008300606022a040400", PARSE, 83, PARSE,
	    83 },
	{ "extension without extnValue", "305630543041303f" CERTID "a20f300d300b06092b0601050507300102",
	    PARSE, 88, PARSE, 88 },
	{ "extension with more", "305a30583041303f" CERTID "a2133011300f06092b060105050730010204000500",
	    PARSE, 90, PARSE, 90 },
	{ "critical 01", "305e305c3041303f" CERTID "a2173015301306092b06010505073001020101010403787878",
	    PARSE, 88, PARSE, 88 },
	{ "raw nonce that parses as wrapped",
	    "305b30593041303f" CERTID "a2143012301006092b06010505073001020403040178", OK, 0, OK, 0 },
	{ "nonce wrapped with more behind it",
	    "305c305a3041303f" CERTID "a2153013301106092b0601050507300102040404017879", OK, 0, PARSE, 90 },
	{ "AcceptableResponses of no OIDs",
	    "305c305a3041303f" CERTID "a2153013301106092b0601050507300104040430020500", PARSE, 92, PARSE,
	    92 },
	{ "AcceptableResponses with more",
	    "305c305a3041303f" CERTID "a2153013301106092b0601050507300104040430000500", PARSE, 92, PARSE,
	    92 },
	{ "preferred algorithm without OID",
	    "305e305c3041303f" CERTID "a2173015301306092b06010505073001080406300430023000", PARSE, 96, PARSE,
	    96 },
	{ "preferred algorithm with three parts",
	    "306b30693041303f" CERTID
	    "a2243022302006092b060105050730010804133011300f300306012a300306012a300306012a",
	    PARSE, 104, PARSE, 104 },
	{ "critical serviceLocator", "305b305930573055" CERTID "a0143012301006092b06010505073001070101ff0400",
	    REFUSED, 79, REFUSED, 79 },
	{ "critical nonce for one certificate",
	    "305e305c305a3058" CERTID "a0173015301306092b06010505073001020101ff040304016e", REFUSED, 79,
	    REFUSED, 79 },
	{ "broken serviceLocator, not critical",
	    "3058305630543052" CERTID "a011300f300d06092b06010505073001070400", OK, 0, OK, 0 },
	{ "unknown extension twice for one certificate",
	    "3059305730553053" CERTID "a0123010300606022a030400300606022a030400", REFUSED, 87, REFUSED, 87 },
	{ "33 extensions",
	    "30820178308201743041303f" CERTID
	    "a282012d30820129300706032a03000400300706032a03010400300706032a03020400300706032a03030400"
	    "300706032a03040400300706032a03050400300706032a03060400300706032a03070400300706032a030804"
	    "00300706032a03090400300706032a030a0400300706032a030b0400300706032a030c0400300706032a030d"
	    "0400300706032a030e0400300706032a030f0400300706032a03100400300706032a03110400300706032a03"
	    "120400300706032a03130400300706032a03140400300706032a03150400300706032a03160400300706032a"
	    "03170400300706032a03180400300706032a03190400300706032a031a0400300706032a031b040030070603"
	    "2a031c0400300706032a031d0400300706032a031e0400300706032a031f0400300706032a03200400",
	    LIMIT, 375, LIMIT, 375 },
	{ "signature", "305530433041303f" CERTID "a00e300c300306012a03050001020304", OK, 0, PARSE, 71 },
	{ "signature and empty certs",
	    "305e3048a1038201613041303f" CERTID "a0123010300306012a03050001020304a0023000", OK, 0, PARSE,
	    96 },
	{ "signature without BIT STRING", "304e30433041303f" CERTID "a0073005300306012a", PARSE, 80, PARSE,
	    80 },
	{ "certs that are no SEQUENCEs",
	    "305b30433041303f" CERTID "a0143012300306012a03050001020304a00430020500", PARSE, 91, PARSE, 91 },
	{ "signature and more", "305730433041303f" CERTID "a00e300c300306012a030500010203040500", PARSE, 87,
	    PARSE, 71 },
};

static void
what_else_is_wrong_is_refused_where_it_breaks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		vouch_buf der = { 0 };
		vouch_err err;
		struct ocsp_request r;
		assert_int_equal(hex_decode(&der, span_string(others[i].hex), &err), VOUCH_OK);
		int lenient = ocsp_request_parse(span_buf(&der), 16, 0, &r, &err);
		if (lenient != others[i].lenient || err.offset != others[i].offset)
			fail_msg("%s: %d at %zu: %s", others[i].what, lenient, err.offset, err.msg);
		int strict = ocsp_request_parse(span_buf(&der), 16, OCSP_STRICT, &r, &err);
		if (strict != others[i].strict || err.offset != others[i].strict_offset)
			fail_msg("%s strict: %d at %zu: %s", others[i].what, strict, err.offset, err.msg);
		vouch_buf_free(&der);
	}
}

static void
exact_refuses_only_what_is_behind_the_request(void **state)
{
	static const struct {
		const char *name;
		int code;
	} rows[] = { { "V35", PARSE }, { "V05", OK }, { "V09", OK }, { "V20", OK }, { "V27", OK },
		{ "V34", OK } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_buf der = { 0 };
		struct ocsp_request r;
		vouch_err err;
		vector_load(rows[i].name, &der);
		assert_int_equal(ocsp_request_parse(span_buf(&der), 16, OCSP_EXACT, &r, &err), rows[i].code);
		vouch_buf_free(&der);
	}
}

static void
certid_is_kept_octet_for_octet(void **state)
{
	vouch_buf der = { 0 };
	struct ocsp_request r;
	vouch_err err;

	(void)state;
	vector_load("V03", &der);
	assert_int_equal(ocsp_request_parse(span_buf(&der), 16, 0, &r, &err), VOUCH_OK);
	assert_true(r.certids[0].der.data == der.data + 8 && r.certids[0].der.len == der.len - 8);
	assert_hex(r.certids[0].issuer_name_hash, "39cc7b801e8123ace5655ae082e20030b3d6e335");
	assert_hex(r.certids[0].issuer_key_hash, "8ec214096076ea9038e939ae1b6d52c4177d9fbe");
	assert_true(r.tbs_request.data == der.data + 2 && r.tbs_request.len == der.len - 2);
	vouch_buf_free(&der);
}

/* whoever hashes with parameters does not hash as we do. */
static void
a_hash_with_parameters_is_another_hash(void **state)
{
	vouch_buf der = { 0 };
	struct ocsp_request r;
	vouch_err err;

	(void)state;
	vector_load("V02", &der);
	assert_memory_equal(der.data + 19, "\x05\x00", 2);
	der.data[19] = DER_OCTET_STRING;
	assert_int_equal(ocsp_request_parse(span_buf(&der), 16, 0, &r, &err), VOUCH_OK);
	assert_int_equal(r.certids[0].hash, VOUCH_HASH_OTHER);
	assert_int_equal(ocsp_request_parse(span_buf(&der), 16, OCSP_STRICT, &r, &err), VOUCH_EPARSE);
	vouch_buf_free(&der);
}

static void
nonces_are_kept_as_received(void **state)
{
	static const struct {
		const char *name, *extn_value;
		bool critical;
	} rows[] = {
		{ "V24",
		    "04100"
		    "1080f161d242b323940474e555c636a",
		    false },
		{ "V27", "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5", false },
		{ "V22", "0400", false },
		{ "V29",
		    "0420"
		    "01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da",
		    true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_buf der = { 0 };
		struct ocsp_request r;
		vouch_err err;
		vector_load(rows[i].name, &der);
		assert_int_equal(ocsp_request_parse(span_buf(&der), 16, 0, &r, &err), VOUCH_OK);
		assert_hex(r.nonce, rows[i].extn_value);
		assert_int_equal(r.nonce_critical, rows[i].critical);
		vouch_buf_free(&der);
	}
}

static void
more_certids_than_allowed_are_refused(void **state)
{
	vouch_buf der = { 0 };
	struct ocsp_request r;
	vouch_err err;

	(void)state;
	vector_load("V11", &der);
	assert_int_equal(ocsp_request_parse(span_buf(&der), 2, 0, &r, &err), VOUCH_OK);
	assert_int_equal(ocsp_request_parse(span_buf(&der), 1, 0, &r, &err), VOUCH_ELIMIT);
	assert_int_equal(err.offset, 9 + 65);
	assert_int_equal(ocsp_request_parse(span_buf(&der), 0, 0, &r, &err), VOUCH_ELIMIT);
	vouch_buf_free(&der);
}

/* P-23: however large the caller's limit, the array is not overrun. */
static void
the_array_bounds_the_callers_limit(void **state)
{
	vouch_buf v02 = { 0 }, out = { 0 };
	vouch_span certids[OCSP_CERTIDS_MAX + 1];
	struct ocsp_request r;
	vouch_err err;

	(void)state;
	vector_load("V02", &v02);
	for (size_t i = 0; i < COUNT(certids); i++)
		certids[i] = span_of(v02.data + 8, 63);
	assert_int_equal(ocsp_request_encode(certids, OCSP_CERTIDS_MAX, span_of(NULL, 0), &out, &err),
	    VOUCH_OK);
	assert_int_equal(ocsp_request_parse(span_buf(&out), SIZE_MAX, 0, &r, &err), VOUCH_OK);
	assert_int_equal(r.certid_count, OCSP_CERTIDS_MAX);
	buf_clear(&out);
	assert_int_equal(ocsp_request_encode(certids, OCSP_CERTIDS_MAX + 1, span_of(NULL, 0), &out, &err),
	    VOUCH_OK);
	assert_int_equal(ocsp_request_parse(span_buf(&out), SIZE_MAX, 0, &r, &err), VOUCH_ELIMIT);
	vouch_buf_free(&v02);
	vouch_buf_free(&out);
}

static void
acceptable_responses_are_heeded(void **state)
{
	vouch_buf der = { 0 }, with_basic = { 0 };
	struct ocsp_request r;
	vouch_err err;

	(void)state;
	vector_load("V42", &der);
	assert_int_equal(ocsp_request_parse(span_buf(&der), 16, 0, &r, &err), VOUCH_OK);
	assert_true(r.has_acceptable && !r.accepts_basic);
	assert_int_equal(hex_decode(&with_basic,
			     SPAN_LITERAL(
				 "306530633041303f" CERTID "a21e301c301a06092b0601050507300104040d300b"
				 "06092b0601050507300101"),
			     &err),
	    VOUCH_OK);
	assert_int_equal(ocsp_request_parse(span_buf(&with_basic), 16, OCSP_STRICT, &r, &err), VOUCH_OK);
	assert_true(r.has_acceptable && r.accepts_basic);
	vouch_buf_free(&der);
	vouch_buf_free(&with_basic);
}

static void
preferred_algorithms_come_one_by_one(void **state)
{
	vouch_buf der = { 0 };
	struct ocsp_request r;
	struct ocsp_preferred preferred;
	vouch_err err;

	(void)state;
	vector_load("V43", &der);
	assert_int_equal(ocsp_request_parse(span_buf(&der), 16, 0, &r, &err), VOUCH_OK);
	vouch_span rest = r.preferred;
	assert_true(ocsp_preferred_next(&rest, &preferred));
	assert_hex(preferred.sig_identifier, "300a06082a8648ce3d040302");
	assert_int_equal(preferred.pub_key_identifier.len, 0);
	assert_false(ocsp_preferred_next(&rest, &preferred));
	vouch_buf_free(&der);

	rest = SPAN_LITERAL("\x30\x0a\x30\x03\x06\x01\x2a\x30\x03\x06\x01\x2b\x30\x05\x30\x03\x06\x01\x2c");
	assert_true(ocsp_preferred_next(&rest, &preferred));
	assert_hex(preferred.pub_key_identifier, "300306012b");
	assert_true(ocsp_preferred_next(&rest, &preferred));
	assert_hex(preferred.sig_identifier, "300306012c");
	assert_false(ocsp_preferred_next(&rest, &preferred));
	rest = SPAN_LITERAL("\x30\x01");
	assert_false(ocsp_preferred_next(&rest, &preferred));
}

/* P-11, E-08: what the client asks is V01 and V21, octet for octet. */
static void
requests_are_written_as_the_vectors_have_them(void **state)
{
	static const struct {
		const char *name;
		enum vouch_hash hash;
		size_t nonce;
	} rows[] = { { "V01", VOUCH_SHA256, 0 }, { "V02", VOUCH_SHA1, 0 }, { "V21", VOUCH_SHA1, 32 },
		{ "V25", VOUCH_SHA1, 128 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_buf der = { 0 }, certid = { 0 }, out = { 0 };
		struct ocsp_request r;
		vouch_err err;
		vector_load(rows[i].name, &der);
		assert_int_equal(ocsp_request_parse(span_buf(&der), 16, 0, &r, &err), VOUCH_OK);
		struct der_writer w = der_writer_init(&certid);
		ocsp_certid_write(&w, rows[i].hash, r.certids[0].issuer_name_hash,
		    r.certids[0].issuer_key_hash, r.certids[0].serial_number);
		assert_int_equal(der_writer_finish(&w, &err), VOUCH_OK);
		vouch_span certids[] = { span_buf(&certid) };
		vouch_span nonce = span_of(der.data + der.len - rows[i].nonce, rows[i].nonce);
		assert_int_equal(ocsp_request_encode(certids, 1, nonce, &out, &err), VOUCH_OK);
		assert_true(span_equal(span_buf(&out), span_buf(&der)));
		vouch_buf_free(&der);
		vouch_buf_free(&certid);
		vouch_buf_free(&out);
	}
}

static void
a_request_about_nothing_is_not_written(void **state)
{
	vouch_buf out = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(ocsp_request_encode(NULL, 0, span_of(NULL, 0), &out, &err), VOUCH_EINVAL);
	struct der_writer w = der_writer_init(&out);
	ocsp_certid_write(&w, VOUCH_HASH_OTHER, span_of(NULL, 0), span_of(NULL, 0), SPAN_LITERAL("\x01"));
	assert_int_equal(der_writer_finish(&w, &err), VOUCH_EINVAL);
	assert_int_equal(out.len, 0);
	vouch_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_is_read_or_refused_as_the_list_has_it),
		cmocka_unit_test(no_truncation_of_a_vector_is_a_request),
		cmocka_unit_test(what_else_is_wrong_is_refused_where_it_breaks),
		cmocka_unit_test(exact_refuses_only_what_is_behind_the_request),
		cmocka_unit_test(certid_is_kept_octet_for_octet),
		cmocka_unit_test(a_hash_with_parameters_is_another_hash),
		cmocka_unit_test(nonces_are_kept_as_received),
		cmocka_unit_test(more_certids_than_allowed_are_refused),
		cmocka_unit_test(the_array_bounds_the_callers_limit),
		cmocka_unit_test(acceptable_responses_are_heeded),
		cmocka_unit_test(preferred_algorithms_come_one_by_one),
		cmocka_unit_test(requests_are_written_as_the_vectors_have_them),
		cmocka_unit_test(a_request_about_nothing_is_not_written),
	};

	return cmocka_run_group_tests_name("ocsp_request", tests, NULL, NULL);
}
