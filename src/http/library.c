/* SPDX-License-Identifier: Apache-2.0 */
/* The server as a library: from its options to a running server, and to its end. */
#include "http/library.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/span.h"
#include "base/versioned.h"

#define POOL_THREADS 32
#define POOL_THREADS_MOST 1024
#define JOBS 1024
#define SOCKET_MODE 0666 /* a responder is public; a folder's mode keeps its socket private */

/* --- What it tells -------------------------------------------------------------------------------------- */

static void
on_ocsp_answered(void *arg, struct http_exchange *exchange, const vouch_outcome *outcome, unsigned status)
{
	const vouch_http_options *o = &((struct vouch_http *)arg)->options;
	struct vouch_http_exchange shown;

	http_handed_show(&shown, exchange);
	o->answered(o->answered_arg, &shown, outcome, status);
	http_handed_free(&shown);
}

static void
on_refused(void *arg, struct http_exchange *exchange, unsigned status)
{
	on_ocsp_answered(arg, exchange, NULL, status);
}

static vouch_responder *
current(void *arg)
{
	struct vouch_http *http = arg;

	uv_mutex_lock(&http->state_lock);
	vouch_responder *r = http->responder == NULL ? NULL : vouch_responder_ref(http->responder);
	uv_mutex_unlock(&http->state_lock);
	return r;
}

/* Once per trouble, not once per round. */
static void
on_trouble(void *arg, const vouch_err *err)
{
	struct vouch_http *http = arg;
	const vouch_http_options *o = &http->options;

	if (o->trouble == NULL)
		return;
	if (err != NULL && strcmp(err->msg, http->trouble.msg) == 0)
		return;
	http->trouble = err != NULL ? *err : (vouch_err){ 0 };
	o->trouble(o->trouble_arg, err);
}

static void
on_stopped(void *arg)
{
	struct vouch_http *http = arg;

	uv_mutex_lock(&http->state_lock);
	http->stopped = true;
	uv_cond_broadcast(&http->state_changed);
	uv_mutex_unlock(&http->state_lock);
}

/* --- Start ---------------------------------------------------------------------------------------------- */

static int
check(const vouch_http_options *o, vouch_err *err)
{
	const uint32_t of_handlers = VOUCH_HTTP_HANDLER_BLOCKS | VOUCH_HTTP_ANY_METHOD;

	if (o->address_count == 0 || o->addresses == NULL)
		return err_set(err, VOUCH_EINVAL, "vouch_http_start: an address is missing");
	if (o->responder == NULL && o->handler == NULL)
		return err_set(err, VOUCH_EINVAL, "vouch_http_start: neither a responder nor a handler");
	if ((o->flags & ~(VOUCH_HTTP_STRICT | of_handlers)) != 0)
		return err_set(err, VOUCH_EINVAL, "vouch_http_start: unknown flags");
	if (o->handler == NULL && (o->flags & of_handlers) != 0)
		return err_set(err, VOUCH_EINVAL, "vouch_http_start: flags for a handler, and no handler");
	if (o->pool_threads > POOL_THREADS_MOST)
		return err_set(err, VOUCH_EINVAL, "vouch_http_start: %u threads are the most for a pool",
		    POOL_THREADS_MOST);
	return VOUCH_OK;
}

static void
fill_defaults(vouch_http_options *o)
{
	o->pool_threads = o->pool_threads != 0 ? o->pool_threads : POOL_THREADS;
	o->jobs = o->jobs != 0 ? o->jobs : JOBS;
}

static int
open_ocsp(struct vouch_http *http, vouch_err *err)
{
	const vouch_http_options *o = &http->options;
	struct http_ocsp_options options = { .threads = http->threads,
		.strict = (o->flags & VOUCH_HTTP_STRICT) != 0,
		.request_limit = o->body_limit,
		.jobs = o->jobs,
		.job_time_ms = o->job_time_ms,
		.pool_threads = o->pool_threads,
		.answered = o->answered == NULL ? NULL : on_ocsp_answered,
		.answered_arg = http };

	return http_ocsp_new(&http->ocsp, &options, http->responder, err);
}

static struct http_server_options
server_options(struct vouch_http *http)
{
	const vouch_http_options *o = &http->options;
	struct http_server_options options = { .threads = http->threads,
		.handler = http_ocsp_handle,
		.tick = http_ocsp_tick,
		.arg = http->ocsp,
		.refused = o->answered == NULL ? NULL : on_refused,
		.refused_arg = http,
		.stopped = on_stopped,
		.stopped_arg = http,
		.head_limit = o->head_limit,
		.body_limit = o->body_limit,
		.connections = o->connections,
		.per_address = o->per_address,
		.header_time_ms = o->header_time_ms,
		.idle_time_ms = o->idle_time_ms,
		.drain_time_ms = o->drain_time_ms };

	if (o->handler == NULL)
		return options;
	options.handler = http_library_handle;
	options.tick = http_library_tick;
	options.abandoned = http_library_abandoned;
	options.arg = http;
	options.any_method = (o->flags & VOUCH_HTTP_ANY_METHOD) != 0;
	return options;
}

