/* SPDX-License-Identifier: Apache-2.0 */
/* The watch thread. */
#include "daemon/watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "daemon/log.h"
#include "io/clock.h"

struct watch {
	struct http_ocsp *ocsp;
	pthread_t thread;
	pthread_mutex_t stopping_lock;
	pthread_cond_t stopping_changed;
	bool stopping;
	bool failing;
};

static void
report(struct watch *w, int code, const vouch_err *err)
{
	if (code != VOUCH_OK)
		log_limited(LOG_KIND_SOURCE, CONF_LOG_ERROR, "source_unavailable", "why", err->msg, NULL);
	else if (w->failing)
		log_event(CONF_LOG_INFO, "source_available", NULL);
	w->failing = code != VOUCH_OK;
}

/* How many milliseconds to wait until the next round. */
static int
poll_once(struct watch *w)
{
	vouch_err err;
	vouch_responder *responder = http_ocsp_responder(w->ocsp);
	int code = vouch_responder_poll(responder, io_wall_seconds(), io_monotonic_ms(), &err);
	int interval = vouch_responder_poll_interval(responder);

	report(w, code, &err);
	vouch_responder_free(responder);
	return interval;
}

/* True when it is time to stop. */
static bool
wait_ms(struct watch *w, int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&w->stopping_lock);
	int code = 0;
	while (!w->stopping && code == 0)
		code = pthread_cond_timedwait(&w->stopping_changed, &w->stopping_lock, &until);
	bool stopping = w->stopping;
	pthread_mutex_unlock(&w->stopping_lock);
	return stopping;
}

static void *
watch_main(void *arg)
{
	struct watch *w = arg;

	while (!wait_ms(w, poll_once(w)))
		;
	return NULL;
}

static void
init_condition(struct watch *w)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&w->stopping_changed, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&w->stopping_lock, NULL);
}

static void
watch_free(struct watch *w)
{
	pthread_cond_destroy(&w->stopping_changed);
	pthread_mutex_destroy(&w->stopping_lock);
	free(w);
}

int
watch_start(struct watch **out, struct http_ocsp *ocsp, vouch_err *err)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return err_nomem(err);
	w->ocsp = ocsp;
	init_condition(w);
	if (pthread_create(&w->thread, NULL, watch_main, w) != 0) {
		watch_free(w);
		return err_set(err, VOUCH_EUNAVAILABLE, "cannot start a thread");
	}
	*out = w;
	return VOUCH_OK;
}

void
watch_stop(struct watch *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->stopping_lock);
	w->stopping = true;
	pthread_cond_signal(&w->stopping_changed);
	pthread_mutex_unlock(&w->stopping_lock);
	pthread_join(w->thread, NULL);
	watch_free(w);
}
