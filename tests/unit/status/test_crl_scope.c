/* SPDX-License-Identifier: Apache-2.0 */
/* The source of CRLs: delta, indirect and partitioned lists, and what was issued. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "crl_world.h"

#define HOUR 3600
#define ENTRIES(...) ((const struct draft_entry[]){ __VA_ARGS__, { 0 } })
#define LISTED(serial) \
	{ \
		.serial_number = serial \
	}
#define HELD(serial) \
	{ \
		.serial_number = serial, .reason = 6 \
	}
#define REMOVED(serial) \
	{ \
		.serial_number = serial, .reason = 8 \
	}

static int
load(struct crl_world *w, const char *name, struct crl_draft draft)
{
	return crl_world_load(w, name, &draft);
}

#define assert_loads(w, name, ...) \
	do { \
		if (load(w, name, (struct crl_draft)__VA_ARGS__) != VOUCH_OK) \
			fail_msg("%s: %s", name, (w)->err.msg); \
	} while (0)
#define BRACED(...) \
	{ \
		__VA_ARGS__ \
	}

/* --- Delta CRLs (C-15, C-07) -------------------------------------------------------------------------- */

static void
a_delta_adds_and_removes(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "full", BRACED(.number = 5, .entries = ENTRIES(LISTED("1"), HELD("2"), HELD("3"))));
	assert_loads(&w, "delta",
	    BRACED(.number = 6, .base = 5, .this_update = DRAFT_NOW - 30,
		.entries = ENTRIES(LISTED("4"), REMOVED("2"), REMOVED("1"),
		    { .serial_number = "3", .reason = 1 })));
	assert_revoked(&w, "4");
	assert_code(&w, "2", VOUCH_ENOTFOUND);
	/* S-15: nobody comes back who was revoked for good. */
	assert_revoked(&w, "1");
	struct crl_answer a = crl_world_ask(&w, w.issuer, "3", DRAFT_NOW);
	assert_int_equal(a.reason, VOUCH_REASON_KEY_COMPROMISE);
	assert_int_equal(a.this_update, DRAFT_NOW - 30);
	assert_non_null(strstr(a.detail, "delta delta, number 6"));
	crl_world_close(&w);
}

static void
a_delta_whose_base_is_newer_waits_for_its_list(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "full", BRACED(.number = 5, .entries = ENTRIES(LISTED("1"))));
	assert_int_equal(load(&w, "delta",
			     (struct crl_draft)BRACED(.number = 7, .base = 6,
				 .entries = ENTRIES(LISTED("4")))),
	    VOUCH_EREFUSED);
	assert_non_null(strstr(w.err.msg, "base"));
	assert_code(&w, "4", VOUCH_ENOTFOUND);
	assert_loads(&w, "full", BRACED(.number = 6, .entries = ENTRIES(LISTED("1"))));
	assert_revoked(&w, "4");
	crl_world_close(&w);
}

static void
of_several_deltas_the_latest_counts(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "full", BRACED(.number = 5));
	assert_loads(&w, "new",
	    BRACED(.number = 7, .base = 5, .this_update = DRAFT_NOW - 10, .entries = ENTRIES(LISTED("7"))));
	assert_loads(&w, "old",
	    BRACED(.number = 6, .base = 5, .this_update = DRAFT_NOW - 20, .entries = ENTRIES(HELD("6"))));
	assert_revoked(&w, "7");
	assert_code(&w, "6", VOUCH_ENOTFOUND);
	crl_world_close(&w);
}

static void
deltas_of_another_scope_or_key_identifier_do_not_fit(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "full", BRACED(.number = 5, .key_id = DRAFT_DER("abc")));
	assert_int_equal(load(&w, "d1",
			     (struct crl_draft)BRACED(.number = 6, .base = 5, .key_id = DRAFT_DER("abd"))),
	    VOUCH_EREFUSED);
	assert_loads(&w, "d2",
	    BRACED(.number = 6, .base = 5, .has_idp = true, .idp = IDP_USER,
		.entries = ENTRIES(LISTED("8"))));
	assert_code(&w, "8", VOUCH_ENOTFOUND);
	assert_int_equal(load(&w, "d3", (struct crl_draft)BRACED(.base = 5)), VOUCH_EREFUSED);
	assert_non_null(strstr(w.err.msg, "cRLNumber"));
	crl_world_close(&w);
}

