/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an answer: counted, timed, looked into, perhaps kept. */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include "bench/thread.h"

/* To the request of this slot, at the time now_ns.  Fails without memory alone. */
VOUCH_MUST int bench_answer_take(struct bench_thread *t, const struct bench_slot *slot,
    const struct bench_answer *answer);

#endif
