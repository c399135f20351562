/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper: the thread that makes all connections. */
#include "modules/postgresql/keeper.h"

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

/* Between one try and the next while they fail: doubled, up to that. */
#define PAUSE_LEAST_MS 50
#define PAUSE_MOST_MS 500
/* How long somebody who closes the source waits for a connection that is being made. */
#define CLOSE_PATIENCE_MS 200
/* How often changes that everybody knows are taken out of the log. */
#define PRUNE_MS 600000

struct plan {
	int64_t next_ms; /* no connection is tried before */
	int64_t prune_ms;
	int pause_ms;
};

enum errand { NOTHING, CONNECT, CONNECT_FEED, PRUNE };

/* With the lock held. */
static enum errand
choose(const struct postgresql_source *source, const struct plan *plan)
{
	int64_t now = postgresql_clock_ms();
	bool too_few = source->waiting > 0 && source->idle == NULL &&
	    source->open < source->address.connections;

	if (now >= plan->next_ms && source->state != POSTGRESQL_READY)
		return CONNECT;
	if (now >= plan->next_ms && source->wants_feed && source->fresh_feed == NULL)
		return CONNECT_FEED;
	if (now >= plan->next_ms && too_few)
		return CONNECT;
	return now >= plan->prune_ms && source->state == POSTGRESQL_READY && source->idle != NULL ? PRUNE :
												    NOTHING;
}

/* With the lock held. */
static void
wait_for_errand(struct postgresql_source *source, const struct plan *plan)
{
	int64_t now = postgresql_clock_ms(), until = now + PRUNE_MS;

	if (plan->prune_ms > now && plan->prune_ms < until)
		until = plan->prune_ms;
	if (plan->next_ms > now && plan->next_ms < until)
		until = plan->next_ms;
	postgresql_clock_cond_wait(&source->changed, &source->lock, until);
}

/*
 * With the lock held.  While others stand, one that cannot be had (too many of them) says nothing of the
 * database.
 */
static void
note_failure(struct postgresql_source *source, struct plan *plan, const vouch_err *err)
{
	plan->pause_ms = plan->pause_ms == 0 ? PAUSE_LEAST_MS : plan->pause_ms * 2;
	if (plan->pause_ms > PAUSE_MOST_MS)
		plan->pause_ms = PAUSE_MOST_MS;
	plan->next_ms = postgresql_clock_ms() + plan->pause_ms;
	postgresql_pin_clear(&source->pin);
	if (source->state == POSTGRESQL_READY && source->open > 0)
		return;
	source->state = POSTGRESQL_AWAY;
	source->why = *err;
}

/* With the lock held. */
static void
note_success(struct postgresql_source *source, struct plan *plan, struct postgresql_connection *c)
{
	plan->pause_ms = 0;
	postgresql_pool_join(source, c);
	/* What was made, and breaks at once, is not made again without a pause. */
	plan->next_ms = source->state == POSTGRESQL_READY ? 0 : postgresql_clock_ms() + PAUSE_LEAST_MS;
}

/* A standby cannot listen, and is polled. */
static void
listen_for_changes(struct postgresql_source *source, struct postgresql_connection *c)
{
	PGresult *result = NULL;
	vouch_err unread;

	if (postgresql_run_text(c, "LISTEN vouch_changes", source->address.shown,
		postgresql_clock_ms() + source->address.timeout_ms, &result, &unread) == VOUCH_OK)
		PQclear(result);
	struct epoll_event event = { .events = EPOLLIN };
	if (source->wakes >= 0)
		(void)epoll_ctl(source->wakes, EPOLL_CTL_ADD, PQsocket(c->db), &event);
}

/* Called and returns with the lock held, and does without it meanwhile. */
static int
open_one(struct postgresql_source *source, bool listens, struct postgresql_connection **out, vouch_err *err)
{
	source->connecting = true;
	pthread_mutex_unlock(&source->lock);
	int code = postgresql_connection_open(out, &source->address, &source->pin, source->query, err);
	if (code == VOUCH_OK)
		postgresql_pin_set(&source->pin, *out);
	if (code == VOUCH_OK && listens)
		listen_for_changes(source, *out);
	pthread_mutex_lock(&source->lock);
	source->connecting = false;
	return code;
}

/* Called and returns with the lock held. */
static void
connect_one(struct postgresql_source *source, struct plan *plan)
{
	struct postgresql_connection *c = NULL;
	vouch_err err = { 0 };

	source->open++;
	int code = open_one(source, false, &c, &err);
	if (code != VOUCH_OK) {
		source->open--;
		note_failure(source, plan, &err);
		return;
	}
	note_success(source, plan, c);
	source->late = source->state == POSTGRESQL_READY ? source->late : 0;
	source->state = POSTGRESQL_READY;
	c->next = source->idle;
	source->idle = c;
}

