/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server: its threads together. */
#include "http/server.h"

#include <stdlib.h>

#include "base/err.h"
#include "http/signals.h"
#include "http/thread.h"

#define THREADS_MAX 1024

unsigned
http_server_threads(const struct http_server_options *options)
{
	unsigned n = options->threads != 0 ? options->threads : uv_available_parallelism();

	return n > THREADS_MAX ? THREADS_MAX : n;
}

static void
default_to(unsigned *value, unsigned preset)
{
	if (*value == 0)
		*value = preset;
}

static void
fill_defaults(struct http_server *s)
{
	struct http_server_options *o = &s->options;

	if (o->head_limit == 0)
		o->head_limit = 16384;
	if (o->body_limit == 0)
		o->body_limit = 16384;
	default_to(&o->connections, 10000);
	default_to(&o->per_address, HTTP_PER_ADDRESS);
	default_to(&o->header_time_ms, 10000);
	default_to(&o->body_time_ms, o->header_time_ms);
	default_to(&o->idle_time_ms, 60000);
	default_to(&o->drain_time_ms, 10000);
	s->limits = (struct http_limits){ .head = o->head_limit,
		.body = o->body_limit,
		.any_method = o->any_method };
}

static void
free_all(struct http_server *s)
{
	for (unsigned i = 0; i < s->thread_count; i++)
		http_thread_free(s->threads[i]);
	http_addresses_free(s->addresses);
	free(s->threads);
	free(s);
}

static int
make_threads(struct http_server *s, unsigned threads, const struct io_listeners *listeners, vouch_err *err)
{
	s->threads = calloc(threads, sizeof(struct http_thread *));
	if (s->threads == NULL)
		return err_nomem(err);
	for (; s->thread_count < threads; s->thread_count++)
		if (http_thread_new(&s->threads[s->thread_count], s, s->thread_count, listeners, err) !=
		    VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static int
run_threads(struct http_server *s, vouch_err *err)
{
	struct http_signals before;
	unsigned i;
	int rc = VOUCH_OK;

	http_signals_block(&before);
	s->running = s->thread_count;
	for (i = 0; i < s->thread_count && rc == VOUCH_OK; i++)
		rc = http_thread_run(s->threads[i], err);
	http_signals_restore(&before);
	if (rc == VOUCH_OK)
		return VOUCH_OK;
	s->options.stopped = NULL;
	http_server_stop(s);
	for (unsigned j = 0; j + 1 < i; j++)
		uv_thread_join(&s->threads[j]->id);
	return rc;
}

int
http_server_start(struct http_server **out, const struct http_server_options *options,
    const struct io_listeners *listeners, vouch_err *err)
{
	struct http_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_nomem(err);
	s->options = *options;
	fill_defaults(s);
	int rc = http_addresses_new(&s->addresses, s->options.connections, err);
	if (rc == VOUCH_OK)
		rc = make_threads(s, http_server_threads(options), listeners, err);
	if (rc == VOUCH_OK)
		rc = run_threads(s, err);
	if (rc == VOUCH_OK)
		*out = s;
	else
		free_all(s);
	return rc;
}

void
http_server_stop(struct http_server *server)
{
	__atomic_add_fetch(&server->stops, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < server->thread_count; i++)
		uv_async_send(&server->threads[i]->wake);
}

void
http_server_free(struct http_server *server)
{
	if (server == NULL)
		return;
	for (unsigned i = 0; i < server->thread_count; i++)
		uv_thread_join(&server->threads[i]->id);
	free_all(server);
}

static void
add(uint64_t *sum, const uint64_t *counter)
{
	*sum += http_counter_read(counter);
}

void
http_server_count(const struct http_server *server, struct http_counters *out)
{
	*out = (struct http_counters){ 0 };
	for (unsigned i = 0; i < server->thread_count; i++) {
		const struct http_counters *c = &server->threads[i]->counters;
		add(&out->connections, &c->connections);
		add(&out->accepted, &c->accepted);
		add(&out->refused, &c->refused);
		for (size_t m = 0; m < HTTP_METHODS; m++)
			for (size_t row = 0; row < HTTP_STATUSES; row++)
				add(&out->requests[m][row], &c->requests[m][row]);
	}
}
