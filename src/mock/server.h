/* SPDX-License-Identifier: Apache-2.0 */
/* The mock as a handler of the HTTP server: one thread, so that answers come in the order of the script. */
#ifndef MOCK_SERVER_H
#define MOCK_SERVER_H

#include "http/server.h"
#include "mock/journal.h"
#include "mock/question.h"
#include "mock/wire.h"

struct mock_pending; /* an exchange that waits before it is answered */

struct mock_server {
	struct mock_cast *cast;
	struct mock_script script, initial; /* as it is now, and as it began */
	struct mock_defaults defaults;
	struct mock_uses always;  /* faults of every answer, beside those that are chosen */
	struct mock_uses control; /* chosen at run time */
	bool has_control;
	struct mock_random choices;   /* of the fault `random` */
	struct mock_journal *journal; /* NULL: none */
	uint64_t requests;	      /* answered with OCSP, or something in its place */
	/* Of the loop thread alone */
	struct mock_wires wires;
	struct mock_pending *pending;
	size_t pending_count;
	bool stopping; /* atomic; set before the HTTP server is told to stop */
};

/* Of http_server_options; arg is the struct mock_server. */
void mock_server_handle(void *arg, struct http_exchange *exchange);
void mock_server_tick(void *arg, unsigned thread, uv_loop_t *loop, bool last);
/* Everything that the script and what is beside it ask for can be had. */
VOUCH_MUST int mock_server_check(const struct mock_server *server, vouch_err *err);
void mock_server_clear(struct mock_server *server);

#endif
