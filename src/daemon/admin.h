/* SPDX-License-Identifier: Apache-2.0 */
/* The admin listener: /healthz and /metrics. */
#ifndef DAEMON_ADMIN_H
#define DAEMON_ADMIN_H

#include "daemon/service_state.h"

/* A handler for http/server.h; arg is the struct service. */
void admin_handle(void *arg, struct http_exchange *exchange);

#endif
