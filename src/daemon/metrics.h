/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of the service, one set per thread so that counting shares nothing, and their page in
 * Prometheus' text format.
 */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include "http/ocsp.h"
#include "http/server.h"

struct metrics;

VOUCH_MUST int metrics_new(struct metrics **out, unsigned threads, vouch_err *err);
void metrics_free(struct metrics *metrics);
/* Called by each thread with its own number, for each OCSP answer. */
void metrics_count(struct metrics *metrics, unsigned thread, const vouch_outcome *outcome);

struct metrics_page { /* where the numbers come from */
	const struct metrics *metrics;
	const struct http_server *server;
	const struct http_ocsp *ocsp;
	const vouch_responder *responder;
	vouch_issuer *const *issuers;
	size_t issuer_count;
	vouch_time now;
	uint64_t monotonic_ms;
};
/* Appends the page.  No label carries a serial number or a client's address. */
VOUCH_MUST int metrics_write(const struct metrics_page *page, vouch_buf *out);

#endif
