/* SPDX-License-Identifier: Apache-2.0 */
/* The change feed: what was committed since somebody last asked. */
#include "modules/postgresql/feed.h"

#include <stdio.h>
#include <string.h>

#include "modules/postgresql/keeper.h"
#include "modules/postgresql/row.h"

/*
 * Whoever polls polls other sources as well: an answer that takes longer is waited for by the next calls, at
 * no cost to those.
 */
#define PATIENCE_MS 500
/* The first time a connection has to be made, and nothing was answered yet that could be delayed. */
#define FIRST_MS 5000
/* Read again at once when a notification came with the answer, so often at most. */
#define READS_MOST 3

/*
 * A cursor: of which server and tables, the last entry of the log, and the snapshot, as text, that it was
 * read with.
 */
enum { CURSOR_IDENTITY = 0, CURSOR_NUMBER = 32, CURSOR_TOKEN = 40, CURSOR_SNAPSHOT = 56 };
#define TOKEN 16

/* --- Its connection ------------------------------------------------------------------------------------- */

static void
drop_feed(struct postgresql_source *source)
{
	postgresql_connection_close(source->feed);
	source->feed = NULL;
}

void
postgresql_feed_close(struct postgresql_source *source)
{
	drop_feed(source);
	postgresql_connection_close(source->fresh_feed);
	source->fresh_feed = NULL;
}

/* With both locks held. */
static int
wait_for_fresh(struct postgresql_source *source, int64_t deadline_ms, vouch_err *err)
{
	while (source->fresh_feed == NULL) {
		if (source->state == POSTGRESQL_AWAY)
			*err = source->why;
		else if (source->feed_why.code != VOUCH_OK)
			*err = source->feed_why;
		else if (postgresql_clock_ms() >= deadline_ms)
			return postgresql_fail(err, VOUCH_EUNAVAILABLE, source->address.shown,
			    "no connection was made in time");
		if (source->state == POSTGRESQL_AWAY || source->feed_why.code != VOUCH_OK)
			return err->code;
		postgresql_clock_cond_wait(&source->changed, &source->lock, deadline_ms);
	}
	source->feed = source->fresh_feed;
	source->fresh_feed = NULL;
	return VOUCH_OK;
}

/* A feed of the generation that lookups are of. */
static int
take_feed(struct postgresql_source *source, int64_t deadline_ms, vouch_err *err)
{
	pthread_mutex_lock(&source->lock);
	int code = postgresql_keeper_start(source, err);
	if (source->feed != NULL && source->feed->generation != source->generation)
		drop_feed(source);
	if (source->fresh_feed != NULL && source->fresh_feed->generation != source->generation) {
		postgresql_connection_close(source->fresh_feed);
		source->fresh_feed = NULL;
	}
	if (code == VOUCH_OK && source->feed == NULL) {
		source->wants_feed = source->fresh_feed == NULL;
		pthread_cond_broadcast(&source->changed);
		code = wait_for_fresh(source, deadline_ms, err);
	}
	pthread_mutex_unlock(&source->lock);
	return code;
}

static void
doubt(struct postgresql_source *source)
{
	drop_feed(source);
	pthread_mutex_lock(&source->lock);
	source->wants_feed = source->fresh_feed == NULL;
	pthread_cond_broadcast(&source->changed);
	pthread_mutex_unlock(&source->lock);
}

/* What an earlier call did not wait for any longer; its result is of no use. */
static int
finish_pending(struct postgresql_source *source, vouch_err *err)
{
	struct postgresql_connection *c = source->feed;
	PGresult *result = NULL;

	if (!c->pending)
		return VOUCH_OK;
	int code = postgresql_await(c, source->address.shown, 0, &result, err);
	PQclear(result);
	if (code == VOUCH_EAGAIN && postgresql_clock_ms() > c->pending_since_ms + source->address.timeout_ms)
		c->lost = true;
	return code;
}

