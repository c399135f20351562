/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of an index.txt: what OpenSSL and easy-rsa write is read, and anything else is refused where it breaks. */
#include "index_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "status/index_row.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define AFTER "301122100000Z"
#define SHA_1_LONG "7F00112233445566778899AABBCCDDEEFF001122"

static const struct {
	const char *what, *line, *expected;
} good[] = {
	{ "what openssl ca writes", "V\t" AFTER "\t\t01\tunknown\t/CN=a", "V 2030-11-22T10:00:00Z 1" },
	{ "GeneralizedTime", "V\t20501122100000Z\t\t01\tunknown\t/CN=a", "V 2050-11-22T10:00:00Z 1" },
	{ "the last date there is", "V\t99991231235959Z\t\t01\tunknown\t/CN=a", "V 9999-12-31T23:59:59Z 1" },
	{ "UTCTime without seconds", "V\t3011221000Z\t\t01\tunknown\t/CN=a", "V 2030-11-22T10:00:00Z 1" },
	{ "UTCTime of another zone", "V\t301122100000+0130\t\t01\tunknown\t/CN=a",
	    "V 2030-11-22T08:30:00Z 1" },
	{ "the same without seconds", "V\t3011221000-0100\t\t01\tunknown\t/CN=a",
	    "V 2030-11-22T11:00:00Z 1" },
	{ "GeneralizedTime without seconds", "V\t205011221000Z\t\t01\tunknown\t/CN=a",
	    "V 2050-11-22T10:00:00Z 1" },
	{ "fractions of a second", "V\t20501122100000.999Z\t\t01\tunknown\t/CN=a",
	    "V 2050-11-22T10:00:00Z 1" },
	{ "revoked in another zone", "R\t" AFTER "\t261122100000+0100\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T09:00:00Z" },
	{ "UTCTime of 1950", "V\t500101000000Z\t\t01\tunknown\t/CN=a", "V 1950-01-01T00:00:00Z 1" },
	{ "UTCTime of 2049", "V\t491231235959Z\t\t01\tunknown\t/CN=a", "V 2049-12-31T23:59:59Z 1" },
	{ "29 February", "V\t280229000000Z\t\t01\tunknown\t/CN=a", "V 2028-02-29T00:00:00Z 1" },
	{ "expired", "E\t" AFTER "\t\t01\tunknown\t/CN=a", "E 2030-11-22T10:00:00Z 1" },
	{ "no subject", "V\t" AFTER "\t\t01\tunknown\t", "V 2030-11-22T10:00:00Z 1" },
	{ "a tabulator in the subject", "V\t" AFTER "\t\t01\tunknown\t/CN=a\\\tb",
	    "V 2030-11-22T10:00:00Z 1" },
	{ "a tabulator in the file's name", "V\t" AFTER "\t\t01\t\\\t\t/CN=a", "V 2030-11-22T10:00:00Z 1" },
	{ "octets beyond ASCII", "V\t" AFTER "\t\t01\tunknown\t/CN=\xc3\xa4\\xE4",
	    "V 2030-11-22T10:00:00Z 1" },
	{ "an odd number of digits", "V\t" AFTER "\t\t123\tunknown\t/CN=a", "V 2030-11-22T10:00:00Z 123" },
	{ "leading zeros", "V\t" AFTER "\t\t0000FF\tunknown\t/CN=a", "V 2030-11-22T10:00:00Z FF" },
	{ "an odd number of leading zeros", "V\t" AFTER "\t\t0FF\tunknown\t/CN=a",
	    "V 2030-11-22T10:00:00Z FF" },
	{ "zero", "V\t" AFTER "\t\t00\tunknown\t/CN=a", "V 2030-11-22T10:00:00Z 0" },
	{ "small letters", "V\t" AFTER "\t\tabcdef\tunknown\t/CN=a", "V 2030-11-22T10:00:00Z ABCDEF" },
	{ "negative", "V\t" AFTER "\t\t-80\tunknown\t/CN=a", "V 2030-11-22T10:00:00Z -80" },
	{ "negative, one octet more", "V\t" AFTER "\t\t-81\tunknown\t/CN=a", "V 2030-11-22T10:00:00Z -81" },
	{ "negative zero", "V\t" AFTER "\t\t-00\tunknown\t/CN=a", "V 2030-11-22T10:00:00Z 0" },
	{ "twenty octets", "V\t" AFTER "\t\t" SHA_1_LONG "\tunknown\t/CN=a",
	    "V 2030-11-22T10:00:00Z " SHA_1_LONG },
	{ "forty octets", "V\t" AFTER "\t\tF" SHA_1_LONG SHA_1_LONG "\tunknown\t/CN=a",
	    "V 2030-11-22T10:00:00Z F" SHA_1_LONG SHA_1_LONG },
	{ "revoked", "R\t" AFTER "\t261122100000Z\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z" },
	{ "revoked at a GeneralizedTime", "R\t" AFTER "\t20261122100000Z\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z" },
	{ "unspecified", "R\t" AFTER "\t261122100000Z,unspecified\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z unspecified" },
	{ "keyCompromise", "R\t" AFTER "\t261122100000Z,keyCompromise\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z keyCompromise" },
	{ "as OpenSSL spells it", "R\t" AFTER "\t261122100000Z,CACompromise\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z cACompromise" },
	{ "any case", "R\t" AFTER "\t261122100000Z,SUPERSEDED\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z superseded" },
	{ "affiliationChanged", "R\t" AFTER "\t261122100000Z,affiliationChanged\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z affiliationChanged" },
	{ "cessationOfOperation", "R\t" AFTER "\t261122100000Z,cessationOfOperation\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z cessationOfOperation" },
	{ "certificateHold", "R\t" AFTER "\t261122100000Z,certificateHold\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z certificateHold" },
	{ "privilegeWithdrawn", "R\t" AFTER "\t261122100000Z,privilegeWithdrawn\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z privilegeWithdrawn" },
	{ "AACompromise", "R\t" AFTER "\t261122100000Z,AACompromise\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z aACompromise" },
	{ "a hold instruction by name",
	    "R\t" AFTER "\t261122100000Z,holdInstruction,holdInstructionReject\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z certificateHold" },
	{ "a hold instruction by number",
	    "R\t" AFTER "\t261122100000Z,holdInstruction,1.2.840.10040.2.2\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z certificateHold" },
	{ "since when a key is compromised",
	    "R\t" AFTER "\t261122100000Z,keyTime,20261101000000Z\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z keyCompromise since 2026-11-01T00:00:00Z" },
	{ "since when a CA is compromised",
	    "R\t" AFTER "\t261122100000Z,CAkeyTime,20261101000000Z\t01\tunknown\t/CN=a",
	    "R 2030-11-22T10:00:00Z 1 2026-11-22T10:00:00Z cACompromise since 2026-11-01T00:00:00Z" },
};

