/* SPDX-License-Identifier: Apache-2.0 */
/* Unix listening sockets: a stale one is replaced, a live one is not. */
#include "io/listen_unix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"

#define BACKLOG 4096

/* True when nobody listens behind the socket any more: its program ended without removing it. */
static bool
is_stale(const struct io_address *a)
{
	/* Non-blocking: a live listener with a full backlog answers EAGAIN. */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	bool refused = connect(fd, (const struct sockaddr *)&a->storage, a->len) != 0 &&
	    errno == ECONNREFUSED;
	close(fd);
	return refused;
}

static int
clear_the_way(const struct io_address *a, const char *path, vouch_err *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? VOUCH_OK :
					 err_set(err, VOUCH_EIO, "unix:%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, VOUCH_EREFUSED, "unix:%s: there is a file that is not a socket", path);
	if (!is_stale(a))
		return err_set(err, VOUCH_EREFUSED,
		    "unix:%s: the socket is taken: another program listens there", path);
	if (unlink(path) != 0 && errno != ENOENT)
		return err_set(err, VOUCH_EIO, "unix:%s: %s", path, strerror(errno));
	return VOUCH_OK;
}

static int
bind_and_listen(struct io_listener *l, const struct io_address *a, const char *path, unsigned mode,
    vouch_err *err)
{
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_set(err, VOUCH_EIO, "unix:%s: %s", path, strerror(errno));
	l->fds[l->count++] = fd;
	/*
	 * fchmod before bind narrows the file from its first moment; chmod after it widens what the umask
	 * took.
	 */
	if (fchmod(fd, mode & 0777) != 0 || bind(fd, (const struct sockaddr *)&a->storage, a->len) != 0)
		return err_set(err, errno == EADDRINUSE ? VOUCH_EREFUSED : VOUCH_EIO, "unix:%s: %s", path,
		    strerror(errno));
	l->unlink_path = strdup(path);
	if (l->unlink_path == NULL)
		return err_nomem(err);
	if (lstat(path, &st) != 0 || chmod(path, mode & 0777) != 0 || listen(fd, BACKLOG) != 0)
		return err_set(err, VOUCH_EIO, "unix:%s: %s", path, strerror(errno));
	l->device = (uint64_t)st.st_dev;
	l->inode = (uint64_t)st.st_ino;
	io_listener_set_name(l);
	return VOUCH_OK;
}

int
io_unix_open(struct io_listeners *set, const struct io_address *a, unsigned mode, vouch_err *err)
{
	const char *path = ((const struct sockaddr_un *)&a->storage)->sun_path;

	if (clear_the_way(a, path, err) != VOUCH_OK)
		return err->code;
	struct io_listener *l = io_listeners_add(set, 1);
	return l == NULL ? err_nomem(err) : bind_and_listen(l, a, path, mode, err);
}

void
io_unix_remove(struct io_listener *l)
{
	struct stat st;

	if (l->unlink_path == NULL)
		return;
	if (lstat(l->unlink_path, &st) == 0 && (uint64_t)st.st_dev == l->device &&
	    (uint64_t)st.st_ino == l->inode)
		unlink(l->unlink_path);
	free(l->unlink_path);
	l->unlink_path = NULL;
}
