/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signer process: has the keys, and signs what the guards let pass.
 *
 *   server's loop thread ══ stream ══▶ channel (a thread) ──▶ guard ──▶ key of a file: signed here and now
 *                                                              └─────▶ token: a queue with threads of its own
 */
#ifndef DAEMON_SIGNING_H
#define DAEMON_SIGNING_H

#include "daemon/plan.h"

/* A child_main. */
int signing_main(int control, const struct plan_origin *origin, const struct plan *plan);

#endif