#define OFFSET_OF_REVOCATION 16
#define OFFSET_OF_SERIAL 17
static const struct {
	const char *what, *line;
	int code;
	size_t offset;
} bad[] = {
	{ "nothing", "", VOUCH_EPARSE, 0 },
	{ "one field", "V", VOUCH_EPARSE, 0 },
	{ "five fields", "V\t" AFTER "\t\t01\tunknown", VOUCH_EPARSE, 0 },
	{ "five fields, the tabulator being one's", "V\t" AFTER "\t\t01\tunknown\\\t/CN=a", VOUCH_EPARSE, 0 },
	{ "seven fields", "V\t" AFTER "\t\t01\tunknown\t/CN=a\tb", VOUCH_EPARSE, 0 },
	{ "no type", "\t" AFTER "\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 0 },
	{ "a small letter", "v\t" AFTER "\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 0 },
	{ "a suspended one, which OpenSSL knows and does not write", "S\t" AFTER "\t\t01\tunknown\t/CN=a",
	    VOUCH_EPARSE, 0 },
	{ "a longer type", "VV\t" AFTER "\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 0 },
	{ "no date", "V\t\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "30 February", "V\t300230100000Z\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "hour 24", "V\t301122240000Z\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "an offset without minutes", "V\t301122100000+01\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "an offset of 24 hours", "V\t301122100000+2400\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "an offset of 60 minutes", "V\t301122100000+0060\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "before the first year", "V\t00010101000000+0001\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "after the last one", "V\t99991231235959-0001\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "an offset and Z", "V\t301122100000+0100Z\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "a fraction of UTCTime", "V\t301122100000.5Z\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "a point without digits", "V\t20301122100000.Z\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "half a second's digits", "V\t2030112210000Z\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "no Z", "V\t3011221000000\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "a letter in a date", "V\t30112210000OZ\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "a date of another length", "V\t0301122100000Z\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, 2 },
	{ "V with a revocation", "V\t" AFTER "\t261122100000Z\t01\tunknown\t/CN=a", VOUCH_EPARSE,
	    OFFSET_OF_REVOCATION },
	{ "E with a revocation", "E\t" AFTER "\t261122100000Z\t01\tunknown\t/CN=a", VOUCH_EPARSE,
	    OFFSET_OF_REVOCATION },
	{ "R without one", "R\t" AFTER "\t\t01\tunknown\t/CN=a", VOUCH_EPARSE, OFFSET_OF_REVOCATION },
	{ "R with a bad one", "R\t" AFTER "\tx\t01\tunknown\t/CN=a", VOUCH_EPARSE, OFFSET_OF_REVOCATION },
	{ "no reason", "R\t" AFTER "\t261122100000Z,\t01\tunknown\t/CN=a", VOUCH_EPARSE,
	    OFFSET_OF_REVOCATION + 14 },
	{ "another reason", "R\t" AFTER "\t261122100000Z,whim\t01\tunknown\t/CN=a", VOUCH_EPARSE,
	    OFFSET_OF_REVOCATION + 14 },
	{ "removeFromCRL", "R\t" AFTER "\t261122100000Z,removeFromCRL\t01\tunknown\t/CN=a", VOUCH_EREFUSED,
	    OFFSET_OF_REVOCATION + 14 },
	{ "more than a reason", "R\t" AFTER "\t261122100000Z,superseded,x\t01\tunknown\t/CN=a", VOUCH_EPARSE,
	    OFFSET_OF_REVOCATION + 25 },
	{ "keyTime without a time", "R\t" AFTER "\t261122100000Z,keyTime\t01\tunknown\t/CN=a", VOUCH_EPARSE,
	    OFFSET_OF_REVOCATION + 14 },
	{ "keyTime with an empty one", "R\t" AFTER "\t261122100000Z,keyTime,\t01\tunknown\t/CN=a",
	    VOUCH_EPARSE, OFFSET_OF_REVOCATION + 22 },
	{ "holdInstruction without one", "R\t" AFTER "\t261122100000Z,holdInstruction\t01\tunknown\t/CN=a",
	    VOUCH_EPARSE, OFFSET_OF_REVOCATION + 14 },
	{ "holdInstruction that is none",
	    "R\t" AFTER "\t261122100000Z,holdInstruction,1..2\t01\tunknown\t/CN=a", VOUCH_EPARSE,
	    OFFSET_OF_REVOCATION + 30 },
	{ "no serial number", "V\t" AFTER "\t\t\tunknown\t/CN=a", VOUCH_EPARSE, OFFSET_OF_SERIAL },
	{ "a sign alone", "V\t" AFTER "\t\t-\tunknown\t/CN=a", VOUCH_EPARSE, OFFSET_OF_SERIAL },
	{ "no hexadecimal digit", "V\t" AFTER "\t\t0G\tunknown\t/CN=a", VOUCH_EPARSE, OFFSET_OF_SERIAL + 1 },
	{ "a space", "V\t" AFTER "\t\t01 \tunknown\t/CN=a", VOUCH_EPARSE, OFFSET_OF_SERIAL + 2 },
	{ "a prefix", "V\t" AFTER "\t\t0x01\tunknown\t/CN=a", VOUCH_EPARSE, OFFSET_OF_SERIAL + 1 },
};

static const char *
describe(const struct index_row *row)
{
	static char text[400];
	char after[DATE_RFC3339_LENGTH + 1], when[DATE_RFC3339_LENGTH + 1], since[DATE_RFC3339_LENGTH + 1];
	const char *reason = vouch_reason_name(row->revocation_reason);
	vouch_buf serial = { 0 };
	bool revoked = row->revocation_time != VOUCH_TIME_ABSENT,
	     dated = row->invalidity_date != VOUCH_TIME_ABSENT;

	date_format_rfc3339(row->not_after, after);
	date_format_rfc3339(row->revocation_time, when);
	date_format_rfc3339(row->invalidity_date, since);
	assert_int_equal(vouch_serial_format(&serial, span_of(row->serial_number, row->serial_len)),
	    VOUCH_OK);
	snprintf(text, sizeof(text), "%c %s %.*s%s%s%s%s%s%s", row->type, after, (int)serial.len,
	    (const char *)serial.data, revoked ? " " : "", revoked ? when : "", reason != NULL ? " " : "",
	    reason != NULL ? reason : "", dated ? " since " : "", dated ? since : "");
	vouch_buf_free(&serial);
	return text;
}

static void
what_openssl_writes_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct index_row row;
		vouch_err err = { 0 };
		if (index_row_parse(&row, span_string(good[i].line), &err) != VOUCH_OK)
			fail_msg("%s: %s", good[i].what, err.msg);
		assert_string_equal(describe(&row), good[i].expected);
	}
}

static void
what_is_damaged_is_refused_where_it_breaks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct index_row row;
		vouch_err err = { 0 };
		int code = index_row_parse(&row, span_string(bad[i].line), &err);
		if (code != bad[i].code || err.offset != bad[i].offset)
			fail_msg("%s: %d at %zu: %s", bad[i].what, code, err.offset, err.msg);
	}
}