/* True: somebody has committed something since they were last looked at. */
static bool
take_notifications(struct postgresql_connection *c)
{
	PGnotify *notification;
	bool any = false;

	if (PQconsumeInput(c->db) == 0)
		c->lost = true;
	while ((notification = PQnotifies(c->db)) != NULL) {
		PQfreemem(notification);
		any = true;
	}
	return any;
}

/* --- A register of ours --------------------------------------------------------------------------------- */

static bool
snapshot_is_sound(vouch_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr("0123456789:,", text.data[i]) == NULL || text.data[i] == '\0')
			return false;
	}
	return text.len > 0;
}

/* An empty cursor, or one of somebody else's, knows nothing: NULLs compare with nothing. */
static int
bind_cursor(struct postgresql_values *values, const vouch_buf *cursor, vouch_buf *snapshot)
{
	vouch_span text = { NULL, 0 };

	if (cursor->len > CURSOR_SNAPSHOT)
		text = (vouch_span){ cursor->data + CURSOR_SNAPSHOT, cursor->len - CURSOR_SNAPSHOT };
	if (!snapshot_is_sound(text)) {
		for (int i = 0; i < 4; i++)
			postgresql_bind_null(values);
		return VOUCH_OK;
	}
	if (vouch_buf_append(snapshot, text.data, text.len) != VOUCH_OK ||
	    vouch_buf_append(snapshot, "", 1) != VOUCH_OK)
		return VOUCH_ENOMEM;
	postgresql_bind_text(values, (const char *)snapshot->data);
	postgresql_bind_octets(values, (vouch_span){ cursor->data + CURSOR_IDENTITY, POSTGRESQL_IDENTITY });
	postgresql_bind_octets(values, (vouch_span){ cursor->data + CURSOR_NUMBER, 8 });
	postgresql_bind_octets(values, (vouch_span){ cursor->data + CURSOR_TOKEN, TOKEN });
	return VOUCH_OK;
}

static int
append_padded(vouch_buf *out, vouch_span octets, size_t len)
{
	static const uint8_t zeros[POSTGRESQL_IDENTITY];
	size_t given = octets.len < len ? octets.len : len;
	int code = vouch_buf_append(out, octets.data, given);

	return code == VOUCH_OK ? vouch_buf_append(out, zeros, len - given) : code;
}

static int
write_cursor(vouch_buf *out, const PGresult *head)
{
	vouch_span snapshot = postgresql_column_span(head, 0, POSTGRESQL_HEAD_SNAPSHOT);
	int code = append_padded(out, postgresql_column_span(head, 0, POSTGRESQL_HEAD_IDENTITY),
	    POSTGRESQL_IDENTITY);

	if (code == VOUCH_OK)
		code = append_padded(out, postgresql_column_span(head, 0, POSTGRESQL_HEAD_NUMBER), 8);
	if (code == VOUCH_OK)
		code = append_padded(out, postgresql_column_span(head, 0, POSTGRESQL_HEAD_TOKEN), TOKEN);
	return code == VOUCH_OK ? vouch_buf_append(out, snapshot.data, snapshot.len) : code;
}

static void
tell(const PGresult *result, vouch_change_cb *cb, void *arg)
{
	vouch_span known = postgresql_column_span(result, 0, POSTGRESQL_HEAD_KNOWN);
	int rows = PQntuples(result);

	if (known.len != 1 || known.data[0] != 1 || rows > POSTGRESQL_CHANGES_TOLD) {
		cb(arg, (vouch_span){ NULL, 0 });
		return;
	}
	for (int row = 0; row < rows; row++) {
		if (!postgresql_column_is_null(result, row, POSTGRESQL_CHANGED_SERIAL))
			cb(arg, postgresql_column_span(result, row, POSTGRESQL_CHANGED_SERIAL));
	}
}

