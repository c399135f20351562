/* SPDX-License-Identifier: Apache-2.0 */
/* Questions as HTTP requests (RFC 6960 appendix A). */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include "bench/questions.h"
#include "bench/url.h"

struct bench_wire { /* of one thread: it has memory to work in */
	const struct bench_questions *questions;
	vouch_buf get_begin, get_end, post_begin,
	    post_end; /* around the base64, around the length of the body */
	vouch_buf der, base64;
};

/* close: each request says that its connection ends with it. */
VOUCH_MUST int bench_wire_init(struct bench_wire *out, const struct bench_questions *questions,
    const struct bench_url *url, bool close, vouch_err *err);
void bench_wire_clear(struct bench_wire *wire);
/* Appends the request; memory is taken only until the largest one was seen. */
VOUCH_MUST int bench_wire_write(struct bench_wire *wire, uint64_t number, const uint8_t nonce[BENCH_NONCE],
    bool get, vouch_buf *out);

#endif
