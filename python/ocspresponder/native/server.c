/* SPDX-License-Identifier: Apache-2.0 */
/* The server: libvouch-http with a handler that goes by the plan, or leaves the exchange to Python. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "path.h"
#include "plan.h"
#include "python.h"

#define POOL_THREADS 64 /* functions of the program may wait, each on a thread */
#define HEAD_LIMIT (64 * 1024)
#define BODY_LIMIT (1024 * 1024) /* routes of the program's own take more than OCSP does */
#define DRAIN_MS 2000
#define LEAVING_STEPS 100
#define LEAVING_STEP_NS 1000000
/* No answer is late on our account: the original waited as long as its functions did. */
#define JOB_MS (3600u * 1000)

static const char FIELDS[] = "Content-Type: application/ocsp-response\r\n";

struct server {
	void *python;
	vouch_http *http;
	atomic_uint answering; /* exchanges on threads of the pool */
	pthread_mutex_t plan_lock;
	plan *plan;
};

static plan *
current_plan(server *s)
{
	pthread_mutex_lock(&s->plan_lock);
	plan *p = s->plan == NULL ? NULL : plan_ref(s->plan);
	pthread_mutex_unlock(&s->plan_lock);
	return p;
}

static void
answer(server *s, vouch_http_exchange *exchange)
{
	plan *p = current_plan(s);
	vouch_http_request request = { .size = sizeof(request) };
	uint8_t memory[PATH_OCTETS_MAX];
	vouch_span der;
	vouch_buf out = { 0 };
	bool asked = false;

	vouch_http_exchange_request(exchange, &request);
	if (p != NULL && path_request(&request, memory, &der) &&
	    plan_answer_http(p, der, &request, &out, &asked))
		vouch_http_respond(exchange, 200, (vouch_span){ (const uint8_t *)FIELDS, sizeof(FIELDS) - 1 },
		    (vouch_span){ out.data, out.len });
	else
		python_exchange(s->python, exchange, asked);
	vouch_buf_free(&out);
	plan_free(p);
}

static void
on_exchange(void *arg, vouch_http_exchange *exchange)
{
	server *s = arg;

	s->answering++;
	answer(s, exchange);
	s->answering--;
}

void
server_free(server *s)
{
	if (s == NULL)
		return;
	vouch_http_free(s->http);
	plan_free(s->plan);
	pthread_mutex_destroy(&s->plan_lock);
	free(s);
}

int
server_start(server **out, void *python, const char *address, char *message)
{
	vouch_err err = { .code = VOUCH_OK };
	server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return VOUCH_ENOMEM;
	s->python = python;
	pthread_mutex_init(&s->plan_lock, NULL);
	vouch_http_options options = {
		.size = sizeof(options),
		.flags = VOUCH_HTTP_HANDLER_BLOCKS | VOUCH_HTTP_ANY_METHOD,
		.addresses = &address,
		.address_count = 1,
		.handler = on_exchange,
		.handler_arg = s,
		.threads = 1,
		.pool_threads = POOL_THREADS,
		.job_time_ms = JOB_MS,
		.per_address =
		    UINT32_MAX, /* the original knew no such limit, and tests come from one address */
		.head_limit = HEAD_LIMIT,
		.body_limit = BODY_LIMIT,
		.drain_time_ms = DRAIN_MS,
	};
	int code = vouch_http_start(&s->http, &options, &err);
	if (code != VOUCH_OK) {
		snprintf(message, MESSAGE_SIZE, "%s", err.msg);
		s->http = NULL;
		server_free(s);
		return code;
	}
	*out = s;
	return VOUCH_OK;
}

void
server_set_plan(server *s, plan *p)
{
	pthread_mutex_lock(&s->plan_lock);
	plan *before = s->plan;
	s->plan = p == NULL ? NULL : plan_ref(p);
	pthread_mutex_unlock(&s->plan_lock);
	plan_free(before);
}

const char *
server_address(const server *s)
{
	return vouch_http_address(s->http, 0);
}

bool
server_end(server *s)
{
	vouch_http_stop(s->http);
	vouch_http_wait(s->http);
	/* Who has answered is on the way out. */
	for (int i = 0; s->answering > 0 && i < LEAVING_STEPS; i++)
		nanosleep(&(struct timespec){ .tv_nsec = LEAVING_STEP_NS }, NULL);
	if (s->answering > 0)
		return false;
	server_free(s);
	return true;
}

void
exchange_look(vouch_http_exchange *exchange, exchange_view *view)
{
	vouch_http_request request = { .size = sizeof(request) };

	vouch_http_exchange_request(exchange, &request);
	*view = (exchange_view){
		.method = request.method,
		.version = vouch_http_exchange_version(exchange),
		.peer = vouch_http_exchange_peer(exchange),
		.target = request.target,
		.body = request.body,
	};
}

bool
exchange_field(const vouch_http_exchange *exchange, size_t number, vouch_span *name, vouch_span *value)
{
	return vouch_http_exchange_field(exchange, number, name, value);
}

void
exchange_respond(vouch_http_exchange *exchange, unsigned status, const uint8_t *fields, size_t fields_len,
    const uint8_t *body, size_t body_len)
{
	vouch_http_respond(exchange, status, (vouch_span){ fields, fields_len },
	    (vouch_span){ body, body_len });
}