static void
a_delta_that_is_older_than_the_list_is_not_used(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "full", BRACED(.number = 7));
	assert_loads(&w, "delta", BRACED(.number = 7, .base = 5, .entries = ENTRIES(LISTED("4"))));
	assert_code(&w, "4", VOUCH_ENOTFOUND);
	crl_world_close(&w);
}

static void
a_delta_that_is_overtaken_is_not_used(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "full", BRACED(.number = 5, .entries = ENTRIES(HELD("2"))));
	assert_loads(&w, "delta",
	    BRACED(.number = 6, .base = 5, .entries = ENTRIES(REMOVED("2"), HELD("3"), LISTED("4"))));
	assert_loads(&w, "full", BRACED(.number = 7, .entries = ENTRIES(HELD("2"))));
	assert_revoked(&w, "2");
	assert_code(&w, "3", VOUCH_ENOTFOUND);
	/* C-18: the delta had revoked it for good. */
	assert_revoked(&w, "4");
	crl_world_close(&w);
}

/* RFC 5280 6.3.3 (a) */
static void
a_current_delta_makes_an_old_list_complete(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "full",
	    BRACED(.number = 5, .this_update = DRAFT_NOW - 5 * HOUR, .entries = ENTRIES(LISTED("1"))));
	assert_code(&w, "1", VOUCH_EUNAVAILABLE);
	assert_loads(&w, "delta", BRACED(.number = 6, .base = 5, .this_update = DRAFT_NOW - 30));
	assert_revoked(&w, "1");
	struct crl_answer a = crl_world_ask(&w, w.issuer, "9", DRAFT_NOW);
	assert_int_equal(a.code, VOUCH_ENOTFOUND);
	assert_int_equal(a.this_update, DRAFT_NOW - 30);
	assert_int_equal(a.next_update, DRAFT_NOW - 30 + HOUR);
	crl_world_close(&w);
}

/* --- What is left out (C-18) -------------------------------------------------------------------------- */

static void
who_was_revoked_for_good_stays_so_and_holds_end(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "full",
	    BRACED(.number = 5,
		.entries = ENTRIES(LISTED("1"), HELD("2"), LISTED("3"),
		    { .serial_number = "4", .reason = 1 })));
	assert_loads(&w, "full", BRACED(.number = 6, .entries = ENTRIES(LISTED("3"), HELD("4"))));
	assert_revoked(&w, "1");
	assert_code(&w, "2", VOUCH_ENOTFOUND);
	assert_int_equal(crl_world_ask(&w, w.issuer, "4", DRAFT_NOW).reason, VOUCH_REASON_KEY_COMPROMISE);
	assert_loads(&w, "full", BRACED(.number = 7));
	assert_revoked(&w, "1");
	assert_revoked(&w, "3");
	assert_revoked(&w, "4");
	assert_non_null(strstr(crl_world_ask(&w, w.issuer, "1", DRAFT_NOW).detail, "not listed any more"));
	crl_world_close(&w);
}

/* --- Indirect CRLs (C-09, C-10) ----------------------------------------------------------------------- */

