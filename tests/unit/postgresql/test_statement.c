/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what is bound, and of what a result holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "modules/postgresql/record.h"
#include "modules/postgresql/statement.h"

/* A result as a server would send it: made by libpq, without a server. */
static PGresult *
result_of(const uint8_t *octets, size_t len)
{
	static PGresAttDesc column = { .name = (char *)"c", .format = 1 };
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

	assert_non_null(result);
	assert_int_equal(PQsetResultAttrs(result, 1, &column), 1);
	char copy[16];
	if (octets != NULL)
		memcpy(copy, octets, len);
	assert_int_equal(PQsetvalue(result, 0, 0, octets == NULL ? NULL : copy,
			     octets == NULL ? -1 : (int)len),
	    1);
	return result;
}

static void
a_number_is_written_and_read_with_its_sign(void **state)
{
	static const struct {
		int64_t number;
		size_t len;
	} rows[] = { { 0, 2 }, { 1, 2 }, { -1, 2 }, { INT16_MAX, 2 }, { INT16_MIN, 2 }, { 0, 8 }, { -1, 8 },
		{ INT64_MAX, 8 }, { INT64_MIN, 8 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct postgresql_values values = { 0 };
		int64_t read = 77;
		if (rows[i].len == 2)
			postgresql_bind_short(&values, (int)rows[i].number);
		else
			postgresql_bind_long(&values, rows[i].number);
		assert_int_equal(values.lengths[0], rows[i].len);
		PGresult *result = result_of((const uint8_t *)values.values[0], rows[i].len);
		assert_true(postgresql_column_number(result, 0, 0, &read));
		assert_int_equal(read, rows[i].number);
		PQclear(result);
	}
}

static void
a_time_is_written_and_read_to_the_second(void **state)
{
	static const vouch_time rows[] = { 0, 1, -1, 946684800, 946684799, 1732269600, -62135596800,
		253402300799, VOUCH_TIME_ABSENT };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct postgresql_values values = { 0 };
		vouch_time read = 77;
		assert_true(postgresql_bind_time(&values, rows[i]));
		PGresult *result = result_of((const uint8_t *)values.values[0], 8);
		assert_true(postgresql_column_time(result, 0, 0, &read));
		assert_true(read == rows[i]);
		PQclear(result);
	}
}

