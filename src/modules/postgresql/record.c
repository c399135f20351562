/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates. */
#include "modules/postgresql/record.h"

#include "modules/postgresql/report.h"
#include "modules/register/row.h"

static bool
read_number(const PGresult *result, int row, int column, int64_t *out)
{
	*out = VOUCH_TIME_ABSENT;
	return postgresql_column_is_null(result, row, column) ||
	    postgresql_column_number(result, row, column, out);
}

/* NULL has no data; libpq gives an empty value some. */
static vouch_span
read_octets(const PGresult *result, int row, int column)
{
	return postgresql_column_is_null(result, row, column) ? (vouch_span){ NULL, 0 } :
								postgresql_column_span(result, row, column);
}

static bool
read_columns(const PGresult *result, int row, struct register_row *out)
{
	if (PQnfields(result) <= POSTGRESQL_SERIAL_NUMBER)
		return false;
	out->certificate_sha256 = read_octets(result, row, POSTGRESQL_CERTIFICATE_SHA256);
	out->single_extensions = read_octets(result, row, POSTGRESQL_SINGLE_EXTENSIONS);
	return read_number(result, row, POSTGRESQL_CERT_STATUS, &out->cert_status) &&
	    read_number(result, row, POSTGRESQL_REVOCATION_REASON, &out->revocation_reason) &&
	    postgresql_column_time(result, row, POSTGRESQL_REVOCATION_TIME, &out->revocation_time) &&
	    postgresql_column_time(result, row, POSTGRESQL_INVALIDITY_DATE, &out->invalidity_date) &&
	    postgresql_column_time(result, row, POSTGRESQL_NOT_AFTER, &out->not_after);
}

int
postgresql_record_read(const PGresult *result, int row, const char *shown, vouch_status *out, vouch_err *err)
{
	struct register_row read;

	if (!read_columns(result, row, &read) || !register_row_read(&read, out))
		return postgresql_fail(err, VOUCH_EIO, shown,
		    "the register is damaged: the record of a certificate breaks its own rules");
	if (register_row_append(&read, "", shown, out) != VOUCH_OK)
		return postgresql_fail(err, VOUCH_ENOMEM, shown, "out of memory");
	return VOUCH_OK;
}

static void
bind_octets(struct postgresql_values *values, vouch_span octets)
{
	if (octets.data != NULL)
		postgresql_bind_octets(values, octets);
	else
		postgresql_bind_null(values);
}

bool
postgresql_record_bind(struct postgresql_values *values, const vouch_status *status)
{
	const struct register_row row = register_row_of(status);

	postgresql_bind_short(values, (int)row.cert_status);
	if (row.revocation_reason != VOUCH_TIME_ABSENT)
		postgresql_bind_short(values, (int)row.revocation_reason);
	else
		postgresql_bind_null(values);
	if (!postgresql_bind_time(values, row.revocation_time) ||
	    !postgresql_bind_time(values, row.invalidity_date) ||
	    !postgresql_bind_time(values, row.not_after))
		return false;
	bind_octets(values, row.certificate_sha256);
	bind_octets(values, row.single_extensions);
	return true;
}
