/* SPDX-License-Identifier: Apache-2.0 */
/* What SQLite says, as a vouch_err that names the file. */
#include "modules/sqlite/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
sqlite_fail(vouch_err *err, int code, const char *path, const char *format, ...)
{
	char text[sizeof(err->msg) / 2];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err->code = code;
	err->offset = 0;
	/* The reason matters more than the beginning of a very long path. */
	size_t room = sizeof(err->msg) - sizeof(": ") - strlen(text);
	size_t len = strlen(path);
	snprintf(err->msg, sizeof(err->msg), "%.*s: %s", (int)room, len > room ? path + (len - room) : path,
	    text);
	for (char *p = strchr(err->msg, '\n'); p != NULL; p = strchr(p, '\n'))
		*p = ' ';
	return code;
}

int
sqlite_prefix(vouch_err *err, const char *path)
{
	vouch_err before = *err;

	(void)sqlite_fail(err, before.code, path, "%s", before.msg);
	err->offset = before.offset;
	return err->code;
}

/* One row is one result of SQLite's, and what it means here; 0 leaves the code to the caller. */
static const struct {
	int primary, code;
	const char *text;
} results[] = {
	{ SQLITE_BUSY, 0, "another process has locked it" },
	{ SQLITE_LOCKED, 0, "another process has locked it" },
	{ SQLITE_FULL, 0, "the disk is full" },
	{ SQLITE_READONLY, 0, "it cannot be written to" },
	{ SQLITE_NOMEM, VOUCH_ENOMEM, "out of memory" },
	{ SQLITE_CORRUPT, VOUCH_EIO, "the database is damaged" },
	{ SQLITE_NOTADB, VOUCH_EIO, "not an SQLite database" },
};

int
sqlite_report(vouch_err *err, int otherwise, const char *path, sqlite3 *db, const char *doing)
{
	int primary = sqlite3_errcode(db) & 0xff;
	int system_error = sqlite3_system_errno(db);

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (results[i].primary == primary)
			return sqlite_fail(err, results[i].code != 0 ? results[i].code : otherwise, path,
			    "%s: %s", doing, results[i].text);
	}
	if (system_error != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
		char text[80];
		return sqlite_fail(err, otherwise, path, "%s: %s: %s", doing, sqlite3_errmsg(db),
		    strerror_r(system_error, text, sizeof(text)));
	}
	return sqlite_fail(err, otherwise, path, "%s: %s", doing, sqlite3_errmsg(db));
}
