/* SPDX-License-Identifier: Apache-2.0 */
/* The source of an index.txt: what it says, what it refuses, and what it tells of changes. */
#include "index_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REVOKED_NOW "revoked keyCompromise 2026-11-22T10:00:00Z"
#define THREE V("01") R("0A1B", "261122100000Z,keyCompromise") "E\t251122100000Z\t\t03\tunknown\t/CN=03\n"

/* --- What it says ------------------------------------------------------------------------------------- */

static void
rows_are_good_revoked_or_expired_and_others_are_not_known(void **state)
{
	const struct folder *f = *state;

	replace(f, "# made by hand\n" THREE GONE("-7F"));
	vouch_source *source = open_index(f);
	assert_status(source, "01", "good");
	assert_status(source, "0000a1b", REVOKED_NOW);
	assert_status(source, "03", "good");
	assert_status(source, "-7f", "good");
	assert_status(source, "7f", "not found");
	assert_status(source, "02", "not found");
	vouch_source_free(source);
}

static void
an_empty_index_is_that_of_a_CA_that_issued_nothing(void **state)
{
	const struct folder *f = *state;

	replace(f, "");
	vouch_source *source = open_index(f);
	assert_status(source, "01", "not found");
	vouch_source_free(source);
}

static void
lines_may_end_as_on_other_systems(void **state)
{
	const struct folder *f = *state;

	replace(f, "# x\r\nV\t301122100000Z\t\t01\tunknown\t/CN=01\r\nV\t301122100000Z\t\t02\tunknown\t\r\n");
	vouch_source *source = open_index(f);
	assert_status(source, "01", "good");
	assert_status(source, "02", "good");
	vouch_source_free(source);
}

static void
subjects_may_be_the_same(void **state)
{
	const struct folder *f = *state;

	replace(f, "V\t301122100000Z\t\t01\tunknown\t/CN=a\nV\t301122100000Z\t\t02\tunknown\t/CN=a\n");
	vouch_source *source = open_index(f);
	assert_status(source, "02", "good");
	vouch_source_free(source);
}

static void
people_are_told_the_line(void **state)
{
	const struct folder *f = *state;
	char expected[120];
	vouch_status status;
	vouch_err err = { 0 };

	replace(f, "# x\n" THREE);
	vouch_source *source = open_index(f);
	vouch_status_init(&status);
	assert_int_equal(vouch_source_lookup(source, &one_ca, SPAN_LITERAL("\x03"), NOW, &status, &err),
	    VOUCH_OK);
	int len = snprintf(expected, sizeof(expected), "index:%s:4, expired", f->file);
	assert_int_equal(status.detail.len, len);
	assert_memory_equal(status.detail.data, expected, (size_t)len);
	assert_int_equal(status.this_update, VOUCH_TIME_ABSENT);
	vouch_status_clear(&status);
	vouch_source_free(source);
}

static int
list_one(void *arg, vouch_span serial_number, const vouch_status *status)
{
	vouch_buf *text = arg;

	assert_int_equal(vouch_serial_format(text, serial_number), VOUCH_OK);
	return vouch_buf_append(text, status->cert_status == VOUCH_REVOKED ? "- " : "+ ", 2);
}

static int
stop_at_once(void *arg, vouch_span serial_number, const vouch_status *status)
{
	(void)serial_number, (void)status;
	++*(size_t *)arg;
	return 7;
}

static void
all_are_listed_in_order(void **state)
{
	const struct folder *f = *state;
	vouch_buf text = { 0 };
	vouch_err err = { 0 };
	size_t calls = 0;

	replace(f,
	    V("99") V("0100") R("02", "261122100000Z") V("0011223344556677889900112233445566778899001122"));
	vouch_source *source = open_index(f);
	assert_int_equal(vouch_source_each(source, &one_ca, SPAN_LITERAL(""), NOW, list_one, &text, &err),
	    VOUCH_OK);
	assert_int_equal(vouch_source_each(source, &one_ca, SPAN_LITERAL("\x00\x99"), NOW, list_one, &text,
			     &err),
	    VOUCH_OK);
	assert_int_equal(vouch_buf_append(&text, "", 1), VOUCH_OK);
	assert_string_equal((const char *)text.data,
	    "2- 99+ 100+ 11223344556677889900112233445566778899001122+ 100+ 11223344556677889900112233445566778899001122+ ");
	assert_int_equal(vouch_source_each(source, &one_ca, SPAN_LITERAL(""), NOW, stop_at_once, &calls,
			     &err),
	    7);
	assert_int_equal(calls, 1);
	vouch_buf_free(&text);
	vouch_source_free(source);
}

