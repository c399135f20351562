/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime of a sanitizer needs besides, in builds that have one. */
#ifndef DAEMON_SANDBOX_WATCHED_H
#define DAEMON_SANDBOX_WATCHED_H

#include <stdbool.h>

extern const bool sandbox_is_watched;
/* Names of system calls, and files to read; each list ends with NULL. */
extern const char *const sandbox_watched_calls[], *const sandbox_watched_files[];

#endif