/*
 * With the lock held.  Where connections are few the feed comes before the second lookup at a time: without
 * it no stored answer stands.
 */
static void
make_room(struct postgresql_source *source)
{
	struct postgresql_connection *c = source->idle;

	if (c == NULL || source->open < 2)
		return;
	source->idle = c->next;
	source->open--;
	postgresql_connection_close(c);
}

/* Called and returns with the lock held. */
static void
connect_feed(struct postgresql_source *source, struct plan *plan)
{
	struct postgresql_connection *c = NULL;
	vouch_err err = { 0 };

	int code = open_one(source, true, &c, &err);
	if (code != VOUCH_OK) {
		source->feed_why = err;
		note_failure(source, plan, &err);
		make_room(source);
		return;
	}
	note_success(source, plan, c);
	source->feed_why.code = VOUCH_OK;
	source->wants_feed = false;
	source->fresh_feed = c;
}

/* Called and returns with the lock held.  Whoever may not prune, or has tables of his own, need not. */
static void
prune(struct postgresql_source *source, struct plan *plan)
{
	struct postgresql_connection *c = source->idle;
	PGresult *result = NULL;
	vouch_err unread;
	bool answered = false;

	plan->prune_ms = postgresql_clock_ms() + PRUNE_MS;
	if (source->query != NULL || source->address.mode == POSTGRESQL_MODE_RO)
		return;
	source->idle = c->next;
	c->next = NULL;
	pthread_mutex_unlock(&source->lock);
	if (postgresql_run(c, POSTGRESQL_PRUNE, NULL, source->address.shown,
		postgresql_clock_ms() + source->address.timeout_ms, &result, &unread) == VOUCH_OK)
		answered = postgresql_succeeded(c, result);
	/* Not for its own sake: a log that somebody has locked is no reason to think ill of the database. */
	c->late = false;
	PQclear(result);
	postgresql_pool_give(source, c, answered);
	pthread_mutex_lock(&source->lock);
}

static void *
keep(void *arg)
{
	struct postgresql_source *source = arg;
	struct plan plan = { .prune_ms = postgresql_clock_ms() + PRUNE_MS / 10 };

	pthread_mutex_lock(&source->lock);
	while (!source->stop) {
		switch (choose(source, &plan)) {
		case CONNECT:
			connect_one(source, &plan);
			break;
		case CONNECT_FEED:
			connect_feed(source, &plan);
			break;
		case PRUNE:
			prune(source, &plan);
			break;
		case NOTHING:
			wait_for_errand(source, &plan);
			continue;
		}
		pthread_cond_broadcast(&source->changed);
	}
	source->keeper_runs = false;
	bool left_alone = source->left_alone;
	pthread_cond_broadcast(&source->changed);
	pthread_mutex_unlock(&source->lock);
	if (left_alone)
		postgresql_source_free(source);
	return NULL;
}

int
postgresql_keeper_start(struct postgresql_source *source, vouch_err *err)
{
	sigset_t all, before;

	if (source->keeper_started)
		return VOUCH_OK;
	/* Signals are for the program's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&source->keeper, NULL, keep, source);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0)
		return postgresql_fail(err, VOUCH_EUNAVAILABLE, source->address.shown, "no thread: %s",
		    strerror(failed));
	source->keeper_started = source->keeper_runs = true;
	return VOUCH_OK;
}

/* With the lock held. */
static void
wait_for_its_end(struct postgresql_source *source)
{
	int64_t deadline_ms = postgresql_clock_ms() + CLOSE_PATIENCE_MS;

	while (source->keeper_runs && postgresql_clock_ms() < deadline_ms)
		postgresql_clock_cond_wait(&source->changed, &source->lock, deadline_ms);
}

bool
postgresql_keeper_stop(struct postgresql_source *source)
{
	pthread_mutex_lock(&source->lock);
	bool started = source->keeper_started;
	source->stop = true;
	pthread_cond_broadcast(&source->changed);
	if (started)
		wait_for_its_end(source);
	source->left_alone = started && source->keeper_runs && source->connecting;
	bool left_alone = source->left_alone;
	if (left_alone)
		(void)pthread_detach(source->keeper);
	pthread_mutex_unlock(&source->lock);
	if (started && !left_alone)
		pthread_join(source->keeper, NULL);
	return !left_alone;
}
