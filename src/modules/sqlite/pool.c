/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that wait for work. */
#include "modules/sqlite/pool.h"
#include "modules/sqlite/report.h"

void
sqlite_pool_init(struct sqlite_source *source)
{
	pthread_mutex_init(&source->pool_lock, NULL);
	for (size_t i = 0; i < SQLITE_SHELVES; i++)
		pthread_mutex_init(&source->shelves[i].shelf_lock, NULL);
}

void
sqlite_pool_close(struct sqlite_source *source)
{
	sqlite_pool_renew(source, false);
	for (size_t i = 0; i < SQLITE_SHELVES; i++)
		pthread_mutex_destroy(&source->shelves[i].shelf_lock);
	pthread_mutex_destroy(&source->pool_lock);
}

/* Where a thread's own data are tells it from others, in any bits but the lowest. */
static struct sqlite_shelf *
own_shelf(struct sqlite_source *source)
{
	uint64_t place = (uint64_t)(uintptr_t)pthread_self() * UINT64_C(0x9E3779B97F4A7C15);

	return &source->shelves[(place >> 32) % SQLITE_SHELVES];
}

/*
 * False: connections to a file that has been replaced are still open.  Both files share PATH-shm, and POSIX
 * drops a process's locks on a file when any descriptor of it is closed: opening the new file before the last
 * of the old is closed could lose its locks.
 */
static bool
enter(struct sqlite_source *source, uint64_t *generation)
{
	pthread_mutex_lock(&source->pool_lock);
	bool may = !source->replaced;
	if (may) {
		*generation = source->generation;
		source->current++;
	}
	pthread_mutex_unlock(&source->pool_lock);
	return may;
}

static void
leave(struct sqlite_source *source, uint64_t generation)
{
	pthread_mutex_lock(&source->pool_lock);
	if (generation == source->generation)
		source->current--;
	else if (--source->lingering == 0)
		source->replaced = false;
	pthread_mutex_unlock(&source->pool_lock);
}

static void
discard(struct sqlite_source *source, struct sqlite_connection *c)
{
	uint64_t generation = c->generation;

	sqlite_connection_close(c);
	leave(source, generation);
}

static struct sqlite_connection *
empty(struct sqlite_shelf *shelf)
{
	pthread_mutex_lock(&shelf->shelf_lock);
	struct sqlite_connection *all = shelf->idle;
	shelf->idle = NULL;
	pthread_mutex_unlock(&shelf->shelf_lock);
	return all;
}

void
sqlite_pool_renew(struct sqlite_source *source, bool replaced)
{
	pthread_mutex_lock(&source->pool_lock);
	source->generation++;
	source->lingering += source->current;
	source->current = 0;
	source->replaced = (source->replaced || replaced) && source->lingering > 0;
	pthread_mutex_unlock(&source->pool_lock);
	/* What comes back to a shelf after this finds the generation changed. */
	for (size_t i = 0; i < SQLITE_SHELVES; i++) {
		struct sqlite_connection *c = empty(&source->shelves[i]);
		while (c != NULL) {
			struct sqlite_connection *next = c->next;
			discard(source, c);
			c = next;
		}
	}
}

void
sqlite_pool_poll(struct sqlite_source *source)
{
	source->polls++;
	for (size_t i = 0; i < SQLITE_SHELVES; i++) {
		struct sqlite_shelf *shelf = &source->shelves[i];
		pthread_mutex_lock(&shelf->shelf_lock);
		for (struct sqlite_connection *c = shelf->idle; c != NULL; c = c->next)
			sqlite_snapshot_end(c);
		pthread_mutex_unlock(&shelf->shelf_lock);
	}
}

static struct sqlite_connection *
take_idle(struct sqlite_source *source)
{
	struct sqlite_shelf *shelf = own_shelf(source);

	pthread_mutex_lock(&shelf->shelf_lock);
	struct sqlite_connection *c = shelf->idle;
	if (c != NULL)
		shelf->idle = c->next;
	pthread_mutex_unlock(&shelf->shelf_lock);
	if (c == NULL || c->generation == source->generation)
		return c;
	discard(source, c);
	return NULL;
}

