/* SPDX-License-Identifier: Apache-2.0 */
/* An OCSPRequest with gaps for the serial number and the nonce. */
#ifndef BENCH_TEMPLATE_H
#define BENCH_TEMPLATE_H

#include "bench/questions.h"

struct bench_template {
	vouch_buf octets; /* empty: not made yet */
	size_t serial_at, serial_len, nonce_at;
};

/* For serial numbers of this many octets. */
VOUCH_MUST int bench_template_make(struct bench_template *out, vouch_issuer *issuer, enum vouch_hash hash,
    bool nonce, size_t serial_len, vouch_err *err);
/* Appends a request.  serial_number is as long as the template says; nonce is NULL where there is none. */
VOUCH_MUST int bench_template_write(const struct bench_template *t, vouch_span serial_number,
    const uint8_t *nonce, vouch_buf *out);

#endif
