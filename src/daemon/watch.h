/* SPDX-License-Identifier: Apache-2.0 */
/* The watch: a thread that asks the sources of the responder in use for changes, several times per lease. */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include "http/ocsp.h"

struct watch;

VOUCH_MUST int watch_start(struct watch **out, struct http_ocsp *ocsp, vouch_err *err);
/* Ends the thread and waits for it.  NULL is fine. */
void watch_stop(struct watch *watch);

#endif
