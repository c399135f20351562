/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever happens in whichever order, no answer is older than design 5 allows: certificates that are revoked, held,
 * released, issued and forgotten, a source that goes away, clocks that are set, reloads, a store that is full, jobs that
 * wait, share, are put off or forgotten.  VOUCH_SEED repeats a run, VOUCH_SOAK asks for more of them.
 */
#include "world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define WORLDS_DEFAULT 30
#define STEPS 400
#define JOBS 10
#define LOOKUP_MOST_MS 200
/* What may wait for a lookup, a signature or a peer: a lease, and what a clock of whole seconds cannot tell. */
#define LIVE_MS (WORLD_LEASE_MS + 2000 + LOOKUP_MOST_MS)

struct asked { /* a question, and the job that answers it */
	vouch_job *job;
	vouch_buf request;
	unsigned ca, count;
	uint8_t serials[2];
	unsigned policy, epoch;
	uint64_t begun_ms;
	unsigned heard; /* what the answer cannot leave out */
	bool follows;
};

struct play {
	struct world w;
	struct asked asked[JOBS];
	bool in_lookup;
	unsigned answers, stored;
};

/* --- Questions and answers ------------------------------------------------------------------------------ */

static void
write_request(struct play *p, struct asked *a, bool nonced)
{
	static const enum vouch_hash hashes[] = { VOUCH_SHA1, VOUCH_SHA256 };
	enum vouch_hash hash = hashes[world_below(&p->w, 2)];
	vouch_request *request;
	vouch_err err = { 0 };

	assert_int_equal(vouch_request_new(&request, &err), VOUCH_OK);
	for (unsigned i = 0; i < a->count; i++)
		assert_int_equal(vouch_request_add(request, p->w.issuers[0][a->ca],
				     span_of(&a->serials[i], 1), hash, &err),
		    VOUCH_OK);
	if (nonced)
		assert_int_equal(vouch_request_set_nonce(request, SPAN_LITERAL("0123456789abcdef"), &err),
		    VOUCH_OK);
	a->request.len = 0;
	assert_int_equal(vouch_request_encode(request, &a->request, &err), VOUCH_OK);
	vouch_request_free(request);
}

static void
invent(struct play *p, struct asked *a)
{
	struct world *w = &p->w;

	a->ca = (unsigned)world_below(w, WORLD_CAS);
	a->count = world_below(w, 8) == 0 ? 2 : 1;
	for (unsigned i = 0; i < a->count; i++)
		a->serials[i] = (uint8_t)(1 + world_below(w, WORLD_SERIALS));
	a->policy = w->policy;
	a->epoch = w->epoch;
	a->heard = w->heard;
	a->begun_ms = w->ms;
	a->follows = false;
	write_request(p, a, world_below(w, 4) == 0);
}

static void
judge(struct play *p, const struct asked *a, vouch_span response, const vouch_outcome *o, uint64_t window_ms)
{
	struct ocsp_single_response singles[2];
	struct ocsp_response parsed;
	vouch_time now = world_now(&p->w);
	vouch_err err = { 0 };

	assert_int_equal(ocsp_response_parse(response, singles, 2, &parsed, &err), VOUCH_OK);
	assert_int_equal(parsed.response_status, o->response_status);
	if (parsed.response_status != VOUCH_SUCCESSFUL) {
		assert_int_equal(parsed.response_status, VOUCH_TRY_LATER);
		return;
	}
	p->answers++;
	assert_int_equal(parsed.data.response_count, a->count);
	assert_true(parsed.data.produced_at <= now + 60);
	for (unsigned i = 0; i < a->count; i++) {
		const struct ocsp_single_response *s = &singles[i];
		assert_non_null(
		    memmem(a->request.data, a->request.len, s->certid.der.data, s->certid.der.len));
		if (s->this_update > parsed.data.produced_at || s->next_update <= now)
			fail_msg("served from %d: thisUpdate %+lld, producedAt %+lld, nextUpdate %+lld",
			    o->served_from, (long long)(s->this_update - now),
			    (long long)(parsed.data.produced_at - now), (long long)(s->next_update - now));
		world_judge(&p->w, a->ca, a->policy, s, window_ms, a->heard);
	}
}

static bool
found_in_store(struct play *p, const struct asked *a, const vouch_call *call)
{
	vouch_outcome outcome = { .size = sizeof(outcome) };
	vouch_buf out = { 0 };
	bool found = vouch_try_cached(p->w.responder, call, span_buf(&a->request), &out, &outcome) ==
	    VOUCH_OK;

	if (found) {
		judge(p, a, span_buf(&out), &outcome, WORLD_LEASE_MS);
		p->stored++;
	}
	vouch_buf_free(&out);
	return found;
}

static void
begin(struct play *p, struct asked *a)
{
	vouch_call call = { .size = sizeof(call), .now = world_now(&p->w), .monotonic_ms = p->w.ms };

	invent(p, a);
	if (world_below(&p->w, 4) != 0)
		call.flags |= VOUCH_CALL_COALESCE;
	if (world_below(&p->w, 8) == 0)
		call.flags |= VOUCH_CALL_RENEW;
	else if (found_in_store(p, a, &call))
		return;
	assert_int_equal(vouch_job_start(&a->job, p->w.responder, &call, span_buf(&a->request)), VOUCH_OK);
}

static void
forget(struct asked *a)
{
	vouch_job_free(a->job);
	a->job = NULL;
}

/* --- Jobs ----------------------------------------------------------------------------------------------- */

static unsigned
heard_by(const struct play *p, const struct asked *a)
{
	return a->epoch == p->w.epoch ? p->w.heard : a->heard;
}

