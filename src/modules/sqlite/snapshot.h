/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The moment of the database that a connection's lookups see, and whether it still is the present one.
 *
 *	            lookup   lookup   lookup        lookup
 *	   begin ───●────────●────────●──┐ begin ───●─────┐ begin
 *	                        a commit ┘           poll ┘
 *
 * A read transaction costs more than what is read in it: two locks, a stat(2) and a check that its file was not
 * replaced.  So it stays open from one lookup to the next, until somebody commits.  That shows in memory: all who
 * read and write the database map its wal-index (walformat.html of SQLite's documentation), whose header every
 * commit writes anew before it returns, as SQLite's own readers rely on.
 *
 * Whoever holds a moment holds up those who move the log into the file.  So it ends at every poll of the change
 * feed if not before, is held by sources that are polled only, and not while there is a log to be moved.
 */
#ifndef SQLITE_SNAPSHOT_H
#define SQLITE_SNAPSHOT_H

#include <sqlite3.h>
#include <vouch.h>

struct sqlite_connection;

#define SQLITE_ISSUER_ID 32
#define SQLITE_SNAPSHOT_ISSUERS 8
/* 8 octets each: the two copies of the header, and how much of the log stands in the file. */
#define SQLITE_INDEX_WORDS 13

struct sqlite_snapshot {
	bool open;			   /* in a transaction */
	bool stays;			   /* open, and may be so for longer than one lookup */
	uint64_t poll;			   /* the last one before it began */
	vouch_time begun;		   /* the wall clock then */
	const volatile void *index;	   /* where SQLite maps the wal-index */
	uint64_t seen[SQLITE_INDEX_WORDS]; /* what stood there before it began */
	struct {
		uint8_t id[SQLITE_ISSUER_ID];
		int64_t number; /* 0: none */
	} issuers[SQLITE_SNAPSHOT_ISSUERS];
};

/* An SQLite result code; polls: how often the feed was asked so far, 0 by who never asks it. */
int sqlite_snapshot_begin(struct sqlite_connection *connection, uint64_t polls, vouch_time now);
/* It is open, nobody has committed since, and the file was looked at since the last poll. */
bool sqlite_snapshot_stands(const struct sqlite_connection *connection, uint64_t polls, vouch_time now);
void sqlite_snapshot_end(struct sqlite_connection *connection);

/* SQLITE_ROW with the number that the issuer has in the database, SQLITE_DONE when it has none, or an error. */
int sqlite_snapshot_issuer(struct sqlite_connection *connection, vouch_span id, int64_t *number);

#endif
