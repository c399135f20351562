/* SPDX-License-Identifier: Apache-2.0 */
/* The moment of the database that a connection's lookups see, and whether it still is the present one. */
#include "modules/sqlite/snapshot.h"
#include "modules/sqlite/connection.h"

#include <string.h>

/* Walformat.html 2.1 and 2.2, in numbers of 32 bits. */
enum { INDEX_VERSION = 0, INDEX_FRAMES = 4, INDEX_COPY = 12, INDEX_BACKFILLED = 24 };

#define INDEX_VERSION_KNOWN 3007000
#define INDEX_REGION 32768 /* the unit in which it is mapped */
/* From this length on (SQLite's wal_autocheckpoint) each commit tries to move the log into the file. */
#define LOG_KEPT 1000
/* For who does not poll as often as he began to: replacement of the file shows within this time at the latest. */
#define SECONDS_UNPOLLED 1

/* NULL: there is none, or it cannot be shared. */
static const volatile void *
map_index(const struct sqlite_connection *c)
{
	sqlite3_file *file = NULL;
	volatile void *index = NULL;

	/* To one without a log it would be made. */
	if (!c->logs || sqlite3_file_control(c->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
	    file->pMethods == NULL || file->pMethods->iVersion < 2 || file->pMethods->xShmMap == NULL)
		return NULL;
	return file->pMethods->xShmMap(file, 0, INDEX_REGION, 0, &index) == SQLITE_OK ? index : NULL;
}

/* Each word is read whole, but not all of them at one moment. */
static uint64_t
index_word(const volatile void *index, size_t i)
{
	return ((const volatile _Atomic uint64_t *)index)[i];
}

/* The log is short, or stands in the file already: who writes next need not wait for a reader to leave. */
static bool
may_stay(const uint64_t seen[SQLITE_INDEX_WORDS])
{
	uint32_t words[2 * SQLITE_INDEX_WORDS];

	memcpy(words, seen, sizeof(words));
	return words[INDEX_VERSION] == INDEX_VERSION_KNOWN &&
	    memcmp(words, words + INDEX_COPY, INDEX_COPY * sizeof(words[0])) == 0 &&
	    (words[INDEX_FRAMES] < LOG_KEPT || words[INDEX_BACKFILLED] >= words[INDEX_FRAMES]);
}

static int
run(const struct sqlite_connection *c, enum sqlite_statement which)
{
	int rc = sqlite3_step(c->statements[which]);

	sqlite3_reset(c->statements[which]);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
sqlite_snapshot_begin(struct sqlite_connection *connection, uint64_t polls, vouch_time now)
{
	struct sqlite_snapshot *s = &connection->snapshot;

	*s = (struct sqlite_snapshot){ .poll = polls, .begun = now };
	s->index = polls > 0 ? map_index(connection) : NULL;
	/*
	 * Before the transaction begins, which is at the first look into the database: a commit in between is in
	 * the transaction and passes for one that is not, never the other way round.
	 */
	for (size_t i = 0; s->index != NULL && i < SQLITE_INDEX_WORDS; i++)
		s->seen[i] = index_word(s->index, i);
	s->stays = s->index != NULL && may_stay(s->seen);
	int rc = run(connection, SQLITE_BEGIN);
	s->open = rc == SQLITE_OK;
	return rc;
}

static bool
index_is_as_seen(const struct sqlite_snapshot *s)
{
	for (size_t i = 0; i < SQLITE_INDEX_WORDS; i++)
		if (index_word(s->index, i) != s->seen[i])
			return false;
	return true;
}

bool
sqlite_snapshot_stands(const struct sqlite_connection *connection, uint64_t polls, vouch_time now)
{
	const struct sqlite_snapshot *s = &connection->snapshot;

	return s->open && s->stays && s->poll == polls && now >= s->begun &&
	    (uint64_t)now - (uint64_t)s->begun <= SECONDS_UNPOLLED && index_is_as_seen(s);
}

void
sqlite_snapshot_end(struct sqlite_connection *connection)
{
	struct sqlite_snapshot *s = &connection->snapshot;

	if (!s->open)
		return;
	s->open = false;
	/* An error may have ended it already. */
	if (sqlite3_get_autocommit(connection->db) == 0 && run(connection, SQLITE_COMMIT) != SQLITE_OK)
		(void)sqlite_exec(connection->db, "ROLLBACK");
}

static int
read_issuer(const struct sqlite_connection *c, vouch_span id, int64_t *number)
{
	sqlite3_stmt *s = c->statements[SQLITE_ISSUER];
	int rc = sqlite3_bind_blob64(s, 1, id.data, id.len, SQLITE_STATIC);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*number = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return rc;
}

int
sqlite_snapshot_issuer(struct sqlite_connection *connection, vouch_span id, int64_t *number)
{
	struct sqlite_snapshot *s = &connection->snapshot;

	/* In a transaction that writes, the number may change. */
	if (!s->open || id.len != SQLITE_ISSUER_ID)
		return read_issuer(connection, id, number);
	/* A SHA-256: any octet of it spreads them. */
	size_t place = id.data[0] % SQLITE_SNAPSHOT_ISSUERS;
	if (s->issuers[place].number != 0 && memcmp(s->issuers[place].id, id.data, SQLITE_ISSUER_ID) == 0) {
		*number = s->issuers[place].number;
		return SQLITE_ROW;
	}
	int rc = read_issuer(connection, id, number);
	if (rc == SQLITE_ROW) {
		memcpy(s->issuers[place].id, id.data, SQLITE_ISSUER_ID);
		s->issuers[place].number = *number;
	}
	return rc;
}
