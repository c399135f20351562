/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parameters of a query are, and what the database gets to see. */
#include "fixture.h"

/* One row is one query and what becomes of it; NULL: another dialect takes it for something else. */
static const struct {
	const char *query, *sqlite, *postgresql, *mysql;
} rewritten[] = {
	{ "SELECT :serial_hex", "SELECT ?1", "SELECT $1", "SELECT ?" },
	{ "SELECT :serial_hex, :serial_hex", "SELECT ?1, ?2", "SELECT $1, $2", "SELECT ?, ?" },
	{ "select a from b where c=:SERIAL_HEX;", "select a from b where c=?1", "select a from b where c=$1",
	    "select a from b where c=?" },
	{ "SELECT :serial_decimal::numeric", NULL, "SELECT $1::numeric", NULL },
	{ "SELECT ':a', :serial_hex, 'it''s :b'", "SELECT ':a', ?1, 'it''s :b'",
	    "SELECT ':a', $1, 'it''s :b'", "SELECT ':a', ?, 'it''s :b'" },
	{ "SELECT \":a\", :serial_hex", "SELECT \":a\", ?1", "SELECT \":a\", $1", "SELECT \":a\", ?" },
	{ "SELECT `:a`, :serial_hex", "SELECT `:a`, ?1", NULL, "SELECT `:a`, ?" },
	{ "SELECT [:a], :serial_hex", "SELECT [:a], ?1", NULL, NULL },
	{ "SELECT x[1:2], :serial_hex", NULL, "SELECT x[1:2], $1", NULL },
	{ "SELECT 1 -- :a\n, :serial_hex", "SELECT 1 -- :a\n, ?1", "SELECT 1 -- :a\n, $1",
	    "SELECT 1 -- :a\n, ?" },
	{ "SELECT 1 --:serial_hex\n + 2 + :serial_hex", "SELECT 1 --:serial_hex\n + 2 + ?1",
	    "SELECT 1 --:serial_hex\n + 2 + $1", "SELECT 1 --?\n + 2 + ?" },
	{ "SELECT 1 # :a\n, :serial_hex", NULL, NULL, "SELECT 1 # :a\n, ?" },
	{ "SELECT 1 /* :a */, :serial_hex", "SELECT 1 /* :a */, ?1", "SELECT 1 /* :a */, $1",
	    "SELECT 1 /* :a */, ?" },
	{ "SELECT 1 /* /* */ :serial_hex */, :serial_hex", NULL, "SELECT 1 /* /* */ :serial_hex */, $1",
	    NULL },
	{ "SELECT 1 /* /* */, :serial_hex", "SELECT 1 /* /* */, ?1", NULL, "SELECT 1 /* /* */, ?" },
	{ "SELECT '\\', :serial_hex", "SELECT '\\', ?1", "SELECT '\\', $1", NULL },
	{ "SELECT 'a\\':b', :serial_hex", NULL, NULL, "SELECT 'a\\':b', ?" },
	{ "SELECT E'a\\':b', :serial_hex", NULL, "SELECT E'a\\':b', $1", NULL },
	{ "SELECT re'\\', :serial_hex", NULL, "SELECT re'\\', $1", NULL },
	{ "SELECT $$ :a ' $$, :serial_hex", NULL, "SELECT $$ :a ' $$, $1", NULL },
	{ "SELECT $x$ :a $$ $x $y$ $x$, :serial_hex", NULL, "SELECT $x$ :a $$ $x $y$ $x$, $1", NULL },
	{ "SELECT a$1, :serial_hex", "SELECT a$1, ?1", "SELECT a$1, $1", "SELECT a$1, ?" },
	{ "SELECT j ? 'k', :serial_hex", NULL, "SELECT j ? 'k', $1", NULL },
	{ "SELECT @x := 1, :serial_hex", NULL, NULL, "SELECT @x := 1, ?" },
	{ "SELECT 12:serial_hex", "SELECT 12?1", "SELECT 12$1", "SELECT 12?" },
	{ "/* a */ -- b\n (SELECT :serial_hex)", "/* a */ -- b\n (SELECT ?1)", "/* a */ -- b\n (SELECT $1)",
	    "/* a */ -- b\n (SELECT ?)" },
	{ "WITH a AS (SELECT :serial_hex) SELECT 1", "WITH a AS (SELECT ?1) SELECT 1",
	    "WITH a AS (SELECT $1) SELECT 1", "WITH a AS (SELECT ?) SELECT 1" },
	{ "VALUES (:serial_hex) ; ; -- end", "VALUES (?1) ", "VALUES ($1) ", "VALUES (?) " },
	{ "SELECT '\xc3\xa4', \xc3\xa4:serial_hex", "SELECT '\xc3\xa4', \xc3\xa4?1",
	    "SELECT '\xc3\xa4', \xc3\xa4$1", "SELECT '\xc3\xa4', \xc3\xa4?" },
};

