/* SPDX-License-Identifier: Apache-2.0 */
/* Connections taken from a listening socket. */
#include "io/accept.h"

#include <errno.h>
#include <unistd.h>

int
io_accept(int listener, struct io_address *peer)
{
	for (;;) {
		peer->len = sizeof(peer->storage);
		int fd = accept4(listener, (struct sockaddr *)&peer->storage, &peer->len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			return fd;
		switch (errno) {
		case EAGAIN:
			return VOUCH_EAGAIN;
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			return VOUCH_ELIMIT;
		case EBADF:
		case EINVAL:
		case ENOTSOCK:
		case EOPNOTSUPP:
			return VOUCH_EIO;
		default: /* EINTR, and what accept(2) hands on of a connection that is gone already */
			continue;
		}
	}
}

void
io_refuse(int fd, vouch_span farewell)
{
	if (farewell.len > 0 && send(fd, farewell.data, farewell.len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		shutdown(fd, SHUT_WR);
	close(fd);
}

void
io_close(int fd)
{
	close(fd);
}
