/* SPDX-License-Identifier: Apache-2.0 */
/* The server process: obeys the supervisor, starts in order, stops in reverse. */
#include "daemon/service.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "daemon/admin.h"
#include "daemon/control.h"
#include "daemon/expiry.h"
#include "daemon/identity.h"
#include "daemon/log.h"
#include "daemon/opener.h"
#include "daemon/sandbox_paths.h"
#include "daemon/secrecy.h"
#include "daemon/service_state.h"
#include "io/channel.h"
#include "io/clock.h"
#include "io/loop.h"

#define EXPIRY_CHECK_MS 5000 /* every line is crossed once, and so told once */
#define CUT_OFF_MS \
	1000 /* from the second wish to stop: connections are cut off at once, and the threads end */
#define SPARE_DESCRIPTORS 256	      /* databases, logs, listeners, pipes */
#define PLAN_MOST ((size_t)1 << 32)   /* octets: as many files as a bundle has at most, of some KiB each */
#define PROOFS_MOST ((size_t)1 << 30) /* octets */

/* --- The end -------------------------------------------------------------------------------------------- */

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
	if (service->server == NULL) {
		uv_stop(&service->loop);
		return;
	}
	http_server_stop(service->server);
	if (service->stopping)
		(void)uv_timer_start(&service->cut_off, on_cut_off, CUT_OFF_MS, 0);
	service->stopping = true;
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

/* --- The start ------------------------------------------------------------------------------------------ */

