/* SPDX-License-Identifier: Apache-2.0 */
/* The source of CRLs and its files: which are read when, what stays, what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

struct follower {
	struct crl_world w;
	vouch_buf cursor, told; /* serial numbers with blanks; "*": all */
};

static void
write_list(struct follower *f, const char *name, const struct crl_draft *draft)
{
	vouch_buf crl = crl_world_make(&f->w, draft);

	crl_world_file(name, authority_span(&crl));
	vouch_buf_free(&crl);
}

static void
note(void *arg, vouch_span serial_number)
{
	vouch_buf *told = arg;

	if (serial_number.len == 0)
		assert_int_equal(vouch_buf_append(told, "*", 1), VOUCH_OK);
	else
		assert_int_equal(vouch_serial_format(told, serial_number), VOUCH_OK);
	assert_int_equal(vouch_buf_append(told, " ", 1), VOUCH_OK);
}

static const char *
poll_changes(struct follower *f)
{
	static char text[256];

	f->told.len = 0;
	if (vouch_source_changes(f->w.source, &f->cursor, note, &f->told, &f->w.err) != VOUCH_OK)
		fail_msg("%s", f->w.err.msg);
	snprintf(text, sizeof(text), "%.*s", (int)f->told.len,
	    f->told.len != 0 ? (const char *)f->told.data : "");
	return text;
}

static const char *
trouble(struct follower *f)
{
	static vouch_source_health health;

	health = (vouch_source_health){ .size = sizeof(health) };
	vouch_source_get_health(f->w.source, DRAFT_NOW, &health);
	return health.trouble.code == VOUCH_OK ? "" : health.trouble.msg;
}

/* The world's source becomes one of files. */
static int
open_files(struct follower *f, const char *path, unsigned issuers)
{
	vouch_source_free(f->w.source);
	f->w.source = NULL;
	int code = vouch_source_open(&f->w.source, &vouch_source_crl, path, DRAFT_NOW, &f->w.err);
	if (code == VOUCH_OK)
		code = vouch_source_attach(f->w.source, f->w.issuer, &f->w.err);
	if (code == VOUCH_OK && issuers > 1)
		code = vouch_source_attach(f->w.source, f->w.other, &f->w.err);
	return code;
}

static void
set_up(struct follower *f)
{
	*f = (struct follower){ 0 };
	crl_world_open(&f->w, NULL, 1);
}

static void
tear_down(struct follower *f)
{
	vouch_buf_free(&f->cursor);
	vouch_buf_free(&f->told);
	crl_world_close(&f->w);
	crl_world_remove_files();
}

static void
path_of(char out[160], const char *name)
{
	snprintf(out, 160, "%s/%s", crl_world_folder(), name);
}

static void
a_file_that_is_replaced_is_read_and_its_changes_are_told(void **state)
{
	struct follower f;
	char path[160];
	struct crl_draft first = { .number = 1,
		.entries = ENTRIES(LISTED("1"), { .serial_number = "2", .reason = 6 }) };
	struct crl_draft second = { .number = 2, .entries = ENTRIES(LISTED("1"), LISTED("3")) };

	(void)state;
	set_up(&f);
	path_of(path, "ca.crl");
	write_list(&f, "ca.crl", &first);
	assert_int_equal(open_files(&f, path, 1), VOUCH_OK);
	assert_string_equal(poll_changes(&f), "* ");
	assert_string_equal(poll_changes(&f), "");
	write_list(&f, "ca.crl", &second);
	assert_string_equal(poll_changes(&f), "2 3 ");
	assert_revoked(&f.w, "3");
	assert_code(&f.w, "2", VOUCH_ENOTFOUND);
	assert_string_equal(trouble(&f), "");
	tear_down(&f);
}

