/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source behind the ops: where the database is, connections that wait, and the one that writes.
 *
 *	lookup, each, changes ──take──▶ idle list ──give──▶ back, if of this generation
 *	begin … put … commit  ───────▶ writer, which its own thread reads through as well
 */
#ifndef SQLITE_POOL_H
#define SQLITE_POOL_H

#include "modules/sqlite/connection.h"

#include <pthread.h>

struct sqlite_source {
	struct sqlite_location location;
	pthread_mutex_t
	    pool_lock; /* guards what follows up to writer_thread, for a few instructions at a time */
	struct sqlite_connection *idle;
	uint64_t generation;
	size_t taken, lingering;	  /* connections at work: of this generation, of older ones */
	bool replaced;			  /* the lingering ones read a file that is no longer at its path */
	struct sqlite_connection *writer; /* in a transaction, else NULL */
	pthread_t writer_thread;
	bool wrote;	/* the writing thread's: put was called in this transaction */
	bool committed; /* something was written: tidy up at the end */
	bool issuer_is_known;
	uint8_t issuer_known[32]; /* the issuer of the last put */
};

/* A connection to the file that the path leads to now. */
VOUCH_MUST int sqlite_pool_take(struct sqlite_source *source, struct sqlite_connection **out, vouch_err *err);
/* The same, or the writer for the thread that is in a transaction: it sees what it wrote. */
VOUCH_MUST int sqlite_pool_take_own(struct sqlite_source *source, struct sqlite_connection **out,
    vouch_err *err);
/* A connection that found damage (by ret) is closed: the next one looks at the file anew. */
void sqlite_pool_give(struct sqlite_source *source, struct sqlite_connection *connection, int ret);
/* No connection that is open now serves another call.  replaced: the path leads to another file. */
void sqlite_pool_renew(struct sqlite_source *source, bool replaced);

#endif
