/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of a load. */
#ifndef BENCH_SOCKET_H
#define BENCH_SOCKET_H

#include "io/address.h"

/* A socket that is being connected, without blocking; -1 with errno. */
int bench_socket_open(const struct io_address *address);
/* 0 when it is connected, else an errno: ETIMEDOUT when it was not in time. */
int bench_socket_wait(int fd, int timeout_ms);
/* 0, or the errno of a connection that was not made. */
int bench_socket_error(int fd);

#endif
