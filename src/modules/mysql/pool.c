/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that wait. */
#include "modules/mysql/pool.h"

#include <errno.h>

#include "modules/mysql/report.h"

#define RETRY_LEAST_MS 50
#define RETRY_MOST_MS 1000
#define AT_ONCE_MS 500
#define LATE_MS_PER_SECOND 850 /* of the timeout: a little less than what the server is told */

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int
mysql_pool_init(struct mysql_source *source, vouch_err *err)
{
	pthread_condattr_t monotonic;

	if (pthread_condattr_init(&monotonic) != 0)
		return mysql_fail(err, VOUCH_ENOMEM, &source->address.shown, "out of memory");
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&source->pool_lock, NULL);
	pthread_cond_init(&source->given, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return VOUCH_OK;
}

static void
close_all(struct mysql_connection *c)
{
	while (c != NULL) {
		struct mysql_connection *next = c->next;
		mysql_connection_close(c);
		c = next;
	}
}

void
mysql_pool_close(struct mysql_source *source)
{
	close_all(source->idle);
	close_all(source->feed);
	pthread_cond_destroy(&source->given);
	pthread_mutex_destroy(&source->pool_lock);
}

/* --- A database that is away ----------------------------------------------------------------------------- */

/* Locked. */
static bool
is_away(const struct mysql_source *source)
{
	return source->failures > 0 && (source->is_tried || now_ms() < source->retry_at_ms);
}

/* Locked. */
static void
note_failure(struct mysql_source *source, const vouch_err *err)
{
	uint64_t wait = RETRY_LEAST_MS;

	for (unsigned i = 0; i < source->failures && wait < RETRY_MOST_MS; i++)
		wait *= 2;
	source->failures++;
	source->retry_at_ms = now_ms() + (wait < RETRY_MOST_MS ? wait : RETRY_MOST_MS);
	source->away = *err;
}

/* Locked.  That changes can be read says nothing of lookups that are slow. */
static void
note_success(struct mysql_source *source, bool follows)
{
	if (follows && source->is_slow)
		return;
	source->failures = source->late = 0;
	source->is_slow = false;
}

static int
connect_anew(struct mysql_source *source, bool follows, struct mysql_connection **out, vouch_err *err)
{
	pthread_mutex_lock(&source->pool_lock);
	/* Changes can be read while lookups wait for somebody's lock; but at the start a query is to be known to work. */
	bool tries_lookup = !follows || !source->has_worked;
	pthread_mutex_unlock(&source->pool_lock);
	int code = mysql_connection_open(out, &source->address, tries_lookup, err);
	pthread_mutex_lock(&source->pool_lock);
	source->is_tried = false;
	if (code == VOUCH_OK) {
		note_success(source, follows);
		source->has_worked = true;
		(*out)->follows = follows;
		(*out)->generation = source->generation;
	} else {
		/* If it was slow, it is not even that any more. */
		source->is_slow = source->is_slow && !follows;
		source->looking -= follows ? 0 : 1;
		note_failure(source, err);
	}
	pthread_cond_broadcast(&source->given);
	pthread_mutex_unlock(&source->pool_lock);
	return code;
}

/* --- Taking and giving ----------------------------------------------------------------------------------- */

enum found { FOUND_NOTHING = 0, FOUND_IDLE, FOUND_AWAY, FOUND_ROOM };

/* Locked. */
static enum found
find(struct mysql_source *source, bool follows, struct mysql_connection **out)
{
	bool is_full = !follows && source->looking >= source->address.connections;
	struct mysql_connection **place = follows ? &source->feed : &source->idle;

	if (*place != NULL && (follows || (!is_full && !source->is_slow))) {
		*out = *place;
		*place = (*out)->next;
		(*out)->follows = follows;
		(*out)->is_late = false;
		source->looking += follows ? 0 : 1;
		return FOUND_IDLE;
	}
	if (is_away(source) && !(follows && source->is_slow))
		return FOUND_AWAY;
	if (is_full)
		return FOUND_NOTHING;
	source->looking += follows ? 0 : 1;
	/* While it works several may connect; while it does not, one at a time. */
	source->is_tried = source->failures > 0;
	return FOUND_ROOM;
}

static struct timespec
deadline_of(const struct mysql_source *source)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)source->address.timeout;
	return t;
}

