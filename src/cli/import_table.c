/* SPDX-License-Identifier: Apache-2.0 */
/* A table of certificates in CSV: what its columns are called, and what a row of it says. */
#include "cli/import_table.h"

#include <string.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/number.h"
#include "base/span.h"

#define DIGITS_MOST 400 /* of a decimal serial number; twenty octets take 49 */

struct row {
	vouch_buf *serial_number;
	vouch_status *status;
	bool has_status;
};

typedef int read_cell(struct row *row, const char *text, vouch_err *err);

/* --- Cells -------------------------------------------------------------------------------------------- */

static int
read_serial(struct row *row, const char *text, vouch_err *err)
{
	if (row->serial_number->len > 0)
		return err_set(err, VOUCH_EPARSE, "serial and serial_decimal: one of them");
	return vouch_serial_parse(row->serial_number, text, err);
}

/* number = 10 * number + digit, big-endian. */
static int
add_digit(vouch_buf *number, unsigned digit)
{
	unsigned carry = digit;

	for (size_t i = number->len; i > 0; i--) {
		carry += 10U * number->data[i - 1];
		number->data[i - 1] = (uint8_t)carry;
		carry >>= 8;
	}
	if (carry == 0)
		return VOUCH_OK;
	int ret = vouch_buf_append(number, "", 1);
	if (ret == VOUCH_OK) {
		memmove(number->data + 1, number->data, number->len - 1);
		number->data[0] = (uint8_t)carry;
	}
	return ret;
}

/* As DER has it: at least one octet, and the first bit is a sign. */
static int
read_decimal(struct row *row, const char *text, vouch_err *err)
{
	vouch_buf number = { 0 };
	size_t len = strlen(text);
	int ret = VOUCH_OK;

	if (row->serial_number->len > 0)
		return err_set(err, VOUCH_EPARSE, "serial and serial_decimal: one of them");
	if (len == 0 || strspn(text, "0123456789") != len || len > DIGITS_MOST)
		return err_set(err, VOUCH_EPARSE, "not a decimal number");
	for (size_t i = 0; i < len && ret == VOUCH_OK; i++)
		ret = add_digit(&number, (unsigned)(text[i] - '0'));
	if (ret == VOUCH_OK && (number.len == 0 || number.data[0] >= 0x80))
		ret = vouch_buf_append(row->serial_number, "", 1);
	if (ret == VOUCH_OK)
		ret = buf_append_span(row->serial_number, span_buf(&number));
	vouch_buf_free(&number);
	return ret == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

/* Words of ours, and those of index.txt. */
static const struct {
	const char *word;
	uint8_t cert_status, revocation_reason;
} words[] = {
	{ "good", VOUCH_GOOD, VOUCH_REASON_ABSENT },
	{ "valid", VOUCH_GOOD, VOUCH_REASON_ABSENT },
	{ "expired", VOUCH_GOOD, VOUCH_REASON_ABSENT }, /* a certificate is not revoked by its end */
	{ "revoked", VOUCH_REVOKED, VOUCH_REASON_ABSENT },
	{ "hold", VOUCH_REVOKED, VOUCH_REASON_CERTIFICATE_HOLD },
	{ "V", VOUCH_GOOD, VOUCH_REASON_ABSENT },
	{ "E", VOUCH_GOOD, VOUCH_REASON_ABSENT },
	{ "R", VOUCH_REVOKED, VOUCH_REASON_ABSENT },
};

static int
read_status(struct row *row, const char *text, vouch_err *err)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, text) != 0)
			continue;
		row->has_status = true;
		row->status->cert_status = words[i].cert_status;
		if (words[i].revocation_reason != VOUCH_REASON_ABSENT)
			row->status->revocation_reason = words[i].revocation_reason;
		return VOUCH_OK;
	}
	return err_set(err, VOUCH_EPARSE, "not good, revoked or hold");
}