static void
the_certificate_issuer_is_carried_forward(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 2);
	vouch_span x = vouch_issuer_subject(w.issuer), y = vouch_issuer_subject(w.other);
	vouch_span nobody = DRAFT_DER("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02\x4e\x4f");
	assert_loads(&w, "all",
	    BRACED(.number = 5, .has_idp = true, .idp = IDP_INDIRECT,
		.entries = ENTRIES(LISTED("5"), { .serial_number = "1", .issuer = x }, LISTED("2"),
		    { .serial_number = "3", .issuer = y }, LISTED("4"),
		    { .serial_number = "6", .issuer = nobody }, LISTED("7"))));
	static const struct {
		const char *serial;
		bool of_x, of_y;
	} wanted[] = { { "1", true, false }, { "2", true, false }, { "3", false, true }, { "4", false, true },
		{ "5", true, false }, { "6", false, false }, { "7", false, false } };
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct crl_answer of_x = crl_world_ask(&w, w.issuer, wanted[i].serial, DRAFT_NOW);
		struct crl_answer of_y = crl_world_ask(&w, w.other, wanted[i].serial, DRAFT_NOW);
		assert_int_equal(of_x.code, wanted[i].of_x ? VOUCH_OK : VOUCH_ENOTFOUND);
		assert_int_equal(of_y.code, wanted[i].of_y ? VOUCH_OK : VOUCH_ENOTFOUND);
	}
	crl_world_close(&w);
}

static void
another_issuer_in_a_list_that_is_not_indirect_is_refused(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 2);
	struct draft_entry foreign[] = { { .serial_number = "3", .issuer = vouch_issuer_subject(w.other) },
		{ 0 } };
	struct draft_entry own[] = { { .serial_number = "3", .issuer = vouch_issuer_subject(w.issuer) },
		{ 0 } };
	assert_int_equal(load(&w, "ca", (struct crl_draft)BRACED(.number = 5, .entries = foreign)),
	    VOUCH_EREFUSED);
	assert_non_null(strstr(w.err.msg, "indirect"));
	assert_loads(&w, "ca", BRACED(.number = 5, .entries = own));
	assert_revoked(&w, "3");
	assert_int_equal(crl_world_ask(&w, w.other, "3", DRAFT_NOW).code, VOUCH_EUNAVAILABLE);
	crl_world_close(&w);
}

/* It may revoke, but not say who is not revoked. */
static void
another_ca_s_indirect_list_is_no_list_of_ones_own(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 2);
	struct draft_entry foreign[] = { { .serial_number = "3", .issuer = vouch_issuer_subject(w.other) },
		{ 0 } };
	assert_loads(&w, "all",
	    BRACED(.number = 5, .has_idp = true, .idp = IDP_INDIRECT, .entries = foreign));
	assert_loads(&w, "other",
	    BRACED(.key = w.other_key, .issuer = vouch_issuer_subject(w.other), .number = 1,
		.this_update = DRAFT_NOW - 50 * 60));
	vouch_time later = DRAFT_NOW + 20 * 60;
	assert_int_equal(crl_world_ask(&w, w.other, "3", later).status, VOUCH_REVOKED);
	assert_int_equal(crl_world_ask(&w, w.other, "9", DRAFT_NOW).code, VOUCH_ENOTFOUND);
	assert_int_equal(crl_world_ask(&w, w.other, "9", later).code, VOUCH_EUNAVAILABLE);
	crl_world_close(&w);
}

static void
a_crl_issuer_that_the_operator_names_is_believed(void **state)
{
	struct crl_world w;
	char parameters[256];
	EVP_PKEY *key = authority_key("p256");
	struct recipe recipe = { .subject = "CN=Lists",
		.key = key,
		.extensions = { "keyUsage", "critical,cRLSign" } };
	vouch_buf certificate = authority_certificate(&recipe), pem = { 0 };

	(void)state;
	authority_pem(&pem, "CERTIFICATE", authority_span(&certificate));
	snprintf(parameters, sizeof(parameters), "crl_issuer=%s",
	    crl_world_file("lists.pem", authority_span(&pem)));
	crl_world_open(&w, parameters, 2);
	vouch_issuer *lists = NULL;
	vouch_span name = DRAFT_DER("\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05Lists");
	struct draft_entry entries[] = { LISTED("1"),
		{ .serial_number = "2", .issuer = vouch_issuer_subject(w.issuer) }, { 0 } };
	assert_loads(&w, "all",
	    BRACED(.key = key, .issuer = name, .number = 5, .has_idp = true, .idp = IDP_INDIRECT,
		.entries = entries));
	assert_code(&w, "1", VOUCH_ENOTFOUND);
	assert_revoked(&w, "2");
	assert_int_equal(crl_world_ask(&w, w.other, "2", DRAFT_NOW).code, VOUCH_ENOTFOUND);
	vouch_issuer_free(lists);
	vouch_buf_free(&pem);
	vouch_buf_free(&certificate);
	EVP_PKEY_free(key);
	crl_world_remove_files();
	crl_world_close(&w);
}

