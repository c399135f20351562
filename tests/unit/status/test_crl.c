/* SPDX-License-Identifier: Apache-2.0 */
/* The source of CRLs: what complete lists say, and which are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "crl_world.h"

#define HOUR 3600
#define UNKNOWN_CRITICAL DRAFT_DER("\x30\x10\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x09\x01\x01\xff\x04\x00")
#define UNKNOWN DRAFT_DER("\x30\x0d\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x09\x04\x00")
#define HOLD_INSTRUCTION \
	DRAFT_DER("\x30\x12\x06\x03\x55\x1d\x17\x04\x0b\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x01")

static const struct draft_entry two[] = {
	{ .serial_number = "1AAF00D",
	    .reason = 1,
	    .date = DRAFT_NOW - 5 * HOUR,
	    .invalidity_date = DRAFT_NOW - 9 * HOUR },
	{ .serial_number = "2" },
	{ 0 },
};

/* --- What a list says --------------------------------------------------------------------------------- */

static void
who_is_listed_is_revoked_with_date_reason_and_invalidity_date(void **state)
{
	struct crl_world w;
	struct crl_draft draft = { .number = 7, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_OK);
	struct crl_answer a = crl_world_ask(&w, w.issuer, "1AAF00D", DRAFT_NOW);
	assert_int_equal(a.code, VOUCH_OK);
	assert_int_equal(a.status, VOUCH_REVOKED);
	assert_int_equal(a.reason, VOUCH_REASON_KEY_COMPROMISE);
	assert_int_equal(a.time, DRAFT_NOW - 5 * HOUR);
	assert_int_equal(a.invalidity_date, DRAFT_NOW - 9 * HOUR);
	/* C-03, S-07 */
	assert_int_equal(a.this_update, DRAFT_NOW - 60);
	assert_int_equal(a.next_update, DRAFT_NOW - 60 + HOUR);
	assert_string_equal(a.detail, "crl ca.crl, CRL number 7");
	a = crl_world_ask(&w, w.issuer, "2", DRAFT_NOW);
	assert_int_equal(a.reason, 0);
	assert_int_equal(a.invalidity_date, VOUCH_TIME_ABSENT);
	crl_world_close(&w);
}

/* C-17: not listed is not issued. */
static void
who_is_not_listed_is_not_found_as_of_the_list(void **state)
{
	struct crl_world w;
	struct crl_draft draft = { .number = 7, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_OK);
	struct crl_answer a = crl_world_ask(&w, w.issuer, "3", DRAFT_NOW);
	assert_int_equal(a.code, VOUCH_ENOTFOUND);
	assert_int_equal(a.this_update, DRAFT_NOW - 60);
	assert_int_equal(a.next_update, DRAFT_NOW - 60 + HOUR);
	crl_world_close(&w);
}

static void
without_a_list_nothing_can_be_told(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_code(&w, "2", VOUCH_EUNAVAILABLE);
	assert_int_equal(crl_world_ask(&w, w.other, "2", DRAFT_NOW).code, VOUCH_EUNAVAILABLE);
	crl_world_close(&w);
}

/* C-02; RFC 5280 6.3.3 */
static void
past_its_next_update_a_list_says_nothing(void **state)
{
	struct crl_world w;
	struct crl_draft draft = { .number = 7, .entries = two };
	vouch_time end = DRAFT_NOW - 60 + HOUR;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_OK);
	assert_int_equal(crl_world_ask(&w, w.issuer, "2", end - 1).status, VOUCH_REVOKED);
	assert_int_equal(crl_world_ask(&w, w.issuer, "3", end - 1).code, VOUCH_ENOTFOUND);
	assert_int_equal(crl_world_ask(&w, w.issuer, "2", end).code, VOUCH_EUNAVAILABLE);
	assert_int_equal(crl_world_ask(&w, w.issuer, "3", end).code, VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(crl_world_ask(&w, w.issuer, "3", end).err.msg, "past its nextUpdate: 20"));
	struct crl_answer early = crl_world_ask(&w, w.issuer, "3", DRAFT_NOW - HOUR);
	assert_non_null(strstr(early.err.msg, "not yet of its thisUpdate: 20"));
	crl_world_close(&w);
}

#define UNSPECIFIED DRAFT_DER("\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x00")

