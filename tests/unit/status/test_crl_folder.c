/* SPDX-License-Identifier: Apache-2.0 */
/* The source of CRLs in folders that CAs write to: other files, other CAs' lists, lists that are early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/span.h"
#include "crl_world.h"

#define HOUR 3600
#define ENTRIES(...) ((const struct draft_entry[]){ __VA_ARGS__, { 0 } })
#define LISTED(serial) \
	{ \
		.serial_number = serial \
	}

static void
set_up(struct crl_world *w)
{
	crl_world_open(w, NULL, 1);
	(void)crl_world_folder();
}

static void
tear_down(struct crl_world *w)
{
	crl_world_close(w);
	crl_world_remove_files();
}

static void
write_list(struct crl_world *w, const char *name, const struct crl_draft *draft)
{
	vouch_buf crl = crl_world_make(w, draft);

	crl_world_file(name, authority_span(&crl));
	vouch_buf_free(&crl);
}

static struct crl_draft
of_other(const struct crl_world *w, struct crl_draft draft)
{
	draft.key = w->other_key;
	draft.issuer = vouch_issuer_subject(w->other);
	return draft;
}

static int
open_place(struct crl_world *w, const char *place)
{
	vouch_source_free(w->source);
	w->source = NULL;
	int code = vouch_source_open(&w->source, &vouch_source_crl, place, DRAFT_NOW, &w->err);

	return code == VOUCH_OK ? vouch_source_attach(w->source, w->issuer, &w->err) : code;
}

static void
open_folder(struct crl_world *w)
{
	if (open_place(w, crl_world_folder()) != VOUCH_OK)
		fail_msg("%s", w->err.msg);
}

static void
ignore(void *arg, vouch_span serial_number)
{
	(void)arg;
	(void)serial_number;
}

static void
follow(struct crl_world *w)
{
	vouch_buf cursor = { 0 };

	if (vouch_source_changes(w->source, &cursor, ignore, NULL, &w->err) != VOUCH_OK)
		fail_msg("%s", w->err.msg);
	vouch_buf_free(&cursor);
}

static const char *
trouble(struct crl_world *w, vouch_time now)
{
	static vouch_source_health health;

	health = (vouch_source_health){ .size = sizeof(health) };
	vouch_source_get_health(w->source, now, &health);
	return health.trouble.code == VOUCH_OK ? "" : health.trouble.msg;
}

static void
assert_trouble(struct crl_world *w, const char *text)
{
	const char *found = trouble(w, DRAFT_NOW);

	if (strstr(found, text) == NULL)
		fail_msg("\"%s\", not \"%s\"", found, text);
}

/* --- Other files -------------------------------------------------------------------------------------- */

/* What AD CS, EJBCA and people put beside their lists. */
static const struct {
	const char *what;
	vouch_span octets;
} others[] = {
	{ "PKCS #7", DRAFT_DER("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02") },
	{ "PKCS #7 in BER", DRAFT_DER("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\x00\x00") },
	{ "PKCS #12", DRAFT_DER("\x30\x05\x02\x01\x03\x30\x00") },
	{ "an OCSP response", DRAFT_DER("\x30\x03\x0a\x01\x06") },
	{ "a certificate's beginning", DRAFT_DER("\x30\x07\x30\x05\xa0\x03\x02\x01\x02") },
	{ "a list of numbers", DRAFT_DER("0 and 1 are no serial numbers\n") },
	{ "a page", DRAFT_DER("<% Response.ContentType = \"application/x-netscape-revocation\" %>") },
	{ "nothing", DRAFT_DER("") },
};

static void
other_files_in_a_folder_are_passed_over(void **state)
{
	struct crl_world w;
	struct crl_draft list = { .number = 1, .entries = ENTRIES(LISTED("1")) };

	(void)state;
	set_up(&w);
	write_list(&w, "CA.crl", &list);
	crl_world_file("server_CA.crt", vouch_issuer_certificate(w.issuer));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		crl_world_file("other", others[i].octets);
		if (open_place(&w, crl_world_folder()) != VOUCH_OK)
			fail_msg("%s: %s", others[i].what, w.err.msg);
		assert_string_equal(trouble(&w, DRAFT_NOW), "");
		assert_int_equal(vouch_source_reload(w.source, DRAFT_NOW, &w.err), VOUCH_OK);
		assert_revoked(&w, "1");
	}
	tear_down(&w);
}

