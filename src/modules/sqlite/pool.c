/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that wait for work. */
#include "modules/sqlite/pool.h"
#include "modules/sqlite/report.h"

/*
 * False: connections to a file that has been replaced are still at work.  Both files share PATH-shm, and
 * POSIX drops a process's locks on a file when any descriptor of it is closed: opening the new file before
 * the last of the old is closed could lose its locks.
 */
static bool
enter(struct sqlite_source *source, struct sqlite_connection **idle, uint64_t *generation)
{
	pthread_mutex_lock(&source->pool_lock);
	bool may = !source->replaced;
	if (may) {
		*idle = source->idle;
		source->idle = *idle != NULL ? (*idle)->next : NULL;
		*generation = source->generation;
		source->taken++;
	}
	pthread_mutex_unlock(&source->pool_lock);
	return may;
}

static void
leave(struct sqlite_source *source, uint64_t generation)
{
	pthread_mutex_lock(&source->pool_lock);
	if (generation == source->generation)
		source->taken--;
	else if (--source->lingering == 0)
		source->replaced = false;
	pthread_mutex_unlock(&source->pool_lock);
}

void
sqlite_pool_renew(struct sqlite_source *source, bool replaced)
{
	pthread_mutex_lock(&source->pool_lock);
	struct sqlite_connection *c = source->idle;
	source->idle = NULL;
	source->generation++;
	source->lingering += source->taken;
	source->taken = 0;
	source->replaced = (source->replaced || replaced) && source->lingering > 0;
	pthread_mutex_unlock(&source->pool_lock);
	while (c != NULL) {
		struct sqlite_connection *next = c->next;
		sqlite_connection_close(c);
		c = next;
	}
}

static int
open_new(struct sqlite_source *source, struct sqlite_connection **out, uint64_t generation, vouch_err *err)
{
	int ret = sqlite_connection_open(out, &source->location, err);

	if (ret != VOUCH_OK) {
		leave(source, generation);
		return ret;
	}
	(*out)->generation = generation;
	return VOUCH_OK;
}

static int
busy(const struct sqlite_source *source, vouch_err *err)
{
	return sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
	    "the file was replaced while it was being read");
}

int
sqlite_pool_take(struct sqlite_source *source, struct sqlite_connection **out, vouch_err *err)
{
	struct sqlite_connection *c = NULL;
	uint64_t generation = 0;

	if (!enter(source, &c, &generation))
		return busy(source, err);
	/* A request never gets what a file said that has been replaced. */
	if (c != NULL && sqlite_connection_has_moved(c)) {
		sqlite_connection_close(c);
		leave(source, generation);
		sqlite_pool_renew(source, true);
		if (!enter(source, &c, &generation))
			return busy(source, err);
	}
	if (c == NULL)
		return open_new(source, out, generation, err);
	*out = c;
	return VOUCH_OK;
}

int
sqlite_pool_take_own(struct sqlite_source *source, struct sqlite_connection **out, vouch_err *err)
{
	pthread_mutex_lock(&source->pool_lock);
	struct sqlite_connection *writer = source->writer;
	bool own = writer != NULL && pthread_equal(source->writer_thread, pthread_self());
	pthread_mutex_unlock(&source->pool_lock);
	if (!own)
		return sqlite_pool_take(source, out, err);
	*out = writer;
	return VOUCH_OK;
}

void
sqlite_pool_give(struct sqlite_source *source, struct sqlite_connection *connection, int ret)
{
	/* One that was locked out (VOUCH_EUNAVAILABLE) is as good as before. */
	bool failed = ret != VOUCH_OK && ret != VOUCH_ENOTFOUND && ret != VOUCH_EUNAVAILABLE;
	bool sound = !failed && !connection->immutable;

	pthread_mutex_lock(&source->pool_lock);
	bool is_writer = connection == source->writer;
	bool keep = sound && !is_writer && connection->generation == source->generation;
	if (keep) {
		connection->next = source->idle;
		source->idle = connection;
		source->taken--;
	}
	pthread_mutex_unlock(&source->pool_lock);
	if (keep || is_writer)
		return;
	uint64_t generation = connection->generation;
	sqlite_connection_close(connection);
	leave(source, generation);
}