/* C-06 */
static void
reasons_are_taken_as_they_are(void **state)
{
	static const uint8_t codes[] = { 1, 2, 3, 4, 5, 6, 9, 10 };
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	for (size_t i = 0; i < sizeof(codes); i++) {
		struct draft_entry entries[] = { { .serial_number = "5", .reason = codes[i] }, { 0 } };
		struct crl_draft draft = { .number = 1 + (int)i, .entries = entries };
		vouch_source_free(w.source);
		assert_int_equal(vouch_crl_source_new(&w.source, "", NULL), VOUCH_OK);
		assert_int_equal(vouch_source_attach(w.source, w.issuer, NULL), VOUCH_OK);
		assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_OK);
		assert_int_equal(crl_world_ask(&w, w.issuer, "5", DRAFT_NOW).reason, codes[i] + 1);
	}
	/* RFC 5280 5.3.1: unspecified is better expressed by absence. */
	struct draft_entry entries[] = { { .serial_number = "6", .extension = UNSPECIFIED }, { 0 } };
	struct crl_draft draft = { .number = 20, .entries = entries };
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_OK);
	assert_int_equal(crl_world_ask(&w, w.issuer, "6", DRAFT_NOW).reason, 0);
	crl_world_close(&w);
}

/* C-19 */
static void
serial_numbers_of_every_kind_are_matched_by_value(void **state)
{
	static const char *const there[] = { "0", "1", "-1", "-80", "7F", "80", "FF", "100",
		"0123456789ABCDEF0123456789ABCDEF01234567", "0123456789ABCDEF0123456789ABCDEF0123456789",
		"0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" };
	static const char *const absent[] = { "2", "-2", "81", "101",
		"0123456789ABCDEF0123456789ABCDEF01234568", "0123456789ABCDEF0123456789ABCDEF0123456788",
		"FE" };
	struct draft_entry entries[sizeof(there) / sizeof(there[0]) + 1] = { 0 };
	struct crl_world w;
	struct crl_draft draft = { .number = 1, .entries = entries };

	(void)state;
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		entries[i].serial_number = there[i];
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_OK);
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		assert_revoked(&w, there[i]);
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_code(&w, absent[i], VOUCH_ENOTFOUND);
	crl_world_close(&w);
}

/* C-19 */
static void
of_duplicates_the_earliest_date_counts(void **state)
{
	static const struct draft_entry entries[] = {
		{ .serial_number = "5", .reason = 4, .date = DRAFT_NOW - HOUR },
		{ .serial_number = "5", .reason = 6, .date = DRAFT_NOW - 3 * HOUR },
		{ .serial_number = "5", .reason = 1, .date = DRAFT_NOW - 2 * HOUR },
		{ 0 },
	};
	struct crl_world w;
	struct crl_draft draft = { .number = 1, .entries = entries };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_OK);
	struct crl_answer a = crl_world_ask(&w, w.issuer, "5", DRAFT_NOW);
	assert_int_equal(a.time, DRAFT_NOW - 3 * HOUR);
	assert_int_not_equal(a.reason, VOUCH_REASON_CERTIFICATE_HOLD);
	crl_world_close(&w);
}

static void
empty_lists_and_those_without_entries_are_fine(void **state)
{
	static const struct draft_entry none[] = { { 0 } };
	struct crl_world w;
	struct crl_draft empty = { .number = 1, .entries = none }, absent = { .number = 2 };
	struct crl_draft version_1 = { .is_version_1 = true, .number = DRAFT_NONE, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &empty), VOUCH_OK);
	assert_int_equal(crl_world_load(&w, "ca.crl", &absent), VOUCH_OK);
	assert_code(&w, "2", VOUCH_ENOTFOUND);
	crl_world_close(&w);
	crl_world_open(&w, NULL, 1);
	struct draft_entry bare[] = { { .serial_number = "2" }, { 0 } };
	version_1.entries = bare;
	assert_int_equal(crl_world_load(&w, "ca.crl", &version_1), VOUCH_OK);
	assert_revoked(&w, "2");
	crl_world_close(&w);
}

