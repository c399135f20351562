/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for what other threads change, with a deadline. */
#ifndef TEST_HTTP_WAITING_H
#define TEST_HTTP_WAITING_H

#include <poll.h>

#include "io/clock.h"

#define WAIT_UNTIL(condition) \
	do { \
		uint64_t until = io_monotonic_ms() + 5000; \
		while (!(condition)) { \
			if (io_monotonic_ms() > until) \
				fail_msg("%s does not come true", #condition); \
			poll(NULL, 0, 5); \
		} \
	} while (0)

#endif
