/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the users' own: their statements on one connection, and a lookup with them. */
#include "modules/sqlite/own.h"
#include "modules/sqlite/own_statement.h"
#include "modules/sqlite/report.h"

#include <string.h>

/* SQLite's virtual machine takes a hundred million steps a second or so: a lookup holds up a loop for 50 ms at most. */
#define STEPS_OF_PROGRESS 100000
#define PROGRESS_MOST 50
/* From this length on a table that is read from end to end for one certificate is told of at the start. */
#define ROWS_SCANNED_MOST 100000

/* What SQL says in another moment without a change to the file. */
static const char *const of_the_moment[] = { "date", "time", "datetime", "julianday", "unixepoch", "strftime",
	"timediff", "current_date", "current_time", "current_timestamp", "random", "randomblob" };

/* SQLite's: asked about all that a statement does, while it is prepared, views included. */
static int
note_functions(void *arg, int action, const char *third, const char *fourth, const char *database,
    const char *trigger)
{
	bool *is_volatile = arg;

	(void)third;
	(void)database;
	(void)trigger;
	for (size_t i = 0; action == SQLITE_FUNCTION && i < sizeof(of_the_moment) / sizeof(of_the_moment[0]);
	     i++)
		if (sqlite3_stricmp(fourth, of_the_moment[i]) == 0)
			*is_volatile = true;
	return SQLITE_OK;
}

/* SQLite's: not 0 ends the statement. */
static int
count_steps(void *arg)
{
	struct sqlite_own *own = arg;

	return own->is_limited && ++own->steps > PROGRESS_MOST;
}

static const char *const names[QUERY_KINDS] = {
	[QUERY_LOOKUP] = "query",
	[QUERY_CHANGES] = "changes",
	[QUERY_HEAD] = "changes",
};

int
sqlite_own_columns(struct sqlite_connection *c, const struct sqlite_location *location, enum query_kind kind,
    vouch_err *err)
{
	const char *columns[QUERY_COLUMNS_MAX];
	sqlite3_stmt *s = c->own.statements[kind];
	int count = sqlite3_column_count(s);
	vouch_err why;

	if (count > QUERY_COLUMNS_MAX)
		return sqlite_fail(err, VOUCH_EINVAL, location->path, "%s: %d columns", names[kind], count);
	for (int i = 0; i < count; i++) {
		columns[i] = sqlite3_column_name(s, i);
		if (columns[i] == NULL)
			return sqlite_fail(err, VOUCH_ENOMEM, location->path, "out of memory");
	}
	int code = query_columns_read(&c->own.columns[kind], kind, columns, (size_t)count, &why);
	c->own.prepared[kind] = sqlite3_stmt_status(s, SQLITE_STMTSTATUS_REPREPARE, 0);
	return code == VOUCH_OK ? code : sqlite_fail(err, code, location->path, "%s", why.msg);
}

static int
prepare_one(struct sqlite_connection *c, const struct sqlite_location *location, enum query_kind kind,
    vouch_err *err)
{
	sqlite3_stmt **s = &c->own.statements[kind];

	if (query_sql(location->query, kind) == NULL)
		return VOUCH_OK;
	if (sqlite3_prepare_v3(c->db, query_sql(location->query, kind), -1, SQLITE_PREPARE_PERSISTENT, s,
		NULL) != SQLITE_OK)
		return (sqlite3_errcode(c->db) & 0xff) == SQLITE_ERROR ?
		    sqlite_fail(err, VOUCH_EINVAL, location->path, "%s: %s", names[kind],
			sqlite3_errmsg(c->db)) :
		    sqlite_report(err, VOUCH_EUNAVAILABLE, location->path, c->db, "cannot read");
	if (sqlite3_stmt_readonly(*s) == 0)
		return sqlite_fail(err, VOUCH_EINVAL, location->path, "%s: it would write", names[kind]);
	if ((size_t)sqlite3_bind_parameter_count(*s) != query_parameters(location->query, kind))
		return sqlite_fail(err, VOUCH_EINVAL, location->path,
		    "%s: it has placeholders of SQLite's own", names[kind]);
	return sqlite_own_columns(c, location, kind, err);
}

