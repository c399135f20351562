/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that waits for descriptors, and can be woken by others. */
#include "io/wakeup.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/poll.h>
#include <unistd.h>

#include "base/err.h"

int
io_wakeup_open(struct io_wakeup *out, vouch_err *err)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return err_set(err, VOUCH_EIO, "eventfd: %s", strerror(errno));
	out->fd = fd;
	return VOUCH_OK;
}

void
io_wakeup_call(const struct io_wakeup *wakeup)
{
	/* A counter that is full is readable already. */
	(void)!eventfd_write(wakeup->fd, 1);
}

void
io_wakeup_clear(const struct io_wakeup *wakeup)
{
	eventfd_t calls;

	(void)!eventfd_read(wakeup->fd, &calls);
}

void
io_wakeup_close(struct io_wakeup *wakeup)
{
	if (wakeup->fd >= 0)
		close(wakeup->fd);
	wakeup->fd = -1;
}

int
io_wakeup_any(int *out, const int *fds, size_t count, vouch_err *err)
{
	int any = epoll_create1(EPOLL_CLOEXEC);

	for (size_t i = 0; any >= 0 && i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN };
		if (epoll_ctl(any, EPOLL_CTL_ADD, fds[i], &event) == 0)
			continue;
		int why = errno;
		close(any);
		return err_set(err, VOUCH_EIO, "epoll: %s", strerror(why));
	}
	if (any < 0)
		return err_set(err, VOUCH_EIO, "epoll: %s", strerror(errno));
	*out = any;
	return VOUCH_OK;
}

void
io_wait(struct io_awaited *awaited, size_t count, int timeout_ms)
{
	struct pollfd fds[IO_AWAITED_MOST];

	assert(count <= IO_AWAITED_MOST);
	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = awaited[i].fd, .events = POLLIN };
	/* Interrupted, or without memory in the kernel: nothing is ready, and the caller looks at the time. */
	bool any = poll(fds, (nfds_t)count, timeout_ms < 0 ? 0 : timeout_ms) > 0;
	for (size_t i = 0; i < count; i++)
		awaited[i].ready = any && fds[i].revents != 0;
}
