/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates, and what it says of one at a moment. */
#include "modules/sqlite/record.h"
#include "modules/sqlite/report.h"

#include <assert.h>
#include <string.h>

/* CRLReason 7 does not exist. */
#define REASON_UNUSED_7 8

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
read_time(sqlite3_stmt *row, int column, vouch_time *out)
{
	int type = sqlite3_column_type(row, column);

	*out = type == SQLITE_INTEGER ? sqlite3_column_int64(row, column) : VOUCH_TIME_ABSENT;
	return type == SQLITE_INTEGER || type == SQLITE_NULL;
}

static bool
reason_is_recordable(uint8_t reason)
{
	return reason <= VOUCH_REASON_AA_COMPROMISE && reason != VOUCH_REASON_UNSPECIFIED &&
	    reason != REASON_UNUSED_7 && reason != VOUCH_REASON_REMOVE_FROM_CRL;
}

static bool
read_reason(sqlite3_stmt *row, uint8_t *out)
{
	if (sqlite3_column_type(row, REVOCATION_REASON) == SQLITE_NULL)
		return true;
	int64_t reason = sqlite3_column_int64(row, REVOCATION_REASON);
	if (reason <= 0 || reason >= VOUCH_REASON_AA_COMPROMISE)
		return false;
	*out = (uint8_t)(reason + 1);
	return reason_is_recordable(*out);
}

static bool
read_status(sqlite3_stmt *row, vouch_status *out)
{
	int64_t cert_status = sqlite3_column_int64(row, CERT_STATUS);

	if ((cert_status != VOUCH_GOOD && cert_status != VOUCH_REVOKED) ||
	    !read_reason(row, &out->revocation_reason) ||
	    !read_time(row, REVOCATION_TIME, &out->revocation_time) ||
	    !read_time(row, INVALIDITY_DATE, &out->invalidity_date) ||
	    !read_time(row, NOT_AFTER, &out->not_after))
		return false;
	out->cert_status = (uint8_t)cert_status;
	return (cert_status == VOUCH_REVOKED) == (out->revocation_time != VOUCH_TIME_ABSENT);
}

static bool
read_hash(sqlite3_stmt *row, vouch_status *out)
{
	if (sqlite3_column_type(row, CERTIFICATE_SHA256) == SQLITE_NULL)
		return true;
	const void *hash = sqlite3_column_blob(row, CERTIFICATE_SHA256);
	if (sqlite3_column_bytes(row, CERTIFICATE_SHA256) != sizeof(out->certificate_sha256) || hash == NULL)
		return false;
	memcpy(out->certificate_sha256, hash, sizeof(out->certificate_sha256));
	out->has_certificate_sha256 = 1;
	return true;
}

/*
 * A revocation dated in the future does not yet show, and no answer may outlive the moment at which it does.
 */
static void
hide_what_is_to_come(vouch_status *out, vouch_time now)
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
sqlite_record_read(sqlite3_stmt *row, const char *path, vouch_time now, vouch_status *out, vouch_err *err)
{
	static const char scheme[] = "sqlite:";

	if (!read_status(row, out) || !read_hash(row, out))
		return sqlite_fail(err, VOUCH_EIO, path,
		    "the database is damaged: the record of a certificate breaks its own rules");
	hide_what_is_to_come(out, now);
	vouch_span extensions = sqlite_column_span(row, SINGLE_EXTENSIONS);
	if (vouch_buf_append(&out->single_extensions, extensions.data, extensions.len) != VOUCH_OK ||
	    vouch_buf_append(&out->detail, scheme, sizeof(scheme) - 1) != VOUCH_OK ||
	    vouch_buf_append(&out->detail, path, strlen(path)) != VOUCH_OK)
		return sqlite_fail(err, VOUCH_ENOMEM, path, "out of memory");
	return VOUCH_OK;
}

vouch_span
sqlite_column_span(sqlite3_stmt *row, int column)
{
	const void *octets = sqlite3_column_blob(row, column);

	return (vouch_span){ octets, octets != NULL ? (size_t)sqlite3_column_bytes(row, column) : 0 };
}

int
sqlite_record_check(const vouch_status *status, const char *path, vouch_err *err)
{
	if (status->cert_status != VOUCH_GOOD && status->cert_status != VOUCH_REVOKED)
		return sqlite_fail(err, VOUCH_EINVAL, path, "only good and revoked can be recorded");
	if (status->cert_status == VOUCH_REVOKED && status->revocation_time == VOUCH_TIME_ABSENT)
		return sqlite_fail(err, VOUCH_EINVAL, path, "a revocation needs its time (RFC 6960 4.2.1)");
	if (status->revocation_reason != VOUCH_REASON_UNSPECIFIED &&
	    !reason_is_recordable(status->revocation_reason))
		return sqlite_fail(err, VOUCH_EREFUSED, path, "reason %d cannot be recorded (RFC 5280 5.3.1)",
		    status->revocation_reason - 1);
	return VOUCH_OK;
}

static int
bind_time(sqlite3_stmt *s, int number, vouch_time time)
{
	return time == VOUCH_TIME_ABSENT ? sqlite3_bind_null(s, number) : sqlite3_bind_int64(s, number, time);
}

int
sqlite_bind_span(sqlite3_stmt *s, int number, vouch_span span)
{
	return sqlite3_bind_blob64(s, number, span.data, span.len, SQLITE_STATIC);
}

int
sqlite_record_bind(sqlite3_stmt *s, const vouch_status *status)
{
	bool revoked = status->cert_status == VOUCH_REVOKED;
	/* RFC 5280 5.3.1: unspecified is expressed by absence. */
	bool has_reason = revoked && status->revocation_reason > VOUCH_REASON_UNSPECIFIED;
	vouch_span extensions = { status->single_extensions.data, status->single_extensions.len };
	vouch_span hash = { status->certificate_sha256, sizeof(status->certificate_sha256) };
	int rc = sqlite3_bind_int(s, 4, status->cert_status);

	if (rc == SQLITE_OK && has_reason)
		rc = sqlite3_bind_int(s, 5, status->revocation_reason - 1);
	if (rc == SQLITE_OK && revoked)
		rc = bind_time(s, 6, status->revocation_time);
	if (rc == SQLITE_OK && revoked)
		rc = bind_time(s, 7, status->invalidity_date);
	if (rc == SQLITE_OK)
		rc = bind_time(s, 8, status->not_after);
	if (rc == SQLITE_OK && status->has_certificate_sha256)
		rc = sqlite_bind_span(s, 9, hash);
	if (rc == SQLITE_OK && extensions.len > 0)
		rc = sqlite_bind_span(s, 10, extensions);
	return rc;
}
