/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the users' own: asked by a query, followed by a log or by SQLite's count of commits. */
#include "fixture.h"

#include <stdio.h>
#include <unistd.h>

#define TABLE \
	"CREATE TABLE certs (serial TEXT PRIMARY KEY, state TEXT, revoked_on TEXT, why TEXT) WITHOUT ROWID;" \
	"INSERT INTO certs VALUES ('01', 'valid', NULL, NULL);" \
	"INSERT INTO certs VALUES ('02', 'revoked', '2026-01-02 03:04:05', 'keyCompromise');" \
	"INSERT INTO certs VALUES ('03', 'suspended', NULL, NULL);"
#define QUERY \
	"query=SELECT state AS status, revoked_on AS revoked_at, why AS reason FROM certs WHERE serial = :serial_hex_even"
#define LOG \
	"CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, serial TEXT);" \
	"CREATE TRIGGER logged AFTER UPDATE ON certs BEGIN INSERT INTO log (serial) VALUES (NEW.serial); END;"
#define CHANGES "&changes=SELECT id AS position, serial AS serial_hex FROM log WHERE id > :position - 10"

static void *
own(const struct folder *f, const char *parameters)
{
	sql_on(f->file, TABLE);
	return open_database(f->file, parameters);
}

static void
a_query_says_good_and_revoked(void **state)
{
	const struct folder *f = *state;
	void *db = own(f, "?" QUERY);
	vouch_status s;

	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	assert_int_equal(look(db, &issuer_b, SERIAL("\x02"), NOW, &s), VOUCH_OK);
	assert_int_equal(s.cert_status, VOUCH_REVOKED);
	assert_int_equal(s.revocation_reason, VOUCH_REASON_KEY_COMPROMISE);
	assert_true(s.revocation_time == 1767323045);
	assert_int_equal(look(db, &issuer_a, SERIAL("\x04"), NOW, &s), VOUCH_ENOTFOUND);
	/* What the word means nobody has said. */
	vouch_err err = { 0 };
	vouch_status_init(&s);
	assert_int_equal(ops->lookup(db, &issuer_a, SERIAL("\x03"), NOW, &s, &err), VOUCH_EPARSE);
	assert_non_null(strstr(err.msg, "vouch.db: query: column \"status\" is \"suspended\""));
	ops->close(db);
}

static void
each_type_of_parameter_finds_its_row(void **state)
{
	const struct folder *f = *state;
	static const char *const conditions[] = { "b = :serial_bytes", "d = :serial_decimal",
		"i = :serial_integer", "i = :serial_decimal", "h = :serial_hex",
		"h = :serial_hex AND :issuer_label = 'A'",
		"b = :serial_bytes_unsigned AND h = :serial_hex AND length(:issuer_id) = 32" };

	sql_on(f->file,
	    "CREATE TABLE t (b BLOB, d TEXT, i INTEGER, h TEXT);"
	    "INSERT INTO t VALUES (x'01AAF00D', '27979789', 27979789, '1AAF00D')");
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		char parameters[200];
		vouch_status s;
		snprintf(parameters, sizeof(parameters),
		    "?query=SELECT 'good' AS status, NULL AS revoked_at FROM t WHERE %s", conditions[i]);
		/* What is asked of an issuer here is not in its certificate, which is none. */
		if (strstr(parameters, ":issuer") != NULL)
			continue;
		void *db = open_database(f->file, parameters);
		assert_status(db, SERIAL("\x01\xaa\xf0\x0d"), VOUCH_GOOD);
		assert_int_equal(look(db, &issuer_a, SERIAL("\x02"), NOW, &s), VOUCH_ENOTFOUND);
		ops->close(db);
	}
}

