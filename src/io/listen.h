/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets.  A TCP address has one SO_REUSEPORT socket per thread, so that the kernel spreads the
 * connections; Unix sockets and those that systemd passes are shared by the threads.  The set owns the
 * descriptors.
 */
#ifndef IO_LISTEN_H
#define IO_LISTEN_H

#include "io/address.h"

struct io_listener {
	char name[IO_ADDRESS_TEXT]; /* as bound, with the real port: "127.0.0.1:43211", "unix:/path" */
	int *fds;		    /* non-blocking, listening; as many as threads, or one that is shared */
	size_t count;
	char *unlink_path;	/* a Unix socket of ours, else NULL */
	uint64_t device, inode; /* of that socket: another program's is not removed */
};

struct io_listeners {
	struct io_listener *items;
	size_t count;
};

/*
 * Opens every address or none.  A taken port, or a Unix socket behind which somebody listens, is
 * VOUCH_EREFUSED and names the address. "systemd" stands for all sockets passed by socket activation
 * (LISTEN_FDS).  unix_mode: who may connect to a Unix socket.
 */
VOUCH_MUST int io_listeners_open(struct io_listeners *out, const char *const *addresses, size_t count,
    unsigned threads, unsigned unix_mode, vouch_err *err);
/*
 * Adds a descriptor that another process opened: the next thread's, if the last listener has that name, or the first of
 * a new one.  On success it is the set's.
 */
VOUCH_MUST int io_listeners_adopt(struct io_listeners *listeners, vouch_span name, int takes_fd,
    vouch_err *err);
/* The descriptor that a thread is to accept from. */
int io_listener_fd(const struct io_listener *listener, unsigned thread);
/* Closes all, removes the Unix sockets that are still ours, and empties the set. */
void io_listeners_close(struct io_listeners *listeners);
/* Raises the soft limit of descriptors as far as the hard one allows, and returns what it is then. */
uint64_t io_descriptors_raise(uint64_t wanted);

#endif
