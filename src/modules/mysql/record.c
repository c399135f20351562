/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates. */
#include "modules/mysql/record.h"

#include <string.h>

#include "modules/mysql/report.h"

#define REASON_UNUSED_7 8 /* CRLReason 7 does not exist */

static vouch_time
time_of(const struct mysql_cell *cell)
{
	return cell->is_null ? VOUCH_TIME_ABSENT : cell->number;
}

static bool
reason_is_recordable(int64_t reason)
{
	return reason > VOUCH_REASON_UNSPECIFIED && reason <= VOUCH_REASON_AA_COMPROMISE &&
	    reason != REASON_UNUSED_7 && reason != VOUCH_REASON_REMOVE_FROM_CRL;
}

static bool
read_reason(const struct mysql_cell *cell, vouch_status *out)
{
	if (cell->is_null)
		return true;
	if (!reason_is_recordable(cell->number + 1))
		return false;
	out->revocation_reason = (uint8_t)(cell->number + 1);
	return true;
}

static bool
read_hash(const struct mysql_cell *cell, vouch_status *out)
{
	if (cell->is_null)
		return true;
	if (cell->octets.len != sizeof(out->certificate_sha256))
		return false;
	memcpy(out->certificate_sha256, cell->octets.data, cell->octets.len);
	out->has_certificate_sha256 = 1;
	return true;
}

static bool
read_status(const struct mysql_cell *cells, vouch_status *out)
{
	const struct mysql_cell *status = &cells[MYSQL_CERT_STATUS];

	if (status->is_null || (status->number != VOUCH_GOOD && status->number != VOUCH_REVOKED) ||
	    !read_reason(&cells[MYSQL_REVOCATION_REASON], out) ||
	    !read_hash(&cells[MYSQL_CERTIFICATE_SHA256], out))
		return false;
	out->cert_status = (uint8_t)status->number;
	out->revocation_time = time_of(&cells[MYSQL_REVOCATION_TIME]);
	out->invalidity_date = time_of(&cells[MYSQL_INVALIDITY_DATE]);
	out->not_after = time_of(&cells[MYSQL_NOT_AFTER]);
	return (out->cert_status == VOUCH_REVOKED) == (out->revocation_time != VOUCH_TIME_ABSENT);
}

int
mysql_record_read(const struct mysql_cell *cells, const struct mysql_address *address, vouch_status *out,
    vouch_err *err)
{
	const char *shown = mysql_text(&address->shown);
	const struct mysql_cell *extensions = &cells[MYSQL_SINGLE_EXTENSIONS];

	if (!read_status(cells, out))
		return mysql_fail(err, VOUCH_EIO, &address->shown,
		    "the record of a certificate breaks the rules of its table");
	if (vouch_buf_append(&out->single_extensions, extensions->octets.data, extensions->octets.len) !=
		VOUCH_OK ||
	    vouch_buf_append(&out->detail, shown, strlen(shown)) != VOUCH_OK)
		return mysql_fail(err, VOUCH_ENOMEM, &address->shown, "out of memory");
	return VOUCH_OK;
}

int
mysql_record_check(const vouch_status *status, const struct mysql_address *address, vouch_err *err)
{
	const vouch_buf *shown = &address->shown;

	if (status->cert_status != VOUCH_GOOD && status->cert_status != VOUCH_REVOKED)
		return mysql_fail(err, VOUCH_EINVAL, shown, "only good and revoked can be recorded");
	if (status->cert_status == VOUCH_REVOKED && status->revocation_time == VOUCH_TIME_ABSENT)
		return mysql_fail(err, VOUCH_EINVAL, shown, "a revocation needs its time (RFC 6960 4.2.1)");
	if (status->revocation_reason > VOUCH_REASON_UNSPECIFIED &&
	    !reason_is_recordable(status->revocation_reason))
		return mysql_fail(err, VOUCH_EREFUSED, shown, "reason %d cannot be recorded (RFC 5280 5.3.1)",
		    status->revocation_reason - 1);
	return VOUCH_OK;
}

struct mysql_value
mysql_number(int64_t number)
{
	return (struct mysql_value){ .kind = MYSQL_VALUE_NUMBER, .number = number };
}

struct mysql_value
mysql_octets(vouch_span octets)
{
	return (struct mysql_value){ .kind = MYSQL_VALUE_OCTETS, .octets = octets };
}

static struct mysql_value
time_value(vouch_time time)
{
	return time == VOUCH_TIME_ABSENT ? (struct mysql_value){ 0 } : mysql_number(time);
}

static struct mysql_value
octets_value(const uint8_t *data, size_t len)
{
	return len == 0 ? (struct mysql_value){ 0 } : mysql_octets((vouch_span){ data, len });
}

void
mysql_record_values(struct mysql_value *values, const vouch_status *status)
{
	bool revoked = status->cert_status == VOUCH_REVOKED;
	/* RFC 5280 5.3.1: unspecified is expressed by absence. */
	bool has_reason = revoked && status->revocation_reason > VOUCH_REASON_UNSPECIFIED;

	values[MYSQL_CERT_STATUS] = mysql_number(status->cert_status);
	values[MYSQL_REVOCATION_REASON] = has_reason ? mysql_number(status->revocation_reason - 1) :
						       (struct mysql_value){ 0 };
	values[MYSQL_REVOCATION_TIME] = time_value(revoked ? status->revocation_time : VOUCH_TIME_ABSENT);
	values[MYSQL_INVALIDITY_DATE] = time_value(revoked ? status->invalidity_date : VOUCH_TIME_ABSENT);
	values[MYSQL_NOT_AFTER] = time_value(status->not_after);
	values[MYSQL_CERTIFICATE_SHA256] = octets_value(status->certificate_sha256,
	    status->has_certificate_sha256 ? sizeof(status->certificate_sha256) : 0);
	values[MYSQL_SINGLE_EXTENSIONS] = octets_value(status->single_extensions.data,
	    status->single_extensions.len);
}
