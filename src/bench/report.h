/* SPDX-License-Identifier: Apache-2.0 */
/* What a load has found, for people and for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench/bench.h"

VOUCH_MUST int bench_report_text(vouch_buf *out, const struct bench_result *result, vouch_err *err);
/* One JSON object on a line; durations in seconds. */
VOUCH_MUST int bench_report_json(vouch_buf *out, const struct bench_result *result, vouch_err *err);
/* What is wrong, in a line; false: nothing is. */
bool bench_report_fault(const struct bench_result *result, vouch_err *err);

#endif
