/* SPDX-License-Identifier: Apache-2.0 */
/* The follower of the change log. */
#include "modules/mysql/follower.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "modules/mysql/changes.h"
#include "modules/mysql/report.h"

#define PATIENCE_MS 150 /* other sources are polled behind this one */
/* The first time it has to connect, and nothing was answered yet that could be delayed. */
#define FIRST_MS 5000
/* How long somebody who closes the source waits for a round that is going on. */
#define CLOSE_PATIENCE_MS 200
#define NS_PER_MS 1000000
#define NS_PER_SECOND 1000000000

int
mysql_follower_init(struct mysql_follower *f, vouch_err *err)
{
	pthread_condattr_t monotonic;

	if (pthread_condattr_init(&monotonic) != 0)
		return mysql_fail(err, VOUCH_ENOMEM, NULL, "out of memory");
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return VOUCH_OK;
}

void
mysql_follower_clear(struct mysql_follower *f)
{
	vouch_buf_free(&f->round.cursor);
	vouch_buf_free(&f->round.serials);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
}

static struct timespec
after_ms(unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * NS_PER_MS;
	if (until.tv_nsec >= NS_PER_SECOND) {
		until.tv_nsec -= NS_PER_SECOND;
		until.tv_sec++;
	}
	return until;
}

bool
mysql_follower_end(struct mysql_follower *f)
{
	const struct timespec until = after_ms(CLOSE_PATIENCE_MS);
	int waited = 0;

	pthread_mutex_lock(&f->lock);
	bool has_begun = f->has_begun;
	f->is_to_end = true;
	pthread_cond_broadcast(&f->changed);
	while (f->runs && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&f->changed, &f->lock, &until);
	bool is_left_alone = f->is_left_alone = f->runs;
	if (is_left_alone)
		(void)pthread_detach(f->thread);
	pthread_mutex_unlock(&f->lock);
	if (has_begun && !is_left_alone)
		pthread_join(f->thread, NULL);
	return !is_left_alone;
}

static void *
follow(void *arg)
{
	struct mysql_source *source = arg;
	struct mysql_follower *f = &source->follower;

	pthread_mutex_lock(&f->lock);
	while (!f->is_to_end) {
		if (f->answered == f->asked) {
			pthread_cond_wait(&f->changed, &f->lock);
			continue;
		}
		pthread_mutex_unlock(&f->lock);
		int code = mysql_round_make(source, &f->round, &f->err);
		pthread_mutex_lock(&f->lock);
		f->code = code;
		f->answered = f->asked;
		pthread_cond_broadcast(&f->changed);
	}
	f->runs = false;
	bool is_left_alone = f->is_left_alone;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	if (is_left_alone)
		mysql_source_free(source);
	return NULL;
}

/* Signals are for the threads of the program. */
static int
begin(struct mysql_source *source, struct mysql_follower *f, vouch_err *err)
{
	sigset_t all, before;

	if (f->has_begun)
		return VOUCH_OK;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&f->thread, NULL, follow, source);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	f->has_begun = f->runs = rc == 0;
	return rc == 0 ? VOUCH_OK : mysql_fail(err, VOUCH_EUNAVAILABLE, NULL, "no thread can be made");
}

/* Locked.  False: a round is going on for longer than anybody waits. */
static bool
await(struct mysql_follower *f, unsigned patience_ms)
{
	const struct timespec until = after_ms(patience_ms);
	int waited = 0;

	while (f->answered != f->asked && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&f->changed, &f->lock, &until);
	return f->answered == f->asked;
}

/* Locked, and no round is going on. */
static int
ask(struct mysql_follower *f, const vouch_buf *cursor, vouch_err *err)
{
	f->round.cursor.len = f->round.serials.len = 0;
	f->round.all = false;
	if (vouch_buf_append(&f->round.cursor, cursor->data, cursor->len) != VOUCH_OK)
		return mysql_fail(err, VOUCH_ENOMEM, NULL, "out of memory");
	f->asked++;
	pthread_cond_broadcast(&f->changed);
	return VOUCH_OK;
}

static void
tell(const struct mysql_round *round, vouch_change_cb *cb, void *arg)
{
	const uint8_t *at = round->serials.data;
	size_t left = round->serials.len;

	if (round->all)
		cb(arg, (vouch_span){ 0 });
	while (!round->all && left > 0) {
		size_t len = (size_t)at[0] << 8 | at[1];
		cb(arg, (vouch_span){ at + 2, len });
		at += 2 + len;
		left -= 2 + len;
	}
}

static int
take(struct mysql_follower *f, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	if (f->code != VOUCH_OK) {
		*err = f->err;
		return f->code;
	}
	cursor->len = 0;
	if (vouch_buf_append(cursor, f->round.cursor.data, f->round.cursor.len) != VOUCH_OK)
		return mysql_fail(err, VOUCH_ENOMEM, NULL, "out of memory");
	tell(&f->round, cb, arg);
	return VOUCH_OK;
}

static int
ask_and_take(struct mysql_source *source, struct mysql_follower *f, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg, vouch_err *err)
{
	/* One that was given up: what it finds is of an older moment. */
	int code = await(f, PATIENCE_MS) ? begin(source, f, err) : VOUCH_EAGAIN;

	if (code == VOUCH_OK)
		code = ask(f, cursor, err);
	if (code == VOUCH_OK)
		code = await(f, f->asked == 1 ? FIRST_MS : PATIENCE_MS) ? take(f, cursor, cb, arg, err) :
									  VOUCH_EAGAIN;
	return code;
}

int
mysql_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct mysql_source *source = ctx;
	struct mysql_follower *f = &source->follower;

	pthread_mutex_lock(&f->lock);
	int code = ask_and_take(source, f, cursor, cb, arg, err);
	pthread_mutex_unlock(&f->lock);
	if (code == VOUCH_EAGAIN)
		return mysql_fail(err, VOUCH_EUNAVAILABLE, &source->address.shown, "it does not answer");
	return code;
}
