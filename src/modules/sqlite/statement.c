/* SPDX-License-Identifier: Apache-2.0 */
/* The statements that every connection has ready. */
#include "modules/sqlite/connection.h"
#include "modules/sqlite/record.h"
#include "modules/sqlite/report.h"

static const char *const sql[SQLITE_STATEMENTS] = {
	[SQLITE_BEGIN] = "BEGIN",
	[SQLITE_COMMIT] = "COMMIT",
	[SQLITE_ISSUER] = "SELECT number FROM issuers WHERE id = ?1",
	[SQLITE_LOOKUP] = "SELECT " SQLITE_RECORD_COLUMNS " FROM certificates AS c"
			  " WHERE c.issuer = ?1 AND c.serial_length = ?2 AND c.serial_number = ?3",
	[SQLITE_PUT_ISSUER] =
	    "INSERT INTO issuers (id, name, certificate, added) VALUES (?1, ?2, ?3, ?4)"
	    " ON CONFLICT (id) DO UPDATE SET name = excluded.name, certificate = excluded.certificate"
	    " WHERE certificate <> excluded.certificate",
	/* What the new record does not know of the certificate stays; what is known already is not written again. */
	[SQLITE_PUT] =
	    "INSERT INTO certificates AS c (issuer, serial_length, serial_number,"
	    " cert_status, revocation_reason, revocation_time, invalidity_date,"
	    " not_after, certificate_sha256, single_extensions, added, changed)"
	    " VALUES ((SELECT number FROM issuers WHERE id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)"
	    " ON CONFLICT DO UPDATE SET"
	    " cert_status = excluded.cert_status, revocation_reason = excluded.revocation_reason,"
	    " revocation_time = excluded.revocation_time, invalidity_date = excluded.invalidity_date,"
	    " not_after = coalesce(excluded.not_after, c.not_after),"
	    " certificate_sha256 = coalesce(excluded.certificate_sha256, c.certificate_sha256),"
	    " single_extensions = excluded.single_extensions, changed = excluded.changed"
	    " WHERE c.cert_status <> excluded.cert_status"
	    " OR c.revocation_reason IS NOT excluded.revocation_reason"
	    " OR c.revocation_time IS NOT excluded.revocation_time"
	    " OR c.invalidity_date IS NOT excluded.invalidity_date"
	    " OR c.single_extensions IS NOT excluded.single_extensions"
	    " OR c.not_after IS NOT coalesce(excluded.not_after, c.not_after)"
	    " OR c.certificate_sha256 IS NOT coalesce(excluded.certificate_sha256, c.certificate_sha256)",
	[SQLITE_HEAD] = ("SELECT r.id, c.position, c.token FROM register AS r"
			 " LEFT JOIN changes AS c ON c.position = (SELECT max(position) FROM changes)"),
	[SQLITE_MARK] = "SELECT token FROM changes WHERE position = ?1",
	[SQLITE_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM changes WHERE position > ?1 LIMIT ?2)",
	[SQLITE_CHANGES] = "SELECT serial_number FROM changes WHERE position > ?1 ORDER BY position",
	[SQLITE_PRUNE] = "DELETE FROM changes WHERE position <= (SELECT max(position) FROM changes) - ?1",
};

int
sqlite_statements_prepare(struct sqlite_connection *connection, const struct sqlite_location *location,
    vouch_err *err)
{
	int count = location->query != NULL ? SQLITE_COMMIT + 1 : SQLITE_STATEMENTS;

	for (int i = 0; i < count; i++) {
		if (sqlite3_prepare_v3(connection->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			&connection->statements[i], NULL) == SQLITE_OK)
			continue;
		if ((sqlite3_errcode(connection->db) & 0xff) == SQLITE_ERROR)
			return sqlite_fail(err, VOUCH_EIO, location->path, "the database is damaged: %s",
			    sqlite3_errmsg(connection->db));
		return sqlite_report(err, VOUCH_EUNAVAILABLE, location->path, connection->db, "cannot read");
	}
	return VOUCH_OK;
}

sqlite3_stmt *
sqlite_statement(const struct sqlite_connection *connection, enum sqlite_statement which)
{
	sqlite3_stmt *s = connection->statements[which];

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return s;
}

int
sqlite_exec(sqlite3 *db, const char *sql_text)
{
	return sqlite3_exec(db, sql_text, NULL, NULL, NULL);
}

int
sqlite_number(sqlite3 *db, const char *sql_text, int64_t *out)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, sql_text, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(s, 0);
	int finished = sqlite3_finalize(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? finished : rc;
}
