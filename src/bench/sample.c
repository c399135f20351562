/* SPDX-License-Identifier: Apache-2.0 */
/* Answers kept while the load runs: a reservoir (Vitter's algorithm R). */
#include "bench/sample.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"

int
bench_sample_init(struct bench_sample *out, size_t room, uint64_t seed, vouch_err *err)
{
	struct bench_kept *kept = room > 0 ? calloc(room, sizeof(*kept)) : NULL;

	if (room > 0 && kept == NULL)
		return err_nomem(err);
	*out = (struct bench_sample){ .kept = kept, .room = room, .random = { seed } };
	return VOUCH_OK;
}

void
bench_sample_clear(struct bench_sample *sample)
{
	for (size_t i = 0; i < sample->count; i++)
		vouch_buf_free(&sample->kept[i].answer);
	free(sample->kept);
	*sample = (struct bench_sample){ 0 };
}

/* Where the answer goes that was chosen; NULL: it was not. */
static struct bench_kept *
choose(struct bench_sample *sample)
{
	sample->offered++;
	if (sample->count < sample->room)
		return &sample->kept[sample->count++];
	uint64_t place = bench_random_below(&sample->random, sample->offered);
	return place < sample->room ? &sample->kept[place] : NULL;
}

int
bench_sample_offer(struct bench_sample *sample, const struct bench_asked *asked, vouch_span answer)
{
	struct bench_kept *kept = sample->room > 0 ? choose(sample) : NULL;

	if (kept == NULL)
		return VOUCH_OK;
	kept->asked = *asked;
	buf_clear(&kept->answer);
	return buf_append_span(&kept->answer, answer);
}

static void
count_broken(struct bench_verdicts *v, const char *rule, uint64_t count)
{
	for (size_t i = 0; i < BENCH_RULES; i++) {
		if (v->broken[i].rule == NULL)
			v->broken[i].rule = rule;
		if (strcmp(v->broken[i].rule, rule) != 0)
			continue;
		v->broken[i].count += count;
		return;
	}
}

static int
ask_again(vouch_request *request, const struct bench_questions *questions, const struct bench_asked *asked,
    vouch_err *err)
{
	uint8_t octets[BENCH_SERIAL_MAX];
	vouch_span serial_number = bench_questions_serial(questions, asked->number, octets);

	if (vouch_request_add(request, bench_questions_issuer(questions, asked->number), serial_number,
		bench_questions_hash(questions), err) != VOUCH_OK)
		return err->code;
	if (!bench_questions_have_nonce(questions))
		return VOUCH_OK;
	return vouch_request_set_nonce(request, SPAN_ARRAY(asked->nonce), err);
}

static int
read_status(const vouch_response *response, unsigned *cert_status, vouch_err *err)
{
	vouch_single single = { .size = sizeof(single) };

	if (vouch_response_status(response) != VOUCH_SUCCESSFUL ||
	    vouch_response_single(response, 0, &single) != VOUCH_OK || single.cert_status > VOUCH_UNKNOWN) {
		err_set(err, VOUCH_EVERIFY, "the answer has no entry for the certificate");
		return err_rule(err, "response_status");
	}
	*cert_status = single.cert_status;
	return VOUCH_OK;
}

static int
verify(const struct bench_questions *questions, const struct bench_belief *belief,
    const struct bench_asked *asked, vouch_span answer, unsigned *cert_status, vouch_err *err)
{
	const vouch_verify_options options = { .size = sizeof(options),
		.now = asked->received,
		.skew = 300,
		.require_nonce = true,
		.require_next_update = !belief->next_update_optional,
		.trusted_signer = belief->trusted_signer };
	vouch_request *request = NULL;
	vouch_response *response = NULL;
	int code = vouch_request_new(&request, err);

	if (code == VOUCH_OK)
		code = ask_again(request, questions, asked, err);
	if (code == VOUCH_OK)
		code = vouch_response_verify(&response, answer, request, &options, err);
	if (code == VOUCH_OK)
		code = read_status(response, cert_status, err);
	vouch_request_free(request);
	vouch_response_free(response);
	return code;
}

void
bench_verify(struct bench_verdicts *verdicts, const struct bench_questions *questions,
    const struct bench_belief *belief, const struct bench_asked *asked, vouch_span answer)
{
	vouch_err err = { 0 };
	unsigned cert_status = VOUCH_STATUS_UNSET;

	verdicts->verified++;
	if (verify(questions, belief, asked, answer, &cert_status, &err) == VOUCH_OK) {
		verdicts->cert_status[cert_status]++;
		return;
	}
	if (verdicts->failed++ == 0)
		memcpy(verdicts->first, err.msg, sizeof(verdicts->first));
	count_broken(verdicts, err.rule != NULL ? err.rule : err_name(err.code), 1);
}

void
bench_sample_verify(struct bench_verdicts *verdicts, const struct bench_questions *questions,
    const struct bench_belief *belief, const struct bench_sample *sample)
{
	for (size_t i = 0; i < sample->count; i++)
		bench_verify(verdicts, questions, belief, &sample->kept[i].asked,
		    span_buf(&sample->kept[i].answer));
}

void
bench_verdicts_merge(struct bench_verdicts *into, const struct bench_verdicts *from)
{
	if (into->failed == 0)
		memcpy(into->first, from->first, sizeof(into->first));
	into->verified += from->verified;
	into->failed += from->failed;
	for (size_t i = 0; i <= VOUCH_UNKNOWN; i++)
		into->cert_status[i] += from->cert_status[i];
	for (size_t i = 0; i < BENCH_RULES && from->broken[i].rule != NULL; i++)
		count_broken(into, from->broken[i].rule, from->broken[i].count);
}
