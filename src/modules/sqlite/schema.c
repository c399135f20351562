/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, and how each version of them became the next. */
#include "modules/sqlite/schema.h"
#include "modules/sqlite/report.h"

#include <stdio.h>

const char *const sqlite_migrations[] = {
	/* 1: what is known */
	"CREATE TABLE register (\n"
	"	id BLOB NOT NULL CHECK (typeof(id) = 'blob' AND length(id) = 16)\n"
	");\n"
	"INSERT INTO register VALUES (randomblob(16));\n"
	"CREATE TABLE issuers (\n"
	"	number INTEGER PRIMARY KEY,\n"
	"	id BLOB NOT NULL UNIQUE CHECK (typeof(id) = 'blob' AND length(id) = 32),\n"
	"	name TEXT NOT NULL,\n"
	"	certificate BLOB NOT NULL,\n"
	"	added INTEGER NOT NULL\n"
	");\n"
	"CREATE TABLE certificates (\n"
	"	issuer INTEGER NOT NULL REFERENCES issuers (number),\n"
	"	serial_length INTEGER NOT NULL,\n"
	"	serial_number BLOB NOT NULL,\n"
	"	cert_status INTEGER NOT NULL CHECK (cert_status IN (1, 2)),\n" /* good, revoked */
	"	revocation_reason INTEGER,\n"				       /* CRLReason; NULL: none */
	"	revocation_time INTEGER,\n" /* all times are seconds since 1970 UTC */
	"	invalidity_date INTEGER,\n"
	"	not_after INTEGER,\n"
	"	certificate_sha256 BLOB CHECK (length(certificate_sha256) = 32),\n"
	"	single_extensions BLOB,\n"
	"	added INTEGER NOT NULL,\n"
	"	changed INTEGER NOT NULL,\n"
	"	PRIMARY KEY (issuer, serial_length, serial_number),\n"
	"	CHECK (typeof(serial_number) = 'blob' AND length(serial_number) = serial_length),\n"
	"	CHECK (serial_length > 0),\n"
	/* RFC 5280 5.3.1: 0 is expressed by absence, 7 is not used, 8 is for delta CRLs. */
	"	CHECK (revocation_reason IN (1, 2, 3, 4, 5, 6, 9, 10)),\n"
	"	CHECK ((cert_status = 2) = (revocation_time IS NOT NULL)),\n"
	"	CHECK (cert_status = 2 OR (revocation_reason IS NULL AND invalidity_date IS NULL))\n"
	") WITHOUT ROWID;\n",

	/* 2: what changed */
	"CREATE TABLE changes (\n"
	"	position INTEGER PRIMARY KEY AUTOINCREMENT,\n"
	"	issuer INTEGER,\n"
	"	serial_number BLOB NOT NULL,\n"
	"	token BLOB NOT NULL DEFAULT (randomblob(8)) CHECK (length(token) = 8)\n"
	");\n"
	"INSERT INTO changes (serial_number) VALUES (x'');\n"
	"CREATE TRIGGER certificate_inserted AFTER INSERT ON certificates BEGIN\n"
	"	INSERT INTO changes (issuer, serial_number) VALUES (NEW.issuer, NEW.serial_number);\n"
	"END;\n"
	"CREATE TRIGGER certificate_updated AFTER UPDATE ON certificates BEGIN\n"
	"	INSERT INTO changes (issuer, serial_number) VALUES (NEW.issuer, NEW.serial_number);\n"
	"END;\n"
	"CREATE TRIGGER certificate_renamed AFTER UPDATE OF issuer, serial_number ON certificates BEGIN\n"
	"	INSERT INTO changes (issuer, serial_number) VALUES (OLD.issuer, OLD.serial_number);\n"
	"END;\n"
	"CREATE TRIGGER certificate_deleted AFTER DELETE ON certificates BEGIN\n"
	"	INSERT INTO changes (issuer, serial_number) VALUES (OLD.issuer, OLD.serial_number);\n"
	"END;\n"
	"CREATE TRIGGER issuer_updated AFTER UPDATE OF number, id ON issuers BEGIN\n"
	"	INSERT INTO changes (issuer, serial_number) VALUES (OLD.number, x'');\n"
	"END;\n"
	"CREATE TRIGGER issuer_deleted AFTER DELETE ON issuers BEGIN\n"
	"	INSERT INTO changes (issuer, serial_number) VALUES (OLD.number, x'');\n"
	"END;\n",
};
const int sqlite_schema_version = sizeof(sqlite_migrations) / sizeof(sqlite_migrations[0]);

