/* SPDX-License-Identifier: Apache-2.0 */
/* The server process: answers, with no key; what it does, and until when, the supervisor says (control.h). */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include "daemon/plan.h"

/* A child_main. */
int service_main(int control, const struct plan_origin *origin, const struct plan *plan);

#endif
