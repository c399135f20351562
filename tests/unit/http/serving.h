/* SPDX-License-Identifier: Apache-2.0 */
/* A server of a test's own on a free port, whose handler does what the path asks for. */
#ifndef TEST_HTTP_SERVING_H
#define TEST_HTTP_SERVING_H

#include "base/buf.h"
#include "client.h"
#include "http/server.h"
#include "waiting.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define LATE_MAX 64
#define LARGE 4000000 /* octets of /large */
#define LAST 200      /* connections that go last */

/* Exchanges that wait for /release. */
struct late {
	uv_mutex_t lock;
	struct http_exchange *waiting[LATE_MAX];
	size_t count;
	bool release;
};

struct running {
	struct io_listeners listeners;
	struct http_server *server;
	struct late late;
	uint8_t *large;
	vouch_buf read; /* of the client's */
	unsigned stopped;
	/* Of the one thread of a test about turns: */
	unsigned at_gate, is_open; /* atomic */
	int prompt_fd; /* sends a request of its own when the tenth of those that go last is there */
	unsigned gone_last, gone_before_prompt;
};

/* A row of cmocka's table: a test whose *state is a struct running, with a server of these options. */
#define SERVED(test, ...) \
	{ \
		.name = #test, .test_func = test, .setup_func = serving_setup, \
		.teardown_func = serving_teardown, .initial_state = &(struct http_server_options) \
		{ \
			__VA_ARGS__ \
		} \
	}

int serving_setup(void **state);
int serving_teardown(void **state);

/* The same for a test that has its server by itself. */
void serving_start(struct running *r, struct http_server_options *o, const char *address);
void serving_end(struct running *r);

/* "METHOD target body", or what the path asks for: /late, /gate, /last, /prompt, /large. */
void serving_handle(void *running, struct http_exchange *e);

/* Those that wait are answered from now on. */
void serving_release(struct running *r);
size_t serving_late(struct running *r);
uint64_t serving_connections(const struct running *r);

#endif