static const struct {
	const char *parameters;
	int code;
	const char *text;
} refused[] = {
	{ "?query=SELECT x", VOUCH_EINVAL, "query: it does not ask for a serial number" },
	{ "?query=SELECT 1 AS status WHERE :serial_hex", VOUCH_EINVAL,
	    "query: column \"revoked_at\" is missing" },
	{ "?query=SELECT 1 AS status, 2 AS revoked_at, 3 AS colour WHERE :serial_hex", VOUCH_EINVAL,
	    "query: column \"colour\" has no meaning" },
	{ "?query=SELECT stat AS status, 2 AS revoked_at FROM certs WHERE serial = :serial_hex", VOUCH_EINVAL,
	    "query: no such column: stat" },
	{ "?query=SELECT 1 AS status, 2 AS revoked_at FROM cert WHERE serial = :serial_hex", VOUCH_EINVAL,
	    "query: no such table: cert" },
	{ "?query=SELECT 1 AS status, json('{') AS revoked_at, :serial_hex IS NULL AS reason", VOUCH_EINVAL,
	    "query: malformed JSON" },
	{ "?query=WITH a AS (SELECT 1) DELETE FROM certs WHERE serial = :serial_hex", VOUCH_EINVAL,
	    "query: it would write" },
	{ "?" QUERY "&mode=rw", VOUCH_EINVAL, "mode is ro with a query" },
	{ "?" QUERY "&mode=x", VOUCH_EINVAL, "mode is ro, rw or rwc" },
	{ "?" QUERY "&colour=red", VOUCH_EINVAL, "the parameters are mode, query and changes" },
	{ "?" QUERY "&query=SELECT", VOUCH_EINVAL, "is there twice" },
	{ "?changes=SELECT :position", VOUCH_EINVAL, "changes without a query" },
	{ "?" QUERY "&changes=SELECT 1 AS position, 2 AS serial FROM certs WHERE 1 > :position", VOUCH_EINVAL,
	    "changes: column \"serial\" has no meaning" },
	{ "?" QUERY "&changes=SELECT id AS position FROM log WHERE id > :position", VOUCH_EINVAL,
	    "changes: no such table: log" },
};

static void
what_cannot_work_is_refused_at_the_start_by_name(void **state)
{
	const struct folder *f = *state;

	sql_on(f->file, TABLE);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		vouch_err err = { 0 };
		assert_int_equal(open_code(f->file, refused[i].parameters, &err), refused[i].code);
		if (strstr(err.msg, refused[i].text) == NULL || strstr(err.msg, "vouch.db") == NULL)
			fail_msg("%s: %s", refused[i].parameters, err.msg);
	}
}

static void
an_empty_or_foreign_or_missing_file_is_refused(void **state)
{
	const struct folder *f = *state;
	vouch_err err = { 0 };

	assert_int_equal(open_code(f->file, "?" QUERY, &err), VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(err.msg, "No such file"));
	assert_false(file_exists(f->file, ""));
	write_file(f->file, "not a database, but long enough to look at", 42);
	assert_int_equal(open_code(f->file, "?" QUERY, &err), VOUCH_EIO);
	write_file(f->file, "", 0);
	assert_int_equal(open_code(f->file, "?" QUERY, &err), VOUCH_EPARSE);
	assert_non_null(strstr(err.msg, "it is empty"));
}

static void
nothing_is_written_and_nothing_listed(void **state)
{
	const struct folder *f = *state;
	void *db = own(f, "?" QUERY);
	vouch_err err = { 0 };
	vouch_buf before = read_file(f->file);

	assert_int_equal(ops->begin(db, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "only read"));
	assert_int_equal(ops->each(db, &issuer_a, SERIAL(""), NOW, NULL, NULL, &err), VOUCH_EREFUSED);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(db);
	vouch_buf after = read_file(f->file);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, after.len);
	vouch_buf_free(&before);
	vouch_buf_free(&after);
}

/* Whoever else writes is not waited for by our reading, and the next answer knows what he wrote. */
static void
a_commit_shows_at_the_next_lookup_in_either_mode(void **state)
{
	const struct folder *f = *state;
	static const char *const modes[] = { "PRAGMA journal_mode = DELETE", "PRAGMA journal_mode = WAL" };

	sql_on(f->file, TABLE);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		sql_on(f->file, modes[i]);
		void *db = open_database(f->file, "?" QUERY);
		ask_feed(db);
		assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
		sql_on(f->file, "UPDATE certs SET state = 'revoked', revoked_on = 5 WHERE serial = '01'");
		assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
		sql_on(f->file, "UPDATE certs SET state = 'valid' WHERE serial = '01'");
		assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
		ops->close(db);
	}
}

struct told {
	size_t all, one;
	uint8_t last;
};

static void
note(void *arg, vouch_span serial_number)
{
	struct told *told = arg;

	told->all += serial_number.len == 0 ? 1 : 0;
	told->one += serial_number.len == 1 ? 1 : 0;
	told->last = serial_number.len == 1 ? serial_number.data[0] : told->last;
}

static struct told
changes(void *db, vouch_buf *cursor)
{
	struct told told = { 0 };
	vouch_err err = { 0 };

	if (ops->changes(db, cursor, note, &told, &err) != VOUCH_OK)
		fail_msg("changes: %s", err.msg);
	return told;
}