static void
what_is_named_a_list_has_to_be_one(void **state)
{
	struct crl_world w;
	struct crl_draft list = { .number = 1 };

	(void)state;
	set_up(&w);
	write_list(&w, "CA.crl", &list);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		crl_world_file("other.CRL", others[i].octets);
		if (open_place(&w, crl_world_folder()) != VOUCH_EPARSE ||
		    strstr(w.err.msg, "other.CRL") == NULL)
			fail_msg("%s: %s", others[i].what, w.err.msg);
	}
	/* A file that was in use, whatever it is called. */
	crl_world_remove_files();
	write_list(&w, "list", &list);
	open_folder(&w);
	crl_world_file("list", vouch_issuer_certificate(w.issuer));
	follow(&w);
	assert_trouble(&w, "no CRL, but a certificate");
	assert_code(&w, "1", VOUCH_ENOTFOUND);
	tear_down(&w);
}

static void
a_file_that_cannot_be_read_is_told(void **state)
{
	struct crl_world w;
	struct crl_draft list = { .number = 1 };

	(void)state;
	if (geteuid() == 0)
		skip();
	set_up(&w);
	write_list(&w, "list", &list);
	assert_int_equal(chmod(crl_world_file("shut", DRAFT_DER("x")), 0), 0);
	assert_int_equal(open_place(&w, crl_world_folder()), VOUCH_EIO);
	assert_non_null(strstr(w.err.msg, "shut"));
	tear_down(&w);
}

static void
what_was_wrong_with_a_file_that_is_gone_is_over(void **state)
{
	struct crl_world w;
	struct crl_draft list = { .number = 1 };
	char path[160];

	(void)state;
	set_up(&w);
	write_list(&w, "CA.crl", &list);
	open_folder(&w);
	snprintf(path, sizeof(path), "%s", crl_world_file("half.crl", DRAFT_DER("\x30\x82\x01")));
	follow(&w);
	assert_trouble(&w, "half.crl");
	assert_int_equal(unlink(path), 0);
	follow(&w);
	assert_string_equal(trouble(&w, DRAFT_NOW), "");
	tear_down(&w);
}

/* --- Other CAs' lists --------------------------------------------------------------------------------- */

static void
add_pem(vouch_buf *out, struct crl_world *w, struct crl_draft draft)
{
	vouch_buf crl = crl_world_make(w, &draft);

	authority_pem(out, "X509 CRL", authority_span(&crl));
	vouch_buf_free(&crl);
}

/* OpenVPN and web servers have the lists of a whole chain in one file. */
static void
lists_of_others_in_one_file_are_passed_over_and_read_when_they_are_asked_for(void **state)
{
	struct crl_world w;
	struct crl_draft own = { .number = 5, .entries = ENTRIES(LISTED("1")) };
	struct crl_draft foreign = { .number = 7, .entries = ENTRIES(LISTED("2")) };
	char path[160];
	vouch_buf all = { 0 };

	(void)state;
	for (int order = 0; order < 2; order++) {
		set_up(&w);
		add_pem(&all, &w, order == 0 ? of_other(&w, foreign) : own);
		add_pem(&all, &w, order == 0 ? own : of_other(&w, foreign));
		snprintf(path, sizeof(path), "%s", crl_world_file("chain.pem", authority_span(&all)));
		if (open_place(&w, path) != VOUCH_OK)
			fail_msg("%s", w.err.msg);
		assert_string_equal(trouble(&w, DRAFT_NOW), "");
		assert_revoked(&w, "1");
		assert_code(&w, "2", VOUCH_ENOTFOUND);
		assert_int_equal(vouch_source_attach(w.source, w.other, &w.err), VOUCH_OK);
		assert_int_equal(crl_world_ask(&w, w.other, "2", DRAFT_NOW).status, VOUCH_REVOKED);
		assert_int_equal(crl_world_ask(&w, w.other, "1", DRAFT_NOW).code, VOUCH_ENOTFOUND);
		assert_string_equal(trouble(&w, DRAFT_NOW), "");
		all.len = 0;
		tear_down(&w);
	}
	vouch_buf_free(&all);
}

