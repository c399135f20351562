/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock: the kernel's lists of what a process may do with files and TCP ports. */
#ifndef DAEMON_LANDLOCK_H
#define DAEMON_LANDLOCK_H

#include <vouch.h>

enum landlock_access {
	LANDLOCK_READ, /* files below, and lists of them */
	LANDLOCK_WRITE /* that, and make, change and remove files below */
};

struct landlock {
	int fd;		/* of the rules; -1: the kernel has none, and all else does nothing */
	int abi;	/* 0: none */
	uint64_t files; /* what is forbidden where no rule allows it */
};

/*
 * Rules that allow nothing yet: no file to be opened, no TCP port to be bound, no signal to others, and
 * none to be connected to unless may_connect.  How much of it holds depends on the kernel: ports since
 * Linux 6.7, signals since 6.12. A kernel without Landlock is no error.
 */
VOUCH_MUST int landlock_open(struct landlock *out, bool may_connect, vouch_err *err);
/* Allows it for a file, or a folder and all below it.  What is not there or out of reach stays forbidden. */
VOUCH_MUST int landlock_allow(struct landlock *rules, const char *path, enum landlock_access access,
    vouch_err *err);
/* Holds the calling thread, and all that it starts from now on, to the rules, for good. */
VOUCH_MUST int landlock_enforce(struct landlock *rules, vouch_err *err);
void landlock_close(struct landlock *rules);

#endif
