/* SPDX-License-Identifier: Apache-2.0 */
/* The register's tables: found, or made. */
#include "modules/postgresql/schema.h"

#include <stdio.h>
#include <string.h>

#define MIGRATION_PATIENCE_MS 60000
/* "vouch" in ASCII: two who make the tables at a time wait for each other. */
#define BEGIN "BEGIN; SET LOCAL statement_timeout = 50000; SELECT pg_advisory_xact_lock(508458296168)"

static bool
is_missing(const PGresult *result)
{
	return postgresql_is_state(result, "42P01") || postgresql_is_state(result, "3F000");
}

static int
read_row(struct postgresql_connection *c, const char *shown, const PGresult *result, int64_t *version,
    vouch_err *err)
{
	bool has_version = PQntuples(result) == 1 && !postgresql_column_is_null(result, 0, 0);

	if (PQntuples(result) != 1 || PQnfields(result) != 2 ||
	    PQgetlength(result, 0, 1) != POSTGRESQL_IDENTITY ||
	    (has_version && !postgresql_column_number(result, 0, 0, version)))
		return postgresql_fail(err, VOUCH_EIO, shown,
		    "the register is damaged: vouch.register has one row");
	memcpy(c->identity, PQgetvalue(result, 0, 1), POSTGRESQL_IDENTITY);
	return VOUCH_OK;
}

/* Version 0: there are no tables. */
static int
read_version(struct postgresql_connection *c, const char *shown, int64_t deadline_ms, int64_t *version,
    vouch_err *err)
{
	enum postgresql_statement which = c->query != NULL ? POSTGRESQL_OWN_IDENTITY : POSTGRESQL_REGISTER;
	PGresult *result = NULL;

	*version = 0;
	int code = postgresql_run(c, which, NULL, shown, deadline_ms, &result, err);
	if (code == VOUCH_OK && postgresql_succeeded(c, result))
		code = read_row(c, shown, result, version, err);
	else if (code == VOUCH_OK && !is_missing(result))
		code = postgresql_report(err, false, shown, result, "cannot read the register");
	PQclear(result);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}

static int
run(struct postgresql_connection *c, const char *sql, const char *shown, const char *doing, vouch_err *err)
{
	PGresult *result = NULL;
	int code = postgresql_run_text(c, sql, shown, postgresql_clock_ms() + MIGRATION_PATIENCE_MS, &result,
	    err);

	if (code == VOUCH_OK && !postgresql_succeeded(c, result))
		code = postgresql_report(err, true, shown, result, doing);
	PQclear(result);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}

static int
migrate_from(struct postgresql_connection *c, const char *shown, int64_t version, vouch_err *err)
{
	char finish[80];
	int code = VOUCH_OK;

	for (int64_t v = version; v < postgresql_schema_version && code == VOUCH_OK; v++)
		code = run(c, postgresql_migrations[v], shown, "cannot make the tables", err);
	snprintf(finish, sizeof(finish), "UPDATE vouch.register SET version = %d; COMMIT",
	    postgresql_schema_version);
	return code == VOUCH_OK ? run(c, finish, shown, "cannot make the tables", err) : code;
}

/* In a transaction, behind a lock: nobody else can make them between the look and the change. */
static int
migrate(struct postgresql_connection *c, const char *shown, vouch_err *err)
{
	vouch_err unread;
	int64_t version = 0;
	int code = run(c, BEGIN, shown, "cannot make the tables", err);

	if (code == VOUCH_OK) {
		/* Not by the statement that reads them: without tables it would end the transaction. */
		PGresult *result = NULL;
		code = postgresql_run_text(c, "SELECT 1 WHERE to_regclass('vouch.register') IS NOT NULL",
		    shown, postgresql_clock_ms() + MIGRATION_PATIENCE_MS, &result, err);
		bool there = code == VOUCH_OK && PQntuples(result) > 0;
		PQclear(result);
		if (there)
			code = read_version(c, shown, postgresql_clock_ms() + MIGRATION_PATIENCE_MS, &version,
			    err);
	}
	if (code == VOUCH_OK)
		code = migrate_from(c, shown, version, err);
	if (code != VOUCH_OK && !c->lost)
		(void)run(c, "ROLLBACK", shown, "cannot roll back", &unread);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}

/* A dump may be on its way into this database: to clients it is away. */
static int
say_what_to_run(int64_t version, const char *shown, vouch_err *err)
{
	const char *next = postgresql_migration_names[version];

	if (version == 0)
		return postgresql_fail(err, VOUCH_EUNAVAILABLE, shown,
		    "this database has no tables of vouch: run psql -1 -f %s (from sql/postgresql of the package), or "
		    "vouch add, which makes them",
		    next);
	return postgresql_fail(err, VOUCH_EUNAVAILABLE, shown,
	    "its tables are version %lld of %d: run psql -1 -f %s (from sql/postgresql of the package)",
	    (long long)version, postgresql_schema_version, next);
}

int
postgresql_schema_open(struct postgresql_connection *c, const struct postgresql_address *address,
    int64_t deadline_ms, vouch_err *err)
{
	const char *shown = address->shown;
	int64_t version = 0;
	int code = read_version(c, shown, deadline_ms, &version, err);

	if (code != VOUCH_OK || c->query != NULL)
		return code;
	if (version < postgresql_schema_version && address->mode == POSTGRESQL_MODE_RWC) {
		code = migrate(c, shown, err);
		return code == VOUCH_OK ?
		    read_version(c, shown, postgresql_clock_ms() + address->timeout_ms, &version, err) :
		    code;
	}
	if (version > postgresql_schema_version)
		return postgresql_fail(err, VOUCH_EREFUSED, shown,
		    "made by a newer vouch: its tables are version %lld, this program knows up to %d",
		    (long long)version, postgresql_schema_version);
	return version == postgresql_schema_version ? VOUCH_OK : say_what_to_run(version, shown, err);
}
