/* SPDX-License-Identifier: Apache-2.0 */
/* The watch of the service: which responder it asks, and what the log says of it. */
#include "daemon/watch.h"

#include "daemon/log.h"

static vouch_responder *
current(void *arg)
{
	return http_ocsp_responder(arg);
}

static void
report(void *arg, const vouch_err *err)
{
	(void)arg;
	if (err != NULL)
		log_limited(LOG_KIND_SOURCE, CONF_LOG_ERROR, "source_unavailable", "why", err->msg, NULL);
	else
		log_event(CONF_LOG_INFO, "source_available", NULL);
}

int
watch_start(struct http_watch **out, struct http_ocsp *ocsp, vouch_err *err)
{
	const struct http_watch_options options = { .current = current, .report = report, .arg = ocsp };

	return http_watch_start(out, &options, err);
}
