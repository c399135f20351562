/* SPDX-License-Identifier: Apache-2.0 */
/* The ops, and opening: MySQL and MariaDB as a status source and register.  URI: see address.h. */
#include <stdlib.h>

#include "modules/mysql/changes.h"
#include "modules/mysql/lookup.h"
#include "modules/mysql/register.h"
#include "modules/mysql/report.h"
#include "modules/query/query.h"

#define POLL_MS 200 /* a fifth of the second in which a change must show */

void
mysql_source_free(struct mysql_source *source)
{
	mysql_follower_clear(&source->follower);
	mysql_pool_close(source);
	mysql_address_clear(&source->address);
	free(source);
}

static void
source_close(void *ctx)
{
	struct mysql_source *source = ctx;

	mysql_write_abort(source);
	if (mysql_follower_end(&source->follower))
		mysql_source_free(source);
}

/* Nobody is asked yet: a database that is away for a moment keeps no responder from starting. */
static int
source_open(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	struct mysql_source *source = calloc(1, sizeof(*source));

	(void)now;
	if (source == NULL)
		return mysql_fail(err, VOUCH_ENOMEM, NULL, "out of memory");
	if (mysql_library_init(0, NULL, NULL) != 0) {
		free(source);
		return mysql_fail(err, VOUCH_ENOMEM, NULL, "the client library cannot begin");
	}
	int code = mysql_address_parse(&source->address, uri, err);
	if (code == VOUCH_OK)
		code = mysql_pool_init(source, err);
	if (code == VOUCH_OK && (code = mysql_follower_init(&source->follower, err)) != VOUCH_OK)
		mysql_pool_close(source);
	if (code != VOUCH_OK) {
		mysql_address_clear(&source->address);
		free(source);
		return code;
	}
	*ctx = source;
	return VOUCH_OK;
}

static int
source_attach(void *ctx, const vouch_issuer *issuer, vouch_err *err)
{
	struct mysql_source *source = ctx;

	return source->address.query == NULL ? VOUCH_OK : query_attach(source->address.query, issuer, err);
}

static int
source_watch(void *ctx, int *fd, int *poll_ms)
{
	(void)ctx;
	*fd = -1;
	*poll_ms = POLL_MS;
	return VOUCH_OK;
}

static const vouch_source_ops ops = {
	.abi = VOUCH_ABI,
	.name = "mysql",
	.open = source_open,
	.lookup = mysql_lookup,
	.each = mysql_each,
	.changes = mysql_changes,
	.watch = source_watch,
	.begin = mysql_begin,
	.put = mysql_put,
	.commit = mysql_write_commit,
	.abort = mysql_write_abort,
	.close = source_close,
	.attach = source_attach,
};

VOUCH_PLUGIN const vouch_source_ops *
vouch_plugin(uint32_t abi)
{
	return abi == VOUCH_ABI ? &ops : NULL;
}
