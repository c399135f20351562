/* SPDX-License-Identifier: Apache-2.0 */
/* A build with sanitizers: LeakSanitizer stops threads and reads their memory from a process of its own. */
#include "daemon/sandbox_watched.h"

#include <stddef.h>

const bool sandbox_is_watched = true;
const char *const sandbox_watched_calls[] = { "ptrace", "process_vm_readv", "clone", "wait4", "prctl", "kill",
	"tgkill", "getdents", "getdents64", "personality", NULL };
const char *const sandbox_watched_files[] = { "/proc", NULL };