static void
an_index_is_of_one_CA(void **state)
{
	const struct folder *f = *state;
	vouch_status status;
	vouch_err err = { 0 };

	replace(f, THREE);
	vouch_source *source = open_index(f);
	vouch_status_init(&status);
	assert_int_equal(vouch_source_attach(source, &one_ca, &err), VOUCH_OK);
	assert_int_equal(vouch_source_attach(source, &one_ca, &err), VOUCH_OK);
	assert_int_equal(vouch_source_attach(source, &another_ca, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "another"));
	assert_status(source, "01", "good");
	assert_int_equal(vouch_source_lookup(source, &another_ca, SPAN_LITERAL("\x01"), NOW, &status, &err),
	    VOUCH_EREFUSED);
	vouch_source_free(source);
}

/* --- What is refused ---------------------------------------------------------------------------------- */

/* A file that does not open, with the text behind its path. */
static void
assert_refused(const struct folder *f, const char *text, int code, const char *expected)
{
	vouch_source *source = NULL;
	vouch_err err = { 0 };

	if (text != NULL)
		replace(f, text);
	assert_int_equal(vouch_source_open(&source, &vouch_source_index, f->file, NOW, &err), code);
	assert_memory_equal(err.msg, f->file, strlen(f->file));
	assert_string_equal(err.msg + strlen(f->file), expected);
}

static void
what_is_damaged_does_not_open_and_its_line_is_named(void **state)
{
	const struct folder *f = *state;

	assert_refused(f, NULL, VOUCH_EIO, ": cannot open it: No such file or directory");
	assert_refused(f, V("01") "# x\nV\t301122100000Z\t\t0Z\tunknown\t/CN=a\n", VOUCH_EPARSE,
	    ":3: not a hexadecimal digit of a serial number: \"Z\"");
	assert_refused(f, V("01") "\n", VOUCH_EPARSE, ":2: an empty line");
	assert_refused(f, V("01") "V\x1b[2J\t301122100000Z\t\t02\tunknown\t/CN=a\n", VOUCH_EPARSE,
	    ":2: a type that is none of V, R and E: \"V?[2J\"");
	assert_refused(f, V("01") "V\t301122100000Z\t\t02\tunknown\t/CN=a", VOUCH_EPARSE,
	    ":2: the last line has no end: the file is cut off");
	assert_refused(f, V("01") V("02") R("001", "261122100000Z"), VOUCH_EPARSE,
	    ":3: serial number 1 stands in line 1, too");
	assert_refused(f, V("01") R("02", "261122100000Z,removeFromCRL"), VOUCH_EREFUSED,
	    ":2: revoked with removeFromCRL, which is for delta CRLs only (RFC 5280 5.3.1)");
}

/* What is wrong behind it is still told by its line. */
static void
a_byte_order_mark_is_passed_over(void **state)
{
	const struct folder *f = *state;

	replace(f, "\xef\xbb\xbf" R("01", "261122100000Z,superseded") V("02"));
	vouch_source *source = open_index(f);
	assert_status(source, "01", "revoked superseded 2026-11-22T10:00:00Z");
	assert_status(source, "02", "good");
	vouch_source_free(source);
	replace(f, "\xef\xbb\xbf# the index of a CA\r\n" V("02"));
	source = open_index(f);
	assert_status(source, "02", "good");
	vouch_source_free(source);
	assert_refused(f, "\xef\xbb\xbf" V("01") "\xef\xbb\xbf" V("02"), VOUCH_EPARSE,
	    ":2: a type that is none of V, R and E: \"???V\"");
}

static void
what_is_no_file_does_not_open(void **state)
{
	const struct folder *f = *state;

	assert_int_equal(mkdir(f->file, 0700), 0);
	assert_refused(f, NULL, VOUCH_EIO, ": not a file");
	assert_int_equal(rmdir(f->file), 0);
	assert_int_equal(mkfifo(f->file, 0600), 0);
	assert_refused(f, NULL, VOUCH_EIO, ": not a file");
	remove_index(f);
}

