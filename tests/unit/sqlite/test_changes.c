/* SPDX-License-Identifier: Apache-2.0 */
/* The change feed: what changed is told once, and "all" whenever the cursor is of another truth. */
#include "fixture.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct heard {
	char text[2000];
	size_t count, all;
};

static void
hear(void *arg, vouch_span serial_number)
{
	struct heard *h = arg;
	size_t len = strlen(h->text);

	h->count++;
	h->all += serial_number.len == 0;
	if (len + 8 < sizeof(h->text) && serial_number.len > 0)
		snprintf(h->text + len, sizeof(h->text) - len, "%02X ", serial_number.data[0]);
	else if (len + 8 < sizeof(h->text))
		snprintf(h->text + len, sizeof(h->text) - len, "all ");
}

static void
assert_changes(void *db, vouch_buf *cursor, const char *expected)
{
	struct heard h = { 0 };
	vouch_err err = { 0 };

	if (ops->changes(db, cursor, hear, &h, &err) != VOUCH_OK)
		fail_msg("changes: %s", err.msg);
	assert_string_equal(h.text, expected);
}

static void
each_change_is_told_once_and_in_order(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc"), *other = open_database(f->file, "");
	vouch_buf cursor = { 0 }, second = { 0 };

	assert_changes(other, &cursor, "all ");
	assert_changes(other, &cursor, "");
	record(db, &issuer_a, SERIAL("\x01"), good());
	record(db, &issuer_a, SERIAL("\x02"), good());
	assert_changes(other, &cursor, "01 02 ");
	assert_changes(other, &cursor, "");
	record(db, &issuer_a, SERIAL("\x01"), revoked(1, NOW));
	record(db, &issuer_b, SERIAL("\x03"), good());
	assert_changes(other, &cursor, "01 03 ");
	assert_changes(other, &second, "all ");
	assert_changes(other, &second, "");
	vouch_buf_free(&cursor);
	vouch_buf_free(&second);
	ops->close(db);
	ops->close(other);
}

static void
what_does_not_change_is_not_told(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_buf cursor = { 0 };
	vouch_err err = { 0 };
	vouch_status s = good();

	record(db, &issuer_a, SERIAL("\x01"), revoked(6, NOW));
	assert_changes(db, &cursor, "all ");
	record(db, &issuer_a, SERIAL("\x01"), revoked(6, NOW));
	assert_changes(db, &cursor, "");
	assert_int_equal(ops->begin(db, &err), VOUCH_OK);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x01"), &s, NOW, &err), VOUCH_OK);
	assert_changes(db, &cursor, "");
	ops->abort(db);
	assert_changes(db, &cursor, "");
	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_changes(db, &cursor, "01 ");
	vouch_buf_free(&cursor);
	ops->close(db);
}

static void
what_other_programs_change_is_told_as_well(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_buf cursor = { 0 };

	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_changes(db, &cursor, "all ");
	sql_on(f->file, "UPDATE certificates SET cert_status = 2, revocation_time = 5");
	assert_changes(db, &cursor, "01 ");
	sql_on(f->file, "UPDATE certificates SET serial_number = x'02'");
	assert_changes(db, &cursor, "01 02 ");
	sql_on(f->file, "DELETE FROM certificates");
	assert_changes(db, &cursor, "02 ");
	sql_on(f->file, "DELETE FROM issuers");
	assert_changes(db, &cursor, "all ");
	vouch_buf_free(&cursor);
	ops->close(db);
}

static void
a_cursor_that_is_none_of_ours_means_all(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_buf cursor = { 0 }, copy = { 0 };

	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_changes(db, &cursor, "all ");
	assert_int_equal(vouch_buf_append(&copy, cursor.data, cursor.len), VOUCH_OK);
	for (size_t i = 0; i < copy.len; i++) {
		assert_int_equal(cursor.len, copy.len);
		cursor.data[i] ^= 1;
		assert_changes(db, &cursor, "all ");
		assert_memory_equal(cursor.data, copy.data, copy.len);
	}
	for (size_t len = 0; len < copy.len; len++) {
		cursor.len = len;
		assert_changes(db, &cursor, "all ");
	}
	vouch_buf_free(&cursor);
	vouch_buf_free(&copy);
	ops->close(db);
}