/* It may be a damaged one of ours. */
static void
one_more_that_is_passed_over_than_before_is_told(void **state)
{
	struct crl_world w;
	struct crl_draft own = { .number = 5, .entries = ENTRIES(LISTED("1")) };
	char path[160];
	vouch_buf all = { 0 };

	(void)state;
	set_up(&w);
	add_pem(&all, &w, own);
	snprintf(path, sizeof(path), "%s", crl_world_file("chain.pem", authority_span(&all)));
	if (open_place(&w, path) != VOUCH_OK)
		fail_msg("%s", w.err.msg);
	add_pem(&all, &w, of_other(&w, (struct crl_draft){ .number = 1 }));
	crl_world_file("chain.pem", authority_span(&all));
	follow(&w);
	assert_trouble(&w, "passed over");
	assert_trouble(&w, "Other");
	assert_revoked(&w, "1");
	all.len = 0;
	add_pem(&all, &w, of_other(&w, (struct crl_draft){ .number = 1 }));
	crl_world_file("chain.pem", authority_span(&all));
	follow(&w);
	assert_trouble(&w, "stays in use");
	assert_revoked(&w, "1");
	vouch_buf_free(&all);
	tear_down(&w);
}

/* Nobody else's, but no sound one of ours. */
static void
what_is_wrong_with_one_list_of_ours_spoils_the_file(void **state)
{
	struct crl_world w;
	struct crl_draft own = { .number = 5, .entries = ENTRIES(LISTED("1")) };
	const struct crl_draft spoiled[] = { { .number = 6 }, /* with another key */
		{ .number = 6, .has_idp = true, .idp = DRAFT_DER("\x86\x01\xff") },
		{ .number = 6, .this_update = DRAFT_NOW - 60, .next_update = DRAFT_NOW - 120 } };
	vouch_buf all = { 0 };
	char path[160];

	(void)state;
	for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
		set_up(&w);
		struct crl_draft bad = spoiled[i];
		if (i == 0)
			bad.key = w.other_key;
		add_pem(&all, &w, own);
		add_pem(&all, &w, bad);
		snprintf(path, sizeof(path), "%s", crl_world_file("all.pem", authority_span(&all)));
		int code = open_place(&w, path);
		if (code == VOUCH_OK ? trouble(&w, DRAFT_NOW)[0] == '\0' :
				       strstr(w.err.msg, "all.pem") == NULL)
			fail_msg("%zu: %d %s", i, code, w.err.msg);
		assert_code(&w, "1", VOUCH_EUNAVAILABLE);
		all.len = 0;
		tear_down(&w);
	}
	vouch_buf_free(&all);
}

static void
another_ca_s_list_in_the_place_of_one_in_use_is_told(void **state)
{
	struct crl_world w;
	struct crl_draft own = { .number = 5, .entries = ENTRIES(LISTED("1")) };

	(void)state;
	set_up(&w);
	write_list(&w, "CA.crl", &own);
	open_folder(&w);
	struct crl_draft foreign = of_other(&w, (struct crl_draft){ .number = 6 });
	write_list(&w, "CA.crl", &foreign);
	follow(&w);
	assert_trouble(&w, "CA.crl");
	assert_trouble(&w, "\"Other\" is none of those");
	assert_revoked(&w, "1");
	tear_down(&w);
}

/* --- Names -------------------------------------------------------------------------------------------- */

/* RFC 5280 7.1: neither the case nor the type of the strings matters. */
#define SMALL_CA DRAFT_DER("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x13\x02\x63\x61")

static void
names_may_be_written_in_another_way(void **state)
{
	struct crl_world w;
	struct crl_draft utf8 = { .number = 5, .entries = ENTRIES(LISTED("1")) };
	struct crl_draft printable = { .issuer = SMALL_CA,
		.number = 6,
		.entries = ENTRIES(LISTED("1"), LISTED("2")) };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "ca.crl", &utf8), VOUCH_OK);
	if (crl_world_load(&w, "ca.crl", &printable) != VOUCH_OK)
		fail_msg("%s", w.err.msg);
	assert_revoked(&w, "2");
	crl_world_close(&w);
}

/* The certificates of an old and of a new key may write their name differently: both are who is meant. */
static void
an_indirect_list_means_all_issuers_of_a_name(void **state)
{
	struct crl_world w;
	EVP_PKEY *key = authority_key("p256");

	(void)state;
	crl_world_open(&w, NULL, 2);
	vouch_issuer *small = crl_world_issuer("CN=ca", key);
	assert_false(span_equal(vouch_issuer_subject(small), vouch_issuer_subject(w.issuer)));
	assert_int_equal(vouch_source_attach(w.source, small, &w.err), VOUCH_OK);
	struct crl_draft list = of_other(&w,
	    (struct crl_draft){ .number = 1, .has_idp = true, .idp = IDP_INDIRECT });
	list.entries = ENTRIES({ .serial_number = "1", .issuer = vouch_issuer_subject(small) });
	assert_int_equal(crl_world_load(&w, "all", &list), VOUCH_OK);
	assert_int_equal(crl_world_ask(&w, w.issuer, "1", DRAFT_NOW).status, VOUCH_REVOKED);
	assert_int_equal(crl_world_ask(&w, small, "1", DRAFT_NOW).status, VOUCH_REVOKED);
	assert_int_equal(crl_world_ask(&w, w.other, "1", DRAFT_NOW).code, VOUCH_ENOTFOUND);
	vouch_issuer_free(small);
	EVP_PKEY_free(key);
	crl_world_close(&w);
}

