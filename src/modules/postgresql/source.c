/* SPDX-License-Identifier: Apache-2.0 */
/* The ops, and opening. */
#include "modules/postgresql/postgresql.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "modules/postgresql/feed.h"
#include "modules/postgresql/keeper.h"
#include "modules/postgresql/lookup.h"
#include "modules/postgresql/register.h"

void
postgresql_source_free(struct postgresql_source *source)
{
	postgresql_feed_close(source);
	postgresql_pool_empty(source);
	postgresql_pin_clear(&source->pin);
	query_close(source->query);
	postgresql_address_clear(&source->address);
	if (source->wakes >= 0)
		close(source->wakes);
	pthread_mutex_destroy(&source->feed_lock);
	pthread_mutex_destroy(&source->lock);
	pthread_cond_destroy(&source->changed);
	free(source);
}

static void
source_close(void *ctx)
{
	struct postgresql_source *source = ctx;

	if (source == NULL)
		return;
	postgresql_abort(source);
	if (postgresql_keeper_stop(source))
		postgresql_source_free(source);
}

static int
open_query(struct postgresql_source *source, const char *uri, vouch_err *err)
{
	vouch_err why = { 0 };
	int code = query_open(&source->query, QUERY_POSTGRESQL, uri, &why);

	if (code == VOUCH_ENOTFOUND)
		return VOUCH_OK;
	return code == VOUCH_OK ? code : postgresql_fail(err, code, source->address.shown, "%s", why.msg);
}

/*
 * Nothing is asked yet: a server opens its sources before it gives up its rights, and starts without a
 * database, too.
 */
static int
source_open(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	struct postgresql_source *source = calloc(1, sizeof(*source));

	(void)now;
	if (source == NULL)
		return postgresql_fail(err, VOUCH_ENOMEM, "postgresql", "out of memory");
	pthread_mutex_init(&source->lock, NULL);
	pthread_mutex_init(&source->feed_lock, NULL);
	postgresql_clock_cond_init(&source->changed);
	source->wakes = epoll_create1(EPOLL_CLOEXEC);
	int code = postgresql_address_parse(&source->address, uri, err);
	if (code == VOUCH_OK)
		code = open_query(source, uri, err);
	if (code == VOUCH_OK && PQisthreadsafe() != 1)
		code = postgresql_fail(err, VOUCH_EUNAVAILABLE, "postgresql",
		    "libpq was built without threads");
	if (code != VOUCH_OK) {
		source_close(source);
		return code;
	}
	*ctx = source;
	return VOUCH_OK;
}

static int
source_attach(void *ctx, const vouch_issuer *issuer, vouch_err *err)
{
	struct postgresql_source *source = ctx;
	vouch_err why = { 0 };

	if (source->query == NULL)
		return VOUCH_OK;
	int code = query_attach(source->query, issuer, &why);
	return code == VOUCH_OK ? code : postgresql_fail(err, code, source->address.shown, "%s", why.msg);
}

/* Nothing is kept here: it tells whether the database answers. */
static int
source_reload(void *ctx, vouch_time now, vouch_err *err)
{
	struct postgresql_source *source = ctx;

	(void)now;
	return postgresql_pool_check(source, postgresql_clock_ms() + source->address.timeout_ms, err);
}

static int
source_watch(void *ctx, int *fd, int *poll_ms)
{
	const struct postgresql_source *source = ctx;

	*fd = source->wakes;
	*poll_ms = source->address.poll_ms;
	return VOUCH_OK;
}

const vouch_source_ops vouch_source_postgresql = {
	.abi = VOUCH_ABI,
	.name = "postgresql",
	.open = source_open,
	.reload = source_reload,
	.lookup = postgresql_lookup,
	.each = postgresql_each,
	.changes = postgresql_changes,
	.watch = source_watch,
	.begin = postgresql_begin,
	.put = postgresql_put,
	.commit = postgresql_commit,
	.abort = postgresql_abort,
	.close = source_close,
	.attach = source_attach,
};

VOUCH_PLUGIN const vouch_source_ops *
vouch_plugin(uint32_t abi)
{
	return abi == VOUCH_ABI ? &vouch_source_postgresql : NULL;
}
