/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of changes: what is told of them, and when all may have changed. */
#include "fixture.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/hex.h"

/* A log and a reader of it. */
struct world {
	struct query *query;
	struct query_binding binding;
	vouch_buf cursor;
	vouch_buf told; /* in hexadecimal digits, "*" for all, a blank behind each */
	struct query_columns head, changes;
};

static int
setup_with(void **state, const char *serial)
{
	static struct world world;
	const char *names[] = { "position", serial };
	vouch_err err = { 0 };

	world = (struct world){ .query = open_query(QUERY_SQLITE, "SELECT :serial_hex",
				    "SELECT 1 > :position") };
	assert_int_equal(query_columns_read(&world.head, QUERY_HEAD, names, 1, &err), VOUCH_OK);
	assert_int_equal(query_columns_read(&world.changes, QUERY_CHANGES, names, serial != NULL ? 2 : 1,
			     &err),
	    VOUCH_OK);
	*state = &world;
	return 0;
}

static int
setup(void **state)
{
	return setup_with(state, "serial_hex");
}

static int
setup_bytes(void **state)
{
	return setup_with(state, "serial_bytes");
}

static int
setup_decimal(void **state)
{
	return setup_with(state, "serial_decimal");
}

static int
setup_without(void **state)
{
	return setup_with(state, NULL);
}

static int
teardown(void **state)
{
	struct world *w = *state;

	query_close(w->query);
	query_binding_clear(&w->binding);
	vouch_buf_free(&w->cursor);
	vouch_buf_free(&w->told);
	return 0;
}

static void
tell(void *arg, vouch_span serial_number)
{
	struct world *w = arg;

	if (serial_number.len == 0)
		assert_int_equal(buf_append_string(&w->told, "*"), VOUCH_OK);
	assert_int_equal(hex_encode(&w->told, serial_number), VOUCH_OK);
	assert_int_equal(buf_append_string(&w->told, " "), VOUCH_OK);
}

struct entry {
	int64_t position;
	struct query_value serial_number;
};

/* Asks once, with these rows for an answer; the position that was bound is in *asked. */
static int
ask(struct world *w, const struct entry *log, size_t count, int64_t *asked, vouch_err *err)
{
	struct query_feed feed;
	int code = query_feed_begin(&feed, &w->binding, w->query, &w->cursor, err);

	*asked = w->binding.values[0].integer;
	w->told.len = 0;
	for (size_t i = 0; i < count && code == VOUCH_OK; i++) {
		struct query_value row[] = { INTEGER(log[i].position), log[i].serial_number };
		code = query_feed_row(&feed, feed.kind == QUERY_HEAD ? &w->head : &w->changes, row, err);
	}
	if (code == VOUCH_OK)
		code = query_feed_end(&feed, &w->cursor, tell, w, err);
	query_feed_clear(&feed);
	assert_int_equal(vouch_buf_append(&w->told, "", 1), VOUCH_OK);
	return code;
}