static void
a_NUL_is_refused(void **state)
{
	static const char line[] = "V\t" AFTER "\t\t01\tunknown\t/CN=a\0b";
	struct index_row row;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(index_row_parse(&row, SPAN_LITERAL(line), &err), VOUCH_EPARSE);
	assert_int_equal(err.offset, sizeof(line) - 3);
}

static void
serial_numbers_of_any_length_are_read_as_vouch_reads_them(void **state)
{
	char digits[2 * INDEX_SERIAL_MAX + 8], line[sizeof(digits) + 60];
	struct index_row row;
	vouch_err err = { 0 };
	const size_t longest = (size_t)2 * INDEX_SERIAL_MAX;

	(void)state;
	for (size_t len = 1; len <= longest + 1; len += len < 100 || len + 61 > longest ? 1 : 61) {
		for (size_t i = 0; i < len; i++)
			digits[i] = "F80e123456789abCD"[(i + len) % 17];
		digits[0] = digits[0] == '0' ? '9' : digits[0];
		digits[len] = '\0';
		snprintf(line, sizeof(line), "V\t" AFTER "\t\t%s\tunknown\t/CN=a", digits);
		vouch_buf expected = { 0 };
		int ours = index_row_parse(&row, span_string(line), &err);
		assert_int_equal(ours, vouch_serial_parse(&expected, digits, &err));
		if (ours == VOUCH_OK)
			assert_true(span_equal(span_of(row.serial_number, row.serial_len),
			    span_of(expected.data, expected.len)));
		vouch_buf_free(&expected);
	}
	assert_int_equal(err.code, VOUCH_ELIMIT);
}

static void
every_truncation_of_a_line_is_refused_or_has_a_shorter_subject(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		const char *line = good[i].line;
		size_t subject = strlen(line);
		while (line[subject - 1] != '\t' || line[subject - 2] == '\\')
			subject--;
		for (size_t len = 0; len < strlen(line); len++) {
			struct index_row row;
			vouch_err err = { 0 };
			char *copy = malloc(len + 1); /* so that a look beyond its end is seen */
			assert_non_null(copy);
			memcpy(copy, line, len);
			int code = index_row_parse(&row, span_of(copy, len), &err);
			free(copy);
			assert_int_equal(code, len < subject ? VOUCH_EPARSE : VOUCH_OK);
			assert_true(err.offset <= len);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_openssl_writes_is_read),
		cmocka_unit_test(what_is_damaged_is_refused_where_it_breaks),
		cmocka_unit_test(a_NUL_is_refused),
		cmocka_unit_test(serial_numbers_of_any_length_are_read_as_vouch_reads_them),
		cmocka_unit_test(every_truncation_of_a_line_is_refused_or_has_a_shorter_subject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
