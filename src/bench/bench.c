/* SPDX-License-Identifier: Apache-2.0 */
/* A load on a responder: its threads, and what they have found together. */
#include "bench/bench.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "bench/socket.h"
#include "bench/thread.h"
#include "io/loop.h"

#define LOOK_MS 20
#define PROGRESS_MS 100
#define LEAD_NS 50000000 /* until the first request of a rate is due: its connections are open by then */
#define SPARE_FILES 64	 /* beside the connections */

struct session {
	const struct bench_options *options;
	struct bench_plan plan;
	struct bench_thread *threads;
	unsigned count; /* of the threads that were made */
	uv_loop_t loop;
	uv_timer_t look;
	uv_signal_t interrupt, terminate;
	unsigned since_progress;
	bool interrupted;
};

/* --- Where to ------------------------------------------------------------------------------------------- */

/*
 * A name may stand for several addresses, of which not all answer: the first one that does is taken.  What was
 * opened to find that out is the load's first connection: some servers suffer from one that is closed unused.
 */
static int
choose_address(struct bench_plan *plan, vouch_err *err)
{
	struct io_address found[IO_ADDRESSES];
	size_t count = 0;
	int error = 0;

	if (io_address_parse(found, &count, plan->options->url.address, err) != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < count; i++) {
		int fd = bench_socket_open(&found[i]);
		error = fd < 0 ? errno : bench_socket_wait(fd, (int)plan->options->timeout_ms);
		if (error == 0) {
			plan->address = found[i];
			plan->first_fd = fd;
			return VOUCH_OK;
		}
		if (fd >= 0)
			close(fd);
	}
	return err_set(err, VOUCH_EUNAVAILABLE, "%.100s: %s", plan->options->url.address, strerror(error));
}

static int
raise_limit(unsigned connections, vouch_err *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= (rlim_t)connections + SPARE_FILES)
		return VOUCH_OK;
	limit.rlim_cur = (rlim_t)connections + SPARE_FILES;
	if (limit.rlim_cur > limit.rlim_max || setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_set(err, VOUCH_ELIMIT,
		    "%u connections are more than the limit of open files allows (%llu)", connections,
		    (unsigned long long)limit.rlim_max);
	return VOUCH_OK;
}

/* --- The thread that watches ---------------------------------------------------------------------------- */

static void
on_signal(uv_signal_t *handle, int number)
{
	struct session *s = handle->data;

	(void)number;
	s->interrupted = true;
	atomic_store(&s->plan.stop, true);
}

static void
tell(struct session *s)
{
	uint64_t now = uv_hrtime();
	struct bench_progress p = {
		.elapsed_ms = now > s->plan.start_ns ? (now - s->plan.start_ns) / 1000000 : 0
	};

	for (unsigned i = 0; i < s->count; i++) {
		p.answered += atomic_load_explicit(&s->threads[i].answered, memory_order_relaxed);
		p.errors += atomic_load_explicit(&s->threads[i].errors, memory_order_relaxed);
	}
	s->options->progress(s->options->arg, &p);
}

static void
on_look(uv_timer_t *timer)
{
	struct session *s = timer->data;
	unsigned ended = 0;

	for (unsigned i = 0; i < s->count; i++)
		ended += atomic_load(&s->threads[i].has_ended) ? 1 : 0;
	if (ended == s->count) {
		io_loop_close_handles(&s->loop);
		return;
	}
	s->since_progress += LOOK_MS;
	if (s->options->progress == NULL || s->since_progress < PROGRESS_MS)
		return;
	s->since_progress = 0;
	tell(s);
}

static int
open_watch(struct session *s, vouch_err *err)
{
	if (uv_loop_init(&s->loop) != 0)
		return err_set(err, VOUCH_EIO, "no event loop");
	s->loop.data = s;
	uv_timer_init(&s->loop, &s->look);
	uv_signal_init(&s->loop, &s->interrupt);
	uv_signal_init(&s->loop, &s->terminate);
	s->look.data = s->interrupt.data = s->terminate.data = s;
	uv_timer_start(&s->look, on_look, LOOK_MS, LOOK_MS);
	uv_signal_start(&s->interrupt, on_signal, SIGINT);
	uv_signal_start(&s->terminate, on_signal, SIGTERM);
	return VOUCH_OK;
}

