/* SPDX-License-Identifier: Apache-2.0 */
/* The service manager is told how we are: sd_notify(3), by hand. */
#include "io/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

static int
fill_address(struct sockaddr_un *un, socklen_t *len, const char *path, vouch_err *err)
{
	size_t n = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || n < 2 || n >= sizeof(un->sun_path))
		return err_set(err, VOUCH_EINVAL, "NOTIFY_SOCKET: %s: neither a path nor an abstract socket",
		    path);
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, n);
	if (path[0] == '@')
		un->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return VOUCH_OK;
}

int
io_notify(const char *state, vouch_err *err)
{
	struct sockaddr_un un;
	socklen_t len = 0;
	const char *path = getenv("NOTIFY_SOCKET");

	if (path == NULL || path[0] == '\0')
		return VOUCH_OK;
	if (fill_address(&un, &len, path, err) != VOUCH_OK)
		return err->code;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, VOUCH_EIO, "NOTIFY_SOCKET: %s", strerror(errno));
	ssize_t n = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&un, len);
	int rc = n < 0 ? err_set(err, VOUCH_EIO, "NOTIFY_SOCKET: %s: %s", path, strerror(errno)) : VOUCH_OK;
	close(fd);
	return rc;
}

int
io_notify_reloading(vouch_err *err)
{
	struct timespec t;
	char state[64];

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return err_set(err, VOUCH_EIO, "clock_gettime: %s", strerror(errno));
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	return io_notify(state, err);
}
