/* SPDX-License-Identifier: Apache-2.0 */
/* The watch of the service: which responder it asks, and what the log says of it. */
#include "daemon/watch.h"

#include "daemon/log.h"
#include "daemon/service_state.h"

static vouch_responder *
current(void *arg)
{
	struct service *service = arg;

	return http_ocsp_responder(service->ocsp);
}

static void
report(void *arg, const vouch_err *err)
{
	if (err == NULL) {
		log_event(CONF_LOG_INFO, "source_available", NULL);
		return;
	}
	log_limited(LOG_KIND_SOURCE, CONF_LOG_ERROR, "source_unavailable", "why", err->msg, NULL);
	service_look_for_replaced_files(arg);
}

int
watch_start(struct http_watch **out, struct service *service, vouch_err *err)
{
	const struct http_watch_options options = { .current = current, .report = report, .arg = service };

	return http_watch_start(out, &options, err);
}