static void
number(struct sqlite_source *source, struct sqlite_connection *c, uint64_t generation)
{
	c->generation = generation;
	pthread_mutex_lock(&source->pool_lock);
	c->own.connection = ++source->opened;
	pthread_mutex_unlock(&source->pool_lock);
}

static int
open_new(struct sqlite_source *source, struct sqlite_connection **out, vouch_err *err)
{
	uint64_t generation = 0;

	if (!enter(source, &generation))
		return sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
		    "the file was replaced while it was being read");
	int ret = sqlite_connection_open(out, &source->location, err);
	if (ret == VOUCH_OK)
		number(source, *out, generation);
	else
		leave(source, generation);
	return ret;
}

/* idle or, if that is NULL or of a file that was replaced, a new one. */
static int
freshen(struct sqlite_source *source, struct sqlite_connection *idle, struct sqlite_connection **out,
    vouch_err *err)
{
	if (idle == NULL)
		return open_new(source, out, err);
	sqlite_snapshot_end(idle);
	if (!sqlite_connection_has_moved(idle)) {
		*out = idle;
		return VOUCH_OK;
	}
	discard(source, idle);
	sqlite_pool_renew(source, true);
	return open_new(source, out, err);
}

int
sqlite_pool_take(struct sqlite_source *source, struct sqlite_connection **out, vouch_err *err)
{
	return freshen(source, take_idle(source), out, err);
}

/* The writer, if the calling thread is in its transaction. */
static struct sqlite_connection *
own_writer(struct sqlite_source *source)
{
	if (source->writer == NULL)
		return NULL;
	pthread_mutex_lock(&source->pool_lock);
	struct sqlite_connection *writer = source->writer;
	bool own = writer != NULL && pthread_equal(source->writer_thread, pthread_self());
	pthread_mutex_unlock(&source->pool_lock);
	return own ? writer : NULL;
}

int
sqlite_pool_take_own(struct sqlite_source *source, struct sqlite_connection **out, vouch_err *err)
{
	struct sqlite_connection *writer = own_writer(source);

	if (writer == NULL)
		return sqlite_pool_take(source, out, err);
	*out = writer;
	return VOUCH_OK;
}

int
sqlite_pool_take_snapshot(struct sqlite_source *source, vouch_time now, struct sqlite_connection **out,
    vouch_err *err)
{
	struct sqlite_connection *c = own_writer(source);
	uint64_t polls = source->polls; /* before the file is looked at */

	if (c != NULL) {
		*out = c;
		return VOUCH_OK;
	}
	c = take_idle(source);
	if (c != NULL && sqlite_snapshot_stands(c, polls, now)) {
		*out = c;
		return VOUCH_OK;
	}
	int ret = freshen(source, c, &c, err);
	if (ret != VOUCH_OK)
		return ret;
	if (sqlite_snapshot_begin(c, polls, now) != SQLITE_OK) {
		ret = sqlite_report(err, VOUCH_EUNAVAILABLE, source->location.path, c->db, "cannot read");
		sqlite_pool_give(source, c, ret);
		return ret;
	}
	*out = c;
	return VOUCH_OK;
}

static bool
put_back(struct sqlite_source *source, struct sqlite_connection *c)
{
	struct sqlite_shelf *shelf = own_shelf(source);

	pthread_mutex_lock(&shelf->shelf_lock);
	bool keep = c->generation == source->generation;
	if (keep) {
		/* A poll that came by meanwhile could not end it. */
		if (c->snapshot.poll != source->polls)
			sqlite_snapshot_end(c);
		c->next = shelf->idle;
		shelf->idle = c;
	}
	pthread_mutex_unlock(&shelf->shelf_lock);
	return keep;
}

void
sqlite_pool_give(struct sqlite_source *source, struct sqlite_connection *connection, int ret)
{
	bool answered = ret == VOUCH_OK || ret == VOUCH_ENOTFOUND;
	/* One that was locked out (VOUCH_EUNAVAILABLE) is as good as before. */
	bool sound = (answered || ret == VOUCH_EUNAVAILABLE) && !connection->immutable;

	if (connection == source->writer)
		return;
	if (!answered || !connection->snapshot.stays)
		sqlite_snapshot_end(connection);
	if (!sound || !put_back(source, connection))
		discard(source, connection);
}
