/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that wait, and what is known of the database. */
#include "modules/postgresql/pool.h"

#include <string.h>

#include "modules/postgresql/keeper.h"

void
postgresql_pool_empty(struct postgresql_source *source)
{
	while (source->idle != NULL) {
		struct postgresql_connection *c = source->idle;
		source->idle = c->next;
		source->open--;
		postgresql_connection_close(c);
	}
}

void
postgresql_pool_join(struct postgresql_source *source, struct postgresql_connection *c)
{
	if (memcmp(source->identity, c->identity, POSTGRESQL_IDENTITY) != 0) {
		memcpy(source->identity, c->identity, POSTGRESQL_IDENTITY);
		source->generation++;
		postgresql_pool_empty(source);
	}
	c->generation = source->generation;
}

static int
say_away(const struct postgresql_source *source, vouch_err *err)
{
	*err = source->why;
	return err->code;
}

/* With the lock held. */
static struct postgresql_connection *
take_idle(struct postgresql_source *source)
{
	struct postgresql_connection *c = source->idle;

	if (c == NULL || source->state != POSTGRESQL_READY)
		return NULL;
	source->idle = c->next;
	c->next = NULL;
	return c;
}

/* With the lock held. */
static int
wait_for_one(struct postgresql_source *source, int64_t deadline_ms, struct postgresql_connection **out,
    vouch_err *err)
{
	while ((*out = take_idle(source)) == NULL) {
		if (source->state == POSTGRESQL_AWAY)
			return say_away(source, err);
		if (postgresql_clock_ms() >= deadline_ms)
			return postgresql_fail(err, VOUCH_EUNAVAILABLE, source->address.shown,
			    source->state == POSTGRESQL_READY ? "all connections are at work" :
								"no connection was made in time");
		postgresql_clock_cond_wait(&source->changed, &source->lock, deadline_ms);
	}
	return VOUCH_OK;
}

int
postgresql_pool_take(struct postgresql_source *source, int64_t deadline_ms,
    struct postgresql_connection **out, vouch_err *err)
{
	pthread_mutex_lock(&source->lock);
	int code = postgresql_keeper_start(source, err);
	if (code == VOUCH_OK) {
		source->waiting++;
		if (source->idle == NULL)
			pthread_cond_broadcast(&source->changed);
		code = wait_for_one(source, deadline_ms, out, err);
		source->waiting--;
	}
	pthread_mutex_unlock(&source->lock);
	return code;
}

int
postgresql_pool_check(struct postgresql_source *source, int64_t deadline_ms, vouch_err *err)
{
	pthread_mutex_lock(&source->lock);
	int code = postgresql_keeper_start(source, err);
	while (code == VOUCH_OK && source->state == POSTGRESQL_UNSURE && postgresql_clock_ms() < deadline_ms)
		postgresql_clock_cond_wait(&source->changed, &source->lock, deadline_ms);
	if (code == VOUCH_OK && source->state == POSTGRESQL_AWAY)
		code = say_away(source, err);
	else if (code == VOUCH_OK && source->state == POSTGRESQL_UNSURE)
		code = postgresql_fail(err, VOUCH_EUNAVAILABLE, source->address.shown,
		    "no connection was made in time");
	pthread_mutex_unlock(&source->lock);
	return code;
}

/* The writer, if the calling thread is in its transaction. */
static struct postgresql_connection *
own_writer(struct postgresql_source *source)
{
	if (source->writer == NULL)
		return NULL;
	pthread_mutex_lock(&source->lock);
	struct postgresql_connection *writer = source->writer;
	bool own = writer != NULL && pthread_equal(source->writer_thread, pthread_self());
	pthread_mutex_unlock(&source->lock);
	return own ? writer : NULL;
}

int
postgresql_pool_take_own(struct postgresql_source *source, int64_t deadline_ms,
    struct postgresql_connection **out, vouch_err *err)
{
	struct postgresql_connection *writer = own_writer(source);

	if (writer == NULL)
		return postgresql_pool_take(source, deadline_ms, out, err);
	*out = writer;
	return VOUCH_OK;
}

/*
 * With the lock held.  One late answer may be one slow question; as many as there are connections are the
 * database.
 */
static void
count_late(struct postgresql_source *source)
{
	if (++source->late < source->address.connections || source->state != POSTGRESQL_READY)
		return;
	(void)postgresql_fail(&source->why, VOUCH_EUNAVAILABLE, source->address.shown,
	    "the database does not answer in time");
	source->state = POSTGRESQL_AWAY;
	postgresql_pool_empty(source);
}

/* With the lock held: those that wait are most likely broken, too. */
static void
doubt(struct postgresql_source *source)
{
	if (source->state == POSTGRESQL_READY)
		source->state = POSTGRESQL_UNSURE;
	postgresql_pool_empty(source);
}

void
postgresql_pool_give(struct postgresql_source *source, struct postgresql_connection *c, bool answered)
{
	if (c == source->writer)
		return;
	pthread_mutex_lock(&source->lock);
	bool lost = c->lost, current = c->generation == source->generation;
	bool keep = !lost && !c->pending && current && source->state == POSTGRESQL_READY;
	if (c->late && current)
		count_late(source);
	else if (answered && current)
		source->late = 0;
	if (lost && current)
		doubt(source);
	keep = keep && source->state == POSTGRESQL_READY;
	if (keep) {
		c->late = false;
		c->next = source->idle;
		source->idle = c;
	} else {
		source->open--;
	}
	pthread_cond_broadcast(&source->changed);
	pthread_mutex_unlock(&source->lock);
	if (!keep)
		postgresql_connection_close(c);
}