static void
hold_instructions_and_unknown_extensions_are_passed_over(void **state)
{
	static const struct draft_entry entries[] = {
		{ .serial_number = "5", .reason = 6, .extension = HOLD_INSTRUCTION },
		{ .serial_number = "6", .extension = UNKNOWN },
		{ 0 },
	};
	struct crl_world w;
	struct crl_draft draft = { .number = 1, .entries = entries, .extension = UNKNOWN };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_OK);
	assert_int_equal(crl_world_ask(&w, w.issuer, "5", DRAFT_NOW).reason, VOUCH_REASON_CERTIFICATE_HOLD);
	assert_revoked(&w, "6");
	crl_world_close(&w);
}

/* E-15 */
static void
crl_id_names_the_list(void **state)
{
	static const uint8_t number[] = { 0xa1, 0x03, 0x02, 0x01, 0x07 };
	struct crl_world w;
	struct crl_draft draft = { .number = 7, .entries = two };

	(void)state;
	crl_world_open(&w, "crl_id=yes", 1);
	assert_int_equal(crl_world_load(&w, "http://x/ca.crl", &draft), VOUCH_OK);
	struct crl_answer a = crl_world_ask(&w, w.issuer, "2", DRAFT_NOW);
	assert_non_null(memmem(a.extensions, a.extensions_len, number, sizeof(number)));
	assert_non_null(memmem(a.extensions, a.extensions_len, "\xa0\x11\x16\x0fhttp://x/ca.crl", 19));
	crl_world_close(&w);
}

/* --- Which lists are refused -------------------------------------------------------------------------- */

struct refused {
	const char *what;
	struct crl_draft draft;
	int code;
	const char *text;
};

static const struct draft_entry critical_entry[] = { { .serial_number = "5", .extension = UNKNOWN_CRITICAL },
	{ 0 } };
static const struct draft_entry reason_7[] = { { .serial_number = "5", .reason = 7 }, { 0 } };
static const struct draft_entry reason_11[] = { { .serial_number = "5", .reason = 11 }, { 0 } };
static const struct draft_entry removed[] = { { .serial_number = "5", .reason = 8 }, { 0 } };
static const struct draft_entry with_extension[] = { { .serial_number = "5", .reason = 1 }, { 0 } };

static const struct refused refused[] = {
	/* C-04, C-05, C-06, C-07 */
	{ "unknown critical extension", { .number = 8, .extension = UNKNOWN_CRITICAL }, VOUCH_EREFUSED,
	    "1.3.6.1.4.1.32473.9" },
	{ "unknown critical extension of an entry", { .number = 8, .entries = critical_entry },
	    VOUCH_EREFUSED, "RFC 5280 5.3" },
	{ "reason 7", { .number = 8, .entries = reason_7 }, VOUCH_EREFUSED, "CRLReason 7" },
	{ "reason 11", { .number = 8, .entries = reason_11 }, VOUCH_EREFUSED, "CRLReason 11" },
	{ "removeFromCRL in a complete CRL", { .number = 8, .entries = removed }, VOUCH_EREFUSED,
	    "removeFromCRL" },
	{ "extensions in version 1",
	    { .number = DRAFT_NONE, .is_version_1 = true, .entries = with_extension }, VOUCH_EREFUSED,
	    "version 2" },
	{ "two algorithms",
	    { .number = 8, .outer_algorithm = DRAFT_DER("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03") },
	    VOUCH_EVERIFY, "5.1.1.2" },
	{ "a weak algorithm",
	    { .number = 8,
		.algorithm = DRAFT_DER("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01"),
		.digest = "SHA1" },
	    VOUCH_EREFUSED, "weak" },
	{ "nextUpdate before thisUpdate", { .number = 8, .next_update = DRAFT_NOW - HOUR }, VOUCH_EREFUSED,
	    "thisUpdate" },
	{ "an element behind the extensions", { .number = 8, .behind = DRAFT_DER("\x30\x00") }, VOUCH_EPARSE,
	    "left over" },
	/* C-16 */
	{ "a lower number", { .number = 6, .entries = two }, VOUCH_EREFUSED, "number 6" },
	{ "no number any more", { .entries = two }, VOUCH_EREFUSED, "(none)" },
	{ "the same number, of an earlier moment", { .number = 7, .this_update = DRAFT_NOW - 120 },
	    VOUCH_EREFUSED, "older" },
	{ "in the future", { .number = 8, .this_update = DRAFT_NOW + HOUR }, VOUCH_EREFUSED, "future" },
	{ "user and CA only at once",
	    { .number = 8, .has_idp = true, .idp = DRAFT_DER("\x81\x01\xff\x82\x01\xff") }, VOUCH_EREFUSED,
	    "5.2.5" },
};

