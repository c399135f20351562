/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP responses out of a stream of octets: with a length, chunked, or up to the end of the connection. */
#ifndef BENCH_READER_H
#define BENCH_READER_H

#include <llhttp.h>
#include <vouch.h>

#define BENCH_ANSWER_MAX (1 << 20) /* the largest real responses (SLH-DSA, with a chain) are about 110 kB */

struct bench_answer {
	unsigned status; /* of HTTP */
	bool is_ocsp;	 /* by its Content-Type */
	bool is_last;	 /* the connection ends behind it */
	vouch_span body; /* until the callback returns */
};

/* Not VOUCH_OK ends the reading with that code. */
typedef int bench_answer_cb(void *arg, const struct bench_answer *answer);

struct bench_reader { /* one for a connection; does not move */
	llhttp_t http;
	bench_answer_cb *cb;
	void *arg;
	vouch_buf body;
	char name[13], value[26]; /* the beginning of a field: application/ocsp-response, and what ends it */
	uint8_t name_len, value_len;
	bool is_type, is_ocsp, is_begun;
	int code;
};

/* Begins a stream; memory of the one before is kept. */
void bench_reader_begin(struct bench_reader *r, bench_answer_cb *cb, void *arg);
/*
 * VOUCH_EPARSE for what is no HTTP, VOUCH_ELIMIT for a body that is too large, else what the callback
 * returned.
 */
VOUCH_MUST int bench_reader_feed(struct bench_reader *r, const uint8_t *data, size_t len);
/* The connection ended: VOUCH_EPARSE in the middle of a response. */
VOUCH_MUST int bench_reader_end(struct bench_reader *r);
/* False while no octet of the next response was there. */
bool bench_reader_has_begun(const struct bench_reader *r);
void bench_reader_clear(struct bench_reader *r);

#endif
