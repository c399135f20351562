/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are opened, which are refused and left alone, and how an old one becomes a new one. */
#include "fixture.h"
#include "modules/sqlite/schema.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
assert_refused(const char *file, const char *parameters, int code, const char *reason)
{
	vouch_err err = { 0 };

	assert_int_equal(open_code(file, parameters, &err), code);
	if (strstr(err.msg, reason) == NULL || strncmp(err.msg, file, strlen(file)) != 0)
		fail_msg("\"%s\" does not say \"%s\" of %s", err.msg, reason, file);
}

static void
reading_makes_no_database(void **state)
{
	const struct folder *f = *state;

	assert_refused(f->file, "", VOUCH_EUNAVAILABLE, "No such file");
	assert_refused(f->file, "?mode=rw", VOUCH_EUNAVAILABLE, "No such file");
	assert_refused(f->file, "?mode=ro", VOUCH_EUNAVAILABLE, "No such file");
	assert_false(file_exists(f->file, ""));
	ops->close(open_database(f->file, "?mode=rwc"));
	ops->close(open_database(f->file, ""));
	ops->close(open_database(f->file, "?mode=ro"));
}

static void
a_uri_without_a_file_or_with_an_unknown_mode_is_refused(void **state)
{
	const struct folder *f = *state;
	vouch_err err = { 0 };

	assert_int_equal(open_code("", "", &err), VOUCH_EINVAL);
	assert_int_equal(open_code("", "?mode=rwc", &err), VOUCH_EINVAL);
	assert_int_equal(open_code(f->file, "?mode=", &err), VOUCH_EINVAL);
	assert_int_equal(open_code(f->file, "?mode=RW", &err), VOUCH_EINVAL);
	assert_int_equal(open_code(f->file, "?mode=rwc&x=1", &err), VOUCH_EINVAL);
}

static void
odd_names_are_names(void **state)
{
	const struct folder *f = *state;
	static const char *const names[] = { ":memory:", "file:x", "a b%20c", "what?x=1", "#", "\xc3\xa4" };
	char path[120];

	assert_int_equal(chdir(f->path), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ops->close(open_database(names[i], "?mode=rwc"));
		snprintf(path, sizeof(path), "%s/%s", f->path, names[i]);
		assert_true(file_exists(path, ""));
	}
	assert_int_equal(chdir("/"), 0);
}

static void
what_is_no_database_is_refused_by_name(void **state)
{
	const struct folder *f = *state;
	char text[5000];

	memset(text, 'x', sizeof(text));
	write_file(f->file, text, sizeof(text));
	assert_refused(f->file, "", VOUCH_EIO, "not an SQLite database");
	assert_refused(f->file, "?mode=rwc", VOUCH_EIO, "not an SQLite database");
	write_file(f->file, text, 7);
	assert_refused(f->file, "?mode=rwc", VOUCH_EIO, "not an SQLite database");
	write_file(f->file, "", 0);
	assert_refused(f->file, "", VOUCH_EPARSE, "it is empty");
	vouch_err err = { 0 };
	assert_int_equal(open_code(f->path, "", &err), VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(err.msg, "Is a directory"));
}

static void
an_empty_file_becomes_a_database_when_it_may(void **state)
{
	const struct folder *f = *state;

	write_file(f->file, "", 0);
	void *db = open_database(f->file, "?mode=rwc");
	record(db, &issuer_a, SERIAL("\x01"), good());
	ops->close(db);
	assert_int_equal(sql_number(f->file, "PRAGMA application_id"), SQLITE_APPLICATION_ID);
	assert_int_equal(sql_number(f->file, "PRAGMA user_version"), sqlite_schema_version);
}

static void
the_database_of_another_program_is_refused_and_left_alone(void **state)
{
	const struct folder *f = *state;

	sql_on(f->file, "CREATE TABLE certificates (x)");
	vouch_buf before = read_file(f->file);
	assert_refused(f->file, "", VOUCH_EPARSE, "not one of vouch's");
	assert_refused(f->file, "?mode=rwc", VOUCH_EPARSE, "not one of vouch's");
	vouch_buf after = read_file(f->file);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	vouch_buf_free(&before);
	vouch_buf_free(&after);
}

/* Leaves what it writes in the log, as a process does that is killed. */
static void
sql_and_die(const char *file, const char *sql)
{
	pid_t child = fork();

	if (child == 0) {
		sqlite3 *db = NULL;
		_exit(sqlite3_open(file, &db) == SQLITE_OK &&
			    sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ?
			0 :
			1);
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
assert_newer_is_left_alone(const char *file)
{
	static const char *const parameters[] = { "", "?mode=ro", "?mode=rw", "?mode=rwc" };
	char wal[128];

	snprintf(wal, sizeof(wal), "%s-wal", file);
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		vouch_buf before = read_file(file);
		assert_refused(file, parameters[i], VOUCH_EREFUSED,
		    "written by a newer vouch: its schema is version 99");
		vouch_buf after = read_file(file);
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.data, after.data, before.len);
		vouch_buf_free(&before);
		vouch_buf_free(&after);
	}
}