static void
a_time_that_is_none_is_refused(void **state)
{
	static const vouch_time unbindable[] = { -62135596801, 253402300800, INT64_MAX, INT64_MIN + 1 };
	static const struct {
		const char *what;
		uint8_t octets[8];
		size_t len;
	} rows[] = {
		{ "infinity", { 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 8 },
		{ "-infinity", { 0x80, 0, 0, 0, 0, 0, 0, 0 }, 8 },
		{ "an integer", { 0, 0, 0, 1 }, 4 },
		{ "nothing", { 0 }, 0 },
		{ "three octets", { 1, 2, 3 }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(unbindable) / sizeof(unbindable[0]); i++) {
		struct postgresql_values values = { 0 };
		assert_false(postgresql_bind_time(&values, unbindable[i]));
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_time read = 77;
		PGresult *result = result_of(rows[i].octets, rows[i].len);
		if (postgresql_column_time(result, 0, 0, &read))
			fail_msg("%s", rows[i].what);
		PQclear(result);
	}
}

static void
half_a_second_before_a_moment_is_the_second_before_it(void **state)
{
	struct postgresql_values values = { 0 };
	vouch_time read = 0;

	(void)state;
	postgresql_bind_long(&values, -500000);
	PGresult *result = result_of((const uint8_t *)values.values[0], 8);
	assert_true(postgresql_column_time(result, 0, 0, &read));
	assert_true(read == 946684799);
	PQclear(result);
}

/* One row of LOOKUP, in binary; NULL: SQL's NULL. */
struct record {
	const char *what;
	const char *columns[POSTGRESQL_SERIAL_NUMBER + 1];
	int lengths[POSTGRESQL_SERIAL_NUMBER + 1];
};

static PGresult *
record_of(const struct record *record, int columns)
{
	PGresAttDesc names[POSTGRESQL_SERIAL_NUMBER + 1] = { 0 };
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

	for (int i = 0; i < columns; i++) {
		names[i].name = (char *)"c";
		names[i].format = 1;
	}
	assert_int_equal(PQsetResultAttrs(result, columns, names), 1);
	for (int i = 0; i < columns; i++) {
		char copy[64] = { 0 };
		if (record->columns[i] != NULL)
			memcpy(copy, record->columns[i], (size_t)record->lengths[i]);
		assert_int_equal(PQsetvalue(result, 0, i, record->columns[i] != NULL ? copy : NULL,
				     record->columns[i] != NULL ? record->lengths[i] : -1),
		    1);
	}
	return result;
}

#define SOME_TIME "\0\0\0\0\0\1\2\3"

static void
a_record_that_breaks_its_rules_is_damage_and_never_good(void **state)
{
	static const struct record rows[] = {
		{ "no status", { NULL }, { 0 } },
		{ "status 0", { "\0\0" }, { 2 } },
		{ "status 3", { "\0\3" }, { 2 } },
		{ "a status of one octet", { "\1" }, { 1 } },
		{ "good with a time", { "\0\1", NULL, SOME_TIME }, { 2, 0, 8 } },
		{ "revoked without one", { "\0\2" }, { 2 } },
		{ "revoked for reason 0", { "\0\2", "\0\0", SOME_TIME }, { 2, 2, 8 } },
		{ "revoked for reason 7", { "\0\2", "\0\7", SOME_TIME }, { 2, 2, 8 } },
		{ "revoked for reason 8", { "\0\2", "\0\10", SOME_TIME }, { 2, 2, 8 } },
		{ "revoked for reason 11", { "\0\2", "\0\13", SOME_TIME }, { 2, 2, 8 } },
		{ "revoked for reason -1", { "\0\2", "\377\377", SOME_TIME }, { 2, 2, 8 } },
		{ "half a hash", { "\0\1", NULL, NULL, NULL, NULL, "0123456789abcdef" },
		    { 2, 0, 0, 0, 0, 16 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_status status;
		vouch_err err = { 0 };
		vouch_status_init(&status);
		PGresult *result = record_of(&rows[i], POSTGRESQL_SERIAL_NUMBER + 1);
		if (postgresql_record_read(result, 0, "postgresql:", &status, &err) != VOUCH_EIO)
			fail_msg("%s", rows[i].what);
		PQclear(result);
		vouch_status_clear(&status);
	}
}

static void
a_record_says_what_it_holds(void **state)
{
	static const struct record revoked = { "",
		{ "\0\2", "\0\1", SOME_TIME, NULL, SOME_TIME, NULL, "0\0", "\1" },
		{ 2, 2, 8, 0, 8, 0, 2, 1 } };
	vouch_status status;
	vouch_err err = { 0 };

	(void)state;
	vouch_status_init(&status);
	PGresult *result = record_of(&revoked, POSTGRESQL_SERIAL_NUMBER + 1);
	assert_int_equal(postgresql_record_read(result, 0, "postgresql:", &status, &err), VOUCH_OK);
	assert_int_equal(status.cert_status, VOUCH_REVOKED);
	assert_int_equal(status.revocation_reason, VOUCH_REASON_KEY_COMPROMISE);
	assert_true(status.revocation_time == 946684800);
	assert_true(status.invalidity_date == VOUCH_TIME_ABSENT);
	assert_int_equal(status.single_extensions.len, 2);
	assert_int_equal(status.has_certificate_sha256, 0);
	PQclear(result);
	vouch_status_clear(&status);
	vouch_status_init(&status);
	result = record_of(&revoked, POSTGRESQL_SERIAL_NUMBER);
	assert_int_equal(postgresql_record_read(result, 0, "postgresql:", &status, &err), VOUCH_EIO);
	PQclear(result);
	vouch_status_clear(&status);
}

static struct query *
query_of(const char *uri)
{
	struct query *query = NULL;
	vouch_err err = { 0 };

	assert_int_equal(query_open(&query, QUERY_POSTGRESQL, uri, &err), VOUCH_OK);
	return query;
}

/* Behind a pooler one source may meet what another one has prepared: the wrong query would answer. */
static void
a_statement_is_called_by_its_text_and_the_types_of_its_values(void **state)
{
	static const char *const uris[] = {
		"//h/d?query=SELECT s AS status, r AS revoked_at FROM a WHERE n = :serial_hex",
		"//h/d?query=SELECT s AS status, r AS revoked_at FROM b WHERE n = :serial_hex",
		"//h/d?query=SELECT s AS status, r AS revoked_at FROM a WHERE n = :serial_bytes",
	};
	char names[3][POSTGRESQL_NAME] = { 0 }, again[POSTGRESQL_NAME] = "";

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct query *query = query_of(uris[i]);
		assert_true(postgresql_statement_name(names[i], query, POSTGRESQL_OWN_LOOKUP));
		query_close(query);
		query = query_of(uris[i]);
		assert_true(postgresql_statement_name(again, query, POSTGRESQL_OWN_LOOKUP));
		assert_string_equal(names[i], again);
		query_close(query);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(names[i], names[k]);
	}
	assert_true(postgresql_statement_name(names[0], NULL, POSTGRESQL_LOOKUP));
	assert_true(postgresql_statement_name(names[1], NULL, POSTGRESQL_EACH));
	assert_string_not_equal(names[0], names[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_written_and_read_with_its_sign),
		cmocka_unit_test(a_time_is_written_and_read_to_the_second),
		cmocka_unit_test(a_time_that_is_none_is_refused),
		cmocka_unit_test(half_a_second_before_a_moment_is_the_second_before_it),
		cmocka_unit_test(a_record_that_breaks_its_rules_is_damage_and_never_good),
		cmocka_unit_test(a_record_says_what_it_holds),
		cmocka_unit_test(a_statement_is_called_by_its_text_and_the_types_of_its_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
