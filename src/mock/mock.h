/* SPDX-License-Identifier: Apache-2.0 */
/* vouch mock: a responder that misbehaves on demand, from its options to its end. */
#ifndef MOCK_MOCK_H
#define MOCK_MOCK_H

#include "mock/cast.h"
#include "mock/script.h"

struct mock_options {
	struct mock_cast_files files;
	const char *const *addresses;
	size_t address_count;
	struct mock_script script; /* taken by mock_run() */
	struct mock_uses always;   /* faults of every answer */
	int64_t next_update_seconds;
	const char *journal; /* a file, "-", or NULL */
	/* Called for each address as bound, "127.0.0.1:43211", and then once with NULL. */
	void (*listening)(void *arg, const char *address);
	void *arg;
};

/* Runs until SIGINT or SIGTERM. */
VOUCH_MUST int mock_run(struct mock_options *options, vouch_err *err);

#endif
