/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are run from here: this one again, and openssl. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <sys/types.h>
#include <vouch.h>

/* The path of the running program. */
VOUCH_MUST int child_self(char *path, size_t size, vouch_err *err);
/* Starts argv[0] (found in PATH unless it has a slash); its standard error goes to *log when that is not NULL. */
VOUCH_MUST int child_start(pid_t *pid, const char *const argv[], int *log, vouch_err *err);
/* Waits; the exit code, or 128 + the signal. */
int child_wait(pid_t pid);

#endif
