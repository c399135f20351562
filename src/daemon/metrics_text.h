/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus' text format (version 0.0.4). */
#ifndef DAEMON_METRICS_TEXT_H
#define DAEMON_METRICS_TEXT_H

#include <vouch.h>

/* The two lines before the samples of a metric. */
VOUCH_MUST int metrics_head(vouch_buf *out, const char *name, const char *type, const char *help);
/* A metric of one sample without labels. */
VOUCH_MUST int metrics_plain(vouch_buf *out, const char *name, const char *type, const char *help,
    uint64_t value);
/* NAME{issuer="..."  without an end. */
VOUCH_MUST int metrics_issuer_row(vouch_buf *out, const char *name, const vouch_issuer *issuer);

#endif