static void
a_damaged_or_older_file_keeps_the_list_and_is_named(void **state)
{
	struct follower f;
	char path[160];
	struct crl_draft good = { .number = 5, .entries = ENTRIES(LISTED("1")) }, old = { .number = 4 };

	(void)state;
	set_up(&f);
	path_of(path, "ca.crl");
	write_list(&f, "ca.crl", &good);
	assert_int_equal(open_files(&f, path, 1), VOUCH_OK);
	poll_changes(&f);
	vouch_buf crl = crl_world_make(&f.w, &good);
	crl_world_file("ca.crl", span_of(crl.data, crl.len / 2));
	assert_string_equal(poll_changes(&f), "");
	assert_non_null(strstr(trouble(&f), "ca.crl: offset"));
	assert_non_null(strstr(trouble(&f), "stays in use"));
	assert_revoked(&f.w, "1");
	assert_int_equal(vouch_source_reload(f.w.source, DRAFT_NOW, &f.w.err), VOUCH_EPARSE);
	assert_revoked(&f.w, "1");
	write_list(&f, "ca.crl", &old);
	assert_string_equal(poll_changes(&f), "");
	assert_non_null(strstr(trouble(&f), "numbers never go down"));
	assert_null(strstr(trouble(&f), "restart vouch"));
	assert_revoked(&f.w, "1");
	/* Who has set up the CA anew has to be told what to do. */
	old.this_update = DRAFT_NOW - 30;
	write_list(&f, "ca.crl", &old);
	poll_changes(&f);
	assert_non_null(strstr(trouble(&f), "restart vouch"));
	assert_revoked(&f.w, "1");
	unlink(path);
	assert_string_equal(poll_changes(&f), "");
	assert_revoked(&f.w, "1");
	assert_non_null(strstr(trouble(&f), "No such file"));
	crl_world_file("ca.crl", authority_span(&crl));
	poll_changes(&f);
	assert_string_equal(trouble(&f), "");
	vouch_buf_free(&crl);
	tear_down(&f);
}

static void
what_is_damaged_at_the_start_is_refused(void **state)
{
	struct follower f;
	char path[160];
	struct crl_draft good = { .number = 5 }, foreign = { .number = 5 };

	(void)state;
	set_up(&f);
	path_of(path, "ca.crl");
	assert_int_equal(open_files(&f, path, 1), VOUCH_EIO);
	crl_world_file("ca.crl", DRAFT_DER("nothing of the kind"));
	assert_int_equal(open_files(&f, path, 1), VOUCH_EPARSE);
	vouch_buf crl = crl_world_make(&f.w, &good);
	crl_world_file("ca.crl", span_of(crl.data, crl.len - 1));
	assert_int_equal(open_files(&f, path, 1), VOUCH_EPARSE);
	assert_non_null(strstr(f.w.err.msg, "ca.crl: offset"));
	/* It may be that of an issuer that is attached later. */
	foreign.key = f.w.other_key;
	foreign.issuer = vouch_issuer_subject(f.w.other);
	write_list(&f, "ca.crl", &foreign);
	assert_int_equal(open_files(&f, path, 1), VOUCH_OK);
	assert_code(&f.w, "1", VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(crl_world_ask(&f.w, f.w.issuer, "1", DRAFT_NOW).err.msg, "Other"));
	assert_int_equal(open_files(&f, path, 2), VOUCH_OK);
	assert_int_equal(crl_world_ask(&f.w, f.w.other, "1", DRAFT_NOW).code, VOUCH_ENOTFOUND);
	vouch_buf_free(&crl);
	tear_down(&f);
}

static void
a_folder_has_the_lists_of_several_issuers_and_deltas(void **state)
{
	struct follower f;
	struct crl_draft full = { .number = 5, .entries = ENTRIES(LISTED("1")) };
	struct crl_draft delta = { .number = 6, .base = 5, .entries = ENTRIES(LISTED("2")) };
	struct crl_draft other = { .number = 9, .entries = ENTRIES(LISTED("3")) };
	struct crl_draft older = { .number = 4, .entries = ENTRIES(LISTED("4")) };

	(void)state;
	set_up(&f);
	other.key = f.w.other_key;
	other.issuer = vouch_issuer_subject(f.w.other);
	write_list(&f, "a-delta.crl", &delta);
	write_list(&f, "b-full.crl", &full);
	write_list(&f, "c-old.crl", &older);
	write_list(&f, "other.crl", &other);
	crl_world_file("README", DRAFT_DER("lists of our CAs\n"));
	crl_world_file("half.crl.tmp", DRAFT_DER("\x30\x82"));
	assert_int_equal(open_files(&f, crl_world_folder(), 2), VOUCH_OK);
	assert_revoked(&f.w, "1");
	assert_revoked(&f.w, "2");
	assert_code(&f.w, "4", VOUCH_ENOTFOUND);
	assert_int_equal(crl_world_ask(&f.w, f.w.other, "3", DRAFT_NOW).status, VOUCH_REVOKED);
	assert_string_equal(trouble(&f), "");
	poll_changes(&f);
	delta.number = 7;
	delta.entries = ENTRIES(LISTED("2"), LISTED("8"));
	write_list(&f, "d-delta.crl", &delta);
	delta.this_update = DRAFT_NOW - 20;
	write_list(&f, "d-delta.crl", &delta);
	assert_string_equal(poll_changes(&f), "8 ");
	assert_revoked(&f.w, "8");
	tear_down(&f);
}