static void
a_URI_names_a_file_and_no_parameters(void **state)
{
	vouch_source *source = NULL;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(vouch_source_open(&source, &vouch_source_index, "", NOW, &err), VOUCH_EINVAL);
	assert_int_equal(vouch_source_open(&source, &vouch_source_index, "/tmp/", NOW, &err), VOUCH_EINVAL);
	assert_int_equal(vouch_source_open(&source, &vouch_source_index, "/tmp/x?mode=ro", NOW, &err),
	    VOUCH_EINVAL);
	assert_non_null(strstr(err.msg, "parameters"));
}

static void
a_line_without_end_meets_a_limit(void **state)
{
	const struct folder *f = *state;
	size_t len = 300000;
	char *text = malloc(len + 1);
	vouch_source *source = NULL;
	vouch_err err = { 0 };

	assert_non_null(text);
	memset(text, 'V', len);
	overwrite(f, text, len);
	assert_int_equal(vouch_source_open(&source, &vouch_source_index, f->file, NOW, &err), VOUCH_ELIMIT);
	memcpy(text, "V\t301122100000Z\t\t01\tunknown\t", 28);
	text[200000] = '\n';
	overwrite(f, text, 200001);
	source = open_index(f);
	assert_status(source, "01", "good");
	vouch_source_free(source);
	free(text);
}

/* --- What changes ------------------------------------------------------------------------------------- */

static void
a_file_renamed_over_is_read_and_each_change_is_told_once(void **state)
{
	const struct folder *f = *state;
	vouch_buf cursor = { 0 }, second = { 0 };

	replace(f, V("01") V("02") V("03"));
	vouch_source *source = open_index(f);
	assert_changes(source, &cursor, "all ");
	assert_changes(source, &cursor, "");
	replace(f, V("01") R("02", "261122100000Z,keyCompromise") V("03") V("04"));
	assert_changes(source, &cursor, "2 4 ");
	assert_status(source, "02", REVOKED_NOW);
	assert_status(source, "04", "good");
	assert_changes(source, &cursor, "");
	replace(f, V("01") R("02", "261122100000Z,keyCompromise") V("03") R("04", "261122100000Z"));
	assert_changes(source, &second, "all ");
	assert_changes(source, &cursor, "4 ");
	assert_changes(source, &second, "");
	vouch_buf_free(&cursor);
	vouch_buf_free(&second);
	vouch_source_free(source);
}

static void
whatever_changes_of_a_revocation_is_told(void **state)
{
	static const char *const later[] = { R("01", "261101100000Z,keyCompromise"),
		R("01", "261101100000Z,superseded"), R("01", "261101100000Z,keyTime,20261001000000Z"),
		R("01", "261101100000Z,keyTime,20261002000000Z"), R("01", "261101100000Z") };
	const struct folder *f = *state;
	vouch_buf cursor = { 0 };

	replace(f, R("01", "261122100000Z,keyCompromise"));
	vouch_source *source = open_index(f);
	assert_changes(source, &cursor, "all ");
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		replace(f, later[i]);
		assert_changes(source, &cursor, "1 ");
	}
	assert_status(source, "01", "revoked 2026-11-01T10:00:00Z");
	vouch_buf_free(&cursor);
	vouch_source_free(source);
}

static void
a_file_written_where_it_is_is_read_as_well(void **state)
{
	const struct folder *f = *state;
	vouch_buf cursor = { 0 };
	static const char held[] = R("02", "261122100000Z,certificateHold") V("01"),
			  released[] = V("02") V("01");

	overwrite(f, held, sizeof(held) - 1);
	vouch_source *source = open_index(f);
	assert_changes(source, &cursor, "all ");
	assert_status(source, "02", "revoked certificateHold 2026-11-22T10:00:00Z");
	overwrite(f, released, sizeof(released) - 1);
	assert_changes(source, &cursor, "2 ");
	assert_status(source, "02", "good");
	vouch_buf_free(&cursor);
	vouch_source_free(source);
}

static void
a_change_of_the_same_length_within_a_tick_of_the_clock_is_read(void **state)
{
	const struct folder *f = *state;
	vouch_buf cursor = { 0 };

	replace(f, V("01") V("02"));
	vouch_source *source = open_index(f);
	assert_changes(source, &cursor, "all ");
	for (int i = 0; i < 50; i++) {
		static const char *const texts[] = { R("01", "261122100000Z") V("02"),
			R("02", "261122100000Z") V("01") };
		overwrite(f, texts[i % 2], strlen(texts[i % 2]));
		assert_changes(source, &cursor, i == 0 ? "1 " : "1 2 ");
		assert_status(source, i % 2 == 0 ? "01" : "02", "revoked 2026-11-22T10:00:00Z");
		assert_status(source, i % 2 == 0 ? "02" : "01", "good");
	}
	vouch_buf_free(&cursor);
	vouch_source_free(source);
}

