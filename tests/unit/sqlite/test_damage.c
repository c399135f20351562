/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A damaged file is refused or still read right: it never ends the process, and nothing in it is lost in
 * silence.
 */
#include "fixture.h"

#include <stdio.h>

#define CERTIFICATES 300
#define PAGE 4096

static vouch_span
serial_of(unsigned number, uint8_t octets[20])
{
	memset(octets, 0x11, 20);
	octets[0] = (uint8_t)(number >> 8);
	octets[1] = (uint8_t)number;
	return (vouch_span){ octets, 20 };
}

static vouch_buf
make_database(const char *file)
{
	void *db = open_database(file, "?mode=rwc");
	vouch_err err = { 0 };
	uint8_t octets[20];

	assert_int_equal(ops->begin(db, &err), VOUCH_OK);
	for (unsigned i = 0; i < CERTIFICATES; i++) {
		vouch_status s = i % 3 == 0 ? revoked(1, NOW - (vouch_time)i) : good();
		s.has_certificate_sha256 = 1;
		memset(s.certificate_sha256, (int)i, sizeof(s.certificate_sha256));
		assert_int_equal(ops->put(db, &issuer_a, serial_of(i, octets), &s, NOW, &err), VOUCH_OK);
	}
	assert_int_equal(ops->commit(db, &err), VOUCH_OK);
	ops->close(db);
	return read_file(file);
}

/* Every answer is the right one or none.  Returns how many were right. */
static unsigned
ask_all(void *db)
{
	uint8_t octets[20];
	unsigned right = 0;

	for (unsigned i = 0; i < CERTIFICATES; i++) {
		vouch_status s;
		int ret = look(db, &issuer_a, serial_of(i, octets), NOW, &s);
		if (ret == VOUCH_EUNAVAILABLE || ret == VOUCH_EIO)
			continue;
		assert_int_equal(ret, VOUCH_OK);
		assert_int_equal(s.cert_status, i % 3 == 0 ? VOUCH_REVOKED : VOUCH_GOOD);
		right++;
	}
	return right;
}

/* True when the file was opened. */
static bool
try_file(const char *file)
{
	vouch_err err = { 0 };
	void *db = NULL;
	int ret = ops->open(&db, file, NOW, &err);

	if (ret != VOUCH_OK) {
		assert_true(ret < 0 && strncmp(err.msg, file, strlen(file)) == 0);
		assert_true(strlen(err.msg) > strlen(file) + 10);
		return false;
	}
	ask_all(db);
	ops->close(db);
	return true;
}

static void
a_file_cut_short_anywhere_is_refused(void **state)
{
	const struct folder *f = *state;
	vouch_buf whole = make_database(f->file);
	char cut[128];

	assert_true(whole.len > (size_t)8 * PAGE);
	snprintf(cut, sizeof(cut), "%s/cut.db", f->path);
	for (size_t len = 0; len < whole.len;
	     len += len < 200 || len % PAGE < 3 || len % PAGE > PAGE - 3 ? 1 : 389) {
		write_file(cut, whole.data, len);
		if (try_file(cut))
			fail_msg("%zu of %zu octets were accepted", len, whole.len);
	}
	write_file(cut, whole.data, whole.len);
	assert_true(try_file(cut));
	vouch_buf_free(&whole);
}

static void
a_page_of_garbage_or_zeros_is_found_or_does_not_matter(void **state)
{
	const struct folder *f = *state;
	vouch_buf whole = make_database(f->file);
	uint8_t keep[PAGE];
	char bad[128];
	size_t refused = 0, pages = whole.len / PAGE;

	snprintf(bad, sizeof(bad), "%s/bad.db", f->path);
	for (size_t page = 0; page < pages; page++) {
		for (int filler = 0; filler < 256; filler += 85) {
			memcpy(keep, whole.data + page * PAGE, PAGE);
			memset(whole.data + page * PAGE, filler, PAGE);
			write_file(bad, whole.data, whole.len);
			memcpy(whole.data + page * PAGE, keep, PAGE);
			refused += !try_file(bad);
		}
	}
	assert_int_equal(refused, pages * 4); /* no page of this database is free */
	vouch_buf_free(&whole);
}