static void
a_newer_database_is_refused_and_never_changed(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");

	record(db, &issuer_a, SERIAL("\x01"), good());
	ops->close(db);
	sql_on(f->file, "PRAGMA user_version = 99");
	assert_newer_is_left_alone(f->file);
}

/* Its version stands in the log only, which closing must not move into the file. */
static void
a_newer_database_with_a_log_is_refused_and_never_changed(void **state)
{
	const struct folder *f = *state;

	ops->close(open_database(f->file, "?mode=rwc"));
	sql_and_die(f->file, "PRAGMA user_version = 99");
	assert_true(file_exists(f->file, "-wal"));
	assert_newer_is_left_alone(f->file);
}

static void
make_version_1(const char *file)
{
	char end[400];

	sql_on(file, sqlite_migrations[0]);
	snprintf(end, sizeof(end),
	    "PRAGMA application_id = %d; PRAGMA user_version = 1;"
	    "INSERT INTO issuers VALUES (7, x'0A%062d', 'A', x'30', 0);"
	    "INSERT INTO certificates VALUES (7, 1, x'05', 2, 4, 1000, NULL, NULL, NULL, NULL, 0, 0);",
	    SQLITE_APPLICATION_ID, 0);
	sql_on(file, end);
}

static void
an_older_database_is_migrated_with_all_that_it_knows(void **state)
{
	const struct folder *f = *state;
	vouch_status s;

	make_version_1(f->file);
	void *db = open_database(f->file, "");
	assert_int_equal(look(db, &issuer_a, SERIAL("\x05"), NOW, &s), VOUCH_OK);
	assert_int_equal(s.revocation_time, 1000);
	assert_int_equal(s.revocation_reason, 5);
	record(db, &issuer_a, SERIAL("\x06"), good());
	ops->close(db);
	assert_int_equal(sql_number(f->file, "PRAGMA user_version"), sqlite_schema_version);
	assert_int_equal(sql_number(f->file, "SELECT count(*) FROM changes WHERE serial_number = x'06'"), 1);
}

static void
an_older_database_that_cannot_be_written_is_refused(void **state)
{
	const struct folder *f = *state;

	make_version_1(f->file);
	assert_refused(f->file, "?mode=ro", VOUCH_EREFUSED, "version 1 of 2 and it cannot be written to");
	assert_int_equal(sql_number(f->file, "PRAGMA user_version"), 1);
}

static void
a_migration_that_fails_changes_nothing(void **state)
{
	const struct folder *f = *state;
	vouch_err err = { 0 };

	make_version_1(f->file);
	/* The last thing that the migration makes is there already. */
	sql_on(f->file, "CREATE TRIGGER issuer_deleted AFTER DELETE ON issuers BEGIN SELECT 1; END");
	assert_int_equal(open_code(f->file, "", &err), VOUCH_EIO);
	assert_non_null(strstr(err.msg, "cannot migrate"));
	assert_int_equal(sql_number(f->file, "PRAGMA user_version"), 1);
	assert_int_equal(sql_number(f->file, "SELECT count(*) FROM sqlite_master WHERE name = 'changes'"), 0);
	sql_on(f->file, "DROP TRIGGER issuer_deleted");
	assert_int_equal(open_code(f->file, "", &err), VOUCH_OK);
}

static void
versions_that_do_not_exist_and_missing_tables_are_damage(void **state)
{
	const struct folder *f = *state;

	ops->close(open_database(f->file, "?mode=rwc"));
	sql_on(f->file, "PRAGMA user_version = -1");
	assert_refused(f->file, "", VOUCH_EPARSE, "schema version -1 does not exist");
	sql_on(f->file, "PRAGMA user_version = 2; DROP TABLE certificates");
	assert_refused(f->file, "", VOUCH_EIO, "no such table");
}

static void
a_backup_in_another_journal_mode_is_opened(void **state)
{
	const struct folder *f = *state;
	char sql[200], copy[128];
	void *db = open_database(f->file, "?mode=rwc");

	record(db, &issuer_a, SERIAL("\x01"), good());
	ops->close(db);
	snprintf(copy, sizeof(copy), "%s/copy.db", f->path);
	snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", copy);
	sql_on(f->file, sql);
	db = open_database(copy, "?mode=ro");
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(db);
	db = open_database(copy, "");
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(db);
}

/* Runs the rest of the test as a user without rights, in a child: root may write everywhere. */
static bool
in_a_child_without_rights(void)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(99);
		return true;
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return false;
}

