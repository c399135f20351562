/* SPDX-License-Identifier: Apache-2.0 */
/* Connections taken from a listening socket. */
#ifndef IO_ACCEPT_H
#define IO_ACCEPT_H

#include "io/address.h"

/*
 * The next connection's descriptor, non-blocking and close-on-exec.  VOUCH_EAGAIN: none waits.  VOUCH_ELIMIT:
 * no descriptor or memory is left; try again later.  VOUCH_EIO: the socket is of no use any more.
 */
int io_accept(int listener, struct io_address *peer);
/* Sends what fits without waiting, and closes. */
void io_refuse(int fd, vouch_span farewell);
void io_close(int fd);

#endif
