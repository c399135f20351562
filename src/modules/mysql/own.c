/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the users' own. */
#include "modules/mysql/own.h"

#include <string.h>

#include "modules/mysql/changes.h"
#include "modules/mysql/report.h"

#define CHARSET_BINARY 63

static int
failed(const struct mysql_address *address, const struct mysql_connection *c, vouch_err *err)
{
	return mysql_report(err, address, c, "cannot read");
}

/* What the query's own errors lack: of which database they speak. */
static int
prefixed(const struct mysql_address *address, int code, vouch_err *err)
{
	vouch_err why = *err;

	if (code == VOUCH_OK || code == VOUCH_ENOTFOUND)
		return code;
	return mysql_fail(err, code, &address->shown, "%s", why.msg);
}

/* --- Preparing -------------------------------------------------------------------------------------------- */

/* Octets are told from text by their character set, which the dates and numbers have, too. */
static bool
has_octets(const MYSQL_FIELD *field)
{
	static const enum enum_field_types types[] = { MYSQL_TYPE_TINY_BLOB, MYSQL_TYPE_BLOB,
		MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_STRING, MYSQL_TYPE_VAR_STRING,
		MYSQL_TYPE_VARCHAR };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i] == field->type)
			return field->charsetnr == CHARSET_BINARY;
	return false;
}

static int
read_columns(struct mysql_connection *c, enum query_kind kind, MYSQL_RES *facts, vouch_err *err)
{
	const char *names[QUERY_COLUMNS_MAX];
	unsigned count = mysql_num_fields(facts);

	for (unsigned i = 0; i < count && i < QUERY_COLUMNS_MAX; i++) {
		const MYSQL_FIELD *field = mysql_fetch_field_direct(facts, i);
		names[i] = field->name;
		c->own_types[kind][i] = has_octets(field) ? QUERY_OCTETS : QUERY_TEXT;
	}
	return query_columns_read(&c->own_columns[kind], kind, names,
	    count < QUERY_COLUMNS_MAX ? count : QUERY_COLUMNS_MAX, err);
}

static int
prepare(struct mysql_connection *c, const struct mysql_address *address, enum query_kind kind, vouch_err *err)
{
	enum mysql_statement which = MYSQL_OWN + (enum mysql_statement)kind;

	if (!mysql_prepare(c, which, query_sql(address->query, kind)))
		return mysql_fail(err, VOUCH_EINVAL, &address->shown, "%s: %s",
		    kind == QUERY_LOOKUP ? "query" : "changes", c->text);
	MYSQL_RES *facts = mysql_stmt_result_metadata(c->statements[which]);
	if (facts == NULL)
		return mysql_fail(err, VOUCH_EINVAL, &address->shown, "a query that gives no columns");
	int code = prefixed(address, read_columns(c, kind, facts, err), err);
	mysql_free_result(facts);
	return code;
}

/* --- Running ---------------------------------------------------------------------------------------------- */

static struct mysql_value
value_of(const struct query_value *value)
{
	switch (value->type) {
	case QUERY_INTEGER:
		return (struct mysql_value){ .kind = MYSQL_VALUE_NUMBER,
			.number = value->integer,
			.is_unsigned = value->is_unsigned };
	case QUERY_TEXT:
		return (struct mysql_value){ .kind = MYSQL_VALUE_TEXT, .octets = value->octets };
	case QUERY_OCTETS:
		return (struct mysql_value){ .kind = MYSQL_VALUE_OCTETS, .octets = value->octets };
	case QUERY_NULL:
		break;
	}
	return (struct mysql_value){ 0 };
}

static bool
run(struct mysql_connection *c, const struct mysql_address *address, enum query_kind kind)
{
	struct mysql_value values[QUERY_PARAMETERS_MAX];
	char columns[QUERY_COLUMNS_MAX + 1];
	size_t count = query_parameters(address->query, kind);

	for (size_t i = 0; i < count; i++)
		values[i] = value_of(&c->binding.values[i]);
	memset(columns, 'o', c->own_columns[kind].count);
	columns[c->own_columns[kind].count] = '\0';
	return mysql_run_as(c, MYSQL_OWN + (enum mysql_statement)kind, values, columns);
}

static enum mysql_step
next(struct mysql_connection *c, enum query_kind kind, struct query_value *row)
{
	char columns[QUERY_COLUMNS_MAX + 1];
	size_t count = c->own_columns[kind].count;

	memset(columns, 'o', count);
	columns[count] = '\0';
	enum mysql_step step = mysql_next_as(c, MYSQL_OWN + (enum mysql_statement)kind, columns);
	for (size_t i = 0; step == MYSQL_ROW_READ && i < count; i++)
		row[i] = (struct query_value){ .type = c->cells[i].is_null ?
			    QUERY_NULL :
			    (enum query_type)c->own_types[kind][i],
			.octets = c->cells[i].octets };
	return step;
}

static void
done(struct mysql_connection *c, enum query_kind kind)
{
	mysql_done(c, MYSQL_OWN + (enum mysql_statement)kind);
}

static int
try_once(struct mysql_connection *c, const struct mysql_address *address, enum query_kind kind,
    vouch_err *err)
{
	int code = prefixed(address, query_bind_trial(&c->binding, address->query, kind, err), err);

	if (code == VOUCH_OK && !run(c, address, kind))
		code = failed(address, c, err);
	done(c, kind);
	return code;
}

