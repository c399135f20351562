/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source behind the ops: connections that wait, what is known of the database, and the connection that
 * writes.
 *
 *	UNSURE ──keeper connects──▶ READY ──a connection breaks──▶ UNSURE       who asks waits, up to his deadline
 *	   └────keeper fails──▶ AWAY ◀──too many answers are late── READY       who asks is told at once
 *	                          └────keeper connects──▶ READY
 *
 * All connections of one generation lead to one server, since one start of it, with one set of tables: what
 * `changes` has told is then true of what lookups read.
 */
#ifndef POSTGRESQL_POOL_H
#define POSTGRESQL_POOL_H

#include <stdatomic.h>

#include "modules/postgresql/connection.h"

enum postgresql_state { POSTGRESQL_UNSURE, POSTGRESQL_READY, POSTGRESQL_AWAY };

struct postgresql_source {
	struct postgresql_address address;
	struct query *query;	/* NULL: a register of ours */
	pthread_mutex_t lock;	/* guards what follows, down to wakes */
	pthread_cond_t changed; /* any of it */
	enum postgresql_state state;
	vouch_err why; /* AWAY: the reason */
	struct postgresql_connection *idle;
	unsigned open;	  /* connections, idle and at work, without the feed */
	unsigned waiting; /* who would like one */
	unsigned late;	  /* answers in a row that came too late */
	uint64_t generation;
	uint8_t identity[POSTGRESQL_IDENTITY]; /* of this generation; zeros: none yet */
	bool wants_feed;		       /* the feed has no connection */
	vouch_err feed_why;		       /* why it could not have one; VOUCH_OK: it could */
	struct postgresql_connection *fresh_feed;
	bool keeper_started, keeper_runs, connecting, stop;
	bool left_alone; /* nobody else has the source any more: it is the keeper's to free */
	pthread_t keeper;
	struct postgresql_pin pin; /* the keeper's */

	pthread_mutex_t feed_lock; /* guards feed, and its use; never waited for while `lock` is held */
	struct postgresql_connection *feed;
	bool feed_was_asked;
	int wakes; /* an epoll that holds the feed's socket, so that it stays when that does not; -1: none */

	struct postgresql_connection *_Atomic writer; /* in a transaction, else NULL */
	pthread_t writer_thread;
	bool wrote; /* the writing thread's: put was called in this transaction */
	bool issuer_is_known;
	uint8_t issuer_known[32]; /* the issuer of the last put */
};

/* Frees what is left of a source whose keeper has ended, or ends. */
void postgresql_source_free(struct postgresql_source *source);

/*
 * A connection that has proved itself, of this generation; gives up at the deadline, or when the database is
 * away.
 */
VOUCH_MUST int postgresql_pool_take(struct postgresql_source *source, int64_t deadline_ms,
    struct postgresql_connection **out, vouch_err *err);
/* The same, or the writer for the thread that is in a transaction: it sees what it wrote. */
VOUCH_MUST int postgresql_pool_take_own(struct postgresql_source *source, int64_t deadline_ms,
    struct postgresql_connection **out, vouch_err *err);
/* The database is there, as far as is known at the deadline. */
VOUCH_MUST int postgresql_pool_check(struct postgresql_source *source, int64_t deadline_ms, vouch_err *err);
/* answered: its last statement was; what `lost`, `late` and `pending` of the connection say is seen to. */
void postgresql_pool_give(struct postgresql_source *source, struct postgresql_connection *connection,
    bool answered);

/* For the keeper, with the lock held: closes what waits. */
void postgresql_pool_empty(struct postgresql_source *source);
/* For the keeper, with the lock held: a connection that it made joins a generation, or begins a new one. */
void postgresql_pool_join(struct postgresql_source *source, struct postgresql_connection *connection);

#endif
