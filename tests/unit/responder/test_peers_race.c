/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads that share answers while certificates are revoked. */
#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/buf.h"

#define THREADS 8
#define ROUNDS_DEFAULT 400 /* VOUCH_SOAK asks for more */
#define SERIALS 3
#define CHANGE_EVERY 2 /* rounds of the first thread */

/* A source whose certificates change one after another: revoked, then good, then revoked … */
static _Atomic unsigned changed; /* how many changes there were */
static _Atomic unsigned heard;	 /* how many of them the responder was told of */

/* A certificate after so many changes of all. */
static bool
is_revoked(unsigned changes, unsigned serial)
{
	return (changes + SERIALS - 1 - serial) / SERIALS % 2 == 1;
}

static int
race_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	(void)ctx;
	(void)issuer;
	(void)now;
	(void)err;
	bool is = is_revoked(atomic_load(&changed), serial.data[0] - 1u);
	out->cert_status = is ? VOUCH_REVOKED : VOUCH_GOOD;
	out->revocation_time = is ? NOW - 10 : VOUCH_TIME_ABSENT;
	return VOUCH_OK;
}

static int
race_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	unsigned from = 0, to = atomic_load(&changed);

	(void)ctx;
	(void)err;
	if (cursor->len == sizeof(from))
		memcpy(&from, cursor->data, sizeof(from));
	for (; from < to; from++) {
		uint8_t serial = (uint8_t)(from % SERIALS + 1);
		cb(arg, span_of(&serial, 1));
	}
	buf_clear(cursor);
	return vouch_buf_append(cursor, &to, sizeof(to));
}

static void
race_close(void *ctx)
{
	free(ctx); /* the fixture's */
}

static const vouch_source_ops race_source_ops = { .abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE,
	.name = "race",
	.lookup = race_lookup,
	.changes = race_changes,
	.close = race_close };

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t told;
	unsigned count; /* how often ready was called */
};

static void
on_ready(void *arg)
{
	struct waiting *w = arg;

	pthread_mutex_lock(&w->lock);
	w->count++;
	pthread_cond_signal(&w->told);
	pthread_mutex_unlock(&w->lock);
}

/* Until it was told, which is once. */
static void
wait_for_peer(struct waiting *w, vouch_job *job)
{
	w->count = 0;
	vouch_job_await(job, on_ready, w);
	pthread_mutex_lock(&w->lock);
	while (w->count == 0)
		pthread_cond_wait(&w->told, &w->lock);
	if (w->count != 1)
		abort();
	pthread_mutex_unlock(&w->lock);
}

static void
sign(vouch_job *job)
{
	vouch_buf signature = { 0 };
	vouch_signer *signer;
	vouch_span tbs = vouch_job_tbs(job, &signer);

	if (vouch_signer_sign(signer, tbs, &signature, NULL) != VOUCH_OK)
		abort();
	vouch_job_signed(job, span_buf(&signature));
	vouch_buf_free(&signature);
}

struct asker {
	pthread_t thread;
	const struct fixture *f;
	vouch_buf requests[SERIALS];
	unsigned number, rounds;
	struct waiting waiting;
	unsigned wrong, shared, ended, overtaken;
};

/* False: it gave up, at a step that depends on the round. */
static bool
run(struct asker *a, vouch_job *job, unsigned round)
{
	int step;

	for (unsigned steps = 0; (step = vouch_job_step(job, NOW)) != VOUCH_DONE; steps++) {
		if (round % 7 == 3 && steps == round % 3)
			return false;
		if (step == VOUCH_WANT_PEER && round % 5 == 2) {
			/* it is freed while it waits, maybe just now told */
			a->waiting.count = 0;
			vouch_job_await(job, on_ready, &a->waiting);
			return false;
		}
		switch ((enum vouch_step)step) {
		case VOUCH_WANT_STATUS:
			vouch_job_lookup(job, NOW);
			sched_yield(); /* now others come */
			break;
		case VOUCH_WANT_SIGNATURE:
			sign(job);
			break;
		case VOUCH_WANT_PEER:
			wait_for_peer(&a->waiting, job);
			break;
		case VOUCH_DONE:
			break;
		}
	}
	return true;
}

