/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor: opens what is to be listened on, starts the signer and the server, and keeps them going. */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include "daemon/plan.h"

/*
 * Runs until SIGTERM or SIGINT (drains; a second one ends at once); SIGHUP reloads.  VOUCH_OK after a graceful
 * end.  A failure at the start happens before anything listens.
 */
VOUCH_MUST int supervisor_run(const struct plan_origin *origin, vouch_err *err);

#endif
