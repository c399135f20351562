/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that one thread writes and any thread reads: no lock, no locked instruction. */
#ifndef HTTP_COUNTER_H
#define HTTP_COUNTER_H

#include <stdint.h>

static inline uint64_t
http_counter_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static inline void
http_counter_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, http_counter_read(counter) + n, __ATOMIC_RELAXED);
}

#endif
