/* SPDX-License-Identifier: Apache-2.0 */
/* Answers kept by chance, and what is made of them when they are verified. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../client/draft.h"
#include "bench/sample.h"

static void
offer(struct bench_sample *sample, uint64_t number, vouch_span answer)
{
	struct bench_asked asked = { .number = number, .received = DRAFT_NOW };

	memcpy(asked.nonce, draft_nonce.data, draft_nonce.len);
	assert_int_equal(bench_sample_offer(sample, &asked, answer), VOUCH_OK);
}

/* With 20 of 1000, a thousand times, each has been kept 20 times; 3 and 60 are beyond all chance. */
static void
each_answer_has_the_same_chance_to_be_kept(void **state)
{
	static unsigned kept[1000];

	(void)state;
	for (uint64_t run = 0; run < 1000; run++) {
		struct bench_sample sample;
		vouch_err err = { 0 };
		assert_int_equal(bench_sample_init(&sample, 20, run * 77, &err), VOUCH_OK);
		for (uint64_t i = 0; i < 1000; i++)
			offer(&sample, i, SPAN_LITERAL("answer"));
		assert_int_equal(sample.count, 20);
		for (size_t i = 0; i < 20; i++)
			kept[sample.kept[i].asked.number]++;
		bench_sample_clear(&sample);
	}
	for (size_t i = 0; i < 1000; i++)
		assert_in_range(kept[i], 3, 60);
}

static void
what_fits_is_kept_whole(void **state)
{
	struct bench_sample sample;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(bench_sample_init(&sample, 5, 1, &err), VOUCH_OK);
	for (uint64_t i = 0; i < 3; i++)
		offer(&sample, i, SPAN_LITERAL("answer"));
	assert_int_equal(sample.count, 3);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(sample.kept[i].asked.number, i);
		assert_true(span_equal(span_buf(&sample.kept[i].answer), SPAN_LITERAL("answer")));
	}
	bench_sample_clear(&sample);
	assert_int_equal(bench_sample_init(&sample, 0, 1, &err), VOUCH_OK);
	offer(&sample, 1, SPAN_LITERAL("answer"));
	assert_int_equal(sample.count, 0);
	bench_sample_clear(&sample);
}

static struct bench_questions *
ask_about_5(void)
{
	static const uint8_t five[] = { 5 };
	struct bench_questions *q = NULL;
	vouch_err err = { 0 };

	assert_int_equal(bench_questions_new(&q, VOUCH_SHA256, true, &err), VOUCH_OK);
	assert_int_equal(bench_questions_add(q, draft_issuer(CA), SPAN_ARRAY(five), &err), VOUCH_OK);
	return q;
}

static void
verify(struct bench_verdicts *v, const struct bench_questions *q, const struct draft *draft,
    const struct bench_belief *belief)
{
	struct bench_sample sample;
	vouch_buf answer = { 0 };
	vouch_err err = { 0 };

	draft_encode(draft, &answer);
	assert_int_equal(bench_sample_init(&sample, 1, 1, &err), VOUCH_OK);
	offer(&sample, 0, span_buf(&answer));
	bench_sample_verify(v, q, belief, &sample);
	bench_sample_clear(&sample);
	vouch_buf_free(&answer);
}

static void
answers_are_verified_as_a_client_would(void **state)
{
	static const struct {
		const char *rule; /* NULL: it verifies */
		struct draft draft;
		bool next_update_optional;
	} rows[] = {
		{ NULL, { 0 }, false },
		{ NULL, { .cert_status = VOUCH_REVOKED }, false },
		{ "signature", { .flip_signature = true }, false },
		{ "certid", { .serial = 6 }, false },
		{ "signer_issuer", { .signer = FOREIGN }, false },
		{ "nonce_missing", { .no_nonce = true }, false },
		{ "next_update", { .next_update = -500 }, false },
		{ "next_update_absent", { .no_next_update = true }, false },
		{ NULL, { .no_next_update = true }, true },
	};
	struct bench_questions *q = ask_about_5();

	(void)state;
	assert_int_equal(draft_nonce.len, BENCH_NONCE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench_verdicts v = { 0 };
		const struct bench_belief belief = { .next_update_optional = rows[i].next_update_optional };
		verify(&v, q, &rows[i].draft, &belief);
		assert_int_equal(v.verified, 1);
		assert_int_equal(v.failed, rows[i].rule != NULL);
		if (rows[i].rule != NULL) {
			assert_string_equal(v.broken[0].rule, rows[i].rule);
			assert_int_equal(v.broken[0].count, 1);
			assert_true(v.first[0] != '\0');
		} else {
			assert_int_equal(v.cert_status[VOUCH_GOOD] + v.cert_status[VOUCH_REVOKED], 1);
		}
	}
	bench_questions_free(q);
}

static void
verdicts_of_several_threads_add_up(void **state)
{
	const struct draft good = { 0 }, revoked = { .cert_status = VOUCH_REVOKED },
			   broken = { .flip_signature = true }, late = { .next_update = -500 };
	const struct bench_belief belief = { 0 };
	struct bench_questions *q = ask_about_5();
	struct bench_verdicts one = { 0 }, two = { 0 };

	(void)state;
	verify(&one, q, &good, &belief);
	verify(&one, q, &broken, &belief);
	verify(&two, q, &revoked, &belief);
	verify(&two, q, &late, &belief);
	verify(&two, q, &broken, &belief);
	bench_verdicts_merge(&one, &two);
	assert_int_equal(one.verified, 5);
	assert_int_equal(one.failed, 3);
	assert_int_equal(one.cert_status[VOUCH_GOOD], 1);
	assert_int_equal(one.cert_status[VOUCH_REVOKED], 1);
	assert_string_equal(one.broken[0].rule, "signature");
	assert_int_equal(one.broken[0].count, 2);
	assert_string_equal(one.broken[1].rule, "next_update");
	assert_null(one.broken[2].rule);
	bench_questions_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_has_the_same_chance_to_be_kept),
		cmocka_unit_test(what_fits_is_kept_whole),
		cmocka_unit_test(answers_are_verified_as_a_client_would),
		cmocka_unit_test(verdicts_of_several_threads_add_up),
	};

	return cmocka_run_group_tests(tests, draft_world_make, draft_world_clear);
}