/* --- The threads that make the load --------------------------------------------------------------------- */

static int
make_threads(struct session *s, vouch_err *err)
{
	s->threads = calloc(s->options->threads, sizeof(*s->threads));
	if (s->threads == NULL)
		return err_nomem(err);
	for (; s->count < s->options->threads; s->count++)
		if (bench_thread_init(&s->threads[s->count], &s->plan, s->count, err) != VOUCH_OK) {
			bench_thread_clear(&s->threads[s->count]);
			return err->code;
		}
	return VOUCH_OK;
}

static void
set_times(struct bench_plan *plan)
{
	plan->start_ns = uv_hrtime() + (plan->options->rate > 0 ? LEAD_NS : 0);
	plan->end_ns = plan->options->duration_ms > 0 ?
	    plan->start_ns + plan->options->duration_ms * 1000000 :
	    UINT64_MAX;
}

/* One that does not start is told to have ended, and the others are stopped. */
static int
run_threads(struct session *s, vouch_err *err)
{
	int code = VOUCH_OK;
	unsigned started = 0;

	set_times(&s->plan);
	for (; started < s->count && code == VOUCH_OK; started++)
		if (uv_thread_create(&s->threads[started].thread, bench_thread_main, &s->threads[started]) !=
		    0)
			code = err_set(err, VOUCH_EIO, "a thread cannot be started");
	if (code != VOUCH_OK) {
		started--;
		atomic_store(&s->plan.stop, true);
		for (unsigned i = started; i < s->count; i++)
			atomic_store(&s->threads[i].has_ended, true);
	}
	uv_run(&s->loop, UV_RUN_DEFAULT);
	for (unsigned i = 0; i < started; i++)
		uv_thread_join(&s->threads[i].thread);
	return code;
}

/* --- What came of it ------------------------------------------------------------------------------------ */

static int
gather(struct session *s, struct bench_result *out, vouch_err *err)
{
	uint64_t finished = s->plan.start_ns;

	for (unsigned i = 0; i < s->count; i++) {
		const struct bench_thread *t = &s->threads[i];
		if (t->code != VOUCH_OK)
			return err_set(err, t->code, "%s", err_name(t->code));
		bench_tally_merge(out->tally, t->tally);
		bench_verdicts_merge(&out->verdicts, &t->verdicts);
		bench_sample_verify(&out->verdicts, s->options->questions, &s->options->belief, &t->sample);
		finished = t->finished_ns > finished ? t->finished_ns : finished;
	}
	out->elapsed_ns = finished - s->plan.start_ns;
	out->interrupted = s->interrupted;
	return VOUCH_OK;
}

static void
session_clear(struct session *s)
{
	for (unsigned i = 0; i < s->count; i++)
		bench_thread_clear(&s->threads[i]);
	free(s->threads);
	if (s->loop.data != NULL)
		io_loop_end(&s->loop);
	if (s->plan.first_fd >= 0)
		close(s->plan.first_fd);
}

int
bench_run(struct bench_result *out, const struct bench_options *options, vouch_err *err)
{
	struct session s = { .options = options, .plan = { .options = options, .first_fd = -1 } };
	struct bench_result result = { .tally = calloc(1, sizeof(*result.tally)) };

	if (result.tally == NULL)
		return err_nomem(err);
	s.plan.order = bench_order_begin(bench_questions_count(options->questions), options->random,
	    options->seed);
	int code = choose_address(&s.plan, err);
	if (code == VOUCH_OK)
		code = raise_limit(options->connections, err);
	if (code == VOUCH_OK)
		code = open_watch(&s, err);
	if (code == VOUCH_OK)
		code = make_threads(&s, err);
	if (code == VOUCH_OK)
		code = run_threads(&s, err);
	if (code == VOUCH_OK)
		code = gather(&s, &result, err);
	session_clear(&s);
	if (code == VOUCH_OK)
		*out = result;
	else
		free(result.tally);
	return code;
}

void
bench_result_clear(struct bench_result *result)
{
	free(result->tally);
	*result = (struct bench_result){ 0 };
}
