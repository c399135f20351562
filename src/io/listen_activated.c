/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that a service manager opened for us: sd_listen_fds(3), by hand. */
#include "io/listen_activated.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/listen_unix.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define FDS_MAX 64 /* more than anybody lists in one .socket unit */

static bool
read_number(const char *name, long *out)
{
	const char *text = getenv(name);
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtol(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static bool
option_is(int fd, int option, int wanted)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

static int
take(struct io_listeners *set, int fd, vouch_err *err)
{
	if (!option_is(fd, SO_TYPE, SOCK_STREAM) || !option_is(fd, SO_ACCEPTCONN, 1))
		return err_set(err, VOUCH_EREFUSED, "systemd: descriptor %d is not a listening stream socket",
		    fd);
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return err_set(err, VOUCH_EIO, "systemd: descriptor %d: %s", fd, strerror(errno));
	/* As those that we open ourselves; a Unix socket has no such option and needs none. */
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(const int){ 1 }, sizeof(int));
	struct io_listener *l = io_listeners_add(set, 1);
	if (l == NULL)
		return err_nomem(err);
	l->fds[l->count++] = fd;
	io_listener_set_name(l);
	return VOUCH_OK;
}

int
io_activated_open(struct io_listeners *set, vouch_err *err)
{
	long pid, count;

	if (!read_number("LISTEN_PID", &pid) || pid != (long)getpid() || !read_number("LISTEN_FDS", &count) ||
	    count < 1)
		return err_set(err, VOUCH_EREFUSED,
		    "systemd: no socket was passed (LISTEN_FDS and LISTEN_PID are not for this process)");
	if (count > FDS_MAX)
		return err_set(err, VOUCH_ELIMIT, "systemd: %ld sockets, at most %d", count, FDS_MAX);
	for (int i = 0; i < (int)count; i++)
		if (take(set, FIRST_FD + i, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}