/* --- Scope (C-11, C-12) ------------------------------------------------------------------------------- */

static void
a_list_of_one_kind_says_nothing_of_the_other(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "user",
	    BRACED(.number = 5, .has_idp = true, .idp = IDP_USER, .entries = ENTRIES(LISTED("1"))));
	assert_revoked(&w, "1");
	assert_unknown(&w, "2");
	assert_loads(&w, "ca", BRACED(.number = 5, .has_idp = true, .idp = IDP_CA));
	assert_code(&w, "2", VOUCH_ENOTFOUND);
	crl_world_close(&w);
	crl_world_open(&w, "certificates=user", 1);
	assert_loads(&w, "user", BRACED(.number = 5, .has_idp = true, .idp = IDP_USER));
	assert_code(&w, "2", VOUCH_ENOTFOUND);
	crl_world_close(&w);
}

static void
lists_of_attribute_certificates_say_nothing_at_all(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "a",
	    BRACED(.number = 5, .has_idp = true, .idp = IDP_ATTRIBUTE, .entries = ENTRIES(LISTED("1"))));
	assert_code(&w, "1", VOUCH_EUNAVAILABLE);
	crl_world_close(&w);
}

static void
all_reasons_must_be_covered_together(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "key",
	    BRACED(.number = 5, .has_idp = true, .idp = IDP_KEY_COMPROMISE, .entries = ENTRIES(LISTED("1"))));
	assert_revoked(&w, "1");
	assert_unknown(&w, "2");
	assert_loads(&w, "rest",
	    BRACED(.number = 5, .has_idp = true, .idp = IDP_OTHER_REASONS, .this_update = DRAFT_NOW - 40));
	struct crl_answer a = crl_world_ask(&w, w.issuer, "2", DRAFT_NOW);
	assert_int_equal(a.code, VOUCH_ENOTFOUND);
	assert_int_equal(a.this_update, DRAFT_NOW - 60);
	assert_int_equal(crl_world_ask(&w, w.issuer, "2", DRAFT_NOW - 50 + HOUR).code, VOUCH_EUNAVAILABLE);
	crl_world_close(&w);
}

/* --- Parts (C-13, C-14) ------------------------------------------------------------------------------- */

static struct crl_draft
part(const char *number, const struct draft_entry *entries)
{
	static uint8_t points[9][16];
	unsigned n = (unsigned)(number[0] - '0');

	memcpy(points[n], IDP_POINT("0").data, 16);
	points[n][15] = (uint8_t)number[0];
	return (struct crl_draft){ .number = 5,
		.has_idp = true,
		.idp = span_of(points[n], 16),
		.entries = entries };
}

static void
load_parts(struct crl_world *w, const char *numbers)
{
	for (; *numbers != '\0'; numbers++) {
		const char number[2] = { *numbers, '\0' };
		assert_loads(w, number, part(number, NULL));
	}
}

static void
without_knowing_its_part_nobody_is_told_not_to_be_listed(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_loads(&w, "1", part("1", ENTRIES(LISTED("1"))));
	assert_revoked(&w, "1");
	assert_unknown(&w, "2");
	assert_loads(&w, "whole", BRACED(.number = 5));
	assert_code(&w, "2", VOUCH_ENOTFOUND);
	crl_world_close(&w);
}