static void
what_must_not_be_used_is_refused_and_the_old_list_stays(void **state)
{
	struct crl_world w;
	struct crl_draft good = { .number = 7, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &good), VOUCH_OK);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int code = crl_world_load(&w, "ca.crl", &refused[i].draft);
		if (code != refused[i].code || strstr(w.err.msg, refused[i].text) == NULL)
			fail_msg("%s: %d, \"%s\"", refused[i].what, code, w.err.msg);
		assert_revoked(&w, "1AAF00D");
		assert_code(&w, "5", VOUCH_ENOTFOUND);
	}
	crl_world_close(&w);
}

/* C-01 */
static void
a_foreign_signature_or_name_is_refused(void **state)
{
	struct crl_world w;
	struct crl_draft good = { .number = 7, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	struct crl_draft foreign_key = { .number = 8, .key = w.other_key };
	struct crl_draft foreign_name = { .number = 8, .issuer = vouch_issuer_subject(w.other) };
	assert_int_equal(crl_world_load(&w, "ca.crl", &good), VOUCH_OK);
	assert_int_equal(crl_world_load(&w, "ca.crl", &foreign_key), VOUCH_EVERIFY);
	assert_string_equal(w.err.rule, "signature");
	assert_int_equal(crl_world_load(&w, "ca.crl", &foreign_name), VOUCH_EVERIFY);
	assert_non_null(strstr(w.err.msg, "Other"));
	assert_revoked(&w, "2");
	crl_world_close(&w);
}

/* C-01; RFC 5280 6.3.3 (f) */
static void
an_issuer_without_crl_sign_signs_none(void **state)
{
	struct crl_world w;
	struct recipe recipe = { .subject = "CN=NoCRL",
		.extensions = { "basicConstraints", "critical,CA:TRUE", "keyUsage",
		    "critical,keyCertSign" } };
	vouch_issuer *issuer = NULL;

	(void)state;
	crl_world_open(&w, NULL, 1);
	recipe.key = w.other_key;
	vouch_buf certificate = authority_certificate(&recipe);
	assert_int_equal(vouch_issuer_new(&issuer, authority_span(&certificate), NULL, NULL), VOUCH_OK);
	assert_int_equal(vouch_source_attach(w.source, issuer, NULL), VOUCH_OK);
	struct crl_draft draft = { .number = 8, .key = w.other_key, .issuer = vouch_issuer_subject(issuer) };
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_EVERIFY);
	assert_non_null(strstr(w.err.msg, "cRLSign"));
	vouch_buf_free(&certificate);
	vouch_issuer_free(issuer);
	crl_world_close(&w);
}

static void
issuers_of_one_name_are_told_apart_by_their_keys(void **state)
{
	struct crl_world w;
	struct crl_draft draft = { .number = 7, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	vouch_issuer *renewed = crl_world_issuer("CN=CA", w.other_key);
	assert_int_equal(vouch_source_attach(w.source, renewed, NULL), VOUCH_OK);
	draft.key = w.other_key;
	assert_int_equal(crl_world_load(&w, "new.crl", &draft), VOUCH_OK);
	assert_int_equal(crl_world_ask(&w, renewed, "2", DRAFT_NOW).status, VOUCH_REVOKED);
	assert_code(&w, "2", VOUCH_EUNAVAILABLE);
	draft.key = w.key;
	assert_int_equal(crl_world_load(&w, "old.crl", &draft), VOUCH_OK);
	assert_revoked(&w, "2");
	vouch_issuer_free(renewed);
	crl_world_close(&w);
}

/* C-16 */
static void
numbers_of_twenty_octets_are_compared(void **state)
{
	static const uint8_t below[] =
	    "\x30\x20\x06\x03\x55\x1d\x14\x04\x19\x02\x17"; /* 23 octets: too many */
	struct crl_world w;
	uint8_t extension[64];
	struct crl_draft draft = { .number = 0 };

	(void)state;
	crl_world_open(&w, NULL, 1);
	for (unsigned last = 2; last >= 1; last--) {
		memcpy(extension, "\x30\x1d\x06\x03\x55\x1d\x14\x04\x16\x02\x14", 11);
		memset(extension + 11, 0x7f, 19);
		extension[30] = (uint8_t)last;
		draft.extension = span_of(extension, 31);
		assert_int_equal(crl_world_load(&w, "ca.crl", &draft), last == 2 ? VOUCH_OK : VOUCH_EREFUSED);
	}
	memcpy(extension, below, 11);
	memset(extension + 11, 0x7f, 23);
	draft.extension = span_of(extension, 34);
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_EREFUSED);
	assert_non_null(strstr(w.err.msg, "20 octets"));
	crl_world_close(&w);
}

