/* SPDX-License-Identifier: Apache-2.0 */
/* The service: a configuration in operation, from the first listener to the last answer. */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include "conf/conf.h"

/* Reads the configuration: at the start, and again on SIGHUP. */
typedef int service_load(struct conf **out, void *arg, vouch_err *err);

/*
 * Runs until SIGTERM or SIGINT (drains; a second one ends at once); SIGHUP reloads.  VOUCH_OK after a
 * graceful end.  A failure at the start happens before anything listens.
 */
VOUCH_MUST int service_run(service_load *load, void *arg, vouch_err *err);

#endif