/* C-14 */
static void
two_files_that_are_swapped_are_refused(void **state)
{
	struct follower f;
	struct crl_draft one = { .number = 1,
		.has_idp = true,
		.idp = IDP_POINT("1"),
		.entries = ENTRIES(LISTED("1")) };
	struct crl_draft two = { .number = 1,
		.has_idp = true,
		.idp = IDP_POINT("2"),
		.entries = ENTRIES(LISTED("2")) };

	(void)state;
	set_up(&f);
	write_list(&f, "1.crl", &one);
	write_list(&f, "2.crl", &two);
	assert_int_equal(open_files(&f, crl_world_folder(), 1), VOUCH_OK);
	poll_changes(&f);
	one.number = two.number = 2;
	write_list(&f, "2.crl", &one);
	write_list(&f, "1.crl", &two);
	assert_string_equal(poll_changes(&f), "");
	assert_non_null(strstr(trouble(&f), "another distribution point"));
	assert_revoked(&f.w, "1");
	assert_revoked(&f.w, "2");
	tear_down(&f);
}

static void
lists_of_files_that_are_gone_only_revoke_after_a_reload(void **state)
{
	struct follower f;
	char path[160];
	struct crl_draft list = { .number = 1, .entries = ENTRIES(LISTED("1")) };
	struct crl_draft user = { .number = 1,
		.has_idp = true,
		.idp = IDP_USER,
		.entries = ENTRIES(LISTED("2")) };

	(void)state;
	set_up(&f);
	path_of(path, "1.crl");
	write_list(&f, "1.crl", &list);
	write_list(&f, "2.crl", &user);
	assert_int_equal(open_files(&f, crl_world_folder(), 1), VOUCH_OK);
	poll_changes(&f);
	unlink(path);
	assert_string_equal(poll_changes(&f), "");
	assert_code(&f.w, "9", VOUCH_ENOTFOUND);
	assert_int_equal(vouch_source_reload(f.w.source, DRAFT_NOW, &f.w.err), VOUCH_OK);
	assert_string_equal(poll_changes(&f), "* ");
	assert_unknown(&f.w, "9");
	assert_revoked(&f.w, "2");
	assert_code(&f.w, "1", VOUCH_EUNAVAILABLE);
	write_list(&f, "1.crl", &list);
	assert_string_equal(poll_changes(&f), "* ");
	assert_revoked(&f.w, "1");
	assert_code(&f.w, "9", VOUCH_ENOTFOUND);
	tear_down(&f);
}

static void
one_pem_file_may_hold_several_lists(void **state)
{
	struct follower f;
	char path[160];
	struct crl_draft full = { .number = 5, .entries = ENTRIES(LISTED("1")) };
	struct crl_draft delta = { .number = 6, .base = 5, .entries = ENTRIES(LISTED("2")) };
	vouch_buf both = { 0 };

	(void)state;
	set_up(&f);
	path_of(path, "all.pem");
	vouch_buf a = crl_world_make(&f.w, &delta), b = crl_world_make(&f.w, &full);
	assert_int_equal(vouch_buf_append(&both, "text\n", 5), VOUCH_OK);
	authority_pem(&both, "X509 CRL", authority_span(&a));
	authority_pem(&both, "X509 CRL", authority_span(&b));
	crl_world_file("all.pem", authority_span(&both));
	assert_int_equal(open_files(&f, path, 1), VOUCH_OK);
	assert_revoked(&f.w, "1");
	assert_revoked(&f.w, "2");
	/* One of them is older than before. */
	full.number = 4;
	vouch_buf_free(&b);
	b = crl_world_make(&f.w, &full);
	both.len = 0;
	authority_pem(&both, "X509 CRL", authority_span(&a));
	authority_pem(&both, "X509 CRL", authority_span(&b));
	poll_changes(&f);
	crl_world_file("all.pem", authority_span(&both));
	assert_string_equal(poll_changes(&f), "");
	assert_non_null(strstr(trouble(&f), "numbers never go down"));
	assert_revoked(&f.w, "1");
	vouch_buf_free(&a);
	vouch_buf_free(&b);
	vouch_buf_free(&both);
	tear_down(&f);
}

