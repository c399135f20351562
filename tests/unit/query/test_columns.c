/* SPDX-License-Identifier: Apache-2.0 */
/* Which columns there are. */
#include "fixture.h"

static size_t
count_names(const char *const *names)
{
	size_t n = 0;

	while (names[n] != NULL)
		n++;
	return n;
}

static const struct {
	enum query_kind kind;
	const char *names[12];
	const char *text; /* NULL: they are right */
} results[] = {
	{ QUERY_LOOKUP, { "status", "revoked_at", NULL }, NULL },
	{ QUERY_LOOKUP, { "Reason", "REVOKED_AT_MS", "STATUS", NULL }, NULL },
	{ QUERY_LOOKUP,
	    { "status", "revoked_at_ms", "reason", "invalidity_date_ms", "this_update", "next_update_ms",
		"expires_at", "certificate_sha256", NULL },
	    NULL },
	{ QUERY_LOOKUP, { "status", NULL },
	    "query: column \"revoked_at\" is missing: without it nothing can be revoked" },
	{ QUERY_LOOKUP, { "revoked_at", NULL }, "query: column \"status\" is missing: say CASE WHEN" },
	{ QUERY_LOOKUP, { NULL }, "query: column \"status\" is missing" },
	{ QUERY_LOOKUP, { "status", "revoked_at", "serial", NULL },
	    "query: column \"serial\" has no meaning here; there are status, revoked_at[_ms], reason, invalidity_date[_ms],"
	    " this_update[_ms], next_update[_ms], expires_at[_ms], certificate_sha256" },
	{ QUERY_LOOKUP, { "status", "revoked_at", "", NULL }, "query: column \"\" has no meaning" },
	{ QUERY_LOOKUP, { "status", "revoked_at", "status_ms", NULL },
	    "query: column \"status_ms\" has no meaning" },
	{ QUERY_LOOKUP, { "status", "revoked_at", "position", NULL },
	    "query: column \"position\" has no meaning" },
	{ QUERY_LOOKUP, { "status", "revoked_at", "status", NULL },
	    "query: column \"status\" is there twice" },
	{ QUERY_LOOKUP, { "status", "revoked_at", "revoked_at_ms", NULL },
	    "query: column \"revoked_at\" is there twice, or beside one of its kind" },
	{ QUERY_CHANGES, { "position", NULL }, NULL },
	{ QUERY_CHANGES, { "serial_hex", "position", NULL }, NULL },
	{ QUERY_CHANGES, { "position", "serial_bytes", NULL }, NULL },
	{ QUERY_CHANGES, { "serial_decimal", NULL },
	    "changes: column \"position\" is missing: say id AS position" },
	{ QUERY_CHANGES, { "position", "serial_hex", "serial_bytes", NULL },
	    "changes: column \"serial_bytes\" is there twice, or beside one of its kind" },
	{ QUERY_CHANGES, { "position", "status", NULL },
	    "changes: column \"status\" has no meaning here; there are position, serial_hex, serial_decimal, serial_bytes, version" },
	{ QUERY_CHANGES, { "position_ms", NULL }, "changes: column \"position_ms\" has no meaning" },
	{ QUERY_HEAD, { "position", NULL }, NULL },
	{ QUERY_HEAD, { "serial_hex", NULL }, "changes: column \"serial_hex\" has no meaning" },
};

static void
columns_that_have_no_meaning_are_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(results); i++) {
		struct query_columns columns;
		vouch_err err = { 0 };
		int code = query_columns_read(&columns, results[i].kind, results[i].names,
		    count_names(results[i].names), &err);
		assert_int_equal(code, results[i].text == NULL ? VOUCH_OK : VOUCH_EINVAL);
		if (results[i].text != NULL &&
		    strncmp(err.msg, results[i].text, strlen(results[i].text)) != 0)
			fail_msg("%s", err.msg);
	}
}

static void
more_columns_than_there_are_meanings_are_refused(void **state)
{
	const char *names[QUERY_COLUMNS_MAX + 1] = { 0 };
	struct query_columns columns;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(query_columns_read(&columns, QUERY_LOOKUP, names, COUNT(names), &err), VOUCH_ELIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_that_have_no_meaning_are_refused_by_name),
		cmocka_unit_test(more_columns_than_there_are_meanings_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
