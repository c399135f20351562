/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, and what is asked of them. */
#include "modules/mysql/schema.h"

#include <mysqld_error.h>
#include <stdlib.h>

#include "modules/mysql/migrations.h"
#include "modules/mysql/report.h"

#define RECORD \
	"c.cert_status, c.revocation_reason, c.revocation_time, c.invalidity_date, c.not_after, " \
	"c.certificate_sha256, c.single_extensions"
#define RECORD_COLUMNS "nnnnnoo"

const struct mysql_statement_text mysql_statements[MYSQL_OWN] = {
	[MYSQL_HEAD] = { "SELECT id, position, token FROM vouch_register", "ono" },
	[MYSQL_MARK] = { "SELECT token FROM vouch_changes WHERE position = ?", "o" },
	[MYSQL_COUNT] = { "SELECT COUNT(*) FROM vouch_changes WHERE position > ?", "n" },
	[MYSQL_CHANGES] = { "SELECT serial_number FROM vouch_changes WHERE position > ? ORDER BY position",
	    "o" },
	[MYSQL_LOOKUP] = { "SELECT " RECORD
			   " FROM vouch_certificates AS c JOIN vouch_issuers AS i ON i.number = c.issuer"
			   " WHERE i.id = ? AND c.serial_length = ? AND c.serial_number = ?",
	    RECORD_COLUMNS },
	[MYSQL_EACH] = { "SELECT " RECORD ", c.serial_number"
			 " FROM vouch_certificates AS c JOIN vouch_issuers AS i ON i.number = c.issuer"
			 " WHERE i.id = ? AND (c.serial_length > ? OR (c.serial_length = ? AND c.serial_number > ?))"
			 " ORDER BY c.serial_length, c.serial_number LIMIT 1000",
	    RECORD_COLUMNS "o" },
	/* Whoever writes waits here for the others: what he looks up stays as it is until he has written. */
	[MYSQL_LOCK] = { "SELECT position FROM vouch_register FOR UPDATE", "n" },
	[MYSQL_PUT_ISSUER] = { "INSERT INTO vouch_issuers (id, name, certificate, added) VALUES (?, ?, ?, ?)"
			       " ON DUPLICATE KEY UPDATE name = IF(certificate <> VALUES(certificate), VALUES(name), name),"
			       " certificate = VALUES(certificate)",
	    "" },
	[MYSQL_PUT] = { "INSERT INTO vouch_certificates (issuer, serial_length, serial_number, cert_status, revocation_reason,"
			" revocation_time, invalidity_date, not_after, certificate_sha256, single_extensions, added, changed)"
			" SELECT number, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM vouch_issuers WHERE id = ?"
			" ON DUPLICATE KEY UPDATE cert_status = VALUES(cert_status), revocation_reason = VALUES(revocation_reason),"
			" revocation_time = VALUES(revocation_time), invalidity_date = VALUES(invalidity_date),"
			" not_after = COALESCE(VALUES(not_after), vouch_certificates.not_after),"
			" certificate_sha256 = COALESCE(VALUES(certificate_sha256), vouch_certificates.certificate_sha256),"
			" single_extensions = VALUES(single_extensions),"
			" changed = VALUES(changed)",
	    "" },
	[MYSQL_PRUNE] = { "DELETE FROM vouch_changes WHERE position < (SELECT position FROM vouch_register) - ?",
	    "" },
};

static int
make_tables(struct mysql_connection *c, const struct mysql_address *address, vouch_err *err)
{
	for (size_t i = 0; i < mysql_migrations_count; i++)
		if (!mysql_exec(c, mysql_migrations[i]))
			return mysql_report(err, address, c, "cannot make the tables");
	return VOUCH_OK;
}

static int
judge_version(const struct mysql_address *address, long version, vouch_err *err)
{
	if (version == MYSQL_SCHEMA_VERSION)
		return VOUCH_OK;
	if (version > MYSQL_SCHEMA_VERSION)
		return mysql_fail(err, VOUCH_EREFUSED, &address->shown,
		    "written by a newer vouch: its schema is version %ld, this program knows %d", version,
		    MYSQL_SCHEMA_VERSION);
	return mysql_fail(err, VOUCH_EREFUSED, &address->shown, "schema version %ld does not exist", version);
}

int
mysql_schema_check(struct mysql_connection *c, const struct mysql_address *address, vouch_err *err)
{
	bool found = mysql_exec(c, "SELECT version FROM vouch_register");

	if (!found && c->error == ER_NO_SUCH_TABLE && address->mode == MYSQL_MODE_RWC) {
		int code = make_tables(c, address, err);
		return code == VOUCH_OK ? judge_version(address, MYSQL_SCHEMA_VERSION, err) : code;
	}
	if (!found && c->error == ER_NO_SUCH_TABLE)
		return mysql_fail(err, VOUCH_EREFUSED, &address->shown,
		    "it has no tables of vouch: make them with sql/mysql/001_register.sql, or vouch add");
	if (!found)
		return mysql_report(err, address, c, "cannot read");
	MYSQL_RES *rows = mysql_store_result(c->db);
	MYSQL_ROW row = rows == NULL ? NULL : mysql_fetch_row(rows);
	long version = row == NULL || row[0] == NULL ? 0 : strtol(row[0], NULL, 10);
	mysql_free_result(rows);
	return judge_version(address, version, err);
}