static int
open_all(struct vouch_http *http, vouch_err *err)
{
	const vouch_http_options *o = &http->options;
	struct http_watch_options watch = { .current = current, .report = on_trouble, .arg = http };
	int code = o->handler == NULL ? open_ocsp(http, err) : http_library_handler_open(http, err);

	if (code != VOUCH_OK)
		return code;
	if (io_listeners_open(&http->listeners, o->addresses, o->address_count, http->threads, SOCKET_MODE,
		err) != VOUCH_OK ||
	    http_watch_start(&http->watch, &watch, err) != VOUCH_OK)
		return err->code;
	struct http_server_options options = server_options(http);
	return http_server_start(&http->server, &options, &http->listeners, err);
}

static struct vouch_http *
allocate(void)
{
	struct vouch_http *http = calloc(1, sizeof(*http));

	if (http == NULL || uv_mutex_init(&http->state_lock) != 0) {
		free(http);
		return NULL;
	}
	if (uv_cond_init(&http->state_changed) != 0) {
		uv_mutex_destroy(&http->state_lock);
		free(http);
		return NULL;
	}
	return http;
}

/* The server has ended, or never began. */
static void
close_all(struct vouch_http *http)
{
	http_server_free(http->server);
	http_watch_stop(http->watch);
	http_library_handler_close(http);
	http_ocsp_free(http->ocsp);
	io_listeners_close(&http->listeners);
	vouch_responder_free(http->responder);
	uv_cond_destroy(&http->state_changed);
	uv_mutex_destroy(&http->state_lock);
	free(http);
}

int
vouch_http_start(vouch_http **out, const vouch_http_options *options, vouch_err *err)
{
	vouch_err unread;
	vouch_http_options ours = { .size = sizeof(ours) };

	err = err_or(err, &unread);
	if (versioned_read(&ours, sizeof(ours), options, "vouch_http_options", err) != VOUCH_OK ||
	    check(&ours, err) != VOUCH_OK)
		return err->code;
	struct vouch_http *http = allocate();
	if (http == NULL)
		return err_nomem(err);
	fill_defaults(&ours);
	http->options = ours;
	http->threads = http_server_threads(&(struct http_server_options){ .threads = ours.threads });
	http->responder = ours.responder == NULL ? NULL : vouch_responder_ref(ours.responder);
	int code = open_all(http, err);
	if (code != VOUCH_OK) {
		close_all(http);
		return code;
	}
	*out = http;
	return VOUCH_OK;
}

/* --- Running, and the end ------------------------------------------------------------------------------- */

const char *
vouch_http_address(const vouch_http *http, size_t number)
{
	return number < http->listeners.count ? http->listeners.items[number].name : NULL;
}

void
vouch_http_set_responder(vouch_http *http, vouch_responder *responder)
{
	if (responder == NULL && http->ocsp != NULL)
		return;
	uv_mutex_lock(&http->state_lock);
	vouch_responder *old = http->responder;
	http->responder = responder == NULL ? NULL : vouch_responder_ref(responder);
	uv_mutex_unlock(&http->state_lock);
	if (http->ocsp != NULL)
		http_ocsp_set_responder(http->ocsp, responder);
	http_watch_again(http->watch);
	vouch_responder_free(old);
}

void
vouch_http_stop(vouch_http *http)
{
	uv_mutex_lock(&http->state_lock);
	http->was_stopped = true;
	http->stopping++;
	uv_mutex_unlock(&http->state_lock);
	http_server_stop(http->server);
	uv_mutex_lock(&http->state_lock);
	http->stopping--;
	uv_cond_broadcast(&http->state_changed);
	uv_mutex_unlock(&http->state_lock);
}

void
vouch_http_wait(vouch_http *http)
{
	uv_mutex_lock(&http->state_lock);
	while (!http->stopped)
		uv_cond_wait(&http->state_changed, &http->state_lock);
	uv_mutex_unlock(&http->state_lock);
}

bool
http_library_has_stopped(struct vouch_http *http)
{
	uv_mutex_lock(&http->state_lock);
	bool stopped = http->stopped;
	uv_mutex_unlock(&http->state_lock);
	return stopped;
}

void
vouch_http_free(vouch_http *http)
{
	if (http == NULL)
		return;
	uv_mutex_lock(&http->state_lock);
	bool was_stopped = http->was_stopped;
	uv_mutex_unlock(&http->state_lock);
	if (!was_stopped)
		vouch_http_stop(http);
	/* Whoever asked for the end on another thread may not have let go of what it has ended. */
	uv_mutex_lock(&http->state_lock);
	while (!http->stopped || http->stopping > 0)
		uv_cond_wait(&http->state_changed, &http->state_lock);
	uv_mutex_unlock(&http->state_lock);
	close_all(http);
}
