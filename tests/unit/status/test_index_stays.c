/* SPDX-License-Identifier: Apache-2.0 */
/* The source of an index.txt: what was read stays in use until a newer file is there that is sound. */
#include "index_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define REVOKED_NOW "revoked keyCompromise 2026-11-22T10:00:00Z"

#define BEFORE V("01") R("02", "261122100000Z,keyCompromise") V("03") GONE("04")

static const struct {
	const char *what, *text, *why;
} broken[] = {
	{ "empty", "", ": it is empty, and was not before" },
	{ "a beginning of what was there", V("01") R("02", "261122100000Z,keyCompromise"),
	    ": it has shrunk: 2 rows are gone, the first is serial number 3" },
	{ "without the last row, although it has expired",
	    V("01") R("02", "261122100000Z,keyCompromise") V("03"),
	    ": it has shrunk: 1 rows are gone, the first is serial number 4" },
	{ "without a row in the middle", V("01") V("03") GONE("04") V("05"),
	    ": it has shrunk: 1 rows are gone, the first is serial number 2" },
	{ "of another CA", V("11") V("12") V("13") V("14") V("15"),
	    ": it has shrunk: 4 rows are gone, the first is serial number 1" },
	{ "cut off in a line", V("01") R("02", "261122100000Z,keyCompromise") V("03") GONE("04") "V\t3011",
	    ":5: the last line has no end: the file is cut off" },
	{ "with a damaged line", V("01") "V\t3011\t\t02\tunknown\t/CN=02\n" V("03") GONE("04"),
	    ":2: not a date: \"3011\"" },
	{ "with one serial number twice", BEFORE V("01"), ":5: serial number 1 stands in line 1, too" },
};

static void
assert_stays(const struct folder *f, vouch_source *source, const char *why, const char *what)
{
	vouch_source_health health = { .size = sizeof(health) };
	vouch_status status;
	vouch_err err = { 0 };

	vouch_source_get_health(source, NOW + 9, &health);
	if (strncmp(health.trouble.msg, f->file, strlen(f->file)) != 0 ||
	    strncmp(health.trouble.msg + strlen(f->file), why, strlen(why)) != 0)
		fail_msg("%s: %s", what, health.trouble.msg);
	assert_non_null(strstr(health.trouble.msg, "stays in use"));
	assert_int_equal(health.checked, NOW);
	assert_status(source, "01", "good");
	assert_status(source, "02", REVOKED_NOW);
	assert_status(source, "05", "not found");
	vouch_status_init(&status);
	assert_int_equal(vouch_source_lookup(source, &one_ca, SPAN_LITERAL("\x01"), NOW + 9, &status, &err),
	    VOUCH_OK);
	assert_int_equal(status.this_update, NOW);
	vouch_status_clear(&status);
	assert_int_equal(vouch_source_lookup(source, &one_ca, SPAN_LITERAL("\x05"), NOW + 9, &status, &err),
	    VOUCH_ENOTFOUND);
	assert_int_equal(status.this_update, NOW);
}

static void
what_was_read_stays_in_use_until_a_sound_file_is_there(void **state)
{
	const struct folder *f = *state;

	for (size_t i = 0; i < COUNT(broken); i++) {
		vouch_buf cursor = { 0 };
		vouch_err err = { 0 };
		replace(f, BEFORE);
		vouch_source *source = open_index(f);
		assert_changes(source, &cursor, "all ");
		replace(f, broken[i].text);
		assert_true(follow(source, &cursor, &err) != VOUCH_OK);
		assert_true(follow(source, &cursor, &err) != VOUCH_OK);
		assert_stays(f, source, broken[i].why, broken[i].what);
		assert_true(vouch_source_reload(source, NOW, &err) != VOUCH_OK);
		assert_stays(f, source, broken[i].why, broken[i].what);
		replace(f, BEFORE V("05"));
		assert_changes(source, &cursor, "5 ");
		assert_status(source, "05", "good");
		vouch_source_health health = { .size = sizeof(health) };
		vouch_source_get_health(source, NOW + 20, &health);
		assert_int_equal(health.trouble.code, VOUCH_OK);
		assert_int_equal(health.checked, NOW + 20);
		vouch_buf_free(&cursor);
		vouch_source_free(source);
	}
}

