/* SPDX-License-Identifier: Apache-2.0 */
/* The statements, and the values that are bound to them. */
#include "modules/postgresql/statement.h"

#include <stdio.h>
#include <string.h>

/* Seconds from 1970 to 2000, where PostgreSQL's times begin, in microseconds. */
#define EPOCH INT64_C(946684800)
#define MICROSECONDS INT64_C(1000000)
#define NAME_OCTETS 12 /* with 32 types behind it a name is as long as PostgreSQL takes one */
/*
 * The years 1 to 9999, which is more than a GeneralizedTime of RFC 5280 needs, and less than PostgreSQL has.
 */
#define TIME_LEAST INT64_C(-62135596800)
#define TIME_MOST INT64_C(253402300799)

/*
 * Another server, another start of it, another database, other tables: whatever was known of one need not be
 * true of the other.  A copy of the data files is put in place while the server is down; a dump makes tables
 * anew, or fills emptied ones.
 */
#define STARTED \
	"extract(epoch FROM pg_postmaster_start_time()), (SELECT oid FROM pg_database WHERE datname = current_database())"
#define FILE_OF(table) "to_regclass('" table "')::oid, pg_relation_filenode(to_regclass('" table "'))"
#define SHA256_OF(what) "sha256(convert_to(concat_ws(' ', " what "), 'UTF8'))"
#define IDENTITY \
	SHA256_OF("r.id, " STARTED ", " FILE_OF("vouch.changes") ", " FILE_OF( \
	    "vouch.certificates") ", " FILE_OF("vouch.issuers"))
#define RECORD \
	"SELECT c.cert_status, c.revocation_reason, c.revocation_time, c.invalidity_date, c.not_after," \
	" c.certificate_sha256, c.single_extensions, c.serial_number FROM vouch.certificates AS c" \
	" WHERE c.issuer = (SELECT number FROM vouch.issuers WHERE id = $1)"

