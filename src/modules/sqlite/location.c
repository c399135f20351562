/* SPDX-License-Identifier: Apache-2.0 */
/* Where a database is, and what stands around it. */
#include "modules/sqlite/location.h"
#include "modules/sqlite/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
sqlite_location_uri(const struct sqlite_location *location, bool immutable)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	const char *path = location->path;
	size_t size = 3 * strlen(path) + sizeof("file://?immutable=1");
	char *uri = malloc(size);

	if (uri == NULL)
		return NULL;
	size_t len = (size_t)snprintf(uri, size, "file://");
	for (const char *p = path; *p != '\0'; p++)
		len += (size_t)snprintf(uri + len, size - len, strchr(plain, *p) != NULL ? "%c" : "%%%02X",
		    (unsigned char)*p);
	snprintf(uri + len, size - len, "%s", immutable ? "?immutable=1" : "");
	return uri;
}

int
sqlite_location_check(const struct sqlite_location *location, vouch_err *err)
{
	char text[80];

	if (faccessat(AT_FDCWD, location->path, R_OK, AT_EACCESS) == 0 ||
	    (errno == ENOENT && location->mode == SQLITE_MODE_RWC))
		return VOUCH_OK;
	if (errno == ENOENT && location->query == NULL)
		return sqlite_fail(err, VOUCH_EUNAVAILABLE, location->path,
		    "No such file or directory (vouch add or vouch init makes one)");
	return sqlite_fail(err, VOUCH_EUNAVAILABLE, location->path, "%s",
	    strerror_r(errno, text, sizeof(text)));
}

/*
 * SQLite keeps its log beside the file itself, not beside a symbolic link to it.  A new string, NULL when
 * there is no file.
 */
static char *
real_path(const struct sqlite_location *location, const char *suffix)
{
	char *real = realpath(location->path, NULL);

	if (real == NULL)
		return NULL;
	size_t size = strlen(real) + strlen(suffix) + 1;
	char *whole = malloc(size);
	if (whole != NULL)
		snprintf(whole, size, "%s%s", real, suffix);
	free(real);
	return whole;
}

bool
sqlite_location_has_log(const struct sqlite_location *location)
{
	char *wal = real_path(location, "-wal");

	if (wal == NULL)
		return true;
	bool exists = faccessat(AT_FDCWD, wal, F_OK, AT_EACCESS) == 0;
	free(wal);
	return exists;
}

bool
sqlite_location_folder_is_writable(const struct sqlite_location *location)
{
	char *folder = real_path(location, "");

	if (folder == NULL)
		return true;
	char *slash = strrchr(folder, '/');
	slash[slash == folder ? 1 : 0] = '\0';
	bool writable = faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) == 0;
	free(folder);
	return writable;
}