int
mysql_pool_take(struct mysql_source *source, bool follows, struct mysql_connection **out, vouch_err *err)
{
	struct timespec deadline = deadline_of(source);
	enum found found;
	int waited = 0;

	pthread_mutex_lock(&source->pool_lock);
	while ((found = find(source, follows, out)) == FOUND_NOTHING && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&source->given, &source->pool_lock, &deadline);
	if (found == FOUND_AWAY)
		*err = source->away;
	pthread_mutex_unlock(&source->pool_lock);
	switch (found) {
	case FOUND_IDLE:
		return VOUCH_OK;
	case FOUND_AWAY:
		return err->code;
	case FOUND_ROOM:
		return connect_anew(source, follows, out, err);
	case FOUND_NOTHING:
		break;
	}
	return mysql_fail(err, VOUCH_EUNAVAILABLE, &source->address.shown, "all %u connections are busy",
	    source->address.connections);
}

static struct mysql_connection *
own_writer(struct mysql_source *source)
{
	pthread_mutex_lock(&source->pool_lock);
	struct mysql_connection *writer = source->writer;
	bool own = writer != NULL && pthread_equal(source->writer_thread, pthread_self()) != 0;
	pthread_mutex_unlock(&source->pool_lock);
	return own ? writer : NULL;
}

int
mysql_pool_take_own(struct mysql_source *source, struct mysql_connection **out, vouch_err *err)
{
	struct mysql_connection *writer = own_writer(source);

	if (writer == NULL)
		return mysql_pool_take(source, false, out, err);
	*out = writer;
	return VOUCH_OK;
}

/*
 * Locked.  One late answer may be one slow question; as many as there are connections are the database, which is away
 * until it answers a lookup again.
 */
static void
count_late(struct mysql_source *source, const struct mysql_connection *c, bool has_failed)
{
	vouch_err err;

	if (c->follows || c->generation != source->generation)
		return;
	source->late = c->is_late ? source->late + 1 : has_failed ? source->late : 0;
	if (source->late < source->address.connections || source->is_slow)
		return;
	source->is_slow = true;
	(void)mysql_fail(&err, VOUCH_EUNAVAILABLE, &source->address.shown,
	    "the database does not answer in time");
	note_failure(source, &err);
}

/* Locked: one of them was lost, and so, most likely, are the others. */
static struct mysql_connection *
take_all(struct mysql_source *source)
{
	struct mysql_connection *all = source->idle;

	if (source->feed != NULL) {
		source->feed->next = all;
		all = source->feed;
	}
	source->idle = source->feed = NULL;
	source->generation++;
	return all;
}

/* Locked: those that are to be closed. */
static struct mysql_connection *
put_back(struct mysql_source *source, struct mysql_connection *c, bool has_failed)
{
	struct mysql_connection **place = c->follows ? &source->feed : &source->idle, *dead = NULL;

	source->looking -= c->follows ? 0 : 1;
	count_late(source, c, has_failed);
	if (has_failed && mysql_connection_is_lost(c))
		dead = take_all(source);
	if (c->generation == source->generation && (c->follows || !source->is_slow)) {
		c->next = *place;
		*place = c;
		return dead;
	}
	c->next = dead;
	return c;
}

void
mysql_pool_give(struct mysql_source *source, struct mysql_connection *c, bool has_failed)
{
	struct mysql_connection *dead = NULL;

	pthread_mutex_lock(&source->pool_lock);
	if (c != source->writer)
		dead = put_back(source, c, has_failed);
	pthread_cond_broadcast(&source->given);
	pthread_mutex_unlock(&source->pool_lock);
	close_all(dead);
}

static int
ask(struct mysql_source *source, bool follows, mysql_question *question, void *arg, vouch_err *err)
{
	int code = VOUCH_EUNAVAILABLE;
	bool again = true;
	uint64_t soon_ms = now_ms() + AT_ONCE_MS;

	for (int tries = 0; again && tries < 2; tries++) {
		struct mysql_connection *c = follows ? NULL : own_writer(source);
		bool is_writer = c != NULL;
		if (!is_writer && (code = mysql_pool_take(source, follows, &c, err)) != VOUCH_OK)
			return code;
		uint64_t late_ms = now_ms() + source->address.timeout * LATE_MS_PER_SECOND;
		c->error = 0;
		code = question(source, c, arg, err);
		bool has_failed = c->error != 0;
		c->is_late = has_failed && now_ms() >= late_ms;
		/* Not what was waited for in vain. */
		again = has_failed && !is_writer && mysql_connection_is_lost(c) && now_ms() < soon_ms;
		mysql_pool_give(source, c, has_failed);
	}
	return code;
}

int
mysql_pool_ask(struct mysql_source *source, mysql_question *question, void *arg, vouch_err *err)
{
	return ask(source, false, question, arg, err);
}

int
mysql_pool_follow(struct mysql_source *source, mysql_question *question, void *arg, vouch_err *err)
{
	return ask(source, true, question, arg, err);
}