static void
a_log_that_was_pruned_or_emptied_means_all_to_those_who_were_away(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_buf behind = { 0 }, current = { 0 };

	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_changes(db, &behind, "all ");
	record(db, &issuer_a, SERIAL("\x02"), good());
	record(db, &issuer_a, SERIAL("\x03"), good());
	assert_changes(db, &current, "all ");
	sql_on(f->file, "DELETE FROM changes WHERE position < (SELECT max(position) FROM changes)");
	assert_changes(db, &current, "");
	assert_changes(db, &behind, "all ");
	sql_on(f->file, "DELETE FROM changes");
	assert_changes(db, &current, "all ");
	assert_changes(db, &current, "");
	record(db, &issuer_a, SERIAL("\x04"), good());
	assert_changes(db, &current, "all ");
	record(db, &issuer_a, SERIAL("\x05"), good());
	assert_changes(db, &current, "05 ");
	vouch_buf_free(&behind);
	vouch_buf_free(&current);
	ops->close(db);
}

static void
the_log_keeps_a_million_changes(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_buf cursor = { 0 };

	record(db, &issuer_a, SERIAL("\x01"), good());
	sql_on(f->file, "UPDATE sqlite_sequence SET seq = 1000001 WHERE name = 'changes'");
	assert_changes(db, &cursor, "all ");
	record(db, &issuer_a, SERIAL("\x02"), good());
	assert_int_equal(sql_number(f->file, "SELECT min(position) FROM changes"), 1000002);
	assert_changes(db, &cursor, "all ");
	vouch_buf_free(&cursor);
	ops->close(db);
}

static void
very_many_changes_are_told_as_all(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_buf cursor = { 0 };
	struct heard h = { 0 };
	vouch_err err = { 0 };

	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_changes(db, &cursor, "all ");
	sql_on(f->file,
	    "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 65536)"
	    " INSERT INTO changes (serial_number) SELECT x'77' FROM n");
	assert_int_equal(ops->changes(db, &cursor, hear, &h, &err), VOUCH_OK);
	assert_int_equal(h.count, 65536);
	assert_int_equal(h.all, 0);
	sql_on(f->file,
	    "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 65537)"
	    " INSERT INTO changes (serial_number) SELECT x'77' FROM n");
	assert_changes(db, &cursor, "all ");
	vouch_buf_free(&cursor);
	ops->close(db);
}

static void
copy_file(const char *from, const char *to)
{
	vouch_buf octets = read_file(from);

	write_file(to, octets.data, octets.len);
	vouch_buf_free(&octets);
}

/* A database with serial number 01 good and a backup of it; then 01 is revoked. */
static void *
with_backup(const struct folder *f, char backup[128])
{
	void *db = open_database(f->file, "?mode=rwc");

	snprintf(backup, 128, "%s/backup.db", f->path);
	record(db, &issuer_a, SERIAL("\x01"), good());
	ops->close(db);
	copy_file(f->file, backup);
	db = open_database(f->file, "?mode=rwc");
	record(db, &issuer_a, SERIAL("\x01"), revoked(1, NOW));
	ops->close(db);
	return open_database(f->file, "");
}

/* Nobody asks for changes: each lookup finds out by itself. */
static void
a_backup_moved_into_place_shows_at_once_to_who_does_not_poll(void **state)
{
	const struct folder *f = *state;
	char backup[128];
	void *db = with_backup(f, backup);

	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	assert_int_equal(rename(backup, f->file), 0);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(db);
}