/* Of somebody who appends: what was revoked for good and is left out stays so (C-18). */
static void
an_older_list_in_front_of_the_newer_one_is_no_trouble(void **state)
{
	struct follower f;
	char path[160];
	struct crl_draft older = { .number = 5,
		.this_update = DRAFT_NOW - 90,
		.entries = ENTRIES(LISTED("1")) };
	struct crl_draft newer = { .number = 6, .entries = ENTRIES(LISTED("2")) };
	vouch_buf both = { 0 };

	(void)state;
	set_up(&f);
	path_of(path, "all.pem");
	vouch_buf a = crl_world_make(&f.w, &older), b = crl_world_make(&f.w, &newer);
	authority_pem(&both, "X509 CRL", authority_span(&a));
	authority_pem(&both, "X509 CRL", authority_span(&b));
	crl_world_file("all.pem", authority_span(&both));
	assert_int_equal(open_files(&f, path, 1), VOUCH_OK);
	for (int i = 0; i < 3; i++) {
		assert_revoked(&f.w, "1");
		assert_revoked(&f.w, "2");
		assert_string_equal(trouble(&f), "");
		if (vouch_source_reload(f.w.source, DRAFT_NOW, &f.w.err) != VOUCH_OK)
			fail_msg("%s", f.w.err.msg);
	}
	crl_world_file("all.pem", authority_span(&both));
	poll_changes(&f);
	assert_string_equal(trouble(&f), "");
	/* The same, fetched again and again. */
	vouch_source_free(f.w.source);
	assert_int_equal(vouch_crl_source_new(&f.w.source, "", NULL), VOUCH_OK);
	assert_int_equal(vouch_source_attach(f.w.source, f.w.issuer, NULL), VOUCH_OK);
	for (int i = 0; i < 2; i++)
		if (crl_world_load_octets(&f.w, "all", authority_span(&both), 0) != VOUCH_OK)
			fail_msg("%s", f.w.err.msg);
	assert_revoked(&f.w, "2");
	vouch_buf_free(&a);
	vouch_buf_free(&b);
	vouch_buf_free(&both);
	tear_down(&f);
}

static void
what_was_issued_is_followed_as_well(void **state)
{
	struct follower f;
	char uri[256];
	struct crl_draft list = { .number = 1 };

	(void)state;
	set_up(&f);
	write_list(&f, "ca.crl", &list);
	crl_world_file("issued",
	    DRAFT_DER("\xef\xbb\xbf"
		      "1\n2\n"));
	snprintf(uri, sizeof(uri), "%s/ca.crl?issued=%s/issued", crl_world_folder(), crl_world_folder());
	assert_int_equal(open_files(&f, uri, 1), VOUCH_OK);
	poll_changes(&f);
	assert_good(&f.w, "2");
	crl_world_file("issued", DRAFT_DER("3\n1\n"));
	assert_string_equal(poll_changes(&f), "2 3 ");
	assert_good(&f.w, "3");
	assert_code(&f.w, "2", VOUCH_ENOTFOUND);
	crl_world_file("issued", DRAFT_DER("3\n?\n"));
	assert_string_equal(poll_changes(&f), "");
	assert_non_null(strstr(trouble(&f), "issued:2"));
	assert_string_equal(poll_changes(&f), "");
	assert_non_null(strstr(trouble(&f), "issued:2"));
	assert_good(&f.w, "3");
	tear_down(&f);
}

/* A CA's new key signs for the old one. */
static void
a_crl_issuer_may_have_the_issuer_s_name(void **state)
{
	struct follower f;
	char uri[256];
	struct crl_draft list = { .number = 1, .entries = ENTRIES(LISTED("1")) };
	struct recipe recipe = { .subject = "CN=CA", .extensions = { AUTHORITY_CA_EXTENSIONS } };
	vouch_buf pem = { 0 };

	(void)state;
	set_up(&f);
	recipe.key = list.key = f.w.other_key;
	vouch_buf certificate = authority_certificate(&recipe);
	authority_pem(&pem, "CERTIFICATE", authority_span(&certificate));
	crl_world_file("new.pem", authority_span(&pem));
	write_list(&f, "ca.crl", &list);
	snprintf(uri, sizeof(uri), "%s/ca.crl?crl_issuer=%s/new.pem", crl_world_folder(), crl_world_folder());
	assert_int_equal(open_files(&f, uri, 1), VOUCH_OK);
	assert_revoked(&f.w, "1");
	assert_code(&f.w, "2", VOUCH_ENOTFOUND);
	vouch_buf_free(&pem);
	vouch_buf_free(&certificate);
	tear_down(&f);
}