/* 2026-11-22T10:00:00Z, "2026-11-22 10:00:00" as databases write it, which is UTC, or seconds since 1970. */
static int
read_time(vouch_time *out, const char *text, vouch_err *err)
{
	vouch_buf rfc3339 = { 0 };
	uint64_t seconds;
	size_t len = strlen(text);

	if (number_parse(span_string(text), (uint64_t)DATE_LAST, &seconds)) {
		*out = (vouch_time)seconds;
		return VOUCH_OK;
	}
	if (buf_append_string(&rfc3339, text) != VOUCH_OK ||
	    (len == 19 && buf_append_string(&rfc3339, "Z") != VOUCH_OK)) {
		vouch_buf_free(&rfc3339);
		return err_nomem(err);
	}
	if (len > 10 && rfc3339.data[10] == ' ')
		rfc3339.data[10] = 'T';
	vouch_time time = date_parse_rfc3339(span_buf(&rfc3339));
	vouch_buf_free(&rfc3339);
	if (time == VOUCH_TIME_ABSENT)
		return err_set(err, VOUCH_EPARSE,
		    "not a time as in 2026-11-22T10:00:00Z, or in seconds since 1970");
	*out = time;
	return VOUCH_OK;
}

static int
read_revoked_at(struct row *row, const char *text, vouch_err *err)
{
	return read_time(&row->status->revocation_time, text, err);
}

static int
read_invalidity_date(struct row *row, const char *text, vouch_err *err)
{
	return read_time(&row->status->invalidity_date, text, err);
}

static int
read_not_after(struct row *row, const char *text, vouch_err *err)
{
	return read_time(&row->status->not_after, text, err);
}

static int
read_reason(struct row *row, const char *text, vouch_err *err)
{
	uint64_t number;
	uint8_t reason = vouch_reason_parse(text);

	if (reason == VOUCH_REASON_ABSENT && number_parse(span_string(text), 10, &number) &&
	    vouch_reason_name((uint8_t)(number + 1)) != NULL)
		reason = (uint8_t)(number + 1);
	if (reason == VOUCH_REASON_ABSENT)
		return err_set(err, VOUCH_EPARSE,
		    "not a reason of RFC 5280 5.3.1, as in keyCompromise, or its number");
	if (reason == VOUCH_REASON_REMOVE_FROM_CRL)
		return err_set(err, VOUCH_EPARSE, "removeFromCRL is for delta CRLs only (RFC 5280 5.3.1)");
	row->status->revocation_reason = reason;
	return VOUCH_OK;
}

static int
read_sha256(struct row *row, const char *text, vouch_err *err)
{
	vouch_buf octets = { 0 };
	int ret = hex_decode(&octets, span_string(text), err);

	if (ret == VOUCH_OK && octets.len != sizeof(row->status->certificate_sha256))
		ret = err_set(err, VOUCH_EPARSE, "not the 64 hexadecimal digits of a SHA-256");
	if (ret == VOUCH_OK) {
		memcpy(row->status->certificate_sha256, octets.data, octets.len);
		row->status->has_certificate_sha256 = 1;
	}
	vouch_buf_free(&octets);
	return ret;
}

/* --- Columns ------------------------------------------------------------------------------------------ */