static int
take_changes(struct postgresql_source *source, const PGresult *result, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg, vouch_err *err)
{
	vouch_buf moved = { 0 };

	if (!postgresql_succeeded(source->feed, result))
		return postgresql_report(err, false, source->address.shown, result,
		    "cannot read the log of changes");
	if (PQntuples(result) < 1 || PQnfields(result) != POSTGRESQL_CHANGED_SERIAL + 1)
		return postgresql_fail(err, VOUCH_EIO, source->address.shown,
		    "the register is damaged: vouch.register has one row");
	if (write_cursor(&moved, result) != VOUCH_OK) {
		vouch_buf_free(&moved);
		return postgresql_fail(err, VOUCH_ENOMEM, source->address.shown, "out of memory");
	}
	tell(result, cb, arg);
	vouch_buf_free(cursor);
	*cursor = moved;
	return VOUCH_OK;
}

static int
read_register(struct postgresql_source *source, int64_t deadline_ms, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg, vouch_err *err)
{
	struct postgresql_values values = { 0 };
	vouch_buf snapshot = { 0 };
	PGresult *result = NULL;
	int code = bind_cursor(&values, cursor, &snapshot);

	if (code != VOUCH_OK)
		code = postgresql_fail(err, code, source->address.shown, "out of memory");
	else
		code = postgresql_run(source->feed, POSTGRESQL_CHANGES, &values, source->address.shown,
		    deadline_ms, &result, err);
	if (code == VOUCH_OK)
		code = take_changes(source, result, cursor, cb, arg, err);
	PQclear(result);
	vouch_buf_free(&snapshot);
	return code;
}

/* --- The users' own tables ------------------------------------------------------------------------------ */

static int
fail_own(const struct postgresql_source *source, int code, const vouch_err *why, vouch_err *err)
{
	return postgresql_fail(err, code, source->address.shown, "%s", why->msg);
}

static int
run_own(struct postgresql_source *source, struct query_feed *feed, int64_t deadline_ms, vouch_err *err)
{
	struct postgresql_connection *c = source->feed;
	struct postgresql_values values = { 0 };
	PGresult *result = NULL;
	vouch_err why = { 0 };

	postgresql_bind_query(&values, c->binding.values, query_parameters(source->query, feed->kind));
	int code = postgresql_run(c, postgresql_statement_of(feed->kind), &values, source->address.shown,
	    deadline_ms, &result, err);
	if (code == VOUCH_OK && !postgresql_succeeded(c, result))
		code = postgresql_report(err, false, source->address.shown, result, "changes");
	for (int row = 0; code == VOUCH_OK && row < PQntuples(result); row++) {
		struct postgresql_row read = { 0 };
		code = postgresql_row_read(&read, result, row, &c->columns[feed->kind], source->address.shown,
		    err);
		if (code == VOUCH_OK &&
		    (code = query_feed_row(feed, &c->columns[feed->kind], read.values, &why)) != VOUCH_OK)
			code = fail_own(source, code, &why, err);
		postgresql_row_clear(&read);
	}
	PQclear(result);
	return code;
}