static void
a_crl_issuer_may_write_the_issuer_s_name_in_another_way(void **state)
{
	struct crl_world w;
	char uri[256];
	struct crl_draft list = { .number = 1, .entries = ENTRIES(LISTED("1")) };
	struct recipe recipe = { .subject = "CN=ca", .extensions = { AUTHORITY_CA_EXTENSIONS } };
	vouch_buf pem = { 0 };

	(void)state;
	set_up(&w);
	recipe.key = list.key = w.other_key;
	vouch_buf certificate = authority_certificate(&recipe);
	authority_pem(&pem, "CERTIFICATE", authority_span(&certificate));
	crl_world_file("new.pem", authority_span(&pem));
	write_list(&w, "ca.crl", &list);
	snprintf(uri, sizeof(uri), "%s/ca.crl?crl_issuer=%s/new.pem", crl_world_folder(), crl_world_folder());
	if (open_place(&w, uri) != VOUCH_OK)
		fail_msg("%s", w.err.msg);
	assert_revoked(&w, "1");
	assert_code(&w, "2", VOUCH_ENOTFOUND);
	vouch_buf_free(&pem);
	vouch_buf_free(&certificate);
	tear_down(&w);
}

/* --- Lists of another scope ---------------------------------------------------------------------------- */

/* A CA that begins to write issuingDistributionPoint: what its newest list leaves out is on hold no more. */
static void
a_hold_ends_with_a_list_of_another_scope_and_no_revocation_does(void **state)
{
	struct crl_world w;
	struct crl_draft before = { .number = 5,
		.this_update = DRAFT_NOW - 90,
		.entries = ENTRIES({ .serial_number = "1", .reason = 6 },
		    { .serial_number = "2", .reason = 1 }) };
	struct crl_draft after = { .number = 6, .has_idp = true, .idp = IDP_INDIRECT };

	(void)state;
	set_up(&w);
	write_list(&w, "CA.crl", &before);
	open_folder(&w);
	assert_revoked(&w, "1");
	write_list(&w, "CA.crl", &after);
	follow(&w);
	assert_code(&w, "1", VOUCH_ENOTFOUND);
	assert_int_equal(crl_world_ask(&w, w.issuer, "1", DRAFT_NOW).status, VOUCH_STATUS_UNSET);
	assert_revoked(&w, "2");
	tear_down(&w);
}

/* The list of users is newer than the one that speaks of all: what it said last holds. */
static void
a_hold_does_not_end_with_an_older_list(void **state)
{
	struct crl_world w;
	struct crl_draft all = { .number = 5, .this_update = DRAFT_NOW - 90 };
	struct crl_draft users = { .number = 6,
		.has_idp = true,
		.idp = IDP_USER,
		.this_update = DRAFT_NOW - 60,
		.next_update = DRAFT_NOW - 30,
		.entries = ENTRIES({ .serial_number = "1", .reason = 6 }) };

	(void)state;
	set_up(&w);
	write_list(&w, "all.crl", &all);
	write_list(&w, "users.crl", &users);
	open_folder(&w);
	assert_revoked(&w, "1");
	assert_code(&w, "2", VOUCH_ENOTFOUND);
	users.this_update = DRAFT_NOW - 120;
	users.number = 7;
	tear_down(&w);
	set_up(&w);
	write_list(&w, "all.crl", &all);
	write_list(&w, "users.crl", &users);
	open_folder(&w);
	assert_code(&w, "1", VOUCH_ENOTFOUND);
	tear_down(&w);
}

/* --- What waits --------------------------------------------------------------------------------------- */