static void
all_parts_that_were_announced_must_be_fresh(void **state)
{
	static const char *const announced[] = { "shards=3", "shards=http://x/1%20http://x/2%20http://x/3" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct crl_world w;
		crl_world_open(&w, announced[i], 1);
		load_parts(&w, "12");
		assert_code(&w, "9", VOUCH_EUNAVAILABLE);
		struct crl_draft third = part("3", NULL);
		third.this_update = DRAFT_NOW - 50 * 60;
		assert_int_equal(crl_world_load(&w, "3", &third), VOUCH_OK);
		struct crl_answer a = crl_world_ask(&w, w.issuer, "9", DRAFT_NOW);
		assert_int_equal(a.code, VOUCH_ENOTFOUND);
		assert_int_equal(a.this_update, DRAFT_NOW - 50 * 60);
		assert_int_equal(crl_world_ask(&w, w.issuer, "9", DRAFT_NOW + 11 * 60).code,
		    VOUCH_EUNAVAILABLE);
		crl_world_close(&w);
	}
}

static void
the_list_of_another_part_is_refused(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	load_parts(&w, "12");
	struct crl_draft swapped = part("2", NULL), url = part("1", NULL);
	swapped.number = 6;
	assert_int_equal(crl_world_load(&w, "1", &swapped), VOUCH_EREFUSED);
	assert_non_null(strstr(w.err.msg, "another distribution point"));
	assert_int_equal(crl_world_load(&w, "http://x/1", &url), VOUCH_OK);
	assert_int_equal(crl_world_load(&w, "http://x/11", &url), VOUCH_EREFUSED);
	assert_non_null(strstr(w.err.msg, "http://x/1,"));
	crl_world_close(&w);
	crl_world_open(&w, "shards=http://x/1", 1);
	assert_int_equal(crl_world_load(&w, "http://mirror/1", &url), VOUCH_OK);
	assert_int_equal(crl_world_load(&w, "http://x/2", &swapped), VOUCH_EREFUSED);
	crl_world_close(&w);
}

static void
a_complete_list_does_not_become_a_delta_nor_another_issuer_s(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 2);
	assert_loads(&w, "a", BRACED(.number = 5));
	assert_int_equal(load(&w, "a", (struct crl_draft)BRACED(.number = 6, .base = 5)), VOUCH_EREFUSED);
	assert_int_equal(load(&w, "a",
			     (struct crl_draft)BRACED(.number = 6, .key = w.other_key,
				 .issuer = vouch_issuer_subject(w.other))),
	    VOUCH_EREFUSED);
	crl_world_close(&w);
}

/* --- What was issued (C-17) --------------------------------------------------------------------------- */

static void
add_certificate(vouch_buf *pem, struct crl_world *w, long serial, const char *kind, const char *point)
{
	char uri[64];
	struct recipe recipe = { .subject = "CN=leaf",
		.issuer = "CN=CA",
		.key = w->other_key,
		.issuer_key = w->key,
		.serial_number = serial,
		.extensions = { "basicConstraints", kind } };

	if (point != NULL) {
		snprintf(uri, sizeof(uri), "URI:http://x/%s", point);
		recipe.extensions[2] = "crlDistributionPoints";
		recipe.extensions[3] = uri;
	}
	vouch_buf certificate = authority_certificate(&recipe);
	authority_pem(pem, "CERTIFICATE", authority_span(&certificate));
	vouch_buf_free(&certificate);
}

static void
open_with_issued(struct crl_world *w, vouch_span octets, const char *more)
{
	char parameters[256];

	snprintf(parameters, sizeof(parameters), "issued=%s%s", crl_world_file("issued", octets), more);
	crl_world_open(w, parameters, 1);
}

static void
issued_serial_numbers_that_are_not_listed_are_good(void **state)
{
	struct crl_world w;

	(void)state;
	open_with_issued(&w, DRAFT_DER("# serial numbers\n1\n0a:0b\r\n\n-5\n"), "");
	assert_code(&w, "1", VOUCH_EUNAVAILABLE);
	assert_loads(&w, "full", BRACED(.number = 5, .entries = ENTRIES(LISTED("1"), LISTED("7"))));
	assert_revoked(&w, "1");
	assert_revoked(&w, "7");
	assert_good(&w, "A0B");
	assert_good(&w, "-5");
	assert_code(&w, "B", VOUCH_ENOTFOUND);
	assert_int_equal(crl_world_ask(&w, w.issuer, "A0B", DRAFT_NOW + HOUR).code, VOUCH_EUNAVAILABLE);
	/* Whose would they be? */
	assert_int_equal(vouch_source_attach(w.source, w.other, &w.err), VOUCH_EREFUSED);
	crl_world_close(&w);
	crl_world_remove_files();
}

