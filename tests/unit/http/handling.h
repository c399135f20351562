/* SPDX-License-Identifier: Apache-2.0 */
/* A server of the library with a handler of ours, which tells what it saw, keeps exchanges, and blocks. */
#ifndef TEST_HTTP_HANDLING_H
#define TEST_HTTP_HANDLING_H

#include "http/library.h"
#include "waiting.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define KEPT_MAX 256

/*
 * By the path: /keep the exchange waits in kept; /block its thread waits at the gate; /status/302 that
 * status; /fields with the fields of the request's body; any other: what it saw, as text.
 */
struct handling {
	vouch_http *http;
	uv_mutex_t lock;
	uv_cond_t changed;
	vouch_http_exchange *kept[KEPT_MAX];
	size_t kept_count;
	unsigned blocked, permits; /* at the gate */
	unsigned answered;	   /* how often the access log was told */
	unsigned last_status;
};

/* handler, its argument and answered are ours; address NULL: 127.0.0.1:0. */
void handling_start(struct handling *h, vouch_http_options o, const char *address);
/* Frees the server, if it still is there, and the rest. */
void handling_end(struct handling *h);
size_t handling_kept(struct handling *h);
/* Answers all that are kept, with a text. */
void handling_answer_kept(struct handling *h, const char *text);
unsigned handling_blocked(struct handling *h);
void handling_unblock(struct handling *h, unsigned count);
unsigned handling_answered(struct handling *h);

#endif
