/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks: the only place where the programs read the time. */
#include "io/clock.h"

#include <time.h>

static int64_t
read_ms(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		return 0; /* cannot happen: both clocks exist on every system that libuv runs on */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

vouch_time
io_wall_seconds(void)
{
	struct timespec t;

	/* Seconds only: the coarse clock is right to a few milliseconds and several times cheaper. */
	if (clock_gettime(CLOCK_REALTIME_COARSE, &t) != 0)
		return read_ms(CLOCK_REALTIME) / 1000;
	return (vouch_time)t.tv_sec;
}

int64_t
io_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

uint64_t
io_monotonic_ms(void)
{
	return (uint64_t)read_ms(CLOCK_MONOTONIC);
}

uint64_t
io_thread_ns(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}
