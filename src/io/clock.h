/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks: the only place where the programs read the time. */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include <vouch.h>

/* The wall clock, in seconds and in milliseconds since 1970 UTC. */
vouch_time io_wall_seconds(void);
int64_t io_wall_ms(void);
/*
 * Milliseconds of a clock that never goes back; the same for every thread and process of the machine
 * (CLOCK_MONOTONIC).
 */
uint64_t io_monotonic_ms(void);
/* Nanoseconds that the calling thread has used of its core; a system call, unlike the others. */
uint64_t io_thread_ns(void);

#endif