/* --- Octets ------------------------------------------------------------------------------------------- */

static void
lists_may_be_cut_into_slices_of_any_length(void **state)
{
	static const size_t slices[] = { 1, 2, 3, 5, 7, 64, 0 };
	struct crl_world w;
	struct crl_draft draft = { .number = 1, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	for (size_t i = 0; i < sizeof(slices) / sizeof(slices[0]); i++) {
		draft.number++;
		vouch_buf der = crl_world_make(&w, &draft), pem = crl_draft_pem(authority_span(&der));
		if (crl_world_load_octets(&w, "ca.crl", authority_span(&der), slices[i]) != VOUCH_OK)
			fail_msg("%zu: %s", slices[i], w.err.msg);
		if (crl_world_load_octets(&w, "ca.crl", authority_span(&pem), slices[i]) != VOUCH_OK)
			fail_msg("PEM, %zu: %s", slices[i], w.err.msg);
		vouch_buf_free(&der);
		vouch_buf_free(&pem);
	}
	assert_revoked(&w, "2");
	crl_world_close(&w);
}

static void
every_truncation_is_refused(void **state)
{
	struct crl_world w;
	struct crl_draft draft = { .number = 1, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	vouch_buf der = crl_world_make(&w, &draft), pem = crl_draft_pem(authority_span(&der));
	for (size_t len = 0; len < der.len; len++) {
		assert_int_equal(crl_world_load_octets(&w, "ca.crl", span_of(der.data, len), 0),
		    VOUCH_EPARSE);
		assert_true(w.err.offset <= len && w.err.msg[0] != '\0');
	}
	/* The last line's end says nothing. */
	for (size_t len = 0; len + 1 < pem.len; len++)
		assert_int_equal(crl_world_load_octets(&w, "ca.crl", span_of(pem.data, len), 0),
		    VOUCH_EPARSE);
	assert_code(&w, "2", VOUCH_EUNAVAILABLE);
	vouch_buf_free(&der);
	vouch_buf_free(&pem);
	crl_world_close(&w);
}

/* Or it says the same: a letter of base64 whose bits are not used, a blank for a line's end. */
static void
every_flipped_bit_is_refused_or_changes_nothing(void **state)
{
	struct crl_world w;
	struct crl_draft draft = { .number = 1, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	vouch_buf der = crl_world_make(&w, &draft), pem = crl_draft_pem(authority_span(&der));
	for (size_t bit = 0; bit < 8 * der.len; bit++) {
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(crl_world_load_octets(&w, "ca.crl", authority_span(&der), 0), VOUCH_OK);
		assert_true(w.err.msg[0] != '\0');
		der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_code(&w, "2", VOUCH_EUNAVAILABLE);
	for (size_t bit = 0; bit < 8 * pem.len; bit++) {
		pem.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (crl_world_load_octets(&w, "ca.crl", authority_span(&pem), 0) == VOUCH_OK) {
			struct crl_answer a = crl_world_ask(&w, w.issuer, "1AAF00D", DRAFT_NOW);
			assert_int_equal(a.status, VOUCH_REVOKED);
			assert_int_equal(a.time, DRAFT_NOW - 5 * HOUR);
		}
		pem.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	vouch_buf_free(&der);
	vouch_buf_free(&pem);
	crl_world_close(&w);
}

static void
octets_behind_the_list_are_refused(void **state)
{
	struct crl_world w;
	struct crl_draft draft = { .number = 1, .entries = two };

	(void)state;
	crl_world_open(&w, NULL, 1);
	vouch_buf der = crl_world_make(&w, &draft);
	size_t len = der.len;
	assert_int_equal(vouch_buf_append(&der, "x", 1), VOUCH_OK);
	assert_int_equal(crl_world_load_octets(&w, "ca.crl", authority_span(&der), 0), VOUCH_EPARSE);
	assert_int_equal(w.err.offset, len);
	assert_int_equal(crl_world_load_octets(&w, "ca.crl", authority_span(&der), 1), VOUCH_EPARSE);
	vouch_buf_free(&der);
	crl_world_close(&w);
}

static void
other_keys_sign_lists_as_well(void **state)
{
	static const char *const kinds[] = { "rsa2048", "ed25519", "p384" };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct crl_world w;
		crl_world_open(&w, NULL, 1);
		EVP_PKEY *key = authority_key(kinds[i]);
		vouch_issuer *issuer = crl_world_issuer("CN=Another", key);
		struct crl_draft draft = { .number = 1,
			.entries = two,
			.key = key,
			.issuer = vouch_issuer_subject(issuer) };
		assert_int_equal(vouch_source_attach(w.source, issuer, NULL), VOUCH_OK);
		vouch_buf der = crl_world_make(&w, &draft);
		if (crl_world_load_octets(&w, "ca.crl", authority_span(&der), 3) != VOUCH_OK)
			fail_msg("%s: %s", kinds[i], w.err.msg);
		assert_int_equal(crl_world_ask(&w, issuer, "2", DRAFT_NOW).status, VOUCH_REVOKED);
		der.data[der.len - 3] ^= 1;
		assert_int_equal(crl_world_load_octets(&w, "ca.crl", authority_span(&der), 3), VOUCH_EVERIFY);
		vouch_buf_free(&der);
		vouch_issuer_free(issuer);
		EVP_PKEY_free(key);
		crl_world_close(&w);
	}
}

static void
note_list(void *arg, const vouch_crl_info *info)
{
	vouch_crl_info *out = arg;

	*out = *info;
}

static void
lists_in_use_are_told(void **state)
{
	struct crl_world w;
	struct crl_draft draft = { .number = 7, .entries = two };
	vouch_crl_info info = { 0 };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &draft), VOUCH_OK);
	assert_int_equal(vouch_crl_source_lists(w.source, note_list, &info), VOUCH_OK);
	assert_int_equal(info.entries, 2);
	assert_int_equal(info.crl_number.len, 1);
	assert_int_equal(info.next_update, DRAFT_NOW - 60 + HOUR);
	crl_world_close(&w);
}

static void
parameters_that_make_no_sense_are_refused(void **state)
{
	static const char *const wrong[] = { "crl_id=maybe", "shards=0", "shards=", "shards=x",
		"certificates=some", "other=1", "issued=/nowhere", "crl_issuer=/nowhere",
		"crl_id=yes&crl_id=yes" };
	vouch_source *source = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (vouch_crl_source_new(&source, wrong[i], NULL) == VOUCH_OK)
			fail_msg("%s", wrong[i]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_listed_is_revoked_with_date_reason_and_invalidity_date),
		cmocka_unit_test(who_is_not_listed_is_not_found_as_of_the_list),
		cmocka_unit_test(without_a_list_nothing_can_be_told),
		cmocka_unit_test(past_its_next_update_a_list_says_nothing),
		cmocka_unit_test(reasons_are_taken_as_they_are),
		cmocka_unit_test(serial_numbers_of_every_kind_are_matched_by_value),
		cmocka_unit_test(of_duplicates_the_earliest_date_counts),
		cmocka_unit_test(empty_lists_and_those_without_entries_are_fine),
		cmocka_unit_test(hold_instructions_and_unknown_extensions_are_passed_over),
		cmocka_unit_test(crl_id_names_the_list),
		cmocka_unit_test(what_must_not_be_used_is_refused_and_the_old_list_stays),
		cmocka_unit_test(a_foreign_signature_or_name_is_refused),
		cmocka_unit_test(an_issuer_without_crl_sign_signs_none),
		cmocka_unit_test(issuers_of_one_name_are_told_apart_by_their_keys),
		cmocka_unit_test(numbers_of_twenty_octets_are_compared),
		cmocka_unit_test(lists_may_be_cut_into_slices_of_any_length),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_is_refused_or_changes_nothing),
		cmocka_unit_test(octets_behind_the_list_are_refused),
		cmocka_unit_test(other_keys_sign_lists_as_well),
		cmocka_unit_test(lists_in_use_are_told),
		cmocka_unit_test(parameters_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
