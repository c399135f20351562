/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_http_serve(): the whole life of a program. */
#include "base/err.h"
#include "base/versioned.h"
#include "http/library.h"
#include "http/signals.h"

#define CONNECTIONS 10000     /* as the server has it */
#define SPARE_DESCRIPTORS 256 /* databases, logs, listeners, pipes */
#define LOOK_MS 100	      /* how long an end that somebody else asked for may go unnoticed */

/* The next of these signals, or 0 when none comes in time. */
static int
next_signal(const sigset_t *signals)
{
	static const struct timespec while_waiting = { .tv_nsec = LOOK_MS * 1000000L };
	int number = sigtimedwait(signals, NULL, &while_waiting);

	return number > 0 ? number : 0;
}

/* One that comes when all has been done already must not kill the program. */
static void
forget_pending(const sigset_t *signals)
{
	static const struct timespec at_once = { 0 };

	while (sigtimedwait(signals, NULL, &at_once) > 0)
		;
}

static void
run(struct vouch_http *http, const sigset_t *signals)
{
	while (!http_library_has_stopped(http))
		if (next_signal(signals) != 0)
			vouch_http_stop(http);
	forget_pending(signals);
}

static void
raise_descriptors(const vouch_http_options *options)
{
	vouch_http_options ours = { 0 };

	/* What is wrong with them is said by vouch_http_start(). */
	(void)!versioned_read(&ours, sizeof(ours), options, "vouch_http_options", NULL);
	io_descriptors_raise((ours.connections != 0 ? ours.connections : CONNECTIONS) + SPARE_DESCRIPTORS);
}

int
vouch_http_serve(const vouch_http_options *options, void (*started)(void *arg, vouch_http *http), void *arg,
    vouch_err *err)
{
	vouch_err unread;
	vouch_http *http;
	sigset_t signals, before;

	err = err_or(err, &unread);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	raise_descriptors(options);
	int code = vouch_http_start(&http, options, err);
	if (code == VOUCH_OK) {
		if (started != NULL)
			started(arg, http);
		run(http, &signals);
		vouch_http_free(http);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}
