/* SPDX-License-Identifier: Apache-2.0 */
/* The table of an index.txt: whatever order rows come in, they are found, listed in order, and compared. */
#include "index_fixture.h"

#include <stdlib.h>

#include "status/index_table.h"

static struct index_row
row_of(vouch_span serial_number)
{
	struct index_row row = { .type = INDEX_VALID,
		.not_after = NOW,
		.revocation_time = VOUCH_TIME_ABSENT,
		.invalidity_date = VOUCH_TIME_ABSENT,
		.serial_len = serial_number.len };

	memcpy(row.serial_number, serial_number.data, serial_number.len);
	return row;
}

static struct index_row
row_of_number(uint32_t number)
{
	uint8_t octets[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
		(uint8_t)number };
	size_t zeros = 0;

	while (zeros < 3 && octets[zeros] == 0 && octets[zeros + 1] < 0x80)
		zeros++;
	return row_of(span_of(octets + zeros, 4 - zeros));
}

static struct index_table *
new_table(void)
{
	struct index_table *table = NULL;
	vouch_err err;

	assert_int_equal(index_table_new(&table, &err), VOUCH_OK);
	return table;
}

static void
add(struct index_table *table, const struct index_row *row, uint32_t line)
{
	vouch_err err;

	assert_int_equal(index_table_add(table, row, line, &err), VOUCH_OK);
}

static void
finish(struct index_table *table)
{
	vouch_err err;
	uint32_t line;

	assert_int_equal(index_table_finish(table, &line, &err), VOUCH_OK);
}

static void
assert_ascending(const struct index_table *table)
{
	for (size_t i = 1; i < index_table_count(table); i++) {
		vouch_span a = index_table_get(table, i - 1).serial_number,
			   b = index_table_get(table, i).serial_number;
		assert_true(a.len < b.len || (a.len == b.len && memcmp(a.data, b.data, a.len) < 0));
		assert_int_equal(index_table_after(table, a), i);
	}
}

#define MANY 20011 /* a prime: its multiples come in no order */

static void
rows_in_any_order_are_sorted_and_found(void **state)
{
	static const uint32_t steps[] = { 1, MANY - 1, 7919, 104729 };

	(void)state;
	for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
		struct index_table *table = new_table();
		for (uint32_t i = 0; i < MANY; i++) {
			struct index_row row = row_of_number(
			    (uint32_t)((uint64_t)i * steps[s] % MANY) * 40009);
			add(table, &row, i + 1);
		}
		finish(table);
		assert_int_equal(index_table_count(table), MANY);
		assert_ascending(table);
		for (uint32_t i = 0; i < MANY; i++) {
			struct index_row row = row_of_number(
			    (uint32_t)((uint64_t)i * steps[s] % MANY) * 40009);
			struct index_record found;
			assert_true(
			    index_table_find(table, span_of(row.serial_number, row.serial_len), &found));
			assert_int_equal(found.line, i + 1);
			row = row_of_number((uint32_t)((uint64_t)i * 40009) + 1);
			assert_false(
			    index_table_find(table, span_of(row.serial_number, row.serial_len), &found));
		}
		index_table_free(table);
	}
}

static void
serial_numbers_with_long_common_beginnings_are_sorted(void **state)
{
	uint8_t octets[20];
	struct index_table *table = new_table();

	(void)state;
	memset(octets, 0x5a, sizeof(octets));
	for (uint32_t i = 0; i < 3000; i++) {
		octets[18] = (uint8_t)(i * 7 >> 8);
		octets[19] = (uint8_t)(i * 7);
		struct index_row row = row_of(SPAN_ARRAY(octets));
		add(table, &row, 3000 - i);
		row = row_of(span_of(octets + 10, 10));
		row.serial_number[0] = 0x11;
		add(table, &row, i + 4000);
	}
	finish(table);
	assert_ascending(table);
	index_table_free(table);
}

static void
serial_numbers_of_all_lengths_are_in_one_order(void **state)
{
	struct index_table *table = new_table();
	uint8_t octets[60];
	struct index_record found;

	(void)state;
	memset(octets, 0x42, sizeof(octets));
	for (uint32_t len = 60; len > 0; len--) {
		struct index_row row = row_of(span_of(octets, len));
		add(table, &row, len);
	}
	finish(table);
	assert_ascending(table);
	for (uint32_t len = 1; len <= 60; len++) {
		assert_true(index_table_find(table, span_of(octets, len), &found));
		assert_int_equal(found.line, len);
	}
	assert_int_equal(index_table_after(table, span_of(octets, 60)), 60);
	assert_int_equal(index_table_after(table, span_of(NULL, 0)), 0);
	index_table_free(table);
}

