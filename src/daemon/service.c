/* SPDX-License-Identifier: Apache-2.0 */
/* The service: start in order, run, stop in reverse. */
#include "daemon/service.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/admin.h"
#include "daemon/expiry.h"
#include "daemon/log.h"
#include "daemon/service_state.h"
#include "io/clock.h"
#include "io/loop.h"
#include "io/notify.h"

#define EXPIRY_CHECK_MS (60 * 1000) /* every line is crossed once, and so told once */
#define CUT_OFF_MS 1000	 /* from the second signal: connections are cut off at once, and the threads end */
#define SOCKET_MODE 0666 /* a responder is public; a folder's mode keeps its socket private */
#define SPARE_DESCRIPTORS 256 /* databases, logs, listeners, pipes */

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

static void
on_answered(void *arg, struct http_exchange *exchange, const vouch_outcome *outcome, unsigned status)
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
static void
on_refused(void *arg, struct http_exchange *exchange, unsigned status)
{
	struct service *service = arg;

	if (atomic_load_explicit(&service->access_log, memory_order_relaxed))
		write_access_line(exchange, NULL, status);
}

/*
 * A lookup that waits for another machine for ever holds its thread, and so the end: whoever asks twice
 * does not wait for it.
 */
static void
on_cut_off(uv_timer_t *timer)
{
	(void)timer;
	log_event(CONF_LOG_WARNING, "stopped", "why", "a source or a signer did not come back", NULL);
	_exit(0);
}

static void
stop(struct service *service)
{
	vouch_err unread;

	http_server_stop(service->server);
	if (service->stopping) {
		(void)uv_timer_start(&service->cut_off, on_cut_off, CUT_OFF_MS, 0);
		return;
	}
	service->stopping = true;
	log_event(CONF_LOG_INFO, "stopping", NULL);
	(void)!io_notify("STOPPING=1", &unread);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct service *service = handle->data;

	if (number != SIGHUP)
		stop(service);
	else if (!service->stopping)
		service_reload(service);
}

static void
on_expiry_check(uv_timer_t *timer)
{
	struct service *service = timer->data;
	vouch_time now = io_wall_seconds();

	for (size_t i = 0; i < service->assembly->count; i++)
		expiry_warn(service->assembly->issuers[i], service->expiry_checked, now);
	service->expiry_checked = now;
}

static void
on_stopped(uv_async_t *async)
{
	struct service *service = async->data;

	uv_stop(&service->loop);
}

/* Called on the last thread of the server. */
static void
tell_stopped(void *arg)
{
	struct service *service = arg;

	uv_async_send(&service->stopped);
}

static int
start_loop(struct service *service, vouch_err *err)
{
	uv_signal_t *const signals[] = { &service->terminate, &service->interrupt, &service->hangup };
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

	int code = uv_loop_init(&service->loop);
	for (size_t i = 0; code == 0 && i < 3; i++) {
		signals[i]->data = service;
		code = uv_signal_init(&service->loop, signals[i]);
		if (code == 0)
			code = uv_signal_start(signals[i], on_signal, numbers[i]);
	}
	service->expiry.data = service->stopped.data = service;
	if (code == 0)
		code = uv_timer_init(&service->loop, &service->expiry);
	if (code == 0)
		code = uv_timer_init(&service->loop, &service->cut_off);
	if (code == 0)
		code = uv_timer_start(&service->expiry, on_expiry_check, EXPIRY_CHECK_MS, EXPIRY_CHECK_MS);
	if (code == 0)
		code = uv_async_init(&service->loop, &service->stopped, on_stopped);
	return code == 0 ? VOUCH_OK : err_set(err, VOUCH_EUNAVAILABLE, "event loop: %s", uv_strerror(code));
}

static int
start_ocsp(struct service *service, vouch_responder *responder, vouch_err *err)
{
	struct http_ocsp_options options = { .threads = service->threads,
		.strict = !service->conf->lenient,
		.request_limit = service->conf->limits.request,
		.answered = on_answered,
		.answered_arg = service };

	if (metrics_new(&service->metrics, service->threads, err) != VOUCH_OK)
		return err->code;
	return http_ocsp_new(&service->ocsp, &options, responder, err);
}

static int
start_server(struct service *service, vouch_err *err)
{
	const struct conf *conf = service->conf;
	struct http_server_options options = { .threads = service->threads,
		.handler = http_ocsp_handle,
		.tick = http_ocsp_tick,
		.arg = service->ocsp,
		.refused = on_refused,
		.refused_arg = service,
		.stopped = tell_stopped,
		.stopped_arg = service,
		.head_limit = conf->limits.head,
		.body_limit = conf->limits.request,
		.connections = conf->limits.connections,
		.per_address = conf->limits.per_address,
		.header_time_ms = conf->limits.header_time_ms,
		.idle_time_ms = conf->limits.idle_time_ms };

	return http_server_start(&service->server, &options, &service->listeners, err);
}

