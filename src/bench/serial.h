/* SPDX-License-Identifier: Apache-2.0 */
/* Counting with serial numbers: contents of DER INTEGERs, not negative. */
#ifndef BENCH_SERIAL_H
#define BENCH_SERIAL_H

#include "bench/questions.h"

/* How many there are from first to last, both included: 1 to BENCH_QUESTIONS_MAX. */
VOUCH_MUST int bench_serial_count(vouch_span first, vouch_span last, uint64_t *out, vouch_err *err);
/* first + number, written into out; what bench_serial_count() has counted has room. */
vouch_span bench_serial_at(vouch_span first, uint64_t number, uint8_t out[BENCH_SERIAL_MAX]);

#endif