static void
indirect_lists_are_read_again_for_issuers_that_come_later(void **state)
{
	struct follower f;
	char path[160];
	struct crl_draft list = { .number = 1, .has_idp = true, .idp = IDP_INDIRECT };

	(void)state;
	set_up(&f);
	struct draft_entry entries[] = { { .serial_number = "1", .issuer = vouch_issuer_subject(f.w.other) },
		{ 0 } };
	list.entries = entries;
	path_of(path, "all.crl");
	write_list(&f, "all.crl", &list);
	assert_int_equal(open_files(&f, path, 2), VOUCH_OK);
	assert_int_equal(crl_world_ask(&f.w, f.w.other, "1", DRAFT_NOW).status, VOUCH_REVOKED);
	assert_int_equal(crl_world_ask(&f.w, f.w.other, "2", DRAFT_NOW).code, VOUCH_ENOTFOUND);
	assert_code(&f.w, "1", VOUCH_ENOTFOUND);
	tear_down(&f);
}

static void
lists_of_others_in_a_folder_are_no_trouble(void **state)
{
	struct follower f;
	struct crl_draft own = { .number = 1 }, other = { .number = 1 };

	(void)state;
	set_up(&f);
	other.key = f.w.other_key;
	other.issuer = vouch_issuer_subject(f.w.other);
	write_list(&f, "own.crl", &own);
	write_list(&f, "other.crl", &other);
	assert_int_equal(open_files(&f, crl_world_folder(), 1), VOUCH_OK);
	assert_string_equal(trouble(&f), "");
	assert_int_equal(vouch_source_reload(f.w.source, DRAFT_NOW, &f.w.err), VOUCH_OK);
	tear_down(&f);
}

static void
a_reload_takes_no_list_from_who_brings_them(void **state)
{
	struct crl_world w;
	struct crl_draft list = { .number = 1, .entries = ENTRIES(LISTED("1")) };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "a", &list), VOUCH_OK);
	assert_int_equal(vouch_source_reload(w.source, DRAFT_NOW, &w.err), VOUCH_OK);
	assert_revoked(&w, "1");
	assert_code(&w, "2", VOUCH_ENOTFOUND);
	crl_world_close(&w);
}

static void
a_header_in_a_pem_block_is_called_one(void **state)
{
	struct crl_world w;

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load_octets(&w, "a",
			     DRAFT_DER("-----BEGIN X509 CRL-----\nProc: x\n\nMIIB\n-----END X509 CRL-----\n"),
			     0),
	    VOUCH_EPARSE);
	assert_non_null(strstr(w.err.msg, "a PEM block has no headers"));
	crl_world_close(&w);
}

/* Windows CAs have points in their directory. */
static void
a_point_that_is_not_in_the_web_is_named_as_well(void **state)
{
	struct crl_world w;
	struct crl_draft list = { .number = 1,
		.has_idp = true,
		.idp = DRAFT_DER("\xa0\x0d\xa0\x0b\x86\x09ldap:///x") };

	(void)state;
	crl_world_open(&w, NULL, 1);
	assert_int_equal(crl_world_load(&w, "http://x/ca.crl", &list), VOUCH_EREFUSED);
	assert_non_null(strstr(w.err.msg, "another distribution point: ldap:///x"));
	crl_world_close(&w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_is_replaced_is_read_and_its_changes_are_told),
		cmocka_unit_test(a_damaged_or_older_file_keeps_the_list_and_is_named),
		cmocka_unit_test(what_is_damaged_at_the_start_is_refused),
		cmocka_unit_test(a_folder_has_the_lists_of_several_issuers_and_deltas),
		cmocka_unit_test(two_files_that_are_swapped_are_refused),
		cmocka_unit_test(lists_of_files_that_are_gone_only_revoke_after_a_reload),
		cmocka_unit_test(one_pem_file_may_hold_several_lists),
		cmocka_unit_test(an_older_list_in_front_of_the_newer_one_is_no_trouble),
		cmocka_unit_test(what_was_issued_is_followed_as_well),
		cmocka_unit_test(a_crl_issuer_may_have_the_issuer_s_name),
		cmocka_unit_test(indirect_lists_are_read_again_for_issuers_that_come_later),
		cmocka_unit_test(lists_of_others_in_a_folder_are_no_trouble),
		cmocka_unit_test(a_reload_takes_no_list_from_who_brings_them),
		cmocka_unit_test(a_header_in_a_pem_block_is_called_one),
		cmocka_unit_test(a_point_that_is_not_in_the_web_is_named_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