static const char *const sql[POSTGRESQL_STATEMENTS] = {
	[POSTGRESQL_REGISTER] = "SELECT r.version, " IDENTITY " FROM vouch.register AS r",
	[POSTGRESQL_LOOKUP] = RECORD
	" AND c.serial_length = octet_length($2::bytea) AND c.serial_number = $2::bytea",
	[POSTGRESQL_EACH] = RECORD
	" AND (c.serial_length, c.serial_number) > (octet_length($2::bytea), $2::bytea)"
	" ORDER BY c.serial_length, c.serial_number LIMIT $3",
	/*
	 * $1: the snapshot of the last time, $2: the identity, $3 and $4: the last entry of the log then.
	 * What is in the table now and was not to be seen then is new, however early its number was given
	 * out.  A transaction that is yet to come in this cluster is one of the cluster where a dump was
	 * made.  A standby's snapshots do not list who is at work: there everything since the oldest of them
	 * is told again.
	 */
	[POSTGRESQL_CHANGES] =
	    "WITH head AS MATERIALIZED (SELECT " IDENTITY
	    " AS identity, r.pruned, pg_current_snapshot() AS snapshot,"
	    " coalesce(last.number, 0) AS number, last.token"
	    " FROM vouch.register AS r LEFT JOIN LATERAL"
	    " (SELECT c.number, c.token FROM vouch.changes AS c ORDER BY c.number DESC LIMIT 1) AS last ON true),"
	    " known AS MATERIALIZED (SELECT coalesce(h.identity = $2"
	    " AND pg_snapshot_xmin($1::pg_snapshot) <= pg_snapshot_xmin(h.snapshot)"
	    " AND pg_snapshot_xmax($1::pg_snapshot) <= pg_snapshot_xmax(h.snapshot)"
	    " AND coalesce(h.pruned < pg_snapshot_xmin($1::pg_snapshot) OR h.pruned >= pg_snapshot_xmax(h.snapshot), true)"
	    " AND ($3::bigint = 0 OR EXISTS (SELECT FROM vouch.changes AS c WHERE c.number = $3 AND c.token = $4::uuid)),"
	    " false) AS yes FROM head AS h)"
	    " SELECT h.identity, CASE WHEN pg_is_in_recovery()"
	    " THEN concat(pg_snapshot_xmin(h.snapshot), ':', pg_snapshot_xmin(h.snapshot), ':')"
	    " ELSE h.snapshot::text END, h.number, h.token, k.yes, c.serial_number"
	    " FROM head AS h CROSS JOIN known AS k LEFT JOIN LATERAL (SELECT c.serial_number FROM vouch.changes AS c"
	    " WHERE k.yes AND c.transaction >= pg_snapshot_xmin($1::pg_snapshot)"
	    " AND c.transaction < pg_snapshot_xmax(h.snapshot)"
	    " AND NOT pg_visible_in_snapshot(c.transaction, $1::pg_snapshot) LIMIT 65537) AS c ON true",
	[POSTGRESQL_PRUNE] = "SELECT vouch.prune()",
	[POSTGRESQL_PUT_ISSUER] =
	    "INSERT INTO vouch.issuers (id, name, certificate, added) VALUES ($1, $2, $3, $4)"
	    " ON CONFLICT (id) DO UPDATE SET name = excluded.name, certificate = excluded.certificate"
	    " WHERE issuers.certificate <> excluded.certificate",
	/*
	 * What the new record does not know of the certificate stays; what is known already is not written
	 * again.
	 */
	[POSTGRESQL_PUT] =
	    "INSERT INTO vouch.certificates AS c (issuer, serial_number, cert_status, revocation_reason,"
	    " revocation_time, invalidity_date, not_after, certificate_sha256, single_extensions, added, changed)"
	    " VALUES ((SELECT number FROM vouch.issuers WHERE id = $1), $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)"
	    " ON CONFLICT (issuer, serial_length, serial_number) DO UPDATE SET"
	    " cert_status = excluded.cert_status, revocation_reason = excluded.revocation_reason,"
	    " revocation_time = excluded.revocation_time, invalidity_date = excluded.invalidity_date,"
	    " not_after = coalesce(excluded.not_after, c.not_after),"
	    " certificate_sha256 = coalesce(excluded.certificate_sha256, c.certificate_sha256),"
	    " single_extensions = excluded.single_extensions, changed = excluded.changed"
	    " WHERE (c.cert_status, c.revocation_reason, c.revocation_time, c.invalidity_date, c.single_extensions,"
	    " c.not_after, c.certificate_sha256) IS DISTINCT FROM (excluded.cert_status, excluded.revocation_reason,"
	    " excluded.revocation_time, excluded.invalidity_date, excluded.single_extensions,"
	    " coalesce(excluded.not_after, c.not_after), coalesce(excluded.certificate_sha256, c.certificate_sha256))",
	[POSTGRESQL_OWN_IDENTITY] = "SELECT NULL::integer, " SHA256_OF(STARTED),
};

const char *
postgresql_statement_sql(enum postgresql_statement which)
{
	return sql[which];
}

bool
postgresql_statement_is_own(enum postgresql_statement which)
{
	return sql[which] == NULL;
}

enum query_kind
postgresql_statement_kind(enum postgresql_statement which)
{
	return which == POSTGRESQL_OWN_LOOKUP ? QUERY_LOOKUP :
	    which == POSTGRESQL_OWN_CHANGES   ? QUERY_CHANGES :
						QUERY_HEAD;
}

enum postgresql_statement
postgresql_statement_of(enum query_kind kind)
{
	return kind == QUERY_LOOKUP ? POSTGRESQL_OWN_LOOKUP :
	    kind == QUERY_CHANGES   ? POSTGRESQL_OWN_CHANGES :
				      POSTGRESQL_OWN_HEAD;
}

bool
postgresql_statement_name(char out[POSTGRESQL_NAME], const struct query *query,
    enum postgresql_statement which)
{
	static const char
	    types[] = { [QUERY_NULL] = 'n', [QUERY_INTEGER] = 'i', [QUERY_TEXT] = 't', [QUERY_OCTETS] = 'o' };
	bool own = postgresql_statement_is_own(which);
	enum query_kind kind = postgresql_statement_kind(which);
	const char *text = own ? query_sql(query, kind) : sql[which];
	uint8_t digest[VOUCH_DIGEST_MAX];

