/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reader of index.txt: what it takes is in order, is found again, and reads the same when it is written down
 * as OpenSSL would; what it refuses is named by a line that the file has.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"
#include "status/index_file.h"
#include "target.h"

static FILE *file;

static void
write_down(vouch_span text)
{
	if (file == NULL)
		file = tmpfile();
	FUZZ_CHECK(file != NULL && ftruncate(fileno(file), 0) == 0);
	FUZZ_CHECK(pwrite(fileno(file), text.data, text.len, 0) == (ssize_t)text.len);
	FUZZ_CHECK(lseek(fileno(file), 0, SEEK_SET) == 0);
}

static int
parse(vouch_span text, struct index_table **out, vouch_err *err)
{
	uint64_t size = 0;

	write_down(text);
	FUZZ_CHECK(index_table_new(out, err) == VOUCH_OK);
	int code = index_file_parse("x", fileno(file), *out, &size, err);
	FUZZ_CHECK(code != VOUCH_OK || size == text.len);
	return code;
}

static void
check_refusal(vouch_span text, const vouch_err *err)
{
	unsigned line = 0, lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	FUZZ_CHECK(sscanf(err->msg, "x:%u: ", &line) == 1 && line >= 1 && line <= lines);
	for (const char *p = err->msg; *p != '\0'; p++)
		FUZZ_CHECK(*p >= 0x20 && *p < 0x7f);
}

static void
append_time(vouch_buf *out, vouch_time time)
{
	struct date d;

	FUZZ_CHECK(date_from_time(time, &d));
	FUZZ_CHECK(buf_printf(out, "%04d%02d%02d%02d%02d%02dZ", d.year, d.month, d.day, d.hour, d.minute,
		       d.second) == VOUCH_OK);
}

static void
append_row(vouch_buf *out, const struct index_record *r)
{
	static const char *const with_date[] = { [2] = ",keyTime,", [3] = ",CAkeyTime," };
	bool dated = r->invalidity_date != VOUCH_TIME_ABSENT;

	FUZZ_CHECK(buf_printf(out, "%c\t", r->type) == VOUCH_OK);
	append_time(out, r->not_after);
	FUZZ_CHECK(buf_append_string(out, "\t") == VOUCH_OK);
	if (r->type == INDEX_REVOKED)
		append_time(out, r->revocation_time);
	if (dated) {
		FUZZ_CHECK(buf_append_string(out, with_date[r->revocation_reason]) == VOUCH_OK);
		append_time(out, r->invalidity_date);
	} else if (r->revocation_reason != 0) {
		FUZZ_CHECK(buf_printf(out, ",%s", vouch_reason_name(r->revocation_reason)) == VOUCH_OK);
	}
	FUZZ_CHECK(buf_append_string(out, "\t") == VOUCH_OK);
	FUZZ_CHECK(vouch_serial_format(out, r->serial_number) == VOUCH_OK);
	FUZZ_CHECK(buf_append_string(out, "\tunknown\t/CN=x\n") == VOUCH_OK);
}

static void
check_order(const struct index_table *table, size_t at)
{
	struct index_record r = index_table_get(table, at), found;

	FUZZ_CHECK(index_table_after(table, r.serial_number) == at + 1);
	FUZZ_CHECK(index_table_find(table, r.serial_number, &found) && found.line == r.line);
}

static int
differ(void *arg, const struct index_record *before, const struct index_record *after)
{
	(void)arg, (void)before, (void)after;
	return 1;
}

static void
check_table(const struct index_table *table)
{
	struct index_table *again = NULL;
	vouch_buf text = { 0 };
	vouch_err err = { 0 };

	for (size_t i = 0; i < index_table_count(table); i++) {
		struct index_record r = index_table_get(table, i);
		check_order(table, i);
		append_row(&text, &r);
	}
	FUZZ_CHECK(parse(span_of(text.data, text.len), &again, &err) == VOUCH_OK);
	FUZZ_CHECK(index_table_count(again) == index_table_count(table));
	FUZZ_CHECK(index_table_compare(table, again, differ, NULL) == 0);
	index_table_free(again);
	vouch_buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct index_table *table = NULL;
	vouch_err err = { 0 };

	if (parse(span_of(data, size), &table, &err) == VOUCH_OK)
		check_table(table);
	else
		check_refusal(span_of(data, size), &err);
	index_table_free(table);
	return 0;
}