struct header {
	int64_t application_id, version, tables;
};

static int
read_header(struct header *h, sqlite3 *db, const char *path, vouch_err *err)
{
	if (sqlite_number(db, "PRAGMA application_id", &h->application_id) != SQLITE_OK ||
	    sqlite_number(db, "PRAGMA user_version", &h->version) != SQLITE_OK ||
	    sqlite_number(db, "SELECT count(*) FROM sqlite_schema", &h->tables) != SQLITE_OK)
		return sqlite_report(err, VOUCH_EUNAVAILABLE, path, db, "cannot read");
	return VOUCH_OK;
}

/* A file without a single table: zero octets, or what a process left that died before its first commit. */
static bool
header_is_empty(const struct header *h)
{
	return h->application_id == 0 && h->version == 0 && h->tables == 0;
}

static int
judge_header(const struct header *h, const struct sqlite_location *location, vouch_err *err)
{
	if (header_is_empty(h) && location->mode == SQLITE_MODE_RWC)
		return VOUCH_OK;
	if (header_is_empty(h))
		return sqlite_fail(err, VOUCH_EPARSE, location->path,
		    "it is empty: vouch add or vouch revoke makes a database of it");
	if (h->application_id != SQLITE_APPLICATION_ID)
		return sqlite_fail(err, VOUCH_EPARSE, location->path,
		    "an SQLite database, but not one of vouch's (application_id 0x%08X)",
		    (unsigned)h->application_id);
	if (h->version > sqlite_schema_version)
		return sqlite_fail(err, VOUCH_EREFUSED, location->path,
		    "written by a newer vouch: its schema is version %lld, this program knows up to %d",
		    (long long)h->version, sqlite_schema_version);
	if (h->version < 1)
		return sqlite_fail(err, VOUCH_EPARSE, location->path,
		    "the database is damaged: schema version %lld does not exist", (long long)h->version);
	return VOUCH_OK;
}

/* Inside a write transaction: nobody else can migrate between the look and the change. */
static int
migrate(sqlite3 *db, const struct sqlite_location *location, vouch_err *err)
{
	struct header h;
	char finish[96];
	int ret = read_header(&h, db, location->path, err);

	if (ret == VOUCH_OK)
		ret = judge_header(&h, location, err);
	if (ret != VOUCH_OK)
		return ret;
	for (int64_t v = h.version; v < sqlite_schema_version; v++) {
		if (sqlite_exec(db, sqlite_migrations[v]) != SQLITE_OK)
			return sqlite_report(err, VOUCH_EIO, location->path, db, "cannot migrate");
	}
	snprintf(finish, sizeof(finish), "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    SQLITE_APPLICATION_ID, sqlite_schema_version);
	if (sqlite_exec(db, finish) != SQLITE_OK || sqlite_exec(db, "COMMIT") != SQLITE_OK)
		return sqlite_report(err, VOUCH_EIO, location->path, db, "cannot migrate");
	return VOUCH_OK;
}

int
sqlite_schema_open(sqlite3 *db, const struct sqlite_location *location, vouch_err *err)
{
	struct header h;
	int ret = read_header(&h, db, location->path, err);

	if (ret == VOUCH_OK)
		ret = judge_header(&h, location, err);
	if (ret != VOUCH_OK || h.version == sqlite_schema_version)
		return ret;
	if (location->mode == SQLITE_MODE_RO || sqlite3_db_readonly(db, "main") == 1)
		return sqlite_fail(err, VOUCH_EREFUSED, location->path,
		    "its schema is version %lld of %d and it cannot be written to: migrate it where it can",
		    (long long)h.version, sqlite_schema_version);
	if (sqlite_exec(db, "BEGIN IMMEDIATE") != SQLITE_OK)
		return sqlite_report(err, VOUCH_EIO, location->path, db, "cannot migrate");
	ret = migrate(db, location, err);
	if (ret != VOUCH_OK)
		(void)sqlite_exec(db, "ROLLBACK");
	return ret;
}