static int
start_admin(struct service *service, vouch_err *err)
{
	struct http_server_options options = { .threads = 1, .handler = admin_handle, .arg = service };

	if (service->conf->admin == NULL)
		return VOUCH_OK;
	return http_server_start(&service->admin, &options, &service->admin_listeners, err);
}

static int
open_listeners(struct service *service, vouch_err *err)
{
	const struct conf *conf = service->conf;

	io_descriptors_raise(conf->limits.connections + SPARE_DESCRIPTORS);
	if (io_listeners_open(&service->listeners, (const char *const *)conf->listen.items,
		conf->listen.count, service->threads, SOCKET_MODE, err) != VOUCH_OK)
		return err->code;
	if (conf->admin == NULL)
		return VOUCH_OK;
	return io_listeners_open(&service->admin_listeners, (const char *const[]){ conf->admin }, 1, 1, 0600,
	    err);
}

static void
report_listeners(const struct io_listeners *listeners, const char *role)
{
	for (size_t i = 0; i < listeners->count; i++)
		log_event(CONF_LOG_INFO, "listening", "role", role, "address", listeners->items[i].name,
		    NULL);
}

static void
report_ready(struct service *service)
{
	char threads[16];
	vouch_err err;

	report_listeners(&service->listeners, "ocsp");
	report_listeners(&service->admin_listeners, "admin");
	snprintf(threads, sizeof(threads), "%u", service->threads);
	log_event(CONF_LOG_INFO, "ready", "version", vouch_version(), "threads", threads, "configuration",
	    service->conf->file, NULL);
	if (io_notify("READY=1", &err) != VOUCH_OK)
		log_event(CONF_LOG_WARNING, "notify_failed", "why", err.msg, NULL);
}

/* Everything that can be wrong with what was given is found here, before anything listens. */
static int
prepare(struct service *service, vouch_responder **responder, vouch_err *err)
{
	if (service->load(&service->conf, service->load_arg, err) != VOUCH_OK)
		return err->code;
	log_setup(service->conf->log.format, service->conf->log.level);
	atomic_store(&service->access_log, service->conf->log.access);
	struct http_server_options options = { .threads = service->conf->threads };
	service->threads = http_server_threads(&options);
	return service_build(service, service->conf, &service->assembly, responder, err);
}

static int
start(struct service *service, vouch_err *err)
{
	vouch_responder *responder = NULL;

	if (prepare(service, &responder, err) != VOUCH_OK)
		return err->code;
	service->expiry_checked = io_wall_seconds();
	service_report_findings(service->assembly, service->expiry_checked);
	int code = start_ocsp(service, responder, err);
	vouch_responder_free(responder);
	if (code != VOUCH_OK || open_listeners(service, err) != VOUCH_OK ||
	    watch_start(&service->watch, service->ocsp, err) != VOUCH_OK)
		return err->code;
	if (start_server(service, err) != VOUCH_OK || start_admin(service, err) != VOUCH_OK)
		return err->code;
	report_ready(service);
	return VOUCH_OK;
}

static void
clear(struct service *service)
{
	if (service->admin != NULL)
		http_server_stop(service->admin);
	if (service->server != NULL && !service->stopping)
		http_server_stop(service->server);
	http_server_free(service->admin);
	http_server_free(service->server);
	http_watch_stop(service->watch);
	io_listeners_close(&service->admin_listeners);
	io_listeners_close(&service->listeners);
	http_ocsp_free(service->ocsp);
	metrics_free(service->metrics);
	assembly_free(service->assembly);
	vouch_store_free(service->store);
	conf_free(service->conf);
	io_loop_end(&service->loop);
	pthread_mutex_destroy(&service->current_lock);
}

int
service_run(service_load *load, void *arg, vouch_err *err)
{
	struct service service = { .load = load, .load_arg = arg };

	signal(SIGPIPE, SIG_IGN);
	pthread_mutex_init(&service.current_lock, NULL);
	int code = start_loop(&service, err);
	if (code == VOUCH_OK)
		code = start(&service, err);
	if (code == VOUCH_OK) {
		uv_run(&service.loop, UV_RUN_DEFAULT);
		log_event(CONF_LOG_INFO, "stopped", NULL);
	}
	clear(&service);
	return code;
}
