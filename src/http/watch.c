/* SPDX-License-Identifier: Apache-2.0 */
/* The watch thread. */
#include "http/watch.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "http/signals.h"
#include "io/clock.h"
#include "io/wakeup.h"

#define IDLE_MS 3600000 /* without a responder: somebody says when there is one */
/*
 * Between two polls that descriptors ask for: an editor, a CA or a database that changes many things at once is heard
 * once.  A small part of the second that a revocation may take.
 */
#define QUIET_MS 20
/* Besides the wakeup; sources beyond it are polled by the interval alone. */
#define FDS_MOST (IO_AWAITED_MOST - 1)

struct rest { /* of a descriptor that is readable again as soon as it was polled: dead, or very busy */
	int fd;
	int ms; /* how long it is not waited for after a poll; doubled each time, 0: it was quiet */
};

struct http_watch {
	struct http_watch_options options;
	uv_thread_t thread;
	struct io_wakeup wakeup;
	_Atomic bool stop, again; /* the wishes */
	bool failing;
	struct rest rests[FDS_MOST];
	size_t count;
};

static void
report(struct http_watch *w, int code, const vouch_err *err)
{
	if (code != VOUCH_OK)
		w->options.report(w->options.arg, err);
	else if (w->failing)
		w->options.report(w->options.arg, NULL);
	w->failing = code != VOUCH_OK;
}

/* How many milliseconds to wait until the next round. */
static int
poll_once(struct http_watch *w, vouch_responder *responder)
{
	vouch_err err;

	err_or(&err, NULL);
	int code = vouch_responder_poll(responder, io_wall_seconds(), io_monotonic_ms(), &err);
	report(w, code, &err);
	if (w->options.polled != NULL)
		w->options.polled(w->options.arg);
	return vouch_responder_poll_interval(responder);
}

/* --- Descriptors -------------------------------------------------------------------------------------- */

static int
rest_of(const struct http_watch *w, int fd)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->rests[i].fd == fd)
			return w->rests[i].ms;
	return 0;
}

/* Right after a poll.  What is readable still, or again, is left alone for longer and longer. */
static void
find_rests(struct http_watch *w, const vouch_responder *responder, int interval_ms)
{
	int fds[FDS_MOST];
	struct io_awaited now[FDS_MOST];
	size_t count = vouch_responder_watch(responder, fds, FDS_MOST);
	struct rest rests[FDS_MOST];

	for (size_t i = 0; i < count; i++)
		now[i] = (struct io_awaited){ .fd = fds[i] };
	io_wait(now, count, 0);
	for (size_t i = 0; i < count; i++) {
		int before = rest_of(w, fds[i]), doubled = before == 0 ? QUIET_MS : 2 * before;
		rests[i] = (struct rest){ fds[i], 0 };
		if (now[i].ready)
			rests[i].ms = doubled < interval_ms ? doubled : interval_ms;
	}
	for (size_t i = 0; i < count; i++)
		w->rests[i] = rests[i];
	w->count = count;
}

/* Fills in what is waited for now, and returns for how long. */
static int
choose(const struct http_watch *w, struct io_awaited *awaited, int passed_ms, int interval_ms)
{
	int until_ms = interval_ms;

	awaited[0] = (struct io_awaited){ .fd = w->wakeup.fd };
	for (size_t i = 0; i < w->count; i++) {
		int rest_ms = w->rests[i].ms > QUIET_MS ? w->rests[i].ms : QUIET_MS;
		awaited[i + 1] = (struct io_awaited){ .fd = passed_ms < rest_ms ? -1 : w->rests[i].fd };
		if (passed_ms < rest_ms && rest_ms < until_ms)
			until_ms = rest_ms;
	}
	return until_ms - passed_ms;
}

static bool
any_ready(const struct io_awaited *awaited, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (awaited[i].ready)
			return true;
	return false;
}

/* Until the interval is over, a source calls, or somebody has a wish. */
static void
wait_ms(struct http_watch *w, int interval_ms)
{
	struct io_awaited awaited[IO_AWAITED_MOST];
	uint64_t begin = io_monotonic_ms(), passed = 0;

	while (!w->stop && !w->again && passed < (uint64_t)interval_ms) {
		io_wait(awaited, w->count + 1, choose(w, awaited, (int)passed, interval_ms));
		if (awaited[0].ready)
			io_wakeup_clear(&w->wakeup);
		if (any_ready(awaited + 1, w->count))
			return;
		passed = io_monotonic_ms() - begin;
	}
	w->again = false;
}

/* --- The thread --------------------------------------------------------------------------------------- */

static void
watch(void *arg)
{
	struct http_watch *w = arg;

	while (!w->stop) {
		vouch_responder *responder = w->options.current(w->options.arg);
		int interval_ms = IDLE_MS;

		w->count = responder == NULL ? 0 : w->count;
		if (responder != NULL) {
			interval_ms = poll_once(w, responder);
			find_rests(w, responder, interval_ms);
		}
		wait_ms(w, interval_ms);
		/* Held until now: its sources' descriptors were waited for. */
		vouch_responder_free(responder);
	}
}

int
http_watch_start(struct http_watch **out, const struct http_watch_options *options, vouch_err *err)
{
	struct http_watch *w = calloc(1, sizeof(*w));
	struct http_signals before;

	if (w == NULL)
		return err_nomem(err);
	w->options = *options;
	if (io_wakeup_open(&w->wakeup, err) != VOUCH_OK) {
		free(w);
		return err->code;
	}
	http_signals_block(&before);
	int rc = uv_thread_create(&w->thread, watch, w);
	http_signals_restore(&before);
	if (rc != 0) {
		io_wakeup_close(&w->wakeup);
		free(w);
		return err_set(err, VOUCH_EUNAVAILABLE, "thread: %s", uv_strerror(rc));
	}
	*out = w;
	return VOUCH_OK;
}

static void
wish(struct http_watch *w, _Atomic bool *which)
{
	*which = true;
	io_wakeup_call(&w->wakeup);
}

void
http_watch_again(struct http_watch *watch)
{
	wish(watch, &watch->again);
}

void
http_watch_stop(struct http_watch *watch)
{
	if (watch == NULL)
		return;
	wish(watch, &watch->stop);
	uv_thread_join(&watch->thread);
	io_wakeup_close(&watch->wakeup);
	free(watch);
}
