/* SPDX-License-Identifier: Apache-2.0 */
/* The watch of the service: which responder it asks, and what the log says of it. */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include "http/watch.h"

struct service;

/* Ended by http_watch_stop(). */
VOUCH_MUST int watch_start(struct http_watch **out, struct service *service, vouch_err *err);

#endif