/* The inner cursor is of modules/query; that of another server, or start of it, is worth nothing. */
static int
read_own(struct postgresql_source *source, int64_t deadline_ms, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg, vouch_err *err)
{
	struct postgresql_connection *c = source->feed;
	struct query_feed feed = { 0 };
	vouch_buf inner = { 0 }, moved = { 0 };
	vouch_err why = { 0 };
	int code = VOUCH_OK;

	if (cursor->len >= POSTGRESQL_IDENTITY && memcmp(cursor->data, c->identity, POSTGRESQL_IDENTITY) == 0)
		code = vouch_buf_append(&inner, cursor->data + POSTGRESQL_IDENTITY,
		    cursor->len - POSTGRESQL_IDENTITY);
	if (code == VOUCH_OK)
		code = vouch_buf_append(&moved, c->identity, POSTGRESQL_IDENTITY);
	if (code != VOUCH_OK)
		code = postgresql_fail(err, code, source->address.shown, "out of memory");
	else if ((code = query_feed_begin(&feed, &c->binding, source->query, &inner, &why)) != VOUCH_OK)
		code = fail_own(source, code, &why, err);
	if (code == VOUCH_OK)
		code = run_own(source, &feed, deadline_ms, err);
	if (code == VOUCH_OK && (code = query_feed_end(&feed, &inner, cb, arg, &why)) != VOUCH_OK)
		code = fail_own(source, code, &why, err);
	if (code == VOUCH_OK && (code = vouch_buf_append(&moved, inner.data, inner.len)) != VOUCH_OK)
		code = postgresql_fail(err, code, source->address.shown, "out of memory");
	if (code == VOUCH_OK) {
		vouch_buf swapped = *cursor;
		*cursor = moved;
		moved = swapped;
	}
	query_feed_clear(&feed);
	vouch_buf_free(&inner);
	vouch_buf_free(&moved);
	return code;
}

/* --- One call ------------------------------------------------------------------------------------------- */

static int
ask(struct postgresql_source *source, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	int64_t deadline_ms = postgresql_clock_ms() + PATIENCE_MS;
	bool again = true;
	int code = finish_pending(source, err);

	if (code == VOUCH_OK)
		(void)take_notifications(source->feed);
	for (int i = 0; code == VOUCH_OK && again && i < READS_MOST; i++) {
		code = source->query == NULL ? read_register(source, deadline_ms, cursor, cb, arg, err) :
					       read_own(source, deadline_ms, cursor, cb, arg, err);
		again = code == VOUCH_OK && take_notifications(source->feed);
	}
	return code;
}

/* Nothing tells what changed in the users' own tables: each call presumes everything. */
static bool
cannot_tell(const struct postgresql_source *source)
{
	return source->query != NULL && query_sql(source->query, QUERY_CHANGES) == NULL;
}

static int
presume(struct postgresql_source *source, int64_t deadline_ms, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg, vouch_err *err)
{
	int code = postgresql_pool_check(source, deadline_ms, err);

	if (code != VOUCH_OK)
		return code;
	cb(arg, (vouch_span){ NULL, 0 });
	cursor->len = 0;
	return vouch_buf_append(cursor, "?", 1) == VOUCH_OK ?
	    VOUCH_OK :
	    postgresql_fail(err, VOUCH_ENOMEM, source->address.shown, "out of memory");
}

/* One that broke while nobody looked is replaced at once: a server that was started again has no bad news. */
static int
ask_patiently(struct postgresql_source *source, int64_t deadline_ms, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg, vouch_err *err)
{
	int code = VOUCH_EUNAVAILABLE;

	for (int tries = 0; tries < 2; tries++) {
		code = take_feed(source, deadline_ms, err);
		if (code != VOUCH_OK)
			return code;
		code = ask(source, cursor, cb, arg, err);
		if (!source->feed->lost)
			return code;
		doubt(source);
		if (code == VOUCH_OK)
			return code;
	}
	return code;
}

/* How long a connection is waited for. */
static int64_t
connection_deadline(struct postgresql_source *source)
{
	int most_ms = source->feed_was_asked ? PATIENCE_MS : FIRST_MS;

	source->feed_was_asked = true;
	return postgresql_clock_ms() +
	    (source->address.timeout_ms < most_ms ? source->address.timeout_ms : most_ms);
}

int
postgresql_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct postgresql_source *source = ctx;

	pthread_mutex_lock(&source->feed_lock);
	int64_t deadline_ms = connection_deadline(source);
	int code = cannot_tell(source) ? presume(source, deadline_ms, cursor, cb, arg, err) :
					 ask_patiently(source, deadline_ms, cursor, cb, arg, err);
	pthread_mutex_unlock(&source->feed_lock);
	return code == VOUCH_EAGAIN ? VOUCH_EUNAVAILABLE : code;
}