static void
assert_twins(const char *serial_number, const char *expected)
{
	struct index_table *table = new_table();
	struct index_row row = row_of(span_string(serial_number)), other = row_of(SPAN_LITERAL("\x31"));
	uint32_t line = 0;
	vouch_err err = { 0 };

	add(table, &row, 3);
	add(table, &other, 4);
	add(table, &row, 9);
	assert_int_equal(index_table_finish(table, &line, &err), VOUCH_EPARSE);
	assert_int_equal(line, 9);
	assert_string_equal(err.msg, expected);
	index_table_free(table);
}

static void
one_serial_number_in_two_lines_is_refused_with_both(void **state)
{
	(void)state;
	assert_twins("\x41", "serial number 41 stands in line 3, too");
	assert_twins("AAAAAAAAAAAAAAAAAAAAAAAA",
	    "serial number 414141414141414141414141414141414141414141414141 stands in line 3, too");
}

static void
every_fact_of_a_row_is_kept(void **state)
{
	static const vouch_time times[] = { -62135596800, -1, 0, NOW, 253402300799 };
	struct index_table *table = new_table();

	(void)state;
	for (uint32_t i = 0; i < 5 * 12; i++) {
		struct index_row row = row_of_number(i);
		row.type = INDEX_REVOKED;
		row.not_after = times[i % 5];
		row.revocation_time = times[(i + 1) % 5];
		row.revocation_reason = (uint8_t)(i % 12);
		row.invalidity_date = i % 3 == 0 ? times[(i + 2) % 5] : VOUCH_TIME_ABSENT;
		add(table, &row, i + 1);
	}
	finish(table);
	for (uint32_t i = 0; i < 5 * 12; i++) {
		struct index_record r = index_table_get(table, i);
		assert_int_equal(r.line, i + 1);
		assert_int_equal(r.type, INDEX_REVOKED);
		assert_int_equal(r.not_after, times[i % 5]);
		assert_int_equal(r.revocation_time, times[(i + 1) % 5]);
		assert_int_equal(r.revocation_reason, i % 12);
		assert_int_equal(r.invalidity_date, i % 3 == 0 ? times[(i + 2) % 5] : VOUCH_TIME_ABSENT);
	}
	assert_int_equal(index_table_last_line(table), 60);
	index_table_free(table);
}

struct differences {
	size_t count;
	uint8_t serials[8], sides[8]; /* 1: only before, 2: only after, 3: both */
};

static int
note(void *arg, const struct index_record *before, const struct index_record *after)
{
	struct differences *d = arg;

	assert_true(d->count < 8);
	d->sides[d->count] = (uint8_t)((before != NULL ? 1 : 0) | (after != NULL ? 2 : 0));
	d->serials[d->count++] = (before != NULL ? before : after)->serial_number.data[0];
	return 0;
}

static void
what_clients_would_be_told_otherwise_is_the_difference(void **state)
{
	struct index_table *before = new_table(), *after = new_table();
	struct differences d = { 0 };

	(void)state;
	for (uint32_t i = 1; i <= 6; i++) {
		struct index_row row = row_of_number(i);
		if (i != 2)
			add(before, &row, i);
		row.type = i == 3 ? INDEX_REVOKED : i == 4 ? INDEX_EXPIRED : INDEX_VALID;
		row.revocation_time = i == 3 ? NOW : VOUCH_TIME_ABSENT;
		if (i != 5)
			add(after, &row, 10 - i);
	}
	finish(before);
	finish(after);
	assert_int_equal(index_table_compare(before, before, note, &d), 0);
	assert_int_equal(d.count, 0);
	assert_int_equal(index_table_compare(before, after, note, &d), 0);
	assert_int_equal(d.count, 3);
	assert_memory_equal(d.serials, "\x02\x03\x05", 3);
	assert_memory_equal(d.sides, "\x02\x03\x01", 3);
	index_table_free(before);
	index_table_free(after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_in_any_order_are_sorted_and_found),
		cmocka_unit_test(serial_numbers_with_long_common_beginnings_are_sorted),
		cmocka_unit_test(serial_numbers_of_all_lengths_are_in_one_order),
		cmocka_unit_test(one_serial_number_in_two_lines_is_refused_with_both),
		cmocka_unit_test(every_fact_of_a_row_is_kept),
		cmocka_unit_test(what_clients_would_be_told_otherwise_is_the_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