static void
sign(struct play *p, struct asked *a)
{
	vouch_buf signature = { 0 };
	vouch_signer *signer;
	vouch_span tbs = vouch_job_tbs(a->job, &signer);

	assert_ptr_equal(signer, p->w.signers[a->ca]);
	if (world_below(&p->w, 16) != 0)
		assert_int_equal(vouch_signer_sign(signer, tbs, &signature, NULL), VOUCH_OK);
	a->heard = heard_by(p, a);
	vouch_job_signed(a->job, span_buf(&signature));
	vouch_buf_free(&signature);
}

static void
look_up(struct play *p, struct asked *a)
{
	a->heard = heard_by(p, a);
	p->in_lookup = true;
	vouch_job_lookup(a->job, world_now(&p->w));
	p->in_lookup = false;
}

/* Where a clock was set back, the poll alone tells how long a job has been at it. */
static uint64_t
unclear_ms(const struct play *p, const struct asked *a)
{
	if (a->begun_ms > p->w.calm_ms)
		return 0;
	return a->epoch == p->w.epoch ? p->w.ms - p->w.polled_ms : p->w.ms;
}

/* True: it has ended, and was judged. */
static bool
take_step(struct play *p, struct asked *a)
{
	int step = vouch_job_step(a->job, world_now(&p->w));

	a->follows = step == VOUCH_WANT_PEER;
	if (step != VOUCH_DONE)
		return false;
	judge(p, a, vouch_job_response(a->job), vouch_job_outcome(a->job), LIVE_MS + unclear_ms(p, a));
	forget(a);
	return true;
}

/* Who waits for a peer is told at once. */
static void
take_answers_of_peers(struct play *p)
{
	for (unsigned i = 0; i < JOBS; i++)
		if (p->asked[i].job != NULL && p->asked[i].follows)
			(void)take_step(p, &p->asked[i]);
}

static void
go_on(struct play *p, struct asked *a)
{
	int step = vouch_job_step(a->job, world_now(&p->w));

	if (step == VOUCH_WANT_STATUS)
		look_up(p, a);
	else if (step == VOUCH_WANT_SIGNATURE)
		sign(p, a);
	if (take_step(p, a))
		take_answers_of_peers(p);
}

static void
on_job(struct play *p)
{
	struct asked *a = &p->asked[world_below(&p->w, JOBS)];

	if (a->job == NULL) {
		begin(p, a);
		if (a->job != NULL)
			(void)take_step(p, a);
	} else if (world_below(&p->w, 16) == 0) {
		forget(a);
		take_answers_of_peers(p);
	} else if (world_below(&p->w, 32) == 0) {
		vouch_job_try_later(a->job, "the test says so");
		(void)take_step(p, a);
		take_answers_of_peers(p);
	} else {
		go_on(p, a);
	}
}

/* --- Everything else ------------------------------------------------------------------------------------ */

static void
pass(struct play *p)
{
	static const uint64_t most_ms[] = { 10, 50, 100, 300, 300, 1500, 9000, 400000 };

	p->w.ms += world_below(&p->w, most_ms[world_below(&p->w, sizeof(most_ms) / sizeof(most_ms[0]))]);
}

static void
set_clock(struct play *p)
{
	p->w.skew += (vouch_time)world_below(&p->w, 400) - 200;
	p->w.calm_ms = p->w.ms;
}

static void
on_rare_occasion(struct play *p)
{
	switch (world_below(&p->w, 6)) {
	case 0:
		set_clock(p);
		return;
	case 1:
		world_reload(&p->w);
		return;
	case 2:
		p->w.away = true;
		return;
	default:
		p->w.away = false;
	}
}

static void
happen(struct play *p)
{
	uint64_t what = world_below(&p->w, 100);

	if (what < 6)
		world_change(&p->w);
	else if (what < 20)
		world_poll(&p->w);
	else if (what < 30)
		pass(p);
	else if (what < 35)
		on_rare_occasion(p);
	else
		on_job(p);
}

/* The lookup has read what is true, and has not handed it over. */
static void
meanwhile(void *arg)
{
	struct play *p = arg;

	if (world_below(&p->w, 4) != 0)
		return;
	p->w.ms += world_below(&p->w, LOOKUP_MOST_MS);
	if (world_below(&p->w, 2) == 0)
		world_change(&p->w);
	if (world_below(&p->w, 2) == 0)
		world_poll(&p->w);
}

static void
play(uint64_t seed, unsigned *answers, unsigned *stored)
{
	static struct play p;

	memset(&p, 0, sizeof(p));
	world_make(&p.w, seed);
	p.w.meanwhile = meanwhile;
	p.w.arg = &p;
	for (unsigned step = 0; step < STEPS; step++)
		happen(&p);
	for (unsigned i = 0; i < JOBS; i++) {
		forget(&p.asked[i]);
		vouch_buf_free(&p.asked[i].request);
	}
	world_free(&p.w);
	*answers += p.answers;
	*stored += p.stored;
}

static void
no_answer_is_older_than_it_may_be(void **state)
{
	const char *seed = getenv("VOUCH_SEED"), *wish = getenv("VOUCH_SOAK");
	uint64_t first = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL) * 1000;
	unsigned long worlds = seed != NULL ? 1 : wish != NULL ? strtoul(wish, NULL, 10) : WORLDS_DEFAULT;
	unsigned answers = 0, stored = 0;

	(void)state;
	for (unsigned long i = 0; i < worlds; i++) {
		print_message("VOUCH_SEED=%" PRIu64 "\n", first + i);
		play(first + i, &answers, &stored);
	}
	print_message("%u answers, %u of them from the store\n", answers, stored);
	assert_true(seed != NULL || (answers > 20 * worlds && stored > worlds));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_answer_is_older_than_it_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
