/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates, and what it says of one. */
#include "modules/register/row.h"
#include "modules/sqlite/record.h"
#include "modules/sqlite/report.h"

#include <assert.h>

enum {
	CERT_STATUS,
	REVOCATION_REASON,
	REVOCATION_TIME,
	INVALIDITY_DATE,
	NOT_AFTER,
	CERTIFICATE_SHA256,
	SINGLE_EXTENSIONS,
	WIDTH
};
static_assert(WIDTH == SQLITE_RECORD_WIDTH, "the columns and their numbers");

static bool
read_number(sqlite3_stmt *row, int column, int64_t *out)
{
	int type = sqlite3_column_type(row, column);

	*out = type == SQLITE_INTEGER ? sqlite3_column_int64(row, column) : VOUCH_TIME_ABSENT;
	return type == SQLITE_INTEGER || type == SQLITE_NULL;
}

/* NULL has no data, an empty blob has. */
static vouch_span
read_octets(sqlite3_stmt *row, int column)
{
	vouch_span octets = sqlite_column_span(row, column);

	if (octets.data == NULL && sqlite3_column_type(row, column) != SQLITE_NULL)
		octets.data = (const uint8_t *)"";
	return octets;
}

static bool
read_columns(sqlite3_stmt *row, struct register_row *out)
{
	out->certificate_sha256 = read_octets(row, CERTIFICATE_SHA256);
	out->single_extensions = read_octets(row, SINGLE_EXTENSIONS);
	return read_number(row, CERT_STATUS, &out->cert_status) &&
	    read_number(row, REVOCATION_REASON, &out->revocation_reason) &&
	    read_number(row, REVOCATION_TIME, &out->revocation_time) &&
	    read_number(row, INVALIDITY_DATE, &out->invalidity_date) &&
	    read_number(row, NOT_AFTER, &out->not_after);
}

void
sqlite_record_postpone(vouch_status *out, vouch_time now)
{
	if (out->cert_status != VOUCH_REVOKED || out->revocation_time <= now)
		return;
	out->next_update = out->revocation_time;
	out->cert_status = VOUCH_GOOD;
	out->revocation_reason = 0;
	out->revocation_time = VOUCH_TIME_ABSENT;
	out->invalidity_date = VOUCH_TIME_ABSENT;
}

int
sqlite_record_read(sqlite3_stmt *row, const char *path, vouch_status *out, vouch_err *err)
{
	struct register_row read;

	if (!read_columns(row, &read) || !register_row_read(&read, out))
		return sqlite_fail(err, VOUCH_EIO, path,
		    "the database is damaged: the record of a certificate breaks its own rules");
	if (register_row_append(&read, "sqlite:", path, out) != VOUCH_OK)
		return sqlite_fail(err, VOUCH_ENOMEM, path, "out of memory");
	return VOUCH_OK;
}

vouch_span
sqlite_column_span(sqlite3_stmt *row, int column)
{
	const void *octets = sqlite3_column_blob(row, column);

	return (vouch_span){ octets, octets != NULL ? (size_t)sqlite3_column_bytes(row, column) : 0 };
}

static int
bind_number(sqlite3_stmt *s, int number, int64_t value)
{
	return value == VOUCH_TIME_ABSENT ? sqlite3_bind_null(s, number) :
					    sqlite3_bind_int64(s, number, value);
}

int
sqlite_bind_span(sqlite3_stmt *s, int number, vouch_span span)
{
	return sqlite3_bind_blob64(s, number, span.data, span.len, SQLITE_STATIC);
}

int
sqlite_record_bind(sqlite3_stmt *s, const vouch_status *status)
{
	const struct register_row row = register_row_of(status);
	const int64_t numbers[] = { row.cert_status, row.revocation_reason, row.revocation_time,
		row.invalidity_date, row.not_after };
	int rc = SQLITE_OK;

	for (int i = 0; i < (int)(sizeof(numbers) / sizeof(numbers[0])) && rc == SQLITE_OK; i++)
		rc = bind_number(s, 4 + i, numbers[i]);
	if (rc == SQLITE_OK)
		rc = sqlite_bind_span(s, 9, row.certificate_sha256);
	return rc == SQLITE_OK ? sqlite_bind_span(s, 10, row.single_extensions) : rc;
}