static void
each_dialect_gets_its_own_placeholders_where_parameters_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rewritten); i++) {
		const char *expected[] = { [QUERY_SQLITE] = rewritten[i].sqlite,
			[QUERY_POSTGRESQL] = rewritten[i].postgresql,
			[QUERY_MYSQL] = rewritten[i].mysql };
		for (size_t d = 0; d < COUNT(expected); d++) {
			if (expected[d] == NULL)
				continue;
			struct query *q = open_query((enum query_dialect)d, rewritten[i].query, NULL);
			assert_string_equal(query_sql(q, QUERY_LOOKUP), expected[d]);
			assert_null(query_sql(q, QUERY_CHANGES));
			assert_null(query_sql(q, QUERY_HEAD));
			query_close(q);
		}
	}
}

static const struct {
	enum query_dialect dialect;
	const char *query;
	size_t offset;
	const char *text;
} refused[] = {
	{ QUERY_SQLITE, "", 0, "no SELECT" },
	{ QUERY_SQLITE, " -- nothing", 11, "no SELECT" },
	{ QUERY_SQLITE, "DELETE FROM a WHERE b = :serial_hex", 0, "only a SELECT" },
	{ QUERY_SQLITE, "SELECTED", 0, "only a SELECT" },
	{ QUERY_SQLITE, "PRAGMA a", 0, "only a SELECT" },
	{ QUERY_SQLITE, "SELECT 1", 0, "does not ask for a serial number" },
	{ QUERY_SQLITE, "SELECT :issuer_dn", 0, "does not ask for a serial number" },
	{ QUERY_SQLITE, "SELECT :serial", 7, "there is no parameter :serial" },
	{ QUERY_SQLITE, "SELECT :serial_hexx", 7, "there is no parameter :serial_hexx" },
	{ QUERY_SQLITE, "SELECT :issuer_key_sha512", 7, "there is no parameter :issuer_key_sha512" },
	{ QUERY_SQLITE, "SELECT :serial_hex, :position", 20, "belongs into changes" },
	{ QUERY_SQLITE, "SELECT :serial_hex; SELECT 2", 20, "a second statement" },
	{ QUERY_SQLITE, "SELECT :serial_hex; /* a", 20, "has no end" },
	{ QUERY_SQLITE, "SELECT 'a :serial_hex", 7, "has no end" },
	{ QUERY_SQLITE, "SELECT '''", 7, "has no end" },
	{ QUERY_SQLITE, "SELECT [a", 7, "has no end" },
	{ QUERY_SQLITE, "SELECT /* a", 7, "has no end" },
	{ QUERY_SQLITE, "SELECT ?", 7, "values have names" },
	{ QUERY_SQLITE, "SELECT $a", 7, "values have names" },
	{ QUERY_SQLITE, "SELECT @a", 7, "values have names" },
	{ QUERY_SQLITE, "SELECT :1", 7, "values have names" },
	{ QUERY_POSTGRESQL, "SELECT $1", 7, "values have names" },
	{ QUERY_POSTGRESQL, "SELECT $$a$ $", 7, "has no end" },
	{ QUERY_POSTGRESQL, "SELECT /* /* */", 7, "has no end" },
	{ QUERY_POSTGRESQL, "SELECT E'\\'", 8, "has no end" },
	{ QUERY_MYSQL, "SELECT ?", 7, "values have names" },
	{ QUERY_MYSQL, "SELECT 'a\\'", 7, "has no end" },
	{ QUERY_MYSQL, "SELECT /*!50000 1 */", 7, "may execute" },
	{ QUERY_MYSQL, "SELECT /*M! 1 */", 7, "may execute" },
};

static void
what_cannot_be_right_is_refused_where_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct query *q = NULL;
		vouch_err err = { 0 };
		assert_int_equal(open_code(&q, refused[i].dialect, refused[i].query, NULL, &err),
		    VOUCH_EINVAL);
		if (strstr(err.msg, refused[i].text) == NULL || strncmp(err.msg, "query: ", 7) != 0)
			fail_msg("%s: %s", refused[i].query, err.msg);
		if (err.offset != refused[i].offset)
			fail_msg("%s: at %zu, not %zu", refused[i].query, err.offset, refused[i].offset);
		assert_null(q);
	}
}

