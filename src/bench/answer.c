/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an answer. */
#include "bench/answer.h"

#include <string.h>

#include "bench/judge.h"
#include "io/clock.h"

static int
look_into(struct bench_thread *t, const struct bench_slot *slot, vouch_span body)
{
	struct bench_asked asked = { .number = slot->number, .received = io_wall_seconds() };
	uint8_t octets[BENCH_SERIAL_MAX];
	const struct bench_options *options = t->plan->options;

	if (!bench_judge_mentions(body, bench_questions_serial(options->questions, slot->number, octets))) {
		bench_thread_error(t, BENCH_OTHER_CERTIFICATE, 1);
		return VOUCH_OK;
	}
	memcpy(asked.nonce, slot->nonce, sizeof(asked.nonce));
	if (options->verify_all)
		bench_verify(&t->verdicts, options->questions, &options->belief, &asked, body);
	return bench_sample_offer(&t->sample, &asked, body);
}

static int
count_answer(struct bench_thread *t, const struct bench_slot *slot, const struct bench_answer *answer,
    enum bench_kind *kind)
{
	unsigned status = 0;

	t->tally->http_status[answer->status % BENCH_HTTP_STATUSES]++;
	if (answer->status != 200)
		return VOUCH_OK;
	if (!answer->is_ocsp || bench_judge_status(answer->body, &status) != VOUCH_OK) {
		bench_thread_error(t, BENCH_OCSP, 1);
		return VOUCH_OK;
	}
	t->tally->answered++;
	t->tally->response_status[status]++;
	if (status == VOUCH_TRY_LATER)
		*kind = BENCH_TRY_LATER;
	if (status != VOUCH_SUCCESSFUL)
		return VOUCH_OK;
	*kind = BENCH_SUCCESSFUL;
	return look_into(t, slot, answer->body);
}

int
bench_answer_take(struct bench_thread *t, const struct bench_slot *slot, const struct bench_answer *answer)
{
	enum bench_kind kind = BENCH_OTHER;
	int code = count_answer(t, slot, answer, &kind);

	bench_histogram_add(&t->tally->latency[kind],
	    t->now_ns > slot->intended_ns ? t->now_ns - slot->intended_ns : 0);
	atomic_store_explicit(&t->answered, t->tally->answered, memory_order_relaxed);
	return code;
}