static void
certificates_tell_their_kind_and_their_part(void **state)
{
	struct crl_world w, keys;
	vouch_buf pem = { 0 };
	char parameters[256];

	(void)state;
	crl_world_open(&w, NULL, 1);
	add_certificate(&pem, &w, 1, "CA:FALSE", "1");
	add_certificate(&pem, &w, 2, "CA:FALSE", "2");
	add_certificate(&pem, &w, 3, "CA:FALSE", "3");
	add_certificate(&pem, &w, 4, "CA:FALSE", NULL);
	keys = w;
	vouch_source_free(w.source);
	snprintf(parameters, sizeof(parameters), "issued=%s", crl_world_file("issued", authority_span(&pem)));
	if (vouch_crl_source_new(&w.source, parameters, &w.err) != VOUCH_OK)
		fail_msg("%s", w.err.msg);
	assert_int_equal(vouch_source_attach(w.source, keys.issuer, NULL), VOUCH_OK);
	load_parts(&w, "12");
	assert_good(&w, "1");
	assert_good(&w, "2");
	assert_code(&w, "3", VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(crl_world_ask(&w, w.issuer, "3", DRAFT_NOW).err.msg, "http://x/3"));
	assert_unknown(&w, "4");
	load_parts(&w, "3");
	assert_good(&w, "3");
	vouch_buf_free(&pem);
	crl_world_close(&w);
	crl_world_remove_files();
}

static void
ca_certificates_need_a_list_of_theirs(void **state)
{
	struct crl_world w;
	vouch_buf pem = { 0 };
	char parameters[256];

	(void)state;
	crl_world_open(&w, NULL, 1);
	add_certificate(&pem, &w, 1, "CA:FALSE", NULL);
	add_certificate(&pem, &w, 2, "CA:TRUE", NULL);
	vouch_source_free(w.source);
	snprintf(parameters, sizeof(parameters), "issued=%s", crl_world_file("issued", authority_span(&pem)));
	assert_int_equal(vouch_crl_source_new(&w.source, parameters, &w.err), VOUCH_OK);
	assert_int_equal(vouch_source_attach(w.source, w.issuer, NULL), VOUCH_OK);
	assert_loads(&w, "user", BRACED(.number = 5, .has_idp = true, .idp = IDP_USER));
	assert_good(&w, "1");
	assert_unknown(&w, "2");
	vouch_buf_free(&pem);
	crl_world_close(&w);
	crl_world_remove_files();
}

static const struct {
	const char *what;
	vouch_span octets;
	int code;
	const char *text;
} bad_issued[] = {
	{ "a letter that is none", DRAFT_DER("1\n2\nxyz\n"), VOUCH_EPARSE, "issued:3" },
	{ "no certificate", DRAFT_DER("hello\nworld\n"), VOUCH_EPARSE, "neither" },
	{ "a damaged certificate",
	    DRAFT_DER("text\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"), VOUCH_EPARSE,
	    "issued:4" },
	{ "a cut certificate", DRAFT_DER("-----BEGIN CERTIFICATE-----\nMAA=\n"), VOUCH_EPARSE, "cut off" },
	{ "DER that is none", DRAFT_DER("\x30\x82\x01\x01\x30"), VOUCH_EPARSE, "issued" },
};

static void
damaged_files_of_what_was_issued_are_refused_where_they_break(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_issued) / sizeof(bad_issued[0]); i++) {
		char parameters[256];
		vouch_source *source = NULL;
		vouch_err err;
		snprintf(parameters, sizeof(parameters), "issued=%s",
		    crl_world_file("issued", bad_issued[i].octets));
		int code = vouch_crl_source_new(&source, parameters, &err);
		if (code != bad_issued[i].code || strstr(err.msg, bad_issued[i].text) == NULL)
			fail_msg("%s: %d, %s", bad_issued[i].what, code, err.msg);
	}
	crl_world_remove_files();
}