/* From the next poll on, or a second later, no connection to the old file answers. */
static void
a_backup_moved_into_place_means_all(void **state)
{
	const struct folder *f = *state;
	char backup[128];
	void *db = with_backup(f, backup);
	vouch_buf cursor = { 0 };

	assert_changes(db, &cursor, "all ");
	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	assert_int_equal(rename(backup, f->file), 0);
	assert_changes(db, &cursor, "all ");
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	void *writer = open_database(f->file, "?mode=rwc");
	record(writer, &issuer_a, SERIAL("\x02"), good());
	assert_changes(db, &cursor, "02 ");
	ops->close(writer);
	assert_status(db, SERIAL("\x02"), VOUCH_GOOD);
	vouch_buf_free(&cursor);
	ops->close(db);
}

static void
a_backup_moved_into_place_shows_within_two_seconds_to_who_has_stopped_polling(void **state)
{
	const struct folder *f = *state;
	char backup[128];
	vouch_status s;
	void *db = with_backup(f, backup);
	vouch_buf cursor = { 0 };

	assert_changes(db, &cursor, "all ");
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_OK);
	assert_int_equal(rename(backup, f->file), 0);
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW + 2, &s), VOUCH_OK);
	assert_int_equal(s.cert_status, VOUCH_GOOD);
	vouch_buf_free(&cursor);
	ops->close(db);
}

struct double_look {
	void *db;
	int walked, looked;
};

/* Asks from within a walk, for which the source needs a second connection. */
static int
look_while_walking(void *arg, vouch_span serial_number, const vouch_status *status)
{
	struct double_look *d = arg;
	vouch_status s;

	d->walked = status->cert_status;
	d->looked = look(d->db, &issuer_a, serial_number, NOW, &s) == VOUCH_OK ? s.cert_status : -1;
	return 0;
}

static void
assert_both_connections_say(void *db, int cert_status)
{
	struct double_look d = { .db = db };
	vouch_err err = { 0 };

	assert_int_equal(ops->each(db, &issuer_a, SERIAL(""), NOW, look_while_walking, &d, &err), VOUCH_OK);
	assert_int_equal(d.walked, cert_status);
	assert_int_equal(d.looked, cert_status);
}

static void
a_backup_copied_over_the_file_means_all(void **state)
{
	const struct folder *f = *state;
	char backup[128];
	void *db = with_backup(f, backup);
	vouch_buf cursor = { 0 };

	assert_both_connections_say(db, VOUCH_REVOKED);
	assert_changes(db, &cursor, "all ");
	assert_changes(db, &cursor, "");
	copy_file(backup, f->file);
	assert_changes(db, &cursor, "all ");
	assert_both_connections_say(db, VOUCH_GOOD);
	vouch_buf_free(&cursor);
	ops->close(db);
}

/* The log of the new file stands where that of the old one did. */
static void
closing_what_was_replaced_leaves_the_log_of_the_new_file(void **state)
{
	const struct folder *f = *state;
	char backup[128];
	void *db = with_backup(f, backup);
	int status = -1;

	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	assert_int_equal(rename(backup, f->file), 0);
	pid_t child = fork();
	if (child == 0) {
		void *writer = open_database(f->file, "");
		record(writer, &issuer_a, SERIAL("\x08"), good());
		_exit(0); /* killed, as it were: what it wrote stands in the log */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(file_exists(f->file, "-wal"));
	ops->close(db);
	assert_true(file_exists(f->file, "-wal"));
	db = open_database(f->file, "");
	assert_status(db, SERIAL("\x08"), VOUCH_GOOD);
	ops->close(db);
}

/* The copy went another way, and further than the cursor. */
static void
a_copy_with_another_history_means_all(void **state)
{
	const struct folder *f = *state;
	char backup[128];
	void *db = with_backup(f, backup);
	vouch_buf cursor = { 0 };

	assert_changes(db, &cursor, "all ");
	void *writer = open_database(backup, "");
	record(writer, &issuer_a, SERIAL("\x08"), good());
	record(writer, &issuer_a, SERIAL("\x09"), good());
	ops->close(writer);
	assert_int_equal(rename(backup, f->file), 0);
	assert_changes(db, &cursor, "all ");
	vouch_buf_free(&cursor);
	ops->close(db);
}

static void
a_link_that_leads_elsewhere_means_all(void **state)
{
	const struct folder *f = *state;
	char backup[128], link[128];
	vouch_buf cursor = { 0 };

	ops->close(with_backup(f, backup));
	snprintf(link, sizeof(link), "%s/link.db", f->path);
	assert_int_equal(symlink(f->file, link), 0);
	void *db = open_database(link, "");
	assert_changes(db, &cursor, "all ");
	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(backup, link), 0);
	assert_changes(db, &cursor, "all ");
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	vouch_buf_free(&cursor);
	ops->close(db);
}

