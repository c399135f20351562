/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a database that was found to be ours, sound and of a version that we know. */
#include "modules/sqlite/connection.h"
#include "modules/sqlite/report.h"
#include "modules/sqlite/schema.h"

#include <stdlib.h>
#include <string.h>

/*
 * WAL readers share an index beside the database.  Where they cannot make one (a read-only file system or
 * folder) and nobody else has the database open (there would be a -wal), the file is whole and is read as it
 * is, without locks.  Another process may still begin to write, seen through another mount or as another
 * user: so such a connection serves one call, and what it read counts only if there still is no -wal
 * afterwards.
 */
static bool
may_be_immutable(const struct sqlite_location *location, sqlite3 *db)
{
	int primary = sqlite3_errcode(db) & 0xff;

	return (primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY) &&
	    !sqlite_location_folder_is_writable(location) && !sqlite_location_has_log(location);
}

/* The header of a file (SQLite file format 1.3): where the size of a page and the number of pages stand. */
enum { HEADER_LENGTH = 100, HEADER_PAGE_SIZE = 16, HEADER_PAGES = 28 };

static int64_t
big_endian(const uint8_t *octets, size_t len)
{
	int64_t number = 0;

	for (size_t i = 0; i < len; i++)
		number = number << 8 | octets[i];
	return number;
}

/*
 * A file that has lost its end, of which SQLite would read a part of a page as zeros.  What is missing may stand in
 * the log, if there is one.
 */
static int
check_size(sqlite3 *db, const struct sqlite_location *location, vouch_err *err)
{
	sqlite3_file *file = NULL, *wal = NULL;
	sqlite3_int64 size = 0, wal_size = 0;
	uint8_t header[HEADER_LENGTH];

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
	    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK ||
	    file->pMethods->xFileSize(file, &size) != SQLITE_OK ||
	    file->pMethods->xRead(file, header, sizeof(header), 0) != SQLITE_OK)
		return sqlite_fail(err, VOUCH_EIO, location->path,
		    "the database is damaged: it has no header");
	if (wal != NULL && wal->pMethods != NULL)
		(void)wal->pMethods->xFileSize(wal, &wal_size);
	int64_t stated = big_endian(header + HEADER_PAGE_SIZE, 2),
		pages = big_endian(header + HEADER_PAGES, 4);
	int64_t page_size = stated == 1 ? 65536 : stated;
	if (wal_size > 0 || page_size < 512 || (size % page_size == 0 && size / page_size >= pages))
		return VOUCH_OK;
	return sqlite_fail(err, VOUCH_EIO, location->path,
	    "the database is damaged: of its %lld pages of %lld octets the file holds %lld octets",
	    (long long)pages, (long long)page_size, (long long)size);
}

/* Until the file is known to be ours, closing it must not move a log into it. */
static void
keep_hands_off(sqlite3 *db, bool off)
{
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, off ? 1 : 0, NULL);
}

static bool
file_has_moved(sqlite3 *db)
{
	int moved = 0;

	return sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || moved != 0;
}

static int
configure(sqlite3 *db, const struct sqlite_location *location, vouch_err *err)
{
	/*
	 * FULL: a commit is on the disk when it returns.  Then what trusts the file as little as SQLite knows
	 * how to.  16 MiB hold the table of a few hundred thousand certificates.
	 */
	static const char settings[] =
	    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;"
	    "PRAGMA cache_size = -16384;";

	(void)sqlite3_busy_timeout(db, location->patience_ms);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (sqlite_exec(db, settings) != SQLITE_OK)
		return sqlite_report(err, VOUCH_EUNAVAILABLE, location->path, db, "cannot open");
	return VOUCH_OK;
}

/* Who opened it in this mode, for that time: nobody can end the mode while it is open anywhere. */
static bool
keeps_log(sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	bool keeps = sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW &&
	    sqlite3_stricmp((const char *)sqlite3_column_text(s, 0), "wal") == 0;

	sqlite3_finalize(s);
	return keeps;
}

static int
prepare_own(struct sqlite_connection *c, const struct sqlite_location *location, vouch_err *err)
{
	int64_t tables = 0;

	if (sqlite_number(c->db, "SELECT count(*) FROM sqlite_schema", &tables) != SQLITE_OK)
		return sqlite_report(err, VOUCH_EUNAVAILABLE, location->path, c->db, "cannot read");
	if (tables == 0)
		return sqlite_fail(err, VOUCH_EPARSE, location->path, "it is empty: there is no table in it");
	int ret = check_size(c->db, location, err);
	if (ret != VOUCH_OK)
		return ret;
	c->logs = !c->immutable && keeps_log(c->db);
	ret = sqlite_statements_prepare(c, location, err);
	return ret == VOUCH_OK ? sqlite_own_prepare(c, location, err) : ret;
}

static int
prepare(struct sqlite_connection *c, const struct sqlite_location *location, vouch_err *err)
{
	int ret = sqlite_schema_open(c->db, location, err);

	if (ret == VOUCH_OK)
		ret = check_size(c->db, location, err);
	if (ret != VOUCH_OK)
		return ret;
	keep_hands_off(c->db, false);
	/*
	 * A copy that a backup tool made may be in another mode.  While somebody reads it, it stays so, which
	 * costs speed only.
	 */
	if (location->mode != SQLITE_MODE_RO && sqlite3_db_readonly(c->db, "main") == 0)
		(void)sqlite_exec(c->db, "PRAGMA journal_mode = WAL");
	c->logs = !c->immutable && keeps_log(c->db);
	return sqlite_statements_prepare(c, location, err);
}

