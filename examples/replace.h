/* SPDX-License-Identifier: Apache-2.0 */
/* A file replaced in one step, for the stapling example. */
#ifndef EXAMPLE_REPLACE_H
#define EXAMPLE_REPLACE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vouch.h>

static inline bool
file_write(int fd, vouch_span octets)
{
	while (octets.len != 0) {
		ssize_t written = write(fd, octets.data, octets.len);
		if (written <= 0)
			return false;
		octets.data += written;
		octets.len -= (size_t)written;
	}
	/* Everybody may read it: it goes out to everybody.  On the disk before it has the name. */
	return fchmod(fd, 0644) == 0 && fsync(fd) == 0;
}

/* Written beside and renamed: who reads the file sees the old response or the new one, whole. */
static inline int
file_replace(const char *path, vouch_span octets, vouch_err *err)
{
	char beside[4096];
	int len = snprintf(beside, sizeof(beside), "%s.XXXXXX", path);
	int fd = len > 0 && (size_t)len < sizeof(beside) ? mkstemp(beside) : -1;

	if (fd != -1) {
		bool written = file_write(fd, octets);
		written = close(fd) == 0 && written;
		if (written && rename(beside, path) == 0)
			return VOUCH_OK;
		unlink(beside);
	}
	snprintf(err->msg, sizeof(err->msg), "%s: %s", path, strerror(errno));
	return err->code = VOUCH_EIO;
}

#endif
