/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: read up to a limit, written beside and moved into place. */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/random.h"

#define READ_STEP 16384
#define PIPE_MS 10000 /* how long another program may take to write the next octets into a pipe */

static int
fail(vouch_err *err, const char *path)
{
	return err_set(err, VOUCH_EIO, "%s: %s", path, strerror(errno));
}

/* The shell's <(command) is a pipe whose octets are still to come. */
static bool
await_octets(int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	return poll(&readable, 1, PIPE_MS) > 0;
}

static int
read_all(vouch_buf *out, int fd, const char *path, size_t limit, vouch_err *err)
{
	size_t total = 0;

	for (;;) {
		if (buf_reserve(out, READ_STEP) != VOUCH_OK)
			return err_nomem(err);
		ssize_t n = read(fd, out->data + out->len, READ_STEP);
		if (n < 0 && (errno == EINTR || (errno == EAGAIN && await_octets(fd))))
			continue;
		if (n < 0)
			return fail(err, path);
		if (n == 0)
			return VOUCH_OK;
		out->len += (size_t)n;
		total += (size_t)n;
		if (total > limit)
			return err_set(err, VOUCH_ELIMIT, "%s: larger than %zu octets", path, limit);
	}
}

int
io_file_read(vouch_buf *out, const char *path, size_t limit, vouch_err *err)
{
	struct stat st;
	size_t before = out->len;
	/* O_NONBLOCK: a FIFO in the place of a file must not hang us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return fail(err, path);
	int rc = VOUCH_OK;
	if (fstat(fd, &st) != 0)
		rc = fail(err, path);
	else if (S_ISDIR(st.st_mode))
		rc = err_set(err, VOUCH_EIO, "%s: is a folder", path);
	else
		rc = read_all(out, fd, path, limit, err);
	close(fd);
	if (rc == VOUCH_OK)
		return VOUCH_OK;
	out->len = before;
	if (before == 0)
		vouch_buf_free(out);
	return rc;
}

static int
write_all(int fd, vouch_span content, const char *path, vouch_err *err)
{
	while (content.len > 0) {
		ssize_t n = write(fd, content.data, content.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, path);
		content.data += n;
		content.len -= (size_t)n;
	}
	return fsync(fd) == 0 ? VOUCH_OK : fail(err, path);
}

/* The folder is synced as well: without it a power cut may undo the rename. */
static int
sync_folder(const char *path, vouch_err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") :
				       strndup(path, slash == path ? 1 : (size_t)(slash - path));

	if (folder == NULL)
		return err_nomem(err);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = VOUCH_OK;
	/* Some file systems cannot sync a folder and say EINVAL: nothing more can be done there. */
	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
		rc = fail(err, folder);
	if (fd >= 0)
		close(fd);
	free(folder);
	return rc;
}

static int
write_beside(const char *beside, unsigned mode, vouch_span content, vouch_err *err)
{
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode & 0777);

	if (fd < 0)
		return fail(err, beside);
	int rc = write_all(fd, content, beside, err);
	/* The mode is what was asked for, whatever the umask. */
	if (rc == VOUCH_OK && fchmod(fd, mode & 0777) != 0)
		rc = fail(err, beside);
	if (close(fd) != 0 && rc == VOUCH_OK)
		rc = fail(err, beside);
	if (rc != VOUCH_OK)
		unlink(beside);
	return rc;
}

typedef int move_into_place(const char *beside, const char *path, vouch_err *err);

static int
move_over(const char *beside, const char *path, vouch_err *err)
{
	return rename(beside, path) == 0 ? VOUCH_OK : fail(err, path);
}

static int
move_if_new(const char *beside, const char *path, vouch_err *err)
{
	if (link(beside, path) == 0)
		return unlink(beside) == 0 ? VOUCH_OK : fail(err, beside);
	if (errno == EEXIST)
		return err_set(err, VOUCH_EREFUSED, "%s: exists already and is not overwritten", path);
	return fail(err, path);
}

static int
write_file(const char *path, unsigned mode, vouch_span content, move_into_place *move, vouch_err *err)
{
	uint64_t random;
	char *beside = NULL;

	if (io_random(&random, sizeof(random), err) != VOUCH_OK)
		return err->code;
	if (asprintf(&beside, "%s.%016llx.new", path, (unsigned long long)random) < 0)
		return err_nomem(err);
	int rc = write_beside(beside, mode, content, err);
	if (rc == VOUCH_OK) {
		rc = move(beside, path, err);
		if (rc != VOUCH_OK)
			unlink(beside);
	}
	free(beside);
	return rc == VOUCH_OK ? sync_folder(path, err) : rc;
}

int
io_file_replace(const char *path, unsigned mode, vouch_span content, vouch_err *err)
{
	return write_file(path, mode, content, move_over, err);
}

int
io_file_create(const char *path, unsigned mode, vouch_span content, vouch_err *err)
{
	return write_file(path, mode, content, move_if_new, err);
}