/* What is damaged while it is in use is found when it is read. */
static void
damage_below_an_open_source_is_an_error_and_no_answer(void **state)
{
	const struct folder *f = *state;
	vouch_buf whole = make_database(f->file);
	void *db = open_database(f->file, "");

	assert_int_equal(ask_all(db), CERTIFICATES);
	memset(whole.data + PAGE, 0xff, whole.len - PAGE);
	write_file(f->file, whole.data, whole.len);
	ops->close(db);
	vouch_err err = { 0 };
	assert_int_equal(open_code(f->file, "", &err), VOUCH_EIO);
	assert_non_null(strstr(err.msg, "damaged"));
	vouch_buf_free(&whole);
}

static void
flipped_bits_never_end_the_process(void **state)
{
	const struct folder *f = *state;
	vouch_buf whole = make_database(f->file);
	uint32_t random = 12345;
	vouch_err err;
	vouch_status s;
	char bad[128];

	snprintf(bad, sizeof(bad), "%s/bad.db", f->path);
	for (int i = 0; i < 300; i++) {
		random = random * 1664525 + 1013904223;
		/* The structure of pages stands at their beginning, that of the file at its own. */
		size_t at = i % 3 == 0 ? random % 100 :
		    i % 3 == 1	       ? random / PAGE * PAGE % whole.len + random % 64 :
					 random % whole.len;
		uint8_t was = whole.data[at];
		void *db = NULL;
		whole.data[at] = (uint8_t)(was ^ 1U << random % 8);
		write_file(bad, whole.data, whole.len);
		whole.data[at] = was;
		if (ops->open(&db, bad, NOW, &err) != VOUCH_OK)
			continue;
		uint8_t octets[20];
		for (unsigned k = 0; k < CERTIFICATES; k += 7)
			(void)look(db, &issuer_a, serial_of(k, octets), NOW, &s);
		ops->close(db);
	}
	vouch_buf_free(&whole);
}

/* RFC 6960 2.3: an inconsistent state is an error, not a status. */
static void
a_record_that_breaks_its_rules_is_damage(void **state)
{
	const struct folder *f = *state;
	static const char *const damages[] = { "cert_status = 0", "cert_status = 3", "cert_status = 'x'",
		"revocation_time = NULL", "revocation_reason = 7", "revocation_reason = 8",
		"revocation_reason = 0", "revocation_reason = 99", "revocation_reason = -1",
		"revocation_time = 'soon'", "invalidity_date = 1.5", "certificate_sha256 = x'00'" };
	uint8_t octets[20];
	vouch_status s;

	vouch_buf whole = make_database(f->file);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		char sql[200];
		write_file(f->file, whole.data, whole.len);
		void *db = open_database(f->file, "");
		snprintf(sql, sizeof(sql),
		    "PRAGMA ignore_check_constraints = ON; UPDATE certificates SET %s"
		    " WHERE cert_status = 2 AND revocation_time = %d",
		    damages[i], NOW);
		sql_on(f->file, sql);
		assert_int_equal(look(db, &issuer_a, serial_of(0, octets), NOW, &s), VOUCH_EIO);
		assert_int_equal(s.cert_status, VOUCH_STATUS_UNSET);
		ops->close(db);
	}
	vouch_buf_free(&whole);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_cut_short_anywhere_is_refused),
		TEST(a_page_of_garbage_or_zeros_is_found_or_does_not_matter),
		TEST(damage_below_an_open_source_is_an_error_and_no_answer),
		TEST(flipped_bits_never_end_the_process),
		TEST(a_record_that_breaks_its_rules_is_damage),
	};

	return cmocka_run_group_tests_name("sqlite_damage", tests, NULL, NULL);
}
