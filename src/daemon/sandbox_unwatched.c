/* SPDX-License-Identifier: Apache-2.0 */
/* A build without sanitizers: nothing is needed besides. */
#include "daemon/sandbox_watched.h"

#include <stddef.h>

const bool sandbox_is_watched = false;
const char *const sandbox_watched_calls[] = { NULL };
const char *const sandbox_watched_files[] = { NULL };
