/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of each answer: counters, the access log, and failures that operators must know of. */
#include <stdio.h>

#include "daemon/log.h"
#include "daemon/service_state.h"

static void
write_access_line(struct http_exchange *exchange, const vouch_outcome *outcome, unsigned status)
{
	static const char *const served[] = { "error", "store", "signed", "peer" };
	char code[16], certids[16];

	snprintf(code, sizeof(code), "%u", status);
	snprintf(certids, sizeof(certids), "%u", outcome == NULL ? 0 : outcome->certids);
	log_event(CONF_LOG_INFO, "access", "peer", http_exchange_peer(exchange), "method",
	    http_method_name(exchange->method), "code", code, "response_status",
	    outcome == NULL ? NULL : vouch_response_status_name(outcome->response_status), "certids", certids,
	    "issuer", outcome == NULL || outcome->issuer == NULL ? NULL : vouch_issuer_name(outcome->issuer),
	    "served_from", outcome == NULL ? NULL : served[outcome->served_from], "why",
	    outcome == NULL ? NULL : outcome->cause, NULL);
}

/* What operators must know of; what a client alone can cause (malformed, unauthorized) is counted only. */
static void
report_failure(const vouch_outcome *outcome)
{
	const char *issuer = outcome->issuer == NULL ? NULL : vouch_issuer_name(outcome->issuer);

	if (outcome->response_status == VOUCH_TRY_LATER)
		log_limited(LOG_KIND_TRY_LATER, CONF_LOG_ERROR, "try_later", "issuer", issuer, "why",
		    outcome->cause, "detail", outcome->detail[0] == '\0' ? NULL : outcome->detail, NULL);
	if (outcome->response_status == VOUCH_INTERNAL_ERROR)
		log_limited(LOG_KIND_INTERNAL_ERROR, CONF_LOG_ERROR, "internal_error", "issuer", issuer,
		    "why", outcome->cause, "detail", outcome->detail[0] == '\0' ? NULL : outcome->detail,
		    NULL);
}

void
service_on_answered(void *arg, struct http_exchange *exchange, const vouch_outcome *outcome, unsigned status)
{
	struct service *service = arg;

	if (outcome != NULL) {
		metrics_count(service->metrics, exchange->thread, outcome);
		report_failure(outcome);
	}
	if (atomic_load_explicit(&service->access_log, memory_order_relaxed))
		write_access_line(exchange, outcome, status);
}

/*
 * What the connection answered by itself, since it never became a request: counted by the server, and an
 * access all the same.
 */
void
service_on_refused(void *arg, struct http_exchange *exchange, unsigned status)
{
	struct service *service = arg;

	if (atomic_load_explicit(&service->access_log, memory_order_relaxed))
		write_access_line(exchange, NULL, status);
}
