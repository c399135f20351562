/* SPDX-License-Identifier: Apache-2.0 */
/* A child of the supervisor, from the fork to its own work. */
#ifndef DAEMON_CHILD_H
#define DAEMON_CHILD_H

#include <sys/types.h>

#include "daemon/plan.h"

/* The whole life of the child; control is a descriptor of records.  Returns its exit code. */
typedef int child_main(int control, const struct plan_origin *origin, const struct plan *plan);

/*
 * Forks.  The child has nothing of the parent's descriptors but the standard ones and its end of control; it takes
 * no notice of signals that the parent is sent (a terminal's, a service manager's): its end comes by control.
 */
VOUCH_MUST int child_fork(pid_t *pid, int *control, const char *name, child_main *run,
    const struct plan_origin *origin, const struct plan *plan, vouch_err *err);

#endif
