/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one event, one line, to stderr, as logfmt or JSON.  Any thread may write. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include "conf/conf.h"

#define LOG_LIMIT_SECONDS 10 /* what clients can cause is logged at most once in so long per kind */

/* Kinds of events that clients can cause, each limited by itself. */
enum log_kind { LOG_KIND_TRY_LATER, LOG_KIND_INTERNAL_ERROR, LOG_KIND_SOURCE, LOG_KIND_GUARD, LOG_KIND_SIGNER, LOG_KINDS };

void log_setup(enum conf_log_format format, enum conf_log_level level);
/*
 * Pairs of strings, key and value, ended by NULL: log_event(CONF_LOG_INFO, "ready", "version", "0.1.0",
 * NULL); a NULL value is left out.
 */
void log_event(enum conf_log_level level, const char *event, ...) __attribute__((sentinel));
/* The same, at most once in LOG_LIMIT_SECONDS per kind; says how many were left out since. */
void log_limited(enum log_kind kind, enum conf_log_level level, const char *event, ...)
    __attribute__((sentinel));

#endif
