/* SPDX-License-Identifier: Apache-2.0 */
/* Where a database is, and what stands around it. */
#ifndef SQLITE_LOCATION_H
#define SQLITE_LOCATION_H

#include <vouch.h>

/*
 * In WAL mode readers wait for nobody, except while another process recovers the log or closes as the last
 * one.  Lookups run on event loops and give up soon; the first connection waits longer; a writer may have to
 * wait for one that imports.
 */
#define SQLITE_READ_PATIENCE_MS 100
#define SQLITE_OPEN_PATIENCE_MS 5000
#define SQLITE_WRITE_PATIENCE_MS 30000

enum sqlite_mode {
	SQLITE_MODE_RO, /* never writes, not even what WAL needs beside the file, if it can be helped */
	SQLITE_MODE_RW, /* writes when asked to; the file must exist */
	SQLITE_MODE_RWC /* creates it */
};

struct query;

struct sqlite_location {
	char *path; /* absolute, so that it outlives a chdir; symbolic links stay what they are */
	enum sqlite_mode mode;
	int patience_ms;	   /* of opening and looking */
	const struct query *query; /* tables of the users' own; NULL: the database is ours */
};

/* Says why the file cannot be read, before SQLite says less. */
VOUCH_MUST int sqlite_location_check(const struct sqlite_location *location, vouch_err *err);
/*
 * "file:///abs%20olute?immutable=1": a name that holds '?', '%' or ":memory:" stays a name.  A new string,
 * NULL without memory.
 */
char *sqlite_location_uri(const struct sqlite_location *location, bool immutable);
/* Somebody has the database open, or has left a log that is part of it. */
bool sqlite_location_has_log(const struct sqlite_location *location);
bool sqlite_location_folder_is_writable(const struct sqlite_location *location);

#endif