static const struct column {
	const char *name;
	read_cell *read;
	const char *text;
} columns[] = {
	{ "serial", read_serial, "The serial number in hexadecimal, with or without 0x and colons." },
	{ "serial_decimal", read_decimal, "The same in decimal, instead." },
	{ "status", read_status,
	    "good, revoked or hold; also valid, expired (both are good), and V, R and E as index.txt has them. Without it "
	    "revoked where there is a time of revocation, else good." },
	{ "revoked_at", read_revoked_at,
	    "When it was revoked: 2026-11-22T10:00:00Z, 2026-11-22 10:00:00 in UTC, or seconds since 1970." },
	{ "reason", read_reason, "Why: as in RFC 5280 5.3.1, keyCompromise, or the number of it." },
	{ "invalidity_date", read_invalidity_date,
	    "When the key was, or may have been, compromised (RFC 5280 5.3.2)." },
	{ "not_after", read_not_after, "The end of the certificate's validity." },
	{ "certificate_sha256", read_sha256, "SHA-256 of the whole certificate, in hexadecimal." },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

bool
import_table_column(size_t number, const char **name, const char **text)
{
	if (number >= COLUMNS)
		return false;
	*name = columns[number].name;
	*text = columns[number].text;
	return true;
}

static size_t
find_column(const char *name)
{
	size_t i = 0;

	while (i < COLUMNS && strcmp(columns[i].name, name) != 0)
		i++;
	return i;
}

static int
fail(const struct import_table *table, vouch_err *err, const char *what, const char *why)
{
	err_set(err, VOUCH_EPARSE, "%.60s: %s", what, why);
	return csv_err(&table->csv, err);
}

/* A column that nobody knows may be one that somebody misspelt. */
static int
add_column(struct import_table *table, const char *name, vouch_err *err)
{
	size_t number = find_column(name);

	if (number == COLUMNS)
		return fail(table, err, name, "no such column");
	for (size_t i = 0; i < table->column_count; i++) {
		if (table->columns[i] == number)
			return fail(table, err, name, "the column is there twice");
	}
	table->columns[table->column_count++] = (unsigned char)number;
	return VOUCH_OK;
}

int
import_table_begin(struct import_table *table, vouch_err *err)
{
	bool has_serial = false;
	int ret = csv_next(&table->csv, err);

	table->column_count = 0;
	if (ret == VOUCH_ENOTFOUND)
		return err_set(err, VOUCH_EPARSE, "%s: it is empty: the first line names the columns",
		    table->csv.name);
	for (size_t i = 0; i < table->csv.count && ret == VOUCH_OK; i++)
		ret = add_column(table, table->csv.cells[i], err);
	for (size_t i = 0; i < table->column_count; i++)
		has_serial = has_serial || columns[table->columns[i]].read == read_serial ||
		    columns[table->columns[i]].read == read_decimal;
	return ret != VOUCH_OK || has_serial ? ret : fail(table, err, "serial", "the column is missing");
}

static int
finish_row(const struct import_table *table, struct row *row, vouch_err *err)
{
	vouch_status *s = row->status;

	if (row->serial_number->len == 0)
		return fail(table, err, "serial", "it is empty");
	if (!row->has_status)
		s->cert_status = s->revocation_time != VOUCH_TIME_ABSENT ? VOUCH_REVOKED : VOUCH_GOOD;
	if (s->cert_status == VOUCH_REVOKED && s->revocation_time == VOUCH_TIME_ABSENT)
		return fail(table, err, "revoked_at", "it is empty, and the certificate is revoked");
	if (s->cert_status != VOUCH_REVOKED &&
	    (s->revocation_time != VOUCH_TIME_ABSENT || s->revocation_reason != VOUCH_REASON_ABSENT ||
		s->invalidity_date != VOUCH_TIME_ABSENT))
		return fail(table, err, "status", "good, but there is a time or a reason of a revocation");
	return VOUCH_OK;
}

/* The word "hold" is a reason; another one beside it contradicts it. */
static int
read_row(struct import_table *table, struct row *row, vouch_err *err)
{
	uint8_t held = VOUCH_REASON_ABSENT;

	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &columns[table->columns[i]];

		if (*table->csv.cells[i] == '\0')
			continue;
		uint8_t before = row->status->revocation_reason;
		if (column->read(row, table->csv.cells[i], err) != VOUCH_OK) {
			err_prefix(err, "%s", column->name);
			return csv_err(&table->csv, err);
		}
		held = before != VOUCH_REASON_ABSENT ? before : held;
	}
	if (held != VOUCH_REASON_ABSENT && held != row->status->revocation_reason)
		return fail(table, err, "reason", "another one than that of a hold");
	return finish_row(table, row, err);
}

int
import_table_next(struct import_table *table, vouch_buf *serial_number, vouch_status *status, vouch_err *err)
{
	struct row row = { .serial_number = serial_number, .status = status };
	int ret = csv_next(&table->csv, err);

	if (ret != VOUCH_OK)
		return ret;
	if (table->csv.count != table->column_count) {
		err_set(err, VOUCH_EPARSE, "%zu cells, and there are %zu columns", table->csv.count,
		    table->column_count);
		return csv_err(&table->csv, err);
	}
	buf_clear(serial_number);
	vouch_status_init(status);
	return read_row(table, &row, err);
}

void
import_table_clear(struct import_table *table)
{
	csv_clear(&table->csv);
}
