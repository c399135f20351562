/* SPDX-License-Identifier: Apache-2.0 */
/* The service manager is told how we are: sd_notify(3), by hand. */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <vouch.h>

/*
 * state: "READY=1", "STOPPING=1", "STATUS=...", lines separated by newlines.  Without NOTIFY_SOCKET nothing
 * happens.
 */
VOUCH_MUST int io_notify(const char *state, vouch_err *err);
/* "RELOADING=1" with the time stamp that Type=notify-reload wants; "READY=1" follows when it is done. */
VOUCH_MUST int io_notify_reloading(vouch_err *err);

#endif