int
mysql_own_check(struct mysql_connection *c, const struct mysql_address *address, bool tries_lookup,
    vouch_err *err)
{
	int code = VOUCH_OK;

	if (!mysql_exec(c, "SET SESSION TRANSACTION READ ONLY"))
		return failed(address, c, err);
	for (int kind = 0; kind < QUERY_KINDS && code == VOUCH_OK; kind++) {
		if (query_sql(address->query, (enum query_kind)kind) == NULL)
			continue;
		code = prepare(c, address, (enum query_kind)kind, err);
		if (code == VOUCH_OK && (tries_lookup || kind != QUERY_LOOKUP))
			code = try_once(c, address, (enum query_kind)kind, err);
	}
	return code;
}

/* --- Lookups ---------------------------------------------------------------------------------------------- */

struct sought {
	const vouch_issuer *issuer;
	vouch_span serial_number;
	vouch_status *out;
};

static int
read_answer(const struct mysql_address *address, struct mysql_connection *c, struct query_answer *answer,
    vouch_err *err)
{
	struct query_value row[QUERY_COLUMNS_MAX];
	enum mysql_step step = MYSQL_FAILED;
	int code = VOUCH_OK;

	while (code == VOUCH_OK && (step = next(c, QUERY_LOOKUP, row)) == MYSQL_ROW_READ)
		code = query_answer_row(answer, &c->own_columns[QUERY_LOOKUP], row, err);
	if (code != VOUCH_OK)
		return prefixed(address, code, err);
	return step == MYSQL_END ? VOUCH_OK : failed(address, c, err);
}

static int
find(struct mysql_source *source, struct mysql_connection *c, void *arg, vouch_err *err)
{
	const struct sought *sought = arg;
	const struct mysql_address *address = &source->address;
	struct query_answer answer;
	int code = query_bind_lookup(&c->binding, address->query, sought->issuer, sought->serial_number, err);

	if (code != VOUCH_OK)
		return prefixed(address, code, err);
	query_answer_begin(&answer);
	code = run(c, address, QUERY_LOOKUP) ? read_answer(address, c, &answer, err) :
					       failed(address, c, err);
	done(c, QUERY_LOOKUP);
	return code == VOUCH_OK ? query_answer_end(&answer, sought->out) : code;
}

int
mysql_own_lookup(struct mysql_source *source, const vouch_issuer *issuer, vouch_span serial_number,
    vouch_status *out, vouch_err *err)
{
	struct sought sought = { issuer, serial_number, out };
	const char *shown = mysql_text(&source->address.shown);
	int code = mysql_pool_ask(source, find, &sought, err);

	if (code == VOUCH_OK && vouch_buf_append(&out->detail, shown, strlen(shown)) != VOUCH_OK)
		return mysql_fail(err, VOUCH_ENOMEM, &source->address.shown, "out of memory");
	return code;
}

/* --- Changes ---------------------------------------------------------------------------------------------- */

struct finding {
	struct mysql_round *round;
	int code;
};

static void
keep(void *arg, vouch_span serial_number)
{
	struct finding *finding = arg;

	if (mysql_round_add(finding->round, serial_number) != VOUCH_OK)
		finding->code = VOUCH_ENOMEM;
}

static int
feed_from(const struct mysql_address *address, struct mysql_connection *c, struct query_feed *feed,
    vouch_err *err)
{
	struct query_value row[QUERY_COLUMNS_MAX];
	enum mysql_step step = MYSQL_FAILED;
	int code = VOUCH_OK;

	if (!run(c, address, feed->kind))
		return failed(address, c, err);
	while (code == VOUCH_OK && (step = next(c, feed->kind, row)) == MYSQL_ROW_READ)
		code = query_feed_row(feed, &c->own_columns[feed->kind], row, err);
	if (code != VOUCH_OK)
		return prefixed(address, code, err);
	return step == MYSQL_END ? VOUCH_OK : failed(address, c, err);
}

static int
feed_round(struct mysql_source *source, struct mysql_connection *c, void *arg, vouch_err *err)
{
	const struct mysql_address *address = &source->address;
	struct finding finding = { .round = arg };
	struct query_feed feed;

	finding.round->serials.len = 0;
	finding.round->all = false;
	int code = query_feed_begin(&feed, &c->binding, address->query, &finding.round->cursor, err);
	if (code == VOUCH_OK) {
		code = feed_from(address, c, &feed, err);
		done(c, feed.kind);
	} else {
		code = prefixed(address, code, err);
	}
	if (code == VOUCH_OK)
		code = prefixed(address, query_feed_end(&feed, &finding.round->cursor, keep, &finding, err),
		    err);
	if (code == VOUCH_OK && finding.code != VOUCH_OK)
		code = mysql_fail(err, finding.code, &address->shown, "out of memory");
	query_feed_clear(&feed);
	return code;
}

/* Nothing tells what has changed, but a database that is away confirms nothing. */
static int
knock(struct mysql_source *source, struct mysql_connection *c, void *arg, vouch_err *err)
{
	(void)arg;
	return mysql_exec(c, "DO 0") ? VOUCH_OK : failed(&source->address, c, err);
}

int
mysql_own_round(struct mysql_source *source, struct mysql_round *round, vouch_err *err)
{
	if (query_sql(source->address.query, QUERY_CHANGES) != NULL)
		return mysql_pool_follow(source, feed_round, round, err);
	round->serials.len = 0;
	round->all = true;
	return mysql_pool_follow(source, knock, NULL, err);
}