/* --- Listing ------------------------------------------------------------------------------------------ */

static int
note(void *arg, vouch_span serial_number, const vouch_status *status)
{
	vouch_buf *out = arg;

	assert_int_equal(vouch_serial_format(out, serial_number), VOUCH_OK);
	return vouch_buf_append(out, status->cert_status == VOUCH_GOOD ? "+ " : "- ", 2);
}

static void
all_certificates_are_listed_in_order(void **state)
{
	struct crl_world w;
	vouch_buf seen = { 0 };

	(void)state;
	open_with_issued(&w, DRAFT_DER("1\n5\n100\nFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\n"),
	    "");
	assert_loads(&w, "full",
	    BRACED(.number = 5, .entries = ENTRIES(LISTED("200"), HELD("5"), LISTED("3"))));
	assert_loads(&w, "delta",
	    BRACED(.number = 6, .base = 5, .entries = ENTRIES(REMOVED("5"), LISTED("4"))));
	assert_int_equal(vouch_source_each(w.source, w.issuer, (vouch_span){ NULL, 0 }, DRAFT_NOW, note,
			     &seen, NULL),
	    VOUCH_OK);
	static const char all[] =
	    "1+ 3- 4- 5+ 100+ 200- FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF+ ";
	assert_int_equal(seen.len, sizeof(all) - 1);
	assert_memory_equal(seen.data, all, seen.len);
	seen.len = 0;
	assert_int_equal(vouch_source_each(w.source, w.issuer, DRAFT_DER("\x05"), DRAFT_NOW, note, &seen,
			     NULL),
	    VOUCH_OK);
	assert_memory_equal(seen.data, "100+ 200- ", 10);
	assert_int_equal(vouch_source_each(w.source, w.issuer, (vouch_span){ NULL, 0 }, DRAFT_NOW + 2 * HOUR,
			     note, &seen, NULL),
	    VOUCH_EUNAVAILABLE);
	vouch_buf_free(&seen);
	crl_world_close(&w);
	crl_world_remove_files();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delta_adds_and_removes),
		cmocka_unit_test(a_delta_whose_base_is_newer_waits_for_its_list),
		cmocka_unit_test(of_several_deltas_the_latest_counts),
		cmocka_unit_test(deltas_of_another_scope_or_key_identifier_do_not_fit),
		cmocka_unit_test(a_delta_that_is_older_than_the_list_is_not_used),
		cmocka_unit_test(a_delta_that_is_overtaken_is_not_used),
		cmocka_unit_test(a_current_delta_makes_an_old_list_complete),
		cmocka_unit_test(who_was_revoked_for_good_stays_so_and_holds_end),
		cmocka_unit_test(the_certificate_issuer_is_carried_forward),
		cmocka_unit_test(another_issuer_in_a_list_that_is_not_indirect_is_refused),
		cmocka_unit_test(another_ca_s_indirect_list_is_no_list_of_ones_own),
		cmocka_unit_test(a_crl_issuer_that_the_operator_names_is_believed),
		cmocka_unit_test(a_list_of_one_kind_says_nothing_of_the_other),
		cmocka_unit_test(lists_of_attribute_certificates_say_nothing_at_all),
		cmocka_unit_test(all_reasons_must_be_covered_together),
		cmocka_unit_test(without_knowing_its_part_nobody_is_told_not_to_be_listed),
		cmocka_unit_test(all_parts_that_were_announced_must_be_fresh),
		cmocka_unit_test(the_list_of_another_part_is_refused),
		cmocka_unit_test(a_complete_list_does_not_become_a_delta_nor_another_issuer_s),
		cmocka_unit_test(issued_serial_numbers_that_are_not_listed_are_good),
		cmocka_unit_test(certificates_tell_their_kind_and_their_part),
		cmocka_unit_test(ca_certificates_need_a_list_of_theirs),
		cmocka_unit_test(damaged_files_of_what_was_issued_are_refused_where_they_break),
		cmocka_unit_test(all_certificates_are_listed_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