int
sqlite_own_prepare(struct sqlite_connection *connection, const struct sqlite_location *location,
    vouch_err *err)
{
	int code = VOUCH_OK;

	(void)sqlite3_set_authorizer(connection->db, note_functions, &connection->own.is_volatile);
	for (int kind = 0; kind < QUERY_KINDS && code == VOUCH_OK; kind++)
		code = prepare_one(connection, location, (enum query_kind)kind, err);
	sqlite3_progress_handler(connection->db, STEPS_OF_PROGRESS, count_steps, &connection->own);
	return code;
}

void
sqlite_own_clear(struct sqlite_own *own)
{
	for (size_t i = 0; i < QUERY_KINDS; i++)
		sqlite3_finalize(own->statements[i]);
	query_binding_clear(&own->binding);
}

int
sqlite_own_bind(struct sqlite_connection *c, const struct sqlite_location *location, enum query_kind kind)
{
	sqlite3_stmt *s = c->own.statements[kind];
	int rc = SQLITE_OK;

	for (int i = 0; i < (int)query_parameters(location->query, kind) && rc == SQLITE_OK; i++) {
		const struct query_value *v = &c->own.binding.values[i];
		switch (v->type) {
		case QUERY_INTEGER:
			rc = sqlite3_bind_int64(s, i + 1, v->integer);
			break;
		case QUERY_TEXT:
			rc = sqlite3_bind_text64(s, i + 1, (const char *)v->octets.data, v->octets.len,
			    SQLITE_STATIC, SQLITE_UTF8);
			break;
		case QUERY_OCTETS:
			rc = sqlite3_bind_blob64(s, i + 1, v->octets.data, v->octets.len, SQLITE_STATIC);
			break;
		case QUERY_NULL:
			rc = sqlite3_bind_null(s, i + 1);
			break;
		}
	}
	return rc;
}

static struct query_value
read_value(sqlite3_stmt *s, int column)
{
	struct query_value v = { .type = QUERY_NULL };

	switch (sqlite3_column_type(s, column)) {
	case SQLITE_INTEGER:
		v.type = QUERY_INTEGER;
		v.integer = sqlite3_column_int64(s, column);
		return v;
	case SQLITE_NULL:
		return v;
	case SQLITE_BLOB:
		v.type = QUERY_OCTETS;
		v.octets.data = sqlite3_column_blob(s, column);
		break;
	default: /* a number with a fraction is text here as well */
		v.type = QUERY_TEXT;
		v.octets.data = sqlite3_column_text(s, column);
		break;
	}
	v.octets.len = v.octets.data != NULL ? (size_t)sqlite3_column_bytes(s, column) : 0;
	return v;
}

int
sqlite_own_row(struct sqlite_connection *c, const struct sqlite_location *location, enum query_kind kind,
    struct query_value row[QUERY_COLUMNS_MAX], vouch_err *err)
{
	sqlite3_stmt *s = c->own.statements[kind];

	if (sqlite3_stmt_status(s, SQLITE_STMTSTATUS_REPREPARE, 0) != c->own.prepared[kind]) {
		int code = sqlite_own_columns(c, location, kind, err);
		if (code != VOUCH_OK)
			return code;
	}
	for (int i = 0; i < (int)c->own.columns[kind].count; i++)
		row[i] = read_value(s, i);
	return VOUCH_OK;
}

int
sqlite_own_try(struct sqlite_connection *connection, const struct sqlite_location *location, vouch_err *err)
{
	static const enum query_kind kinds[] = { QUERY_LOOKUP, QUERY_HEAD };
	struct sqlite_own *own = &connection->own;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		sqlite3_stmt *s = own->statements[kinds[i]];
		if (s == NULL)
			continue;
		int code = query_bind_trial(&own->binding, location->query, kinds[i], err);
		if (code != VOUCH_OK)
			return sqlite_prefix(err, location->path);
		int rc = sqlite_own_bind(connection, location, kinds[i]);
		if (rc == SQLITE_OK)
			rc = sqlite3_step(s);
		if (rc != SQLITE_ROW && rc != SQLITE_DONE)
			code = (rc & 0xff) == SQLITE_ERROR ?
			    sqlite_fail(err, VOUCH_EINVAL, location->path, "%s: %s", names[kinds[i]],
				sqlite3_errmsg(connection->db)) :
			    sqlite_report(err, VOUCH_EUNAVAILABLE, location->path, connection->db,
				"cannot read");
		sqlite3_reset(s);
		if (code != VOUCH_OK)
			return code;
	}
	int scanned = sqlite3_stmt_status(own->statements[QUERY_LOOKUP], SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
	if (scanned > ROWS_SCANNED_MOST)
		return sqlite_fail(err, VOUCH_EREFUSED, location->path,
		    "query: it reads %d rows to find one certificate: make an index for what it compares",
		    scanned);
	return VOUCH_OK;
}