/* No reading past the end, and nothing that a longer text forbids is let pass for being cut. */
static void
every_truncation_is_read_or_refused(void **state)
{
	static const char whole[] =
	    "SELECT 'a''b', E'c\\'d', $x$ :e $x$, \"f\", `g`, [h], /* /* i */ */ -- j\n"
	    "# k\n, :serial_hex::text, l[1:2], 12.5e3 WHERE :issuer_key_sha1_hex = m; -- n";

	(void)state;
	for (int d = QUERY_SQLITE; d <= QUERY_MYSQL; d++) {
		for (size_t len = 0; len < sizeof(whole); len++) {
			char text[sizeof(whole)];
			struct query *q = NULL;
			vouch_err err = { 0 };
			memcpy(text, whole, len);
			text[len] = '\0';
			int code = open_code(&q, (enum query_dialect)d, text, NULL, &err);
			assert_int_equal(code, err.code);
			assert_true(code == VOUCH_OK || err.offset <= len);
			assert_int_equal(code == VOUCH_OK, q != NULL);
			query_close(q);
		}
	}
}

static void
changes_ask_for_a_position_and_are_wrapped_to_find_the_last_one(void **state)
{
	struct query *q = open_query(QUERY_POSTGRESQL, "SELECT :serial_hex",
	    "SELECT id AS position FROM log WHERE id > :position -- all;");
	vouch_err err = { 0 };

	(void)state;
	assert_string_equal(query_sql(q, QUERY_CHANGES),
	    "SELECT id AS position FROM log WHERE id > $1 -- all;");
	assert_string_equal(query_sql(q, QUERY_HEAD),
	    "SELECT max(position) AS position FROM (\nSELECT id AS position FROM log WHERE id > $1 -- all;\n)"
	    " AS vouch_head");
	assert_int_equal(query_parameters(q, QUERY_HEAD), 1);
	assert_int_equal(query_parameter_type(q, QUERY_CHANGES, 0), QUERY_INTEGER);
	query_close(q);
	q = NULL;
	assert_int_equal(open_code(&q, QUERY_SQLITE, "SELECT :serial_hex", "SELECT 1", &err), VOUCH_EINVAL);
	assert_string_equal(err.msg, "changes: it does not ask for what is new: WHERE ... > :position");
	assert_int_equal(open_code(&q, QUERY_SQLITE, "SELECT :serial_hex", "SELECT :serial_hex", &err),
	    VOUCH_EINVAL);
	assert_non_null(strstr(err.msg, "changes are told for all"));
	assert_int_equal(open_code(&q, QUERY_SQLITE, NULL, "SELECT :position", &err), VOUCH_EINVAL);
	assert_non_null(strstr(err.msg, "changes without a query"));
	assert_null(q);
}

static void
a_uri_without_a_query_has_none(void **state)
{
	struct query *q = NULL;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(open_code(&q, QUERY_SQLITE, NULL, NULL, &err), VOUCH_ENOTFOUND);
	assert_string_equal(err.msg, "");
	assert_int_equal(query_open(&q, QUERY_SQLITE, "a?query=%4", &err), VOUCH_EINVAL);
	assert_int_equal(query_open(&q, QUERY_SQLITE, "a?query=SELECT :serial_hex&query=x", &err),
	    VOUCH_EINVAL);
	assert_null(q);
}

static void
too_long_a_query_and_too_many_parameters_are_refused(void **state)
{
	static char text[70000] = "SELECT :serial_hex";
	struct query *q = NULL;
	vouch_err err = { 0 };

	(void)state;
	for (size_t i = 1; i < QUERY_PARAMETERS_MAX; i++)
		memcpy(text + strlen(text), ",:serial_hex", sizeof(",:serial_hex"));
	assert_int_equal(open_code(&q, QUERY_SQLITE, text, NULL, &err), VOUCH_OK);
	query_close(q);
	q = NULL;
	memcpy(text + strlen(text), ",:serial_hex", sizeof(",:serial_hex"));
	assert_int_equal(open_code(&q, QUERY_SQLITE, text, NULL, &err), VOUCH_ELIMIT);
	memset(text + strlen(text), ' ', sizeof(text) - 1 - strlen(text));
	assert_int_equal(open_code(&q, QUERY_SQLITE, text, NULL, &err), VOUCH_ELIMIT);
	assert_null(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_dialect_gets_its_own_placeholders_where_parameters_are),
		cmocka_unit_test(what_cannot_be_right_is_refused_where_it_stands),
		cmocka_unit_test(every_truncation_is_read_or_refused),
		cmocka_unit_test(changes_ask_for_a_position_and_are_wrapped_to_find_the_last_one),
		cmocka_unit_test(a_uri_without_a_query_has_none),
		cmocka_unit_test(too_long_a_query_and_too_many_parameters_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
