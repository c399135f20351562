/* SPDX-License-Identifier: Apache-2.0 */
/* Unix listening sockets: a stale one is replaced, a live one is not. */
#ifndef IO_LISTEN_UNIX_H
#define IO_LISTEN_UNIX_H

#include "io/listen.h"

/* A new listener of the set with room for fds descriptors and none in it; NULL: no memory. */
struct io_listener *io_listeners_add(struct io_listeners *set, size_t fds);
void io_listener_set_name(struct io_listener *l);

VOUCH_MUST int io_unix_open(struct io_listeners *set, const struct io_address *a, unsigned mode,
    vouch_err *err);
/* Removes the socket file if it is still the one that we made. */
void io_unix_remove(struct io_listener *l);

#endif
