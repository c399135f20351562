/* SPDX-License-Identifier: Apache-2.0 */
/* The watch of the service: which responder it asks, and what the log says of it and of its sources. */
#include "daemon/watch.h"

#include <stdlib.h>

#include "daemon/log.h"
#include "daemon/service_state.h"
#include "io/clock.h"

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

/* --- Sources that go on with what they have ------------------------------------------------------------- */

static struct ailing *
find_ailing(struct ailings *list, const vouch_source *source)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].source == source)
			return &list->items[i];
	return NULL;
}

/* Once when it begins or becomes another one, once when it is over. */
static void
tell(const struct ailing *before, const char *issuer, const vouch_err *trouble)
{
	int code = before == NULL ? VOUCH_OK : before->code;

	if (trouble->code == code)
		return;
	if (trouble->code == VOUCH_OK)
		log_event(CONF_LOG_INFO, "source_renewed", "issuer", issuer, NULL);
	else
		log_event(CONF_LOG_WARNING, "source_not_renewed", "issuer", issuer, "why", trouble->msg,
		    NULL);
}

/* What is not remembered for want of memory is told again in the next round. */
static void
remember(struct ailings *list, const vouch_source *source, int code)
{
	struct ailing *items;

	if (code == VOUCH_OK)
		return;
	items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (items == NULL)
		return;
	list->items = items;
	items[list->count++] = (struct ailing){ source, code };
}

static void
look_at(struct ailings *before, struct ailings *now, const vouch_issuer *issuer)
{
	for (size_t i = 0; i < vouch_issuer_sources(issuer); i++) {
		vouch_source_health health = { .size = sizeof(health) };
		vouch_source *source = vouch_issuer_source(issuer, i, NULL);
		if (find_ailing(now, source) != NULL)
			continue;
		vouch_source_get_health(source, io_wall_seconds(), &health);
		tell(find_ailing(before, source), vouch_issuer_name(issuer), &health.trouble);
		remember(now, source, health.trouble.code);
	}
}

/* The sources of a configuration that a reload replaced are forgotten: theirs are other ones now. */
static void
look_at_sources(void *arg)
{
	struct service *service = arg;
	struct ailings now = { 0 };

	pthread_mutex_lock(&service->current_lock);
	for (size_t i = 0; service->assembly != NULL && i < service->assembly->count; i++)
		look_at(&service->ailings, &now, service->assembly->issuers[i]);
	pthread_mutex_unlock(&service->current_lock);
	free(service->ailings.items);
	service->ailings = now;
	if (now.count > 0)
		service_look_for_replaced_files(service);
}

int
watch_start(struct http_watch **out, struct service *service, vouch_err *err)
{
	const struct http_watch_options options = { .current = current,
		.report = report,
		.polled = look_at_sources,
		.arg = service };

	return http_watch_start(out, &options, err);
}
