/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that look a name up. */
#ifndef TEST_IO_LOCALHOST_H
#define TEST_IO_LOCALHOST_H

#include <netdb.h>

/* A bare root has no /etc/hosts, and then no name to ask for. */
static inline void
skip_without_localhost(void)
{
	struct addrinfo *found;

	if (getaddrinfo("localhost", NULL, NULL, &found) != 0)
		skip();
	freeaddrinfo(found);
}

#endif