static int
status_without_rights(const char *file, const char *parameters)
{
	vouch_status s = { 0 };
	vouch_err err = { 0 };
	void *ctx = NULL;
	char uri[200];

	snprintf(uri, sizeof(uri), "%s%s", file, parameters);
	if (ops->open(&ctx, uri, NOW, &err) != VOUCH_OK ||
	    look(ctx, &issuer_a, SERIAL("\x01"), NOW, &s) != VOUCH_OK)
		return 1;
	if (ops->begin(ctx, &err) == VOUCH_OK)
		return 2; /* nobody may write here */
	ops->close(ctx);
	return s.cert_status == VOUCH_REVOKED ? 0 : 3;
}

static void
a_reader_who_may_not_write_reads(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");

	record(db, &issuer_a, SERIAL("\x01"), revoked(1, NOW));
	ops->close(db);
	assert_int_equal(chmod(f->path, 0555), 0);
	assert_int_equal(chmod(f->file, 0444), 0);
	if (in_a_child_without_rights())
		_exit(status_without_rights(f->file, "") | status_without_rights(f->file, "?mode=ro") << 4);
}

/* With a log beside it the file alone is an old truth: it counts only together with the log. */
static void
a_reader_who_may_not_write_sees_what_a_writer_has_committed(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");

	record(db, &issuer_a, SERIAL("\x01"), good());
	record(db, &issuer_a, SERIAL("\x01"), revoked(1, NOW));
	assert_true(file_exists(f->file, "-wal"));
	assert_int_equal(chmod(f->path, 0555), 0);
	if (in_a_child_without_rights())
		_exit(status_without_rights(f->file, ""));
	ops->close(db);
}

/* The log cannot be read without its index, which cannot be made here: then nothing is known. */
static void
a_reader_who_cannot_read_the_log_is_told_so_and_not_the_old_truth(void **state)
{
	const struct folder *f = *state;
	char shm[128], link[128], elsewhere[64];
	vouch_err err = { 0 };

	ops->close(open_database(f->file, "?mode=rwc"));
	sql_and_die(f->file, "UPDATE register SET id = id");
	snprintf(shm, sizeof(shm), "%s-shm", f->file);
	assert_int_equal(unlink(shm), 0);
	snprintf(elsewhere, sizeof(elsewhere), "/tmp/vouch-link-XXXXXX");
	assert_non_null(mkdtemp(elsewhere));
	snprintf(link, sizeof(link), "%s/link.db", elsewhere);
	assert_int_equal(symlink(f->file, link), 0);
	assert_int_equal(chmod(elsewhere, 0555), 0);
	assert_int_equal(chmod(f->path, 0555), 0);
	if (in_a_child_without_rights())
		_exit(open_code(f->file, "", &err) == VOUCH_EUNAVAILABLE &&
			    open_code(link, "", &err) == VOUCH_EUNAVAILABLE ?
			0 :
			1);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(elsewhere), 0);
}

static void
a_file_that_may_not_be_read_says_so(void **state)
{
	const struct folder *f = *state;
	vouch_err err = { 0 };

	ops->close(open_database(f->file, "?mode=rwc"));
	assert_int_equal(chmod(f->path, 0555), 0);
	assert_int_equal(chmod(f->file, 0000), 0);
	if (in_a_child_without_rights())
		_exit(open_code(f->file, "", &err) == VOUCH_EUNAVAILABLE &&
			    strstr(err.msg, "Permission denied") != NULL ?
			0 :
			1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reading_makes_no_database),
		TEST(a_uri_without_a_file_or_with_an_unknown_mode_is_refused),
		TEST(odd_names_are_names),
		TEST(what_is_no_database_is_refused_by_name),
		TEST(an_empty_file_becomes_a_database_when_it_may),
		TEST(the_database_of_another_program_is_refused_and_left_alone),
		TEST(a_newer_database_is_refused_and_never_changed),
		TEST(a_newer_database_with_a_log_is_refused_and_never_changed),
		TEST(an_older_database_is_migrated_with_all_that_it_knows),
		TEST(an_older_database_that_cannot_be_written_is_refused),
		TEST(a_migration_that_fails_changes_nothing),
		TEST(versions_that_do_not_exist_and_missing_tables_are_damage),
		TEST(a_backup_in_another_journal_mode_is_opened),
		TEST(a_reader_who_may_not_write_reads),
		TEST(a_reader_who_may_not_write_sees_what_a_writer_has_committed),
		TEST(a_reader_who_cannot_read_the_log_is_told_so_and_not_the_old_truth),
		TEST(a_file_that_may_not_be_read_says_so),
	};

	return cmocka_run_group_tests_name("sqlite_schema", tests, NULL, NULL);
}