	if (vouch_digest(VOUCH_SHA256, (vouch_span){ (const uint8_t *)text, strlen(text) }, digest) == 0)
		return false;
	size_t len = (size_t)snprintf(out, POSTGRESQL_NAME, "vouch_");
	for (size_t i = 0; i < NAME_OCTETS; i++)
		len += (size_t)snprintf(out + len, POSTGRESQL_NAME - len, "%02x", digest[i]);
	for (size_t i = 0; own && i < query_parameters(query, kind) && len < POSTGRESQL_NAME - 1; i++)
		out[len++] = types[query_parameter_type(query, kind, i)];
	out[len] = '\0';
	return true;
}

/* --- Values --------------------------------------------------------------------------------------------- */

static void
bind(struct postgresql_values *values, const void *octets, size_t len, int format)
{
	int n = values->count++;

	values->values[n] = octets;
	values->lengths[n] = (int)len;
	values->formats[n] = format;
}

void
postgresql_bind_null(struct postgresql_values *values)
{
	bind(values, NULL, 0, 1);
}

void
postgresql_bind_octets(struct postgresql_values *values, vouch_span octets)
{
	bind(values, octets.data != NULL ? octets.data : (const uint8_t *)"", octets.len, 1);
}

void
postgresql_bind_text(struct postgresql_values *values, const char *text)
{
	bind(values, text, strlen(text), 0);
}

static void
bind_number(struct postgresql_values *values, int64_t number, size_t len)
{
	uint8_t *octets = values->numbers[values->count];

	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)((uint64_t)number >> (8 * (len - 1 - i)));
	bind(values, octets, len, 1);
}

void
postgresql_bind_short(struct postgresql_values *values, int number)
{
	bind_number(values, number, 2);
}

void
postgresql_bind_long(struct postgresql_values *values, int64_t number)
{
	bind_number(values, number, 8);
}

bool
postgresql_bind_time(struct postgresql_values *values, vouch_time time)
{
	if (time == VOUCH_TIME_ABSENT)
		postgresql_bind_null(values);
	else if (time < TIME_LEAST || time > TIME_MOST)
		return false;
	else
		postgresql_bind_long(values, (time - EPOCH) * MICROSECONDS);
	return true;
}

void
postgresql_bind_query(struct postgresql_values *values, const struct query_value *from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		switch (from[i].type) {
		case QUERY_NULL:
			postgresql_bind_null(values);
			break;
		case QUERY_INTEGER:
			postgresql_bind_long(values, from[i].integer);
			break;
		case QUERY_TEXT:
			postgresql_bind_text(values, (const char *)from[i].octets.data);
			break;
		case QUERY_OCTETS:
			postgresql_bind_octets(values, from[i].octets);
			break;
		}
	}
}

/* --- Columns -------------------------------------------------------------------------------------------- */

bool
postgresql_column_is_null(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) == 1;
}

vouch_span
postgresql_column_span(const PGresult *result, int row, int column)
{
	return (vouch_span){ (const uint8_t *)PQgetvalue(result, row, column),
		(size_t)PQgetlength(result, row, column) };
}

bool
postgresql_column_number(const PGresult *result, int row, int column, int64_t *out)
{
	vouch_span octets = postgresql_column_span(result, row, column);

	if (octets.len != 2 && octets.len != 4 && octets.len != 8)
		return false;
	uint64_t number = (octets.data[0] & 0x80) != 0 ? UINT64_MAX : 0;
	for (size_t i = 0; i < octets.len; i++)
		number = number << 8 | octets.data[i];
	*out = (int64_t)number;
	return true;
}

bool
postgresql_column_time(const PGresult *result, int row, int column, vouch_time *out)
{
	int64_t microseconds = 0;

	*out = VOUCH_TIME_ABSENT;
	if (postgresql_column_is_null(result, row, column))
		return true;
	if (PQgetlength(result, row, column) != 8 ||
	    !postgresql_column_number(result, row, column, &microseconds))
		return false;
	int64_t seconds = microseconds / MICROSECONDS - (microseconds % MICROSECONDS < 0 ? 1 : 0) + EPOCH;
	if (seconds < TIME_LEAST || seconds > TIME_MOST)
		return false;
	*out = seconds;
	return true;
}