/* What was heard when it began cannot be missing in its answer. */
static void
judge(struct asker *a, const vouch_job *job, unsigned serial, unsigned before)
{
	const vouch_outcome *o = vouch_job_outcome(job);
	bool is = o->statuses[VOUCH_REVOKED] == 1, may_be = false;

	/* Changed again each time that it was signed. */
	if (o->response_status == VOUCH_TRY_LATER && o->error == VOUCH_EUNAVAILABLE) {
		a->overtaken++;
		return;
	}
	/* Changes went on meanwhile: the answer says what was true at one of the positions since. */
	for (unsigned changes = before; changes <= atomic_load(&changed); changes++)
		may_be = may_be || is_revoked(changes, serial) == is;
	a->wrong += o->response_status != VOUCH_SUCCESSFUL || !may_be;
	a->shared += o->served_from == VOUCH_SERVED_PEER;
	a->ended++;
}

static void
change_one(const struct fixture *f)
{
	unsigned change = atomic_load(&changed) + 1;

	atomic_store(&changed, change);
	if (vouch_responder_poll(f->responder, NOW, f->monotonic_ms, NULL) != VOUCH_OK)
		abort();
	atomic_store(&heard, change);
}

static void *
ask(void *arg)
{
	struct asker *a = arg;

	for (unsigned round = 0; round < a->rounds; round++) {
		if (a->number == 0 && round % CHANGE_EVERY == 0)
			change_one(a->f);
		unsigned serial = round / 4 % SERIALS, before = atomic_load(&heard);
		vouch_call call = fixture_call(a->f, NOW);
		vouch_job *job;
		call.flags = VOUCH_CALL_COALESCE | (round % 11 == 5 ? VOUCH_CALL_RENEW : 0);
		if (vouch_job_start(&job, a->f->responder, &call, span_buf(&a->requests[serial])) != VOUCH_OK)
			abort();
		if (run(a, job, round) && vouch_job_outcome(job)->error != VOUCH_EAGAIN)
			judge(a, job, serial, before);
		vouch_job_free(job);
	}
	return NULL;
}

static void
begin_asker(struct asker *a, const struct fixture *f, unsigned number)
{
	const char *wish = getenv("VOUCH_SOAK");

	*a = (struct asker){ .f = f, .number = number };
	a->rounds = wish != NULL ? (unsigned)strtoul(wish, NULL, 10) : ROUNDS_DEFAULT;
	pthread_mutex_init(&a->waiting.lock, NULL);
	pthread_cond_init(&a->waiting.told, NULL);
	for (uint8_t serial = 1; serial <= SERIALS; serial++)
		fixture_request(f, &a->requests[serial - 1], VOUCH_SHA256, &serial, 1, (vouch_span){ 0 });
	assert_int_equal(pthread_create(&a->thread, NULL, ask, a), 0);
}

static void
end_asker(struct asker *a)
{
	assert_int_equal(pthread_join(a->thread, NULL), 0);
	for (size_t i = 0; i < SERIALS; i++)
		vouch_buf_free(&a->requests[i]);
	pthread_cond_destroy(&a->waiting.told);
	pthread_mutex_destroy(&a->waiting.lock);
}

static void
make(struct fixture *f)
{
	vouch_issuer_options options;

	vouch_issuer_options_init(&options);
	options.verify_signatures = VOUCH_VERIFY_NEVER;
	fixture_make(f, &options, &race_source_ops);
	f->memory = NULL;
}

static void
many_threads_share_answers_and_none_gets_a_status_of_before(void **state)
{
	static struct asker askers[THREADS];
	struct fixture f;
	unsigned wrong = 0, shared = 0, ended = 0, overtaken = 0;

	(void)state;
	make(&f);
	for (unsigned i = 0; i < THREADS; i++)
		begin_asker(&askers[i], &f, i);
	for (unsigned i = 0; i < THREADS; i++) {
		end_asker(&askers[i]);
		wrong += askers[i].wrong;
		shared += askers[i].shared;
		ended += askers[i].ended;
		overtaken += askers[i].overtaken;
	}
	assert_int_equal(wrong, 0);
	assert_true(ended > 10 * overtaken);
	print_message("%u answers, %u of them a peer's, %d signatures\n", ended, shared,
	    f.faulty->signatures);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_threads_share_answers_and_none_gets_a_status_of_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