static int
start_ocsp_server(struct service *service, vouch_err *err)
{
	const struct conf *conf = service->plan->conf;
	struct http_server_options options = { .threads = service->threads,
		.handler = http_ocsp_handle,
		.tick = http_ocsp_tick,
		.arg = service->ocsp,
		.refused = service_on_refused,
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
start_admin_server(struct service *service, vouch_err *err)
{
	struct http_server_options options = { .threads = 1, .handler = admin_handle, .arg = service };

	if (service->admin_listeners.count == 0)
		return VOUCH_OK;
	return http_server_start(&service->admin, &options, &service->admin_listeners, err);
}

static int
serve(struct service *service, vouch_err *err)
{
	if (service->plan == NULL || service->server != NULL)
		return err_set(err, VOUCH_EINVAL, "told to serve out of turn");
	if (watch_start(&service->watch, service, err) != VOUCH_OK ||
	    start_ocsp_server(service, err) != VOUCH_OK)
		return err->code;
	return start_admin_server(service, err);
}

/* --- The supervisor's wishes ---------------------------------------------------------------------------- */

static void
reply(struct service *service, uint64_t id, int code, const vouch_err *err)
{
	struct io_message message = { .type = CONTROL_READY, .id = id };
	vouch_err unread;

	if (code == VOUCH_EAGAIN) {
		message.type = CONTROL_ANEW;
	} else if (code != VOUCH_OK) {
		message.type = CONTROL_FAILED;
		message.body = span_string(err->msg);
	}
	(void)!io_record_send(service->control, &message, NULL, 0, &unread);
}

/* Any thread: a signer that does not come back by itself is the supervisor's to end. */
static void
on_lost(void *arg)
{
	const struct service *service = arg;
	struct io_message message = { .type = CONTROL_LOST };
	vouch_err unread;

	(void)!io_record_offer(service->control, &message, &unread);
}

static int
read_plan(struct service *service, int fd, vouch_err *err)
{
	vouch_buf octets = { 0 };
	int code = io_memory_file_read(&octets, fd, PLAN_MOST, err);

	if (code == VOUCH_OK)
		code = plan_decode(&service->next.plan, service->origin, span_buf(&octets), err);
	vouch_buf_free(&octets);
	return code;
}

static int
read_proofs(struct service *service, int fd, vouch_err *err)
{
	vouch_buf octets = { 0 };
	int code = io_memory_file_read(&octets, fd, PROOFS_MOST, err);

	if (code == VOUCH_OK)
		code = links_begin(service->links, &service->next.generation, service->next.id,
		    span_buf(&octets), err);
	vouch_buf_free(&octets);
	return code;
}

static int
take_plan(struct service *service, struct io_record *record, vouch_err *err)
{
	service_drop_next(service);
	if (record->fd_count != 2 || record->message.number == 0)
		return err_set(err, VOUCH_EPARSE, "a plan without its parts");
	if (service->links == NULL) {
		service->threads = record->message.number;
		if (links_new(&service->links, service->threads, on_lost, service, err) != VOUCH_OK)
			return err->code;
	}
	service->next.id = record->message.id;
	int code = read_plan(service, record->fds[0], err);
	return code == VOUCH_OK ? read_proofs(service, record->fds[1], err) : code;
}

/* For a generation that is to be built, or for one whose signer was started again. */
static void
take_channel(struct service *service, struct io_record *record)
{
	struct generation *g = service->links == NULL ? NULL : links_find(service->links, record->message.id);

	if (g == NULL || record->fd_count != 1)
		return;
	generation_give(g, record->message.number, record->fds[0]);
	record->fd_count = 0;
}

static int
take_listener(struct service *service, struct io_record *record, vouch_err *err)
{
	struct io_listeners *set = record->message.number == CONTROL_ADMIN ? &service->admin_listeners :
									     &service->listeners;

	if (record->fd_count != 1)
		return err_set(err, VOUCH_EPARSE, "a listener without its socket");
	if (io_listeners_adopt(set, record->message.body, record->fds[0], err) != VOUCH_OK)
		return err->code;
	record->fd_count = 0;
	return VOUCH_OK;
}

static int
build(struct service *service, vouch_err *err)
{
	bool first = service->plan == NULL;

	if (!first && service_needs_new_process(service)) {
		service_drop_next(service);
		return VOUCH_EAGAIN;
	}
	int code = service_build(service, err);

	if (code == VOUCH_OK && first) {
		code = service_enter_sandbox(service, err);
		if (code == VOUCH_OK)
			service_hear_sources(service);
	}
	return code;
}

/* Failures are told with the answer to BUILD or SERVE, which nothing can follow. */
static void
obey(struct service *service, struct io_record *record)
{
	const struct io_message *m = &record->message;
	vouch_err err;
	int code;

	err_or(&err, NULL);
	switch ((enum control_type)m->type) {
	case CONTROL_PLAN:
		if (take_plan(service, record, &err) != VOUCH_OK)
			reply(service, m->id, err.code, &err);
		break;
	case CONTROL_CHANNEL:
		take_channel(service, record);
		break;
	case CONTROL_BUILD:
		/* If not, that was told. */
		if (service->next.generation != NULL) {
			code = build(service, &err);
			reply(service, m->id, code, &err);
		}
		break;
	case CONTROL_LISTENER:
		if (take_listener(service, record, &err) != VOUCH_OK)
			reply(service, m->id, err.code, &err);
		break;
	case CONTROL_SERVE:
		code = serve(service, &err);
		reply(service, m->id, code, &err);
		break;
	case CONTROL_STOP:
		stop(service);
		break;
	case CONTROL_RETIRE:
	case CONTROL_READY:
	case CONTROL_FAILED:
	case CONTROL_ANEW:
	case CONTROL_LOST:
	case CONTROL_SHUT_OUT:
	case CONTROL_NONE:
		break;
	}
}

static void
on_wish(uv_poll_t *handle, int status, int events)
{
	struct service *service = handle->data;
	struct io_record record;
	vouch_err err;

	(void)status, (void)events;
	err_or(&err, NULL);
	int code = io_record_receive(service->control, &record, &err);
	if (code == VOUCH_EAGAIN)
		return;
	/* Without a supervisor nobody would start the signer again, or hear a reload. */
	if (code != VOUCH_OK)
		_exit(1);
	obey(service, &record);
	io_record_close_fds(&record);
}

/* --- Life ----------------------------------------------------------------------------------------------- */

static void
on_expiry_check(uv_timer_t *timer)
{
	struct service *service = timer->data;
	vouch_time now = io_wall_seconds();

	for (size_t i = 0; service->assembly != NULL && i < service->assembly->count; i++)
		expiry_warn(service->assembly->issuers[i], service->expiry_checked, now);
	service->expiry_checked = now;
}

static int
start_loop(struct service *service, vouch_err *err)
{
	int code = uv_loop_init(&service->loop);

	service->wishes.data = service->expiry.data = service->stopped.data = service;
	if (code == 0)
		code = uv_poll_init(&service->loop, &service->wishes, service->control);
	if (code == 0)
		code = uv_poll_start(&service->wishes, UV_READABLE, on_wish);
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
begin(struct service *service, const struct plan *plan, vouch_err *err)
{
	secrecy_forget_passphrases(plan->conf);
	io_descriptors_raise(plan->conf->limits.connections + SPARE_DESCRIPTORS);
	if (identity_take(plan->conf->user, err) != VOUCH_OK)
		return err_prefix(err, "server");
	secrecy_die_with_parent(service->parent);
	return start_loop(service, err);
}

static void
clear(struct service *service)
{
	if (service->admin != NULL)
		http_server_stop(service->admin);
	http_server_free(service->admin);
	http_server_free(service->server);
	http_watch_stop(service->watch);
	free(service->ailings.items);
	io_listeners_close(&service->admin_listeners);
	io_listeners_close(&service->listeners);
	http_ocsp_free(service->ocsp);
	metrics_free(service->metrics);
	assembly_free(service->assembly);
	service_drop_next(service);
	generation_release(service->generation);
	links_free(service->links);
	vouch_store_free(service->store);
	plan_free(service->plan);
	sandbox_paths_free(service->paths);
	free(service->granted);
	opener_free(service->opener);
	io_loop_end(&service->loop);
	pthread_mutex_destroy(&service->current_lock);
}

int
service_main(int control, const struct plan_origin *origin, const struct plan *plan)
{
	struct service service = { .origin = origin, .control = control, .parent = getppid() };
	vouch_err err;

	err_or(&err, NULL);
	pthread_mutex_init(&service.current_lock, NULL);
	if (begin(&service, plan, &err) != VOUCH_OK) {
		reply(&service, 0, err.code, &err);
		return 1;
	}
	uv_run(&service.loop, UV_RUN_DEFAULT);
	clear(&service);
	return 0;
}
