/* SPDX-License-Identifier: Apache-2.0 */
/* What the page of metrics says of the sources: how often they were asked, and how old their data are. */
#ifndef DAEMON_METRICS_SOURCE_H
#define DAEMON_METRICS_SOURCE_H

#include "daemon/metrics.h"

VOUCH_MUST int metrics_write_sources(const struct metrics_page *page, vouch_buf *out);

#endif
