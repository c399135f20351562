/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite itself says where the parameters of a query are: two readers of one text must not differ. */
#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>

/* Pieces that a text is put together from, so that most of them mean something else in some neighbourhood. */
static const char *const pieces[] = { ",:serial_hex", ",:serial_hex", ",:serial_hex ", ":serial_hex", ",'",
	"'", "'", ",''", ",\"", "\"", "AS `", "`", "AS [", "]", "--", "\n", "\n", "/*", "*/", "*/", "a", "1",
	",1", "x'00'", "||", "(", ")", ",:issuer_dn ", "-", "/", "*", " AS ", "\\", "$", "E'", "''" };

static unsigned
draw(uint64_t *state, unsigned below)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*state >> 33) % below;
}

static int
count_in_sqlite(sqlite3 *db, const char *text, bool *compiles)
{
	sqlite3_stmt *s = NULL;
	const char *rest = NULL;
	int count = 0;

	*compiles = sqlite3_prepare_v2(db, text, -1, &s, &rest) == SQLITE_OK && s != NULL && rest[0] == '\0';
	/* Each occurrence counts: ":a" twice is one to SQLite. */
	if (*compiles)
		count = sqlite3_bind_parameter_count(s);
	sqlite3_finalize(s);
	return count;
}

static void
what_sqlite_compiles_has_the_same_parameters_for_both(void **state)
{
	uint64_t random = 20261122;
	unsigned compared = 0;
	sqlite3 *db = NULL;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	for (unsigned i = 0; i < 200000; i++) {
		char text[200] = "SELECT 1";
		bool compiles = false;
		for (unsigned n = draw(&random, 12); n > 0; n--)
			strncat(text, pieces[draw(&random, COUNT(pieces))], sizeof(text) - 1 - strlen(text));
		(void)count_in_sqlite(db, text, &compiles);
		/* Tcl's variables have parentheses in their names. */
		if (!compiles || strstr(text, ":serial_hex(") != NULL)
			continue;
		struct query *q = NULL;
		vouch_err err = { 0 };
		int code = open_code(&q, QUERY_SQLITE, text, NULL, &err);
		bool has = strstr(err.msg, "does not ask for a serial number") == NULL;
		/* Stricter than SQLite in these alone. */
		if (code != VOUCH_OK && has) {
			if (strstr(err.msg, "has no end") == NULL &&
			    strstr(err.msg, "values have names") == NULL &&
			    strstr(err.msg, "there is no parameter") == NULL)
				fail_msg("%s: %s", text, err.msg);
			continue;
		}
		if (code == VOUCH_OK) {
			bool again = false;
			int ours = (int)query_parameters(q, QUERY_LOOKUP);
			int theirs = count_in_sqlite(db, query_sql(q, QUERY_LOOKUP), &again);
			if (!again || theirs != ours)
				fail_msg("%s -> %s: %d, %d", text, query_sql(q, QUERY_LOOKUP), ours, theirs);
			compared++;
		} else if (strstr(text, ":serial_hex") != NULL && sqlite3_complete(text) == 0) {
			sqlite3_stmt *s = NULL;
			assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
			if (sqlite3_bind_parameter_index(s, ":serial_hex") != 0)
				fail_msg("%s: overlooked", text);
			sqlite3_finalize(s);
		}
		query_close(q);
	}
	sqlite3_close(db);
	assert_true(compared > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_sqlite_compiles_has_the_same_parameters_for_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
