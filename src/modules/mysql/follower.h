/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The follower: a thread that asks the database what changed, so that who polls many sources never waits for one
 * of them.  A round that takes too long is given up by the one who asked; its findings are dropped.
 */
#ifndef MYSQL_FOLLOWER_H
#define MYSQL_FOLLOWER_H

#include <pthread.h>
#include <vouch.h>

struct mysql_source;

struct mysql_round {	   /* what a round of the feed found */
	vouch_buf cursor;  /* at first where the asker stands, then where it ends */
	vouch_buf serials; /* each behind two octets with its length */
	bool all;	   /* anything may have changed */
};

struct mysql_follower {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool has_begun, runs, is_to_end;
	bool is_left_alone;	  /* nobody else has the source any more: it is the thread's to free */
	uint64_t asked, answered; /* rounds */
	struct mysql_round round; /* the asker's until asked grows, the thread's until answered does */
	int code;
	vouch_err err;
};

VOUCH_MUST int mysql_follower_init(struct mysql_follower *follower, vouch_err *err);
/*
 * True when the thread has ended.  False: it is waiting for a server that does not answer, and calls mysql_source_free()
 * when it no longer does; the source is not to be touched any more.
 */
VOUCH_MUST bool mysql_follower_end(struct mysql_follower *follower);
/* Whose thread has ended, or ends. */
void mysql_follower_clear(struct mysql_follower *follower);
/* The `changes` of the ops: one caller at a time. */
VOUCH_MUST int mysql_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err);

#endif
