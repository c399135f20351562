/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that waits for descriptors, and can be woken by others. */
#ifndef IO_WAKEUP_H
#define IO_WAKEUP_H

#include <vouch.h>

struct io_wakeup {
	int fd; /* readable from a call until it is cleared: may be waited for among others */
};

VOUCH_MUST int io_wakeup_open(struct io_wakeup *out, vouch_err *err);
/* Any thread, and as often as it likes: many calls are one. */
void io_wakeup_call(const struct io_wakeup *wakeup);
void io_wakeup_clear(const struct io_wakeup *wakeup);
/* One that was never opened has to have fd -1. */
void io_wakeup_close(struct io_wakeup *wakeup);

/* A descriptor, to be closed, that is readable while one of these is; they may not be closed before it. */
VOUCH_MUST int io_wakeup_any(int *out, const int *fds, size_t count, vouch_err *err);

struct io_awaited {
	int fd;	    /* negative: not waited for now */
	bool ready; /* readable, broken or closed: whatever it is, waiting longer brings nothing */
};

#define IO_AWAITED_MOST 64

/* Waits until one of them, IO_AWAITED_MOST at most, is ready, or the time is over, or a little shorter. */
void io_wait(struct io_awaited *awaited, size_t count, int timeout_ms);

#endif