static void
expiry_is_no_change_and_expired_rows_may_go(void **state)
{
	const struct folder *f = *state;
	vouch_buf cursor = { 0 };

	replace(f, GONE("01") GONE("02") V("03"));
	vouch_source *source = open_index(f);
	assert_changes(source, &cursor, "all ");
	replace(f, "E\t251122100000Z\t\t01\tunknown\t/CN=01\n" GONE("02") V("03"));
	assert_changes(source, &cursor, "");
	replace(f, GONE("02") V("03") V("04"));
	assert_changes(source, &cursor, "1 4 ");
	assert_status(source, "01", "not found");
	vouch_buf_free(&cursor);
	vouch_source_free(source);
}

static void
a_descriptor_tells_that_changes_wait(void **state)
{
	const struct folder *f = *state;
	struct pollfd wanted = { .events = POLLIN };
	vouch_buf cursor = { 0 };
	int poll_ms;

	replace(f, V("01"));
	vouch_source *source = open_index(f);
	assert_changes(source, &cursor, "all ");
	vouch_source_watch(source, &wanted.fd, &poll_ms);
	assert_true(poll_ms > 0 && poll_ms <= 250);
	assert_int_equal(poll(&wanted, 1, 0), 0);
	replace(f, R("01", "261122100000Z"));
	assert_int_equal(poll(&wanted, 1, 0), 1);
	assert_changes(source, &cursor, "1 ");
	assert_int_equal(poll(&wanted, 1, 0), 0);
	vouch_buf_free(&cursor);
	vouch_source_free(source);
}

static void
whoever_never_asks_for_changes_sees_them_a_second_later(void **state)
{
	const struct folder *f = *state;
	vouch_status status;
	vouch_err err = { 0 };

	replace(f, V("01"));
	vouch_source *source = open_index(f);
	vouch_status_init(&status);
	replace(f, R("01", "261122100000Z"));
	assert_int_equal(vouch_source_lookup(source, &one_ca, SPAN_LITERAL("\x01"), NOW + 1, &status, &err),
	    VOUCH_OK);
	assert_int_equal(status.cert_status, VOUCH_REVOKED);
	vouch_status_clear(&status);
	vouch_source_free(source);
}

static void
a_cursor_of_another_source_is_told_all(void **state)
{
	const struct folder *f = *state;
	vouch_buf cursor = { 0 };

	replace(f, V("01"));
	vouch_source *source = open_index(f), *other = open_index(f);
	assert_changes(source, &cursor, "all ");
	assert_changes(other, &cursor, "all ");
	assert_changes(source, &cursor, "all ");
	assert_int_equal(vouch_buf_append(&cursor, "x", 1), VOUCH_OK);
	assert_changes(source, &cursor, "all ");
	vouch_buf_free(&cursor);
	vouch_source_free(source);
	vouch_source_free(other);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
		TEST(rows_are_good_revoked_or_expired_and_others_are_not_known),
		TEST(an_empty_index_is_that_of_a_CA_that_issued_nothing),
		TEST(lines_may_end_as_on_other_systems),
		TEST(a_byte_order_mark_is_passed_over),
		TEST(subjects_may_be_the_same),
		TEST(people_are_told_the_line),
		TEST(all_are_listed_in_order),
		TEST(an_index_is_of_one_CA),
		TEST(what_is_damaged_does_not_open_and_its_line_is_named),
		TEST(what_is_no_file_does_not_open),
		TEST(a_URI_names_a_file_and_no_parameters),
		TEST(a_line_without_end_meets_a_limit),
		TEST(a_file_renamed_over_is_read_and_each_change_is_told_once),
		TEST(whatever_changes_of_a_revocation_is_told),
		TEST(a_file_written_where_it_is_is_read_as_well),
		TEST(a_change_of_the_same_length_within_a_tick_of_the_clock_is_read),
		TEST(expiry_is_no_change_and_expired_rows_may_go),
		TEST(a_descriptor_tells_that_changes_wait),
		TEST(whoever_never_asks_for_changes_sees_them_a_second_later),
		TEST(a_cursor_of_another_source_is_told_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