/* CAs that are kept offline make the next lists, too, when they are started. */
static void
a_list_of_the_future_is_used_when_its_time_has_come(void **state)
{
	struct crl_world w;
	struct crl_draft now = { .number = 1, .next_update = DRAFT_NOW + 2 * HOUR };
	struct crl_draft next = { .number = 2,
		.this_update = DRAFT_NOW + HOUR,
		.next_update = DRAFT_NOW + 3 * HOUR,
		.entries = ENTRIES(LISTED("1")) };

	(void)state;
	set_up(&w);
	write_list(&w, "1.crl", &now);
	write_list(&w, "2.crl", &next);
	open_folder(&w);
	assert_trouble(&w, "thisUpdate is in the future");
	assert_code(&w, "1", VOUCH_ENOTFOUND);
	(void)trouble(&w, DRAFT_NOW + HOUR - 1);
	follow(&w);
	assert_int_equal(crl_world_ask(&w, w.issuer, "1", DRAFT_NOW + HOUR - 1).code, VOUCH_ENOTFOUND);
	(void)trouble(&w, DRAFT_NOW + HOUR);
	follow(&w);
	assert_int_equal(crl_world_ask(&w, w.issuer, "1", DRAFT_NOW + HOUR).status, VOUCH_REVOKED);
	assert_string_equal(trouble(&w, DRAFT_NOW + HOUR), "");
	tear_down(&w);
}

/* A CA whose clock is ahead: as long as its list cannot be used, the one before it can. */
static void
a_list_that_cannot_be_used_yet_takes_no_place(void **state)
{
	struct crl_world w;

	(void)state;
	for (vouch_time ahead = 0; ahead < 400; ahead += 20) {
		crl_world_open(&w, NULL, 1);
		struct crl_draft now = { .number = 1 },
				 next = { .number = 2, .this_update = DRAFT_NOW + ahead };
		assert_int_equal(crl_world_load(&w, "ca.crl", &now), VOUCH_OK);
		(void)!crl_world_load(&w, "ca.crl", &next);
		assert_code(&w, "1", VOUCH_ENOTFOUND);
		crl_world_close(&w);
	}
}

static void
a_delta_without_its_complete_list_is_told(void **state)
{
	struct crl_world w;
	struct crl_draft full = { .number = 5 };
	struct crl_draft delta = { .number = 6,
		.base = 5,
		.has_idp = true,
		.idp = IDP_POINT("1"),
		.entries = ENTRIES(LISTED("1")) };

	(void)state;
	set_up(&w);
	write_list(&w, "CA.crl", &full);
	write_list(&w, "CA+.crl", &delta);
	open_folder(&w);
	assert_trouble(&w, "CA+.crl: a delta CRL, and no complete one");
	assert_code(&w, "1", VOUCH_ENOTFOUND);
	delta.has_idp = false;
	write_list(&w, "CA+.crl", &delta);
	follow(&w);
	assert_revoked(&w, "1");
	assert_string_equal(trouble(&w, DRAFT_NOW), "");
	delta.has_idp = true;
	write_list(&w, "lone.crl", &delta);
	follow(&w);
	assert_trouble(&w, "lone.crl");
	char path[160];
	snprintf(path, sizeof(path), "%s/lone.crl", crl_world_folder());
	assert_int_equal(unlink(path), 0);
	follow(&w);
	assert_string_equal(trouble(&w, DRAFT_NOW), "");
	tear_down(&w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_files_in_a_folder_are_passed_over),
		cmocka_unit_test(what_is_named_a_list_has_to_be_one),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told),
		cmocka_unit_test(what_was_wrong_with_a_file_that_is_gone_is_over),
		cmocka_unit_test(
		    lists_of_others_in_one_file_are_passed_over_and_read_when_they_are_asked_for),
		cmocka_unit_test(one_more_that_is_passed_over_than_before_is_told),
		cmocka_unit_test(what_is_wrong_with_one_list_of_ours_spoils_the_file),
		cmocka_unit_test(another_ca_s_list_in_the_place_of_one_in_use_is_told),
		cmocka_unit_test(names_may_be_written_in_another_way),
		cmocka_unit_test(an_indirect_list_means_all_issuers_of_a_name),
		cmocka_unit_test(a_crl_issuer_may_write_the_issuer_s_name_in_another_way),
		cmocka_unit_test(a_hold_ends_with_a_list_of_another_scope_and_no_revocation_does),
		cmocka_unit_test(a_hold_does_not_end_with_an_older_list),
		cmocka_unit_test(a_list_of_the_future_is_used_when_its_time_has_come),
		cmocka_unit_test(a_list_that_cannot_be_used_yet_takes_no_place),
		cmocka_unit_test(a_delta_without_its_complete_list_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
