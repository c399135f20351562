/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls of each role. */
#ifndef DAEMON_SANDBOX_FILTER_H
#define DAEMON_SANDBOX_FILTER_H

#include "daemon/sandbox.h"

/* Loads the seccomp filter, for all threads and for good. */
VOUCH_MUST int sandbox_filter_load(enum sandbox_role role, vouch_err *err);

#endif
