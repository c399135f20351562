/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates. */
#include "modules/mysql/record.h"

#include "modules/mysql/report.h"
#include "modules/register/row.h"

static int64_t
number_of(const struct mysql_cell *cell)
{
	return cell->is_null ? VOUCH_TIME_ABSENT : cell->number;
}

/* NULL has no data. */
static vouch_span
octets_of(const struct mysql_cell *cell)
{
	return cell->is_null ? (vouch_span){ 0 } : cell->octets;
}

int
mysql_record_read(const struct mysql_cell *cells, const struct mysql_address *address, vouch_status *out,
    vouch_err *err)
{
	const struct register_row row = {
		.cert_status = number_of(&cells[MYSQL_CERT_STATUS]),
		.revocation_reason = number_of(&cells[MYSQL_REVOCATION_REASON]),
		.revocation_time = number_of(&cells[MYSQL_REVOCATION_TIME]),
		.invalidity_date = number_of(&cells[MYSQL_INVALIDITY_DATE]),
		.not_after = number_of(&cells[MYSQL_NOT_AFTER]),
		.certificate_sha256 = octets_of(&cells[MYSQL_CERTIFICATE_SHA256]),
		.single_extensions = octets_of(&cells[MYSQL_SINGLE_EXTENSIONS]),
	};

	if (!register_row_read(&row, out))
		return mysql_fail(err, VOUCH_EIO, &address->shown,
		    "the record of a certificate breaks the rules of its table");
	if (register_row_append(&row, "", mysql_text(&address->shown), out) != VOUCH_OK)
		return mysql_fail(err, VOUCH_ENOMEM, &address->shown, "out of memory");
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
number_value(int64_t number)
{
	return number == VOUCH_TIME_ABSENT ? (struct mysql_value){ 0 } : mysql_number(number);
}

static struct mysql_value
octets_value(vouch_span octets)
{
	return octets.data == NULL ? (struct mysql_value){ 0 } : mysql_octets(octets);
}

void
mysql_record_values(struct mysql_value *values, const vouch_status *status)
{
	const struct register_row row = register_row_of(status);

	values[MYSQL_CERT_STATUS] = number_value(row.cert_status);
	values[MYSQL_REVOCATION_REASON] = number_value(row.revocation_reason);
	values[MYSQL_REVOCATION_TIME] = number_value(row.revocation_time);
	values[MYSQL_INVALIDITY_DATE] = number_value(row.invalidity_date);
	values[MYSQL_NOT_AFTER] = number_value(row.not_after);
	values[MYSQL_CERTIFICATE_SHA256] = octets_value(row.certificate_sha256);
	values[MYSQL_SINGLE_EXTENSIONS] = octets_value(row.single_extensions);
}