static void
a_file_that_is_gone_makes_the_source_unavailable_until_it_is_back(void **state)
{
	const struct folder *f = *state;
	char away[128];
	vouch_buf cursor = { 0 };
	struct heard h = { 0 };
	vouch_err err = { 0 };
	vouch_status s;
	void *db = open_database(f->file, "?mode=rwc");

	record(db, &issuer_a, SERIAL("\x01"), good());
	ops->close(db);
	db = open_database(f->file, "");
	assert_changes(db, &cursor, "all ");
	snprintf(away, sizeof(away), "%s/away.db", f->path);
	assert_int_equal(rename(f->file, away), 0);
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_EUNAVAILABLE);
	assert_int_equal(ops->changes(db, &cursor, hear, &h, &err), VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(err.msg, "No such file"));
	assert_int_equal(h.count, 0);
	assert_int_equal(rename(away, f->file), 0);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	assert_changes(db, &cursor, "");
	vouch_buf_free(&cursor);
	ops->close(db);
}

static void
a_commit_to_a_file_that_was_replaced_is_an_error(void **state)
{
	const struct folder *f = *state;
	char backup[128];
	vouch_err err = { 0 };
	vouch_status s = good();
	void *db = with_backup(f, backup);

	assert_int_equal(ops->begin(db, &err), VOUCH_OK);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x07"), &s, NOW, &err), VOUCH_OK);
	assert_int_equal(rename(backup, f->file), 0);
	assert_int_equal(ops->commit(db, &err), VOUCH_EIO);
	assert_int_equal(look(db, &issuer_a, SERIAL("\x07"), NOW, &s), VOUCH_ENOTFOUND);
	record(db, &issuer_a, SERIAL("\x07"), good());
	assert_status(db, SERIAL("\x07"), VOUCH_GOOD);
	ops->close(db);
}

static void
the_feed_is_asked_five_times_a_second(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	int fd = 0, poll_ms = 0;

	assert_int_equal(ops->watch(db, &fd, &poll_ms), VOUCH_OK);
	assert_int_equal(fd, -1);
	assert_int_equal(poll_ms, 200);
	ops->close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_change_is_told_once_and_in_order),
		TEST(what_does_not_change_is_not_told),
		TEST(what_other_programs_change_is_told_as_well),
		TEST(a_cursor_that_is_none_of_ours_means_all),
		TEST(a_log_that_was_pruned_or_emptied_means_all_to_those_who_were_away),
		TEST(the_log_keeps_a_million_changes),
		TEST(very_many_changes_are_told_as_all),
		TEST(a_backup_moved_into_place_shows_at_once_to_who_does_not_poll),
		TEST(a_backup_moved_into_place_means_all),
		TEST(a_backup_moved_into_place_shows_within_two_seconds_to_who_has_stopped_polling),
		TEST(a_backup_copied_over_the_file_means_all),
		TEST(closing_what_was_replaced_leaves_the_log_of_the_new_file),
		TEST(a_copy_with_another_history_means_all),
		TEST(a_link_that_leads_elsewhere_means_all),
		TEST(a_file_that_is_gone_makes_the_source_unavailable_until_it_is_back),
		TEST(a_commit_to_a_file_that_was_replaced_is_an_error),
		TEST(the_feed_is_asked_five_times_a_second),
	};

	return cmocka_run_group_tests_name("sqlite_changes", tests, NULL, NULL);
}
