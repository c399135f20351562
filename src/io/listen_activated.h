/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that a service manager opened for us: sd_listen_fds(3), by hand. */
#ifndef IO_LISTEN_ACTIVATED_H
#define IO_LISTEN_ACTIVATED_H

#include "io/listen.h"

/*
 * Adds every socket of LISTEN_FDS; VOUCH_EREFUSED when there is none, or one that is not a listening stream
 * socket.
 */
VOUCH_MUST int io_activated_open(struct io_listeners *set, vouch_err *err);

#endif