static void
a_file_that_is_gone_for_a_moment_is_no_trouble_and_for_longer_is(void **state)
{
	const struct folder *f = *state;
	vouch_buf cursor = { 0 };
	vouch_err err = { 0 };

	replace(f, BEFORE);
	vouch_source *source = open_index(f);
	assert_changes(source, &cursor, "all ");
	remove_index(f);
	assert_changes(source, &cursor, "");
	assert_changes(source, &cursor, "");
	replace(f, BEFORE);
	assert_changes(source, &cursor, "");
	remove_index(f);
	assert_int_equal(follow(source, &cursor, &err), VOUCH_EIO);
	assert_stays(f, source, ": cannot look at it: No such file or directory", "gone");
	replace(f, BEFORE);
	assert_changes(source, &cursor, "");
	vouch_buf_free(&cursor);
	vouch_source_free(source);
}

static void
reload_reads_at_once_what_is_new(void **state)
{
	const struct folder *f = *state;
	vouch_err err = { 0 };

	replace(f, BEFORE);
	vouch_source *source = open_index(f);
	replace(f, BEFORE V("05"));
	assert_int_equal(vouch_source_reload(source, NOW, &err), VOUCH_OK);
	assert_status(source, "05", "good");
	vouch_source_free(source);
}

static void
every_truncation_of_a_good_file_keeps_what_was_read(void **state)
{
	const struct folder *f = *state;
	static const char text[] = BEFORE;
	vouch_buf cursor = { 0 };

	replace(f, text);
	vouch_source *source = open_index(f);
	assert_changes(source, &cursor, "all ");
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		vouch_err err = { 0 };
		overwrite(f, text, len);
		assert_true(follow(source, &cursor, &err) != VOUCH_OK);
		assert_memory_equal(err.msg, f->file, strlen(f->file));
		assert_status(source, "02", REVOKED_NOW);
		assert_status(source, "04", "good");
	}
	overwrite(f, text, sizeof(text) - 1);
	assert_changes(source, &cursor, "");
	vouch_buf_free(&cursor);
	vouch_source_free(source);
}

/* Which of 1 to 4 have another status than before, as bits; how many rows there are in all. */
struct differing {
	unsigned changed;
	size_t count;
};

static int
compare_one(void *arg, vouch_span serial_number, const vouch_status *status)
{
	struct differing *d = arg;
	uint8_t number = serial_number.len == 1 ? serial_number.data[0] : 0;

	d->count++;
	if (number < 1 || number > 4)
		return 0;
	bool as_before = number == 2 ? status->cert_status == VOUCH_REVOKED &&
		status->revocation_reason == 2 && status->revocation_time == NOW :
				       status->cert_status == VOUCH_GOOD;
	if (as_before)
		d->changed &= ~(1U << number);
	return 0;
}

/* Nothing but the row that was hit may differ from what it was; the others are all there. */
static void
assert_one_row_differs(vouch_source *source, unsigned line, size_t at)
{
	struct differing d = { .changed = 0x1e };
	vouch_err err = { 0 };

	assert_int_equal(vouch_source_each(source, &one_ca, SPAN_LITERAL(""), NOW, compare_one, &d, &err),
	    VOUCH_OK);
	if ((d.changed & ~(1U << line)) != 0 || d.count != 4)
		fail_msg("octet %zu in line %u: %zu rows, changed 0x%x", at, line, d.count, d.changed);
}

static void
every_flipped_bit_of_a_good_file_is_refused_or_changes_its_row_alone(void **state)
{
	const struct folder *f = *state;
	static const char text[] = BEFORE;
	char copy[sizeof(text)], place[100];
	unsigned line = 1, refused = 0;

	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		for (int bit = 0; bit < 8; bit++) {
			vouch_source *source = NULL;
			vouch_err err = { 0 };
			memcpy(copy, text, sizeof(text));
			copy[at] = (char)((unsigned char)copy[at] ^ 1U << bit);
			overwrite(f, copy, sizeof(text) - 1);
			if (vouch_source_open(&source, &vouch_source_index, f->file, NOW, &err) == VOUCH_OK) {
				assert_one_row_differs(source, line, at);
				vouch_source_free(source);
				continue;
			}
			refused++;
			/* Of two rows with one serial number the later is blamed; an end that is gone makes one of two. */
			snprintf(place, sizeof(place), "%s:", f->file);
			assert_memory_equal(err.msg, place, strlen(place));
			unsigned long blamed = strtoul(err.msg + strlen(place), NULL, 10);
			assert_true(blamed == line || strstr(err.msg, "stands in line") != NULL);
		}
		line += text[at] == '\n';
	}
	assert_true(refused > sizeof(text));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_was_read_stays_in_use_until_a_sound_file_is_there),
		TEST(a_file_that_is_gone_for_a_moment_is_no_trouble_and_for_longer_is),
		TEST(reload_reads_at_once_what_is_new),
		TEST(every_truncation_of_a_good_file_keeps_what_was_read),
		TEST(every_flipped_bit_of_a_good_file_is_refused_or_changes_its_row_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
