/* SPDX-License-Identifier: Apache-2.0 */
/* The watch thread. */
#include "http/watch.h"

#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "http/signals.h"
#include "io/clock.h"

#define IDLE_MS 3600000 /* without a responder: somebody says when there is one */

struct http_watch {
	struct http_watch_options options;
	uv_thread_t thread;
	uv_mutex_t wish_lock;
	uv_cond_t wish_changed;
	bool stop, again; /* the wishes */
	bool failing;
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
poll_once(struct http_watch *w)
{
	vouch_err err;
	vouch_responder *responder = w->options.current(w->options.arg);

	if (responder == NULL)
		return IDLE_MS;
	err_or(&err, NULL);
	int code = vouch_responder_poll(responder, io_wall_seconds(), io_monotonic_ms(), &err);
	int interval = vouch_responder_poll_interval(responder);
	vouch_responder_free(responder);
	report(w, code, &err);
	return interval;
}

/* True when it is time to stop. */
static bool
wait_ms(struct http_watch *w, int ms)
{
	uint64_t until = uv_hrtime() + (uint64_t)ms * 1000000, now;

	uv_mutex_lock(&w->wish_lock);
	while (!w->stop && !w->again && (now = uv_hrtime()) < until)
		(void)uv_cond_timedwait(&w->wish_changed, &w->wish_lock, until - now);
	w->again = false;
	bool stop = w->stop;
	uv_mutex_unlock(&w->wish_lock);
	return stop;
}

static void
watch(void *arg)
{
	struct http_watch *w = arg;

	while (!wait_ms(w, poll_once(w)))
		;
}

static void
watch_free(struct http_watch *w)
{
	uv_cond_destroy(&w->wish_changed);
	uv_mutex_destroy(&w->wish_lock);
	free(w);
}

int
http_watch_start(struct http_watch **out, const struct http_watch_options *options, vouch_err *err)
{
	struct http_watch *w = calloc(1, sizeof(*w));
	struct http_signals before;

	if (w == NULL || uv_mutex_init(&w->wish_lock) != 0) {
		free(w);
		return err_nomem(err);
	}
	if (uv_cond_init(&w->wish_changed) != 0) {
		uv_mutex_destroy(&w->wish_lock);
		free(w);
		return err_nomem(err);
	}
	w->options = *options;
	http_signals_block(&before);
	int rc = uv_thread_create(&w->thread, watch, w);
	http_signals_restore(&before);
	if (rc != 0) {
		watch_free(w);
		return err_set(err, VOUCH_EUNAVAILABLE, "thread: %s", uv_strerror(rc));
	}
	*out = w;
	return VOUCH_OK;
}

static void
wish(struct http_watch *w, bool *which)
{
	uv_mutex_lock(&w->wish_lock);
	*which = true;
	uv_cond_signal(&w->wish_changed);
	uv_mutex_unlock(&w->wish_lock);
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
	watch_free(watch);
}
