/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building what a configuration names, and the reload: new beside old, swapped in one step, the old kept on
 * failure.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "daemon/expiry.h"
#include "daemon/log.h"
#include "daemon/service_state.h"
#include "io/clock.h"
#include "io/notify.h"
#include "io/random.h"

static int
ensure_store(struct service *service, const struct conf *conf, vouch_err *err)
{
	uint8_t key[16];

	if (service->store != NULL)
		return VOUCH_OK;
	if (io_random(key, sizeof(key), err) != VOUCH_OK)
		return err->code;
	return vouch_store_new(&service->store, conf->store_memory, key, err);
}

/*
 * Its issuers are heard before it answers; otherwise /healthz would take every reload for a sickness.  The
 * watch reports.
 */
static void
hear_sources(vouch_responder *responder)
{
	vouch_err unread;

	(void)!vouch_responder_poll(responder, io_wall_seconds(), io_monotonic_ms(), &unread);
}

int
service_build(struct service *service, const struct conf *conf, struct assembly **assembly,
    vouch_responder **responder, vouch_err *err)
{
	vouch_responder_options options = { .size = sizeof(options) };

	if (ensure_store(service, conf, err) != VOUCH_OK ||
	    io_random(options.key, sizeof(options.key), err) != VOUCH_OK)
		return err->code;
	options.store = service->store;
	options.epoch = ++service->epoch;
	if (assembly_new(assembly, conf, io_wall_seconds(), err) != VOUCH_OK)
		return err->code;
	if (assembly_responder(responder, *assembly, conf, &options, err) != VOUCH_OK) {
		assembly_free(*assembly);
		*assembly = NULL;
		return err->code;
	}
	hear_sources(*responder);
	return VOUCH_OK;
}

static void
log_finding(void *arg, const vouch_finding *finding)
{
	static const enum conf_log_level levels[] = { CONF_LOG_DEBUG, CONF_LOG_WARNING, CONF_LOG_ERROR };

	log_event(levels[finding->severity], "finding", "issuer", vouch_issuer_name(arg), "rule",
	    finding->rule, "what", finding->text, NULL);
}

void
service_report_findings(const struct assembly *assembly, vouch_time now)
{
	for (size_t i = 0; i < assembly->count; i++)
		vouch_issuer_check(assembly->issuers[i], now, log_finding, assembly->issuers[i]);
}

static bool
same_strings(const struct conf_strings *a, const struct conf_strings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool
same_string(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * What is bound when the process starts stays as it is until the process ends; whoever changed it should
 * know.
 */
static void
report_what_needs_a_restart(const struct conf *old, const struct conf *new)
{
	const struct {
		const char *setting;
		bool same;
	} fixed[] = {
		{ "listen", same_strings(&old->listen, &new->listen) },
		{ "admin", same_string(old->admin, new->admin) },
		{ "threads", old->threads == new->threads },
		{ "store.memory", old->store_memory == new->store_memory },
		{ "lenient", old->lenient == new->lenient },
		{ "limits", memcmp(&old->limits, &new->limits, sizeof(old->limits)) == 0 },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!fixed[i].same)
			log_event(CONF_LOG_WARNING, "setting_needs_restart", "setting", fixed[i].setting,
			    NULL);
}

static void
swap_in(struct service *service, struct conf *conf, struct assembly *assembly, vouch_responder *responder)
{
	struct conf *old_conf = service->conf;
	struct assembly *old_assembly = service->assembly;

	report_what_needs_a_restart(old_conf, conf);
	pthread_mutex_lock(&service->current_lock);
	http_ocsp_set_responder(service->ocsp, responder);
	service->conf = conf;
	service->assembly = assembly;
	pthread_mutex_unlock(&service->current_lock);
	vouch_responder_free(responder);
	log_setup(conf->log.format, conf->log.level);
	atomic_store(&service->access_log, conf->log.access);
	assembly_free(old_assembly);
	conf_free(old_conf);
}

static int
reload(struct service *service, vouch_err *err)
{
	struct conf *conf = NULL;
	struct assembly *assembly = NULL;
	vouch_responder *responder = NULL;

	if (service->load(&conf, service->load_arg, err) != VOUCH_OK)
		return err->code;
	if (service_build(service, conf, &assembly, &responder, err) != VOUCH_OK) {
		conf_free(conf);
		return err->code;
	}
	swap_in(service, conf, assembly, responder);
	service_report_findings(assembly, io_wall_seconds());
	return VOUCH_OK;
}

void
service_reload(struct service *service)
{
	vouch_err err, unread;

	(void)!io_notify_reloading(&unread);
	err_or(&err, NULL);
	if (reload(service, &err) == VOUCH_OK)
		log_event(CONF_LOG_INFO, "reloaded", "configuration", service->conf->file, NULL);
	else
		log_event(CONF_LOG_ERROR, "reload_failed", "why", err.msg, "kept", "the old configuration",
		    NULL);
	(void)!io_notify("READY=1", &unread);
}