static void
without_a_log_any_commit_means_all_and_none_means_nothing(void **state)
{
	const struct folder *f = *state;
	static const char *const modes[] = { "PRAGMA journal_mode = DELETE", "PRAGMA journal_mode = WAL" };

	sql_on(f->file, TABLE);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		sql_on(f->file, modes[i]);
		void *db = open_database(f->file, "?" QUERY);
		vouch_buf cursor = { 0 };
		assert_int_equal(changes(db, &cursor).all, 1);
		assert_int_equal(changes(db, &cursor).all, 0);
		assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
		assert_int_equal(changes(db, &cursor).all, 0);
		sql_on(f->file,
		    "UPDATE certs SET why = why || 'x', state = 'V' || state WHERE serial = '02'");
		assert_int_equal(changes(db, &cursor).all, 1);
		assert_int_equal(changes(db, &cursor).all, 0);
		ops->close(db);
		vouch_buf_free(&cursor);
	}
}

/* A view may hide it, too. */
static void
what_depends_on_the_clock_may_always_have_changed(void **state)
{
	const struct folder *f = *state;

	sql_on(f->file,
	    TABLE "CREATE VIEW v AS SELECT *, CASE WHEN date('now') > '2020' THEN 'good' ELSE 'revoked' END"
		  " AS moody FROM certs");
	void *db = open_database(f->file,
	    "?query=SELECT moody AS status, 5 AS revoked_at FROM v WHERE serial = :serial_hex_even");
	vouch_buf cursor = { 0 };
	for (int i = 0; i < 3; i++)
		assert_int_equal(changes(db, &cursor).all, 1);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(db);
	vouch_buf_free(&cursor);
}

static void
a_log_tells_which_certificates_changed(void **state)
{
	const struct folder *f = *state;
	vouch_buf cursor = { 0 };

	sql_on(f->file, TABLE LOG);
	void *db = open_database(f->file, "?" QUERY CHANGES);
	assert_int_equal(changes(db, &cursor).all, 1);
	struct told told = changes(db, &cursor);
	assert_true(told.all == 0 && told.one == 0);
	sql_on(f->file, "UPDATE certs SET state = 'revoked', revoked_on = 5 WHERE serial = '01'");
	told = changes(db, &cursor);
	assert_true(told.all == 0 && told.one == 1 && told.last == 1);
	sql_on(f->file, "UPDATE certs SET why = 1 WHERE serial = '02'");
	told = changes(db, &cursor);
	assert_true(told.all == 0 && told.one == 1 && told.last == 2);
	told = changes(db, &cursor);
	assert_true(told.all == 0 && told.one == 0);
	/* A backup: the end of the log is not there any more. */
	sql_on(f->file, "DELETE FROM log WHERE id = 2");
	assert_int_equal(changes(db, &cursor).all, 1);
	ops->close(db);
	vouch_buf_free(&cursor);
}

/* Same positions, other file: its log says nothing of what the old one held. */
static void
another_file_in_its_place_means_all(void **state)
{
	const struct folder *f = *state;
	vouch_buf cursor = { 0 };
	char other[120];

	snprintf(other, sizeof(other), "%s/other", f->path);
	sql_on(f->file, TABLE LOG "UPDATE certs SET why = 1 WHERE serial = '02'");
	sql_on(other,
	    TABLE LOG "UPDATE certs SET why = 1 WHERE serial = '02'; DELETE FROM certs WHERE serial = '01'");
	void *db = open_database(f->file, "?" QUERY CHANGES);
	(void)changes(db, &cursor);
	(void)changes(db, &cursor);
	assert_int_equal(changes(db, &cursor).all, 0);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	assert_int_equal(rename(other, f->file), 0);
	assert_int_equal(changes(db, &cursor).all, 1);
	vouch_status s;
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_ENOTFOUND);
	ops->close(db);
	vouch_buf_free(&cursor);
}

static void
an_altered_table_is_read_as_it_is_now(void **state)
{
	const struct folder *f = *state;
	vouch_status s;
	vouch_err err = { 0 };

	sql_on(f->file,
	    "CREATE TABLE t (status TEXT, revoked_at TEXT); INSERT INTO t VALUES ('revoked', '7')");
	void *db = open_database(f->file, "?query=SELECT * FROM t WHERE :serial_hex <> ''");
	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	sql_on(f->file,
	    "DROP TABLE t; CREATE TABLE t (revoked_at TEXT, status TEXT); INSERT INTO t VALUES ('8', 'revoked')");
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_OK);
	assert_true(s.revocation_time == 8);
	sql_on(f->file, "ALTER TABLE t ADD COLUMN colour TEXT");
	vouch_status_init(&s);
	assert_int_not_equal(ops->lookup(db, &issuer_a, SERIAL("\x01"), NOW, &s, &err), VOUCH_OK);
	assert_non_null(strstr(err.msg, "query: column \"colour\" has no meaning"));
	sql_on(f->file, "DROP TABLE t");
	assert_int_equal(ops->lookup(db, &issuer_a, SERIAL("\x01"), NOW, &s, &err), VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(err.msg, "there is no table"));
	ops->close(db);
}

