/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of the users' own: SQL with named parameters and named columns, for any database.
 *
 *	URI  ?query=SELECT … WHERE serial = :serial_hex&changes=SELECT … WHERE id > :position
 *	  │
 *	  ▼ query_open()                        once for each source; immutable but for query_attach()
 *	query ── query_sql() ──▶ the driver prepares "… WHERE serial = ?1" on each of its connections
 *	                         and shows the names of the columns to query_columns_read()
 *
 *	lookup    query_bind_lookup() ──▶ bind, step ──▶ query_answer_row() for each row ──▶ query_answer_end()
 *	changes   query_feed_begin()  ──▶ bind, step ──▶ query_feed_row() for each row   ──▶ query_feed_end()
 *
 * A driver is all that knows a client library.  docs/own_tables.md has the parameters and the columns.
 *
 * Every error names the query ("query", "changes") and the parameter or column; the driver puts in front which
 * database that is.  What a row says and cannot be understood is an error, and never a status.
 */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include <vouch.h>

#define QUERY_PARAMETERS_MAX 32 /* placeholders of one statement: a query of this kind has one to four */
#define QUERY_COLUMNS_MAX 32	/* columns of a result: there are fewer names than that */

/* How SQL is read, and what a placeholder looks like: ?1 ?2 …, $1 $2 …, ? ? … */
enum query_dialect { QUERY_SQLITE, QUERY_POSTGRESQL, QUERY_MYSQL };

enum query_kind {
	QUERY_LOOKUP,  /* `query`: rows of one certificate */
	QUERY_CHANGES, /* `changes`: rows behind a position */
	QUERY_HEAD,    /* made of `changes`: one row with the last position there is */
	QUERY_KINDS
};

enum query_type { QUERY_NULL, QUERY_INTEGER, QUERY_TEXT, QUERY_OCTETS };

/* What is bound to a placeholder, and what stands in a column. */
struct query_value {
	enum query_type type;
	bool is_unsigned; /* given to MySQL alone: the integer is one of 64 bits without a sign */
	int64_t integer;
	vouch_span octets; /* of text, too; what we give has a NUL behind it, what we are given need not */
};

struct query;

/*
 * Reads `query` and `changes` out of the parameters of a URI.  VOUCH_ENOTFOUND: there are none, and err is not
 * written: it is a database with tables of ours.  VOUCH_EINVAL: SQL that cannot be right, by its offset.
 */
VOUCH_MUST int query_open(struct query **out, enum query_dialect dialect, const char *uri, vouch_err *err);
void query_close(struct query *query);
/* For `attach` of the ops: computes what the parameters tell of an issuer, before its first lookup. */
VOUCH_MUST int query_attach(struct query *query, const vouch_issuer *issuer, vouch_err *err);

/* For the driver to prepare, with its own placeholders; NULL: there is no `changes`. */
const char *query_sql(const struct query *query, enum query_kind kind);
/* How many placeholders it has, from 0, and of which type their values are (or QUERY_NULL). */
size_t query_parameters(const struct query *query, enum query_kind kind);
enum query_type query_parameter_type(const struct query *query, enum query_kind kind, size_t number);

/* Which column means what: a connection's, made anew whenever it prepares a statement. */
struct query_columns {
	enum query_kind kind;
	size_t count;
	uint8_t meaning[QUERY_COLUMNS_MAX];
};

/* names: as the client library tells them.  An unknown one, one that is there twice, a missing one is VOUCH_EINVAL. */
VOUCH_MUST int query_columns_read(struct query_columns *out, enum query_kind kind, const char *const *names,
    size_t count, vouch_err *err);

/* The values of one execution: a connection's, all zero at first; its memory is used again. */
struct query_binding {
	struct query_value values[QUERY_PARAMETERS_MAX];
	vouch_buf text; /* what the values point into */
};

/*
 * The values for one certificate, valid until the next call with this binding, as long as the issuer, the serial
 * number and the query live.  VOUCH_ENOTFOUND: a parameter cannot have the serial number as its value
 * (:serial_integer one of more than 63 bits): no such certificate is in that table.
 */
VOUCH_MUST int query_bind_lookup(struct query_binding *binding, const struct query *query,
    const vouch_issuer *issuer, vouch_span serial_number, vouch_err *err);
/*
 * For the trial at the start, before any issuer is known: QUERY_LOOKUP is run for a serial number that no certificate
 * has (0), QUERY_HEAD for a position behind all, so that types, rights and names are known to be right; their rows are
 * not looked at.  QUERY_CHANGES, which QUERY_HEAD contains, is prepared only.
 */
VOUCH_MUST int query_bind_trial(struct query_binding *binding, const struct query *query,
    enum query_kind kind, vouch_err *err);
void query_binding_clear(struct query_binding *binding);

/* The rows of one lookup. */
struct query_answer {
	vouch_status status; /* of the first row */
	size_t rows;
};

void query_answer_begin(struct query_answer *answer);
/* row: as many values as columns has.  A second row that says something else than the first is an error. */
VOUCH_MUST int query_answer_row(struct query_answer *answer, const struct query_columns *columns,
    const struct query_value *row, vouch_err *err);
/*
 * VOUCH_OK with *out, whose buffers are the caller's to fill and clear; VOUCH_ENOTFOUND: there was no row.  Not to be
 * called after an error; nothing has to be freed.
 */
VOUCH_MUST int query_answer_end(const struct query_answer *answer, vouch_status *out);

/*
 * One call of `changes` of the ops.  The cursor holds the last position, and digests of the rows that were read last.
 * Transactions may commit in another order than they took their positions: a `changes` that reads a part of the log
 * again (WHERE id > :position - 1000) has each row told once.  The rows at the last position itself are always read
 * again: a log that has lost them was emptied, or is that of a backup, and then all may have changed.
 */
struct query_feed {
	enum query_kind kind; /* which statement to run: QUERY_CHANGES, or QUERY_HEAD */
	const vouch_buf *cursor;
	int64_t position;  /* the highest that was seen */
	size_t count;	   /* of rows */
	vouch_buf rows;	   /* see feed.c */
	vouch_buf serials; /* of the rows */
};

/*
 * Says in binding what to bind, and in feed->kind which statement to bind it to.  The cursor stays as it is until
 * query_feed_end().  query_feed_clear() is due in any case.
 */
VOUCH_MUST int query_feed_begin(struct query_feed *feed, struct query_binding *binding,
    const struct query *query, const vouch_buf *cursor, vouch_err *err);
VOUCH_MUST int query_feed_row(struct query_feed *feed, const struct query_columns *columns,
    const struct query_value *row, vouch_err *err);
/* Tells the changes and moves the cursor, which is empty afterwards if the next call has to begin anew. */
VOUCH_MUST int query_feed_end(struct query_feed *feed, vouch_buf *cursor, vouch_change_cb *cb, void *arg,
    vouch_err *err);
void query_feed_clear(struct query_feed *feed);

#endif