static void
assert_told(struct world *w, const struct entry *log, size_t count, int64_t asked, const char *told)
{
	vouch_err err = { 0 };
	int64_t position = 0;

	if (ask(w, log, count, &position, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(position, asked);
	assert_string_equal((char *)w->told.data, told);
}

static void
the_first_call_finds_the_end_and_the_next_ones_what_is_new(void **state)
{
	struct world *w = *state;
	static const struct entry head[] = { { 7, NOTHING } };
	static const struct entry log[] = { { 7, TEXT("AA") }, { 8, TEXT("0xbb") }, { 9, TEXT("-1") } };

	assert_told(w, head, 1, -1, "* ");
	/* What stands at the end was not read yet. */
	assert_told(w, log, 1, 6, "00aa ");
	assert_told(w, log, 1, 6, "");
	assert_told(w, log, 2, 6, "00bb ");
	assert_told(w, log + 1, 2, 7, "ff 00ff ");
	assert_told(w, log + 2, 1, 8, "");
}

static void
an_empty_log_begins_with_its_first_row(void **state)
{
	struct world *w = *state;
	static const struct entry log[] = { { 1, TEXT("AA") } };
	vouch_err err = { 0 };
	struct query_feed feed;
	struct query_value nothing[] = { NOTHING };

	assert_int_equal(query_feed_begin(&feed, &w->binding, w->query, &w->cursor, &err), VOUCH_OK);
	assert_int_equal(feed.kind, QUERY_HEAD);
	assert_int_equal(query_feed_row(&feed, &w->head, nothing, &err), VOUCH_OK);
	assert_int_equal(query_feed_end(&feed, &w->cursor, tell, w, &err), VOUCH_OK);
	query_feed_clear(&feed);
	assert_told(w, NULL, 0, -1, "");
	assert_told(w, NULL, 0, -1, "");
	assert_told(w, log, 1, -1, "00aa ");
	assert_told(w, log, 1, 0, "");
}

/* Transactions commit in another order than they took their numbers: 8 after 9, and both are told. */
static void
a_window_that_is_read_again_tells_late_rows_and_none_twice(void **state)
{
	struct world *w = *state;
	static const struct entry head[] = { { 7, NOTHING } };
	static const struct entry early[] = { { 7, TEXT("01") }, { 9, TEXT("09") } };
	static const struct entry late[] = { { 7, TEXT("01") }, { 8, TEXT("08") }, { 9, TEXT("09") } };
	static const struct entry again[] = { { 8, TEXT("08") }, { 9, TEXT("09") }, { 10, TEXT("08") } };

	assert_told(w, head, 1, -1, "* ");
	assert_told(w, early, 2, 6, "01 09 ");
	assert_told(w, late, 3, 8, "08 ");
	assert_told(w, late, 3, 8, "");
	assert_told(w, again, 3, 8, "08 ");
}

/* Moments as positions: several rows have the same one, and another appears later. */
static void
rows_that_share_a_position_are_all_told(void **state)
{
	struct world *w = *state;
	static const struct entry log[] = { { 7, TEXT("01") }, { 7, TEXT("02") }, { 7, TEXT("03") } };

	assert_told(w, log, 1, -1, "* ");
	assert_told(w, log, 1, 6, "01 ");
	assert_told(w, log, 3, 6, "02 03 ");
}

/* Made and revoked within one second, where the position is in seconds. */
static void
a_row_that_looks_like_one_before_it_is_told_as_well(void **state)
{
	struct world *w = *state;
	static const struct entry log[] = { { 7, TEXT("01") }, { 7, TEXT("01") }, { 7, TEXT("01") } };

	assert_told(w, log, 1, -1, "* ");
	assert_told(w, log, 1, 6, "01 ");
	assert_told(w, log, 2, 6, "01 ");
	assert_told(w, log, 3, 6, "01 ");
	assert_told(w, log, 2, 6, "");
}

static void
a_row_of_another_version_is_another_row(void **state)
{
	struct world *w = *state;
	static const char *const names[] = { "position", "version", "serial_hex" };
	static const struct query_value versions[] = { INTEGER(0), INTEGER(0), TEXT(""), TEXT("a"), TEXT("a"),
		OCTETS("a"), NOTHING, NOTHING, INTEGER(1) };
	static const char *const told[] = { "02 01 ", "", "01 ", "01 ", "", "01 ", "01 ", "", "01 " };
	static const struct entry head[] = { { 7, NOTHING } };
	struct query_columns columns;
	vouch_err err = { 0 };

	assert_int_equal(query_columns_read(&columns, QUERY_CHANGES, names, COUNT(names), &err), VOUCH_OK);
	assert_told(w, head, 1, -1, "* ");
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct query_value same[] = { INTEGER(7), INTEGER(-1), TEXT("02") };
		struct query_value row[] = { INTEGER(5), versions[i], TEXT("01") };
		struct query_feed feed;
		w->told.len = 0;
		assert_int_equal(query_feed_begin(&feed, &w->binding, w->query, &w->cursor, &err), VOUCH_OK);
		assert_int_equal(query_feed_row(&feed, &columns, row, &err), VOUCH_OK);
		assert_int_equal(query_feed_row(&feed, &columns, same, &err), VOUCH_OK);
		assert_int_equal(query_feed_end(&feed, &w->cursor, tell, w, &err), VOUCH_OK);
		query_feed_clear(&feed);
		assert_int_equal(vouch_buf_append(&w->told, "", 1), VOUCH_OK);
		assert_string_equal((char *)w->told.data, told[i]);
	}
}

/* Emptied, restored from a backup, or restored and gone on another way. */
static void
a_log_that_lost_its_end_means_that_all_may_have_changed(void **state)
{
	static const struct entry log[] = { { 7, TEXT("01") }, { 8, TEXT("02") } };
	static const struct entry other[] = { { 8, TEXT("03") } };
	static const struct entry later[] = { { 9, TEXT("04") } };
	static const struct {
		const struct entry *rows;
		size_t count;
	} lost[] = { { NULL, 0 }, { log, 1 }, { other, 1 }, { later, 1 } };

	for (size_t i = 0; i < COUNT(lost); i++) {
		struct world *w = *state;
		w->cursor.len = 0;
		assert_told(w, log, 2, -1, "* ");
		assert_told(w, log, 2, 7, "01 02 ");
		assert_told(w, lost[i].rows, lost[i].count, 7, "* ");
		assert_int_equal(w->cursor.len, 0);
	}
}

/* The end is known from the first call, though its rows are not. */
static void
a_log_that_lost_its_end_before_it_was_read_is_noticed(void **state)
{
	struct world *w = *state;
	static const struct entry head[] = { { 7, NOTHING } };

	assert_told(w, head, 1, -1, "* ");
	assert_told(w, NULL, 0, 6, "* ");
	assert_told(w, head, 1, -1, "* ");
}

static void
octets_may_be_magnitudes(void **state)
{
	struct world *w = *state;
	static const struct entry log[] = { { 1, OCTETS("\x9a") }, { 2, OCTETS("\x1a") },
		{ 3, OCTETS("\0\0\0\x9b") }, { 4, OCTETS("\0\0") }, { 5, NOTHING } };
	static const char *const told[] = { "9a 009a ", "1a ", "009b ", "00 ", "* " };

	for (size_t i = 0; i < COUNT(log); i++) {
		w->cursor.len = 0;
		assert_told(w, &log[i], 1, -1, "* ");
		assert_told(w, &log[i], 1, log[i].position - 1, told[i]);
	}
}

static void
decimal_digits_of_any_length_are_serial_numbers(void **state)
{
	struct world *w = *state;
	static const struct entry log[] = { { 1, TEXT("27979789") }, { 2, INTEGER(27979789) },
		{ 3, INTEGER(-1) }, { 4, TEXT("-102") },
		{ 5, TEXT("730750818665451459101842416358141509827966271487") }, { 6, INTEGER(255) },
		{ 7, TEXT("255 ") }, { 8, TEXT("-0") } };
	static const char *const told[] = { "01aaf00d ", "01aaf00d ", "ff 00ff ", "9a 009a ",
		"7fffffffffffffffffffffffffffffffffffffff ", "00ff ", "00ff ", "00 " };

	for (size_t i = 0; i < COUNT(log); i++) {
		w->cursor.len = 0;
		assert_told(w, &log[i], 1, -1, "* ");
		assert_told(w, &log[i], 1, log[i].position - 1, told[i]);
	}
}

static void
a_row_that_names_nobody_means_all(void **state)
{
	struct world *w = *state;
	static const struct entry log[] = { { 1, NOTHING }, { 2, NOTHING } };

	assert_told(w, log, 1, -1, "* ");
	assert_told(w, log, 2, 0, "* * ");
	assert_told(w, log + 1, 1, 1, "");
}

static void
more_rows_than_are_remembered_mean_all(void **state)
{
	struct world *w = *state;
	static struct entry log[65537];

	for (size_t i = 0; i < COUNT(log); i++)
		log[i] = (struct entry){ (int64_t)i + 1, TEXT("01") };
	assert_told(w, log, 1, -1, "* ");
	assert_told(w, log, COUNT(log), 0, "* ");
	assert_told(w, log + 65536, 1, 65536, "01 ");
	w->cursor.len = 0;
	assert_told(w, log, 1, -1, "* ");
	vouch_err err = { 0 };
	int64_t asked = 0;
	assert_int_equal(ask(w, log, 65536, &asked, &err), VOUCH_OK);
	assert_int_equal(w->told.len, 3 * 65536 + 1);
	assert_told(w, log + 65535, 2, 65535, "01 ");
}

static void
what_is_no_log_is_an_error_and_moves_nothing(void **state)
{
	struct world *w = *state;
	static const struct entry head[] = { { 7, NOTHING } };
	static const struct entry bad[] = { { 8, TEXT("xyz") }, { 8, INTEGER(5) }, { 8, TEXT("") },
		{ -1, TEXT("01") }, { 8, TEXT("0\0001") } };

	assert_told(w, head, 1, -1, "* ");
	for (size_t i = 0; i < COUNT(bad); i++) {
		vouch_err err = { 0 };
		int64_t asked = 0;
		assert_int_equal(ask(w, &bad[i], 1, &asked, &err), VOUCH_EPARSE);
		assert_memory_equal(err.msg, "changes: column \"", 17);
		assert_string_equal((char *)w->told.data, "");
		assert_int_equal(asked, 6);
	}
}

static void
positions_are_whole_numbers(void **state)
{
	struct world *w = *state;
	static const struct {
		struct query_value position;
		int code;
	} table[] = { { INTEGER(5), VOUCH_OK }, { TEXT("5"), VOUCH_OK }, { TEXT("5.0"), VOUCH_OK },
		{ INTEGER(0), VOUCH_OK }, { TEXT("five"), VOUCH_EPARSE }, { INTEGER(-5), VOUCH_EPARSE },
		{ TEXT("2026-11-22"), VOUCH_EPARSE }, { NOTHING, VOUCH_EPARSE } };
	static const struct entry head[] = { { 0, NOTHING } };

	assert_told(w, head, 1, -1, "* ");
	for (size_t i = 0; i < COUNT(table); i++) {
		struct query_feed feed;
		struct query_value row[] = { table[i].position, TEXT("01") };
		vouch_err err = { 0 };
		assert_int_equal(query_feed_begin(&feed, &w->binding, w->query, &w->cursor, &err), VOUCH_OK);
		assert_int_equal(query_feed_row(&feed, &w->changes, row, &err), table[i].code);
		query_feed_clear(&feed);
	}
}

/* Somebody else's cursor, or a part of ours: the end is looked for anew. */
static void
a_cursor_that_is_none_begins_anew(void **state)
{
	struct world *w = *state;
	static const struct entry head[] = { { 7, NOTHING } };
	static const uint8_t octets[40] = { 0 };

	for (size_t len = 1; len < 40; len++) {
		if (len == 8 || len == 32)
			continue;
		w->cursor.len = 0;
		assert_int_equal(vouch_buf_append(&w->cursor, octets, len), VOUCH_OK);
		assert_told(w, head, 1, -1, "* ");
	}
}

int
main(void)
{
#define WITH(setting, test) cmocka_unit_test_setup_teardown(test, setting, teardown)
	const struct CMUnitTest tests[] = {
		WITH(setup, the_first_call_finds_the_end_and_the_next_ones_what_is_new),
		WITH(setup, an_empty_log_begins_with_its_first_row),
		WITH(setup, a_window_that_is_read_again_tells_late_rows_and_none_twice),
		WITH(setup, rows_that_share_a_position_are_all_told),
		WITH(setup, a_row_that_looks_like_one_before_it_is_told_as_well),
		WITH(setup, a_row_of_another_version_is_another_row),
		WITH(setup, a_log_that_lost_its_end_means_that_all_may_have_changed),
		WITH(setup, a_log_that_lost_its_end_before_it_was_read_is_noticed),
		WITH(setup_bytes, octets_may_be_magnitudes),
		WITH(setup_decimal, decimal_digits_of_any_length_are_serial_numbers),
		WITH(setup_without, a_row_that_names_nobody_means_all),
		WITH(setup, more_rows_than_are_remembered_mean_all),
		WITH(setup, what_is_no_log_is_an_error_and_moves_nothing),
		WITH(setup, positions_are_whole_numbers),
		WITH(setup, a_cursor_that_is_none_begins_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
