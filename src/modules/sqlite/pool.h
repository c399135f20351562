/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source behind the ops: where the database is, connections that wait, and the one that writes.
 *
 *	lookup, each, changes ──take──▶ the thread's shelf ──give──▶ back, if of this generation
 *	begin … put … commit  ───────▶ writer, which its own thread reads through as well
 *
 * A thread takes from its own shelf what it put there: the pages in the connection's cache are those that it asks
 * for, and its lock is shared with nobody but the poll.
 */
#ifndef SQLITE_POOL_H
#define SQLITE_POOL_H

#include "modules/sqlite/connection.h"

#include <pthread.h>

#define SQLITE_SHELVES 64 /* some threads share one, which costs them some of the advantage */

struct sqlite_shelf {
	pthread_mutex_t shelf_lock; /* guards idle, and the connections in it */
	struct sqlite_connection *idle;
	uint8_t apart[64]; /* no two shelves in one line of a cache */
};

struct sqlite_source {
	struct sqlite_location location;
	struct query *query; /* location.query */
	struct sqlite_shelf shelves[SQLITE_SHELVES];
	_Atomic uint64_t polls; /* how often the feed was asked; each poll ends every snapshot */
	pthread_mutex_t
	    pool_lock; /* for changing generation and writer, and for what follows up to writer_thread */
	_Atomic uint64_t generation;
	size_t current, lingering; /* connections open: of this generation, of older ones */
	uint64_t opened;	   /* how many connections there ever were */
	bool replaced;		   /* the lingering ones read a file that is no longer at its path */
	struct sqlite_connection *_Atomic writer; /* in a transaction, else NULL */
	pthread_t writer_thread;
	bool wrote;	/* the writing thread's: put was called in this transaction */
	bool committed; /* something was written: tidy up at the end */
	bool issuer_is_known;
	uint8_t issuer_known[SQLITE_ISSUER_ID]; /* the issuer of the last put */
};

void sqlite_pool_init(struct sqlite_source *source);
/* The last call: nothing is at work. */
void sqlite_pool_close(struct sqlite_source *source);
/* A connection to the file that the path leads to now. */
VOUCH_MUST int sqlite_pool_take(struct sqlite_source *source, struct sqlite_connection **out, vouch_err *err);
/*
 * For one lookup: a connection in a transaction in which everything shows that was committed before this call.  If
 * the source is polled, the path led to its file at the last poll; else it does so now.
 */
VOUCH_MUST int sqlite_pool_take_snapshot(struct sqlite_source *source, vouch_time now,
    struct sqlite_connection **out, vouch_err *err);
/* The same as sqlite_pool_take(), or the writer for the thread that is in a transaction: it sees what it wrote. */
VOUCH_MUST int sqlite_pool_take_own(struct sqlite_source *source, struct sqlite_connection **out,
    vouch_err *err);
/* A connection that found damage (by ret) is closed: the next one looks at the file anew. */
void sqlite_pool_give(struct sqlite_source *source, struct sqlite_connection *connection, int ret);
/* Ends the snapshots of all that wait; those at work end theirs when they are done. */
void sqlite_pool_poll(struct sqlite_source *source);
/* No connection that is open now serves another call.  replaced: the path leads to another file. */
void sqlite_pool_renew(struct sqlite_source *source, bool replaced);

#endif
