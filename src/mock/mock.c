/* SPDX-License-Identifier: Apache-2.0 */
/* vouch mock: start, run until a signal, stop. */
#include "mock/mock.h"

#include <signal.h>

#include "base/err.h"
#include "base/span.h"
#include "io/clock.h"
#include "io/listen.h"
#include "io/loop.h"
#include "mock/server.h"

#define DAY INT64_C(86400)
#define SOCKET_MODE 0600      /* whoever can reach /control changes answers */
#define CONNECTIONS 2000      /* a test suite, not the public */
#define BODY_LIMIT (1u << 20) /* of a request, or of what is said to /control */
#define DRAIN_MS 1000

struct mock_run {
	struct mock_server server;
	struct io_listeners listeners;
	struct http_server *http;
	uv_loop_t loop;
	uv_signal_t terminate, interrupt;
	uv_async_t stopped;
};

static void
on_signal(uv_signal_t *handle, int number)
{
	struct mock_run *run = handle->data;

	(void)number;
	__atomic_store_n(&run->server.stopping, true, __ATOMIC_RELEASE);
	http_server_stop(run->http);
}

static void
on_stopped(uv_async_t *async)
{
	uv_stop(async->loop);
}

/* Called on the server's thread. */
static void
tell_stopped(void *arg)
{
	struct mock_run *run = arg;

	uv_async_send(&run->stopped);
}

static int
start_loop(struct mock_run *run, vouch_err *err)
{
	uv_signal_t *const signals[] = { &run->terminate, &run->interrupt };
	static const int numbers[] = { SIGTERM, SIGINT };
	int code = uv_loop_init(&run->loop);

	for (size_t i = 0; code == 0 && i < 2; i++) {
		code = uv_signal_init(&run->loop, signals[i]);
		signals[i]->data = run;
		if (code == 0)
			code = uv_signal_start(signals[i], on_signal, numbers[i]);
	}
	if (code == 0)
		code = uv_async_init(&run->loop, &run->stopped, on_stopped);
	return code == 0 ? VOUCH_OK : err_set(err, VOUCH_EUNAVAILABLE, "event loop: %s", uv_strerror(code));
}

static int
prepare(struct mock_run *run, struct mock_options *options, vouch_err *err)
{
	struct mock_server *server = &run->server;

	server->script = options->script;
	mock_script_init(&options->script);
	server->always = options->always;
	server->defaults = (struct mock_defaults){ .revocation_time = io_wall_seconds() - DAY,
		.next_update_seconds = options->next_update_seconds };
	server->choices = mock_random_begin(server->script.seed, (vouch_span){ 0 });
	if (mock_script_copy(&server->initial, &server->script, err) != VOUCH_OK ||
	    mock_cast_open(&server->cast, &options->files, err) != VOUCH_OK ||
	    mock_server_check(server, err) != VOUCH_OK)
		return err->code;
	return options->journal == NULL ? VOUCH_OK :
					  mock_journal_open(&server->journal, options->journal, err);
}

static int
start_server(struct mock_run *run, const struct mock_options *options, vouch_err *err)
{
	const struct http_server_options http = { .threads = 1,
		.handler = mock_server_handle,
		.tick = mock_server_tick,
		.arg = &run->server,
		.stopped = tell_stopped,
		.stopped_arg = run,
		.body_limit = BODY_LIMIT,
		.connections = CONNECTIONS,
		.drain_time_ms = DRAIN_MS };

	if (io_listeners_open(&run->listeners, options->addresses, options->address_count, 1, SOCKET_MODE,
		err) != VOUCH_OK ||
	    http_server_start(&run->http, &http, &run->listeners, err) != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < run->listeners.count; i++)
		options->listening(options->arg, run->listeners.items[i].name);
	options->listening(options->arg, NULL);
	return VOUCH_OK;
}

int
mock_run(struct mock_options *options, vouch_err *err)
{
	struct mock_run run = { .http = NULL };

	signal(SIGPIPE, SIG_IGN);
	int code = start_loop(&run, err);
	if (code == VOUCH_OK)
		code = prepare(&run, options, err);
	if (code == VOUCH_OK)
		code = start_server(&run, options, err);
	if (code == VOUCH_OK)
		uv_run(&run.loop, UV_RUN_DEFAULT);
	http_server_free(run.http);
	io_listeners_close(&run.listeners);
	mock_server_clear(&run.server);
	io_loop_end(&run.loop);
	return code;
}