/* All rows of a statement that is bound. */
static int
read_rows(const struct sqlite_source *source, struct sqlite_connection *c, struct query_answer *answer,
    vouch_err *err)
{
	struct query_value row[QUERY_COLUMNS_MAX];
	sqlite3_stmt *s = c->own.statements[QUERY_LOOKUP];
	int rc, code = VOUCH_OK;

	while (code == VOUCH_OK && (rc = sqlite3_step(s)) != SQLITE_DONE) {
		if (rc == SQLITE_INTERRUPT)
			return sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
			    "query: given up, it takes too long: make an index for what it compares");
		if (rc != SQLITE_ROW)
			return sqlite_report(err, VOUCH_EUNAVAILABLE, source->location.path, c->db,
			    "cannot read");
		code = sqlite_own_row(c, &source->location, QUERY_LOOKUP, row, err);
		if (code != VOUCH_OK)
			return code;
		code = query_answer_row(answer, &c->own.columns[QUERY_LOOKUP], row, err);
		if (code != VOUCH_OK)
			return sqlite_prefix(err, source->location.path);
	}
	return code;
}

static int
ask(const struct sqlite_source *source, struct sqlite_connection *c, vouch_status *out, vouch_err *err)
{
	struct query_answer answer;
	sqlite3_stmt *s = c->own.statements[QUERY_LOOKUP];

	if (sqlite_own_bind(c, &source->location, QUERY_LOOKUP) != SQLITE_OK)
		return sqlite_report(err, VOUCH_EUNAVAILABLE, source->location.path, c->db, "cannot ask");
	query_answer_begin(&answer);
	c->own.is_limited = true;
	c->own.steps = 0;
	int code = read_rows(source, c, &answer, err);
	c->own.is_limited = false;
	sqlite3_reset(s);
	return code == VOUCH_OK ? query_answer_end(&answer, out) : code;
}

static int
find(const struct sqlite_source *source, struct sqlite_connection *c, const vouch_issuer *issuer,
    vouch_span serial_number, vouch_status *out, vouch_err *err)
{
	int code = query_bind_lookup(&c->own.binding, source->location.query, issuer, serial_number, err);

	if (code != VOUCH_OK)
		return code == VOUCH_ENOTFOUND ? code : sqlite_prefix(err, source->location.path);
	return ask(source, c, out, err);
}

static int
add_detail(vouch_status *out, const char *path, vouch_err *err)
{
	static const char scheme[] = "sqlite:";

	if (vouch_buf_append(&out->detail, scheme, sizeof(scheme) - 1) != VOUCH_OK ||
	    vouch_buf_append(&out->detail, path, strlen(path)) != VOUCH_OK)
		return sqlite_fail(err, VOUCH_ENOMEM, path, "out of memory");
	return VOUCH_OK;
}

int
sqlite_own_lookup(struct sqlite_source *source, const vouch_issuer *issuer, vouch_span serial_number,
    vouch_time now, vouch_status *out, vouch_err *err)
{
	struct sqlite_connection *c = NULL;
	vouch_status found;
	int code = sqlite_pool_take_snapshot(source, now, &c, err);

	/* What was right at the start is right again when somebody has finished altering a table. */
	if (code == VOUCH_EINVAL || code == VOUCH_EPARSE)
		return err->code = VOUCH_EUNAVAILABLE;
	if (code != VOUCH_OK)
		return code;
	vouch_status_init(&found);
	code = find(source, c, issuer, serial_number, &found, err);
	if ((code == VOUCH_OK || code == VOUCH_ENOTFOUND) && sqlite_connection_is_torn(c, &source->location))
		code = sqlite_fail(err, VOUCH_EUNAVAILABLE, source->location.path,
		    "somebody has begun to write to it");
	if (code == VOUCH_OK)
		code = add_detail(&found, source->location.path, err);
	/* A row that makes no sense says nothing against the connection. */
	sqlite_pool_give(source, c, code == VOUCH_EPARSE ? VOUCH_OK : code);
	if (code == VOUCH_OK)
		*out = found;
	else
		vouch_status_clear(&found);
	return code;
}