static int
open_file(struct sqlite_connection *c, const struct sqlite_location *location, vouch_err *err)
{
	static const int flags[] = {
		[SQLITE_MODE_RO] = SQLITE_OPEN_READONLY,
		[SQLITE_MODE_RW] = SQLITE_OPEN_READWRITE,
		[SQLITE_MODE_RWC] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	};
	char *uri = sqlite_location_uri(location, c->immutable);

	if (uri == NULL)
		return sqlite_fail(err, VOUCH_ENOMEM, location->path, "out of memory");
	int how = c->immutable ? SQLITE_OPEN_READONLY : flags[location->mode];
	int rc = sqlite3_open_v2(uri, &c->db, how | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	free(uri);
	if (c->db == NULL)
		return sqlite_fail(err, VOUCH_ENOMEM, location->path, "out of memory");
	keep_hands_off(c->db, true);
	if (rc != SQLITE_OK)
		return sqlite_report(err, VOUCH_EUNAVAILABLE, location->path, c->db, "cannot open");
	return configure(c->db, location, err);
}

static int
open_as(struct sqlite_connection *c, const struct sqlite_location *location, bool immutable, vouch_err *err)
{
	vouch_err cut;

	c->immutable = immutable;
	int ret = open_file(c, location, err);
	if (ret == VOUCH_OK)
		ret = location->query != NULL ? prepare_own(c, location, err) : prepare(c, location, err);
	/* Of a file that was cut this says more than SQLite does. */
	if (ret == VOUCH_EIO && sqlite3_errcode(c->db) == SQLITE_CORRUPT &&
	    check_size(c->db, location, &cut) != VOUCH_OK)
		*err = cut;
	return ret;
}

int
sqlite_connection_open(struct sqlite_connection **out, const struct sqlite_location *location, vouch_err *err)
{
	int ret = sqlite_location_check(location, err);

	if (ret != VOUCH_OK)
		return ret;
	struct sqlite_connection *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return sqlite_fail(err, VOUCH_ENOMEM, location->path, "out of memory");
	ret = open_as(c, location, false, err);
	if (ret == VOUCH_EUNAVAILABLE && c->db != NULL && may_be_immutable(location, c->db)) {
		sqlite3_close(c->db);
		c->db = NULL;
		ret = open_as(c, location, true, err);
	}
	if (ret != VOUCH_OK) {
		sqlite_connection_close(c);
		return ret;
	}
	*out = c;
	return VOUCH_OK;
}

void
sqlite_connection_close(struct sqlite_connection *connection)
{
	if (connection == NULL)
		return;
	for (int i = 0; i < SQLITE_STATEMENTS; i++)
		sqlite3_finalize(connection->statements[i]);
	sqlite_own_clear(&connection->own);
	sqlite3_close_v2(connection->db);
	free(connection);
}

int
sqlite_connection_check(struct sqlite_connection *connection, const struct sqlite_location *location,
    int64_t octets, vouch_err *err)
{
	int64_t pages = 0, page_size = 0;
	sqlite3_stmt *s = NULL;
	sqlite3 *db = connection->db;

	if (sqlite_number(db, "PRAGMA page_count", &pages) != SQLITE_OK ||
	    sqlite_number(db, "PRAGMA page_size", &page_size) != SQLITE_OK)
		return sqlite_report(err, VOUCH_EUNAVAILABLE, location->path, db, "cannot read");
	if (page_size == 0 || pages > octets / page_size)
		return VOUCH_OK;
	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &s, NULL) != SQLITE_OK ||
	    sqlite3_step(s) != SQLITE_ROW) {
		int ret = sqlite_report(err, VOUCH_EUNAVAILABLE, location->path, db, "cannot check");
		sqlite3_finalize(s);
		return ret;
	}
	const char *finding = (const char *)sqlite3_column_text(s, 0);
	const char *first = finding != NULL ? strchr(finding, '\n') : NULL; /* "*** in database main ***" */
	int ret = VOUCH_OK;
	if (finding == NULL || strcmp(finding, "ok") != 0)
		ret = sqlite_fail(err, VOUCH_EIO, location->path, "the database is damaged: %s",
		    first != NULL	? first + 1 :
			finding != NULL ? finding :
					  "");
	sqlite3_finalize(s);
	return ret;
}

bool
sqlite_connection_has_moved(const struct sqlite_connection *connection)
{
	return file_has_moved(connection->db);
}

bool
sqlite_connection_is_stale(const struct sqlite_connection *connection, const struct sqlite_location *location)
{
	if (file_has_moved(connection->db))
		return true;
	/* SQLite opened what symbolic links led to at the time. */
	char *now = realpath(location->path, NULL);
	bool stale = now == NULL || strcmp(now, sqlite3_db_filename(connection->db, "main")) != 0;
	free(now);
	return stale;
}

bool
sqlite_connection_is_torn(const struct sqlite_connection *connection, const struct sqlite_location *location)
{
	return connection->immutable && sqlite_location_has_log(location);
}