#define MANY "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"

/* One in a thousand certificates a second is no responder. */
static void
a_table_without_an_index_is_refused_when_it_is_long(void **state)
{
	const struct folder *f = *state;
	vouch_err err = { 0 };

	sql_on(f->file,
	    "CREATE TABLE t (serial INTEGER, status TEXT, revoked_at TEXT);"
	    "INSERT INTO t " MANY " SELECT i, 'good', NULL FROM n");
	static const char query[] = "?query=SELECT status, revoked_at FROM t WHERE serial = :serial_integer";
	assert_int_equal(open_code(f->file, query, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "make an index"));
	sql_on(f->file, "CREATE INDEX i ON t (serial)");
	assert_int_equal(open_code(f->file, query, &err), VOUCH_OK);
}

static void
a_lookup_that_takes_too_long_is_given_up(void **state)
{
	const struct folder *f = *state;
	vouch_err err = { 0 };
	vouch_status s;

	sql_on(f->file, TABLE);
	/* Nothing for the serial number of the trial. */
	void *db = open_database(f->file,
	    "?query=SELECT 'good' AS status, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i %2B 1 FROM n"
	    " WHERE i < 100000000) SELECT count(*) FROM n) AS revoked_at FROM certs WHERE serial = :serial_hex_even");
	vouch_status_init(&s);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ops->lookup(db, &issuer_a, SERIAL("\x01"), NOW, &s, &err),
		    VOUCH_EUNAVAILABLE);
		assert_non_null(strstr(err.msg, "it takes too long"));
		assert_int_equal(look(db, &issuer_a, SERIAL("\x05"), NOW, &s), VOUCH_ENOTFOUND);
	}
	ops->close(db);
}

static void
two_rows_that_contradict_each_other_are_no_answer(void **state)
{
	const struct folder *f = *state;
	vouch_err err = { 0 };
	vouch_status s;

	sql_on(f->file,
	    "CREATE TABLE t (serial, status, revoked_at);"
	    "INSERT INTO t VALUES ('1', 'good', 0), ('1', 'revoked', 5), ('2', 'good', 0), ('2', 'V', 1)");
	void *db = open_database(f->file,
	    "?query=SELECT status, revoked_at FROM t WHERE serial = :serial_hex");
	vouch_status_init(&s);
	assert_int_equal(ops->lookup(db, &issuer_a, SERIAL("\x01"), NOW, &s, &err), VOUCH_EPARSE);
	assert_non_null(strstr(err.msg, "contradict"));
	assert_status(db, SERIAL("\x02"), VOUCH_GOOD);
	ops->close(db);
}

static void
reloading_looks_at_the_query_again(void **state)
{
	const struct folder *f = *state;
	void *db = own(f, "?" QUERY);
	vouch_err err = { 0 };

	assert_int_equal(ops->reload(db, NOW, &err), VOUCH_OK);
	sql_on(f->file, "ALTER TABLE certs RENAME TO others");
	assert_int_equal(ops->reload(db, NOW, &err), VOUCH_EINVAL);
	assert_non_null(strstr(err.msg, "no such table"));
	ops->close(db);
}

/* A question mark in its name is a part of it, unless one of the parameters is behind it. */
static void
a_name_may_have_a_question_mark(void **state)
{
	const struct folder *f = *state;
	char name[160];

	snprintf(name, sizeof(name), "%s/what?x=1", f->path);
	sql_on(name, TABLE);
	void *db = open_database(name, "?" QUERY);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(db);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_query_says_good_and_revoked),
		TEST(each_type_of_parameter_finds_its_row),
		TEST(what_cannot_work_is_refused_at_the_start_by_name),
		TEST(an_empty_or_foreign_or_missing_file_is_refused),
		TEST(nothing_is_written_and_nothing_listed),
		TEST(a_commit_shows_at_the_next_lookup_in_either_mode),
		TEST(without_a_log_any_commit_means_all_and_none_means_nothing),
		TEST(what_depends_on_the_clock_may_always_have_changed),
		TEST(a_log_tells_which_certificates_changed),
		TEST(another_file_in_its_place_means_all),
		TEST(an_altered_table_is_read_as_it_is_now),
		TEST(a_table_without_an_index_is_refused_when_it_is_long),
		TEST(a_lookup_that_takes_too_long_is_given_up),
		TEST(two_rows_that_contradict_each_other_are_no_answer),
		TEST(reloading_looks_at_the_query_again),
		TEST(a_name_may_have_a_question_mark),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
