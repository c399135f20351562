/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source behind the ops: connections that wait, and what is known of a database that is away.
 *
 *	lookup, each, a round of the feed ──take──▶ a connection ──give──▶ back, unless it was lost
 *	                                            (the feed has one of its own: without it no stored answer stands)
 *	begin … put … commit ─────────────────────▶ writer, which its own thread reads through as well
 *
 * While the database is away nobody waits for it: after a failure one caller at a time may try again, after a
 * while that grows to a second; all others are told at once.
 */
#ifndef MYSQL_POOL_H
#define MYSQL_POOL_H

#include <pthread.h>

#include "modules/mysql/connection.h"
#include "modules/mysql/follower.h"

#define MYSQL_ISSUER_ID 32 /* octets: a SHA-256 */

struct mysql_source {
	struct mysql_address address;
	pthread_mutex_t pool_lock;
	pthread_cond_t given;		      /* a connection came back, or may be opened */
	struct mysql_connection *idle, *feed; /* feed: the follower's, at most one */
	unsigned looking;		      /* connections at work, but for the follower's */
	unsigned late;			      /* answers in a row that came too late */
	bool is_slow;	     /* there were as many as connections: away, but for the follower */
	uint64_t generation; /* older connections are closed when they come back */
	/* Of a database that is away: */
	unsigned failures;
	uint64_t retry_at_ms;
	bool is_tried;	 /* somebody is connecting */
	bool has_worked; /* there was a connection */
	vouch_err away;
	struct mysql_connection *writer; /* in a transaction, else NULL */
	pthread_t writer_thread;
	bool wrote;
	bool issuer_is_known;
	uint8_t issuer_known[MYSQL_ISSUER_ID]; /* the issuer of the last put */
	struct mysql_follower follower;
};

VOUCH_MUST int mysql_pool_init(struct mysql_source *source, vouch_err *err);
/* Frees what is left of a source whose follower has ended, or ends. */
void mysql_source_free(struct mysql_source *source);
/* The last call: nothing is at work. */
void mysql_pool_close(struct mysql_source *source);
/*
 * follows: for the follower.  VOUCH_EUNAVAILABLE: the database is away, or all connections stay busy for longer than its
 * timeout.
 */
VOUCH_MUST int mysql_pool_take(struct mysql_source *source, bool follows, struct mysql_connection **out,
    vouch_err *err);
/* The same, or the writer for the thread that is in a transaction: it sees what it wrote. */
VOUCH_MUST int mysql_pool_take_own(struct mysql_source *source, struct mysql_connection **out,
    vouch_err *err);
/* has_failed: what was asked of it last has failed; one that is lost is closed, with all others. */
void mysql_pool_give(struct mysql_source *source, struct mysql_connection *connection, bool has_failed);
/*
 * Asks something of a connection, and once more of a new one if the first one was lost: a server that was started
 * again closes those that waited.  VOUCH_OK or VOUCH_ENOTFOUND, or a failure.
 */
typedef int mysql_question(struct mysql_source *source, struct mysql_connection *connection, void *arg,
    vouch_err *err);
VOUCH_MUST int mysql_pool_ask(struct mysql_source *source, mysql_question *question, void *arg,
    vouch_err *err);
/* The same for the follower. */
VOUCH_MUST int mysql_pool_follow(struct mysql_source *source, mysql_question *question, void *arg,
    vouch_err *err);

#endif
