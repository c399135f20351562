/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers kept while the load runs, each with the same chance, and verified in full when it is over:
 * verifying costs more than the rest of a request, and would be measured.
 */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include "bench/questions.h"
#include "bench/random.h"

#define BENCH_RULES 32 /* more than there are names for what an answer can break */

struct bench_verdicts {	   /* starts as zero */
	uint64_t verified; /* all of them */
	uint64_t cert_status[VOUCH_UNKNOWN + 1];
	uint64_t failed;
	struct bench_broken {
		const char *rule; /* static; NULL beyond the last */
		uint64_t count;
	} broken[BENCH_RULES];
	char first[sizeof(((vouch_err *)0)->msg)]; /* what the first failure was */
};

struct bench_asked {	 /* what an answer is held against */
	uint64_t number; /* of the question */
	uint8_t nonce[BENCH_NONCE];
	vouch_time received;
};

struct bench_kept {
	struct bench_asked asked;
	vouch_buf answer;
};

struct bench_sample { /* starts as zero, but for the room */
	struct bench_kept *kept;
	size_t count, room;
	uint64_t offered;
	struct bench_random random;
};

struct bench_belief { /* what a client insists on */
	bool next_update_optional;
	vouch_span trusted_signer; /* DER, or empty */
};

VOUCH_MUST int bench_sample_init(struct bench_sample *out, size_t room, uint64_t seed, vouch_err *err);
void bench_sample_clear(struct bench_sample *sample);
/* Every successful answer is offered; by chance it is copied.  Fails without memory alone. */
VOUCH_MUST int bench_sample_offer(struct bench_sample *sample, const struct bench_asked *asked,
    vouch_span answer);

/* One answer, by the rules of vouch query. */
void bench_verify(struct bench_verdicts *verdicts, const struct bench_questions *questions,
    const struct bench_belief *belief, const struct bench_asked *asked, vouch_span answer);
void bench_sample_verify(struct bench_verdicts *verdicts, const struct bench_questions *questions,
    const struct bench_belief *belief, const struct bench_sample *sample);
void bench_verdicts_merge(struct bench_verdicts *into, const struct bench_verdicts *from);

#endif
