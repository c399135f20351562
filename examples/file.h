/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, read and replaced, for the examples. */
#ifndef EXAMPLE_FILE_H
#define EXAMPLE_FILE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vouch.h>

enum { FILE_LIMIT = 1 << 20 }; /* no certificate and no response comes near it */

/* Appends the octets of a file to out; on failure the text in err says which file, and errno why. */
static inline int
file_read(const char *path, vouch_buf *out, vouch_err *err)
{
	uint8_t block[4096];
	size_t len;
	int code = VOUCH_OK;

	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		snprintf(err->msg, sizeof(err->msg), "%s: cannot be opened", path);
		return err->code = VOUCH_EIO;
	}
	while (code == VOUCH_OK && out->len <= FILE_LIMIT && (len = fread(block, 1, sizeof(block), file)) > 0)
		code = vouch_buf_append(out, block, len);
	if (ferror(file) || out->len > FILE_LIMIT)
		code = VOUCH_EIO;
	fclose(file);
	if (code != VOUCH_OK)
		snprintf(err->msg, sizeof(err->msg), "%s: cannot be read, or is too large", path);
	return err->code = code;
}

static inline vouch_span
span(const vouch_buf *buf)
{
	return (vouch_span){ buf->data, buf->len };
}

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

/* Says what went wrong, and is the exit code of main(). */
static inline int
failed(const vouch_err *err)
{
	fprintf(stderr, "error: %s\n", err->msg);
	return 1;
}

#endif
