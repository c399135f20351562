/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates. */
#include "modules/postgresql/record.h"

#include <string.h>

#include "modules/postgresql/report.h"

/* CRLReason 7 does not exist. */
#define REASON_UNUSED_7 8

static bool
reason_is_recordable(uint8_t reason)
{
	return reason <= VOUCH_REASON_AA_COMPROMISE && reason != VOUCH_REASON_UNSPECIFIED &&
	    reason != REASON_UNUSED_7 && reason != VOUCH_REASON_REMOVE_FROM_CRL;
}

static bool
read_reason(const PGresult *result, int row, uint8_t *out)
{
	int64_t reason = 0;

	if (postgresql_column_is_null(result, row, POSTGRESQL_REVOCATION_REASON))
		return true;
	if (!postgresql_column_number(result, row, POSTGRESQL_REVOCATION_REASON, &reason) || reason <= 0 ||
	    reason >= VOUCH_REASON_AA_COMPROMISE)
		return false;
	*out = (uint8_t)(reason + 1);
	return reason_is_recordable(*out);
}

static bool
read_status(const PGresult *result, int row, vouch_status *out)
{
	int64_t cert_status = 0;

	if (!postgresql_column_number(result, row, POSTGRESQL_CERT_STATUS, &cert_status) ||
	    (cert_status != VOUCH_GOOD && cert_status != VOUCH_REVOKED) ||
	    !read_reason(result, row, &out->revocation_reason) ||
	    !postgresql_column_time(result, row, POSTGRESQL_REVOCATION_TIME, &out->revocation_time) ||
	    !postgresql_column_time(result, row, POSTGRESQL_INVALIDITY_DATE, &out->invalidity_date) ||
	    !postgresql_column_time(result, row, POSTGRESQL_NOT_AFTER, &out->not_after))
		return false;
	out->cert_status = (uint8_t)cert_status;
	return (cert_status == VOUCH_REVOKED) == (out->revocation_time != VOUCH_TIME_ABSENT);
}

static bool
read_hash(const PGresult *result, int row, vouch_status *out)
{
	vouch_span hash = postgresql_column_span(result, row, POSTGRESQL_CERTIFICATE_SHA256);

	if (postgresql_column_is_null(result, row, POSTGRESQL_CERTIFICATE_SHA256))
		return true;
	if (hash.len != sizeof(out->certificate_sha256))
		return false;
	memcpy(out->certificate_sha256, hash.data, sizeof(out->certificate_sha256));
	out->has_certificate_sha256 = 1;
	return true;
}

int
postgresql_record_read(const PGresult *result, int row, const char *shown, vouch_status *out, vouch_err *err)
{
	vouch_span extensions = postgresql_column_span(result, row, POSTGRESQL_SINGLE_EXTENSIONS);

	if (PQnfields(result) <= POSTGRESQL_SERIAL_NUMBER || !read_status(result, row, out) ||
	    !read_hash(result, row, out))
		return postgresql_fail(err, VOUCH_EIO, shown,
		    "the register is damaged: the record of a certificate breaks its own rules");
	if (vouch_buf_append(&out->single_extensions, extensions.data, extensions.len) != VOUCH_OK ||
	    vouch_buf_append(&out->detail, shown, strlen(shown)) != VOUCH_OK)
		return postgresql_fail(err, VOUCH_ENOMEM, shown, "out of memory");
	return VOUCH_OK;
}

int
postgresql_record_check(const vouch_status *status, const char *shown, vouch_err *err)
{
	if (status->cert_status != VOUCH_GOOD && status->cert_status != VOUCH_REVOKED)
		return postgresql_fail(err, VOUCH_EINVAL, shown, "only good and revoked can be recorded");
	if (status->cert_status == VOUCH_REVOKED && status->revocation_time == VOUCH_TIME_ABSENT)
		return postgresql_fail(err, VOUCH_EINVAL, shown,
		    "a revocation needs its time (RFC 6960 4.2.1)");
	if (status->revocation_reason != VOUCH_REASON_UNSPECIFIED &&
	    !reason_is_recordable(status->revocation_reason))
		return postgresql_fail(err, VOUCH_EREFUSED, shown,
		    "reason %d cannot be recorded (RFC 5280 5.3.1)", status->revocation_reason - 1);
	return VOUCH_OK;
}

bool
postgresql_record_bind(struct postgresql_values *values, const vouch_status *status)
{
	bool revoked = status->cert_status == VOUCH_REVOKED;

	postgresql_bind_short(values, status->cert_status);
	/* RFC 5280 5.3.1: unspecified is expressed by absence. */
	if (revoked && status->revocation_reason > VOUCH_REASON_UNSPECIFIED)
		postgresql_bind_short(values, status->revocation_reason - 1);
	else
		postgresql_bind_null(values);
	if (!postgresql_bind_time(values, revoked ? status->revocation_time : VOUCH_TIME_ABSENT) ||
	    !postgresql_bind_time(values, revoked ? status->invalidity_date : VOUCH_TIME_ABSENT) ||
	    !postgresql_bind_time(values, status->not_after))
		return false;
	if (status->has_certificate_sha256 != 0)
		postgresql_bind_octets(values,
		    (vouch_span){ status->certificate_sha256, sizeof(status->certificate_sha256) });
	else
		postgresql_bind_null(values);
	if (status->single_extensions.len > 0)
		postgresql_bind_octets(values,
		    (vouch_span){ status->single_extensions.data, status->single_extensions.len });
	else
		postgresql_bind_null(values);
	return true;
}
