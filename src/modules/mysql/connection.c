/* SPDX-License-Identifier: Apache-2.0 */
/* One connection. */
#include "modules/mysql/connection.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/mysql/own.h"
#include "modules/mysql/report.h"
#include "modules/mysql/schema.h"

#define CLIENT_ERRORS_END 3000 /* the library's own numbers: from CR_MIN_ERROR */
#define MARIADB_STATEMENT_TIMEOUT 1969
#define MYSQL_STATEMENT_TIMEOUT 3024
#ifndef ER_CONNECTION_KILLED /* MariaDB's */
#define ER_CONNECTION_KILLED 1927
#endif

/* What passes, and what ends a connection.  Any other number of the server's is a fact about the data. */
static const struct {
	unsigned error;
	bool loses;
} passing[] = {
	{ ER_CON_COUNT_ERROR, true }, { ER_SERVER_SHUTDOWN, true }, { ER_CONNECTION_KILLED, true },
	{ ER_TOO_MANY_USER_CONNECTIONS, true }, { ER_USER_LIMIT_REACHED, true },
	{ ER_OUT_OF_RESOURCES, true }, { ER_UNKNOWN_COM_ERROR, true },	/* of a cluster, not ready yet */
	{ ER_UNKNOWN_STMT_HANDLER, true }, { ER_NEED_REPREPARE, true }, /* what was prepared is gone */
	{ ER_DISK_FULL, false }, { ER_OUTOFMEMORY, false }, { ER_OUT_OF_SORTMEMORY, false },
	{ ER_LOCK_WAIT_TIMEOUT, false }, { ER_LOCK_DEADLOCK, false }, { ER_QUERY_INTERRUPTED, false },
	{ MARIADB_STATEMENT_TIMEOUT, false }, { MYSQL_STATEMENT_TIMEOUT, false },
	{ ER_CHECKREAD, false },		 /* somebody else has written meanwhile */
	{ ER_NO_SUCH_TABLE, false },		 /* a restore is at work */
	{ ER_OPTION_PREVENTS_STATEMENT, false }, /* it is read-only for now */
};

static bool
passes(unsigned error, bool *loses)
{
	*loses = error >= CR_MIN_ERROR && error < CLIENT_ERRORS_END;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		if (passing[i].error == error) {
			*loses = passing[i].loses;
			return true;
		}
	}
	return *loses;
}

bool
mysql_connection_is_lost(const struct mysql_connection *c)
{
	bool loses;

	return c->is_broken || (passes(c->error, &loses) && loses);
}

int
mysql_report(vouch_err *err, const struct mysql_address *address, const struct mysql_connection *c,
    const char *doing)
{
	bool loses;
	int code = passes(c->error, &loses) ? VOUCH_EUNAVAILABLE : VOUCH_EIO;

	return mysql_fail(err, code, &address->shown, "%s: %s", doing, c->text);
}

static bool
note(struct mysql_connection *c, unsigned error, const char *text)
{
	c->error = error != 0 ? error : CR_UNKNOWN_ERROR;
	c->failed = true;
	snprintf(c->text, sizeof(c->text), "%s", text);
	return false;
}

/* --- Opening --------------------------------------------------------------------------------------------- */

/* Which the library takes as it is: they cannot fail. */
static void
set_options(MYSQL *db, const struct mysql_address *a)
{
	unsigned timeout = a->timeout, local_infile = 0;
	my_bool yes = 1, verify = a->tls == MYSQL_TLS_VERIFY;

	mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
	mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &timeout);
	mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
	mysql_options(db, MYSQL_OPT_LOCAL_INFILE, &local_infile);
	mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(db, MYSQL_REPORT_DATA_TRUNCATION, &yes);
	if (a->tls == MYSQL_TLS_DISABLED)
		return;
	mysql_ssl_set(db, mysql_text(&a->tls_key), mysql_text(&a->tls_cert), mysql_text(&a->tls_ca), NULL,
	    NULL);
	mysql_options(db, MYSQL_OPT_SSL_ENFORCE, &yes);
	mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static int
refused(const struct mysql_connection *c, const struct mysql_address *address, vouch_err *err)
{
	bool loses;
	/* A host that nobody knows may be known in a moment: names are looked up in a network, too. */
	int code = passes(c->error, &loses) ? VOUCH_EUNAVAILABLE : VOUCH_EREFUSED;

	return mysql_fail(err, code, &address->shown, "cannot connect: %s", c->text);
}

static int
connect_to(struct mysql_connection *c, const struct mysql_address *a, vouch_err *err)
{
	const char *host = mysql_text(&a->socket) == NULL ? mysql_text(&a->host) : NULL;

	if (mysql_real_connect(c->db, host, mysql_text(&a->user), mysql_text(&a->password),
		mysql_text(&a->database), a->port, mysql_text(&a->socket), 0) == NULL) {
		note(c, mysql_errno(c->db), mysql_error(c->db));
		return refused(c, a, err);
	}
	/* The library goes on without TLS where a server has none, whatever it was told. */
	if (a->tls != MYSQL_TLS_DISABLED && mysql_get_ssl_cipher(c->db) == NULL)
		return mysql_fail(err, VOUCH_EREFUSED, &a->shown,
		    "cannot connect: the server does not speak TLS");
	return VOUCH_OK;
}

/*
 * One moment of the database in each transaction, and no number or text bent to fit.  Times are numbers here, and a
 * query's own in UTC.  What the server sets for all sessions must neither leave a transaction open, in which time stands
 * still, nor cut off a result.  The server ends a statement a little before we stop waiting for it, so that none outlives
 * whoever asked; MariaDB and MySQL each skip the other's word for that.
 */
static int
set_session(struct mysql_connection *c, const struct mysql_address *a, vouch_err *err)
{
	unsigned ms = a->timeout * 900;
	char sql[512];

	snprintf(sql, sizeof(sql),
	    "SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00', autocommit = 1,"
	    " completion_type = 'NO_CHAIN', sql_select_limit = 18446744073709551615, sql_safe_updates = 0"
	    " /*M!100108 , max_statement_time = %u.%03u */ /*!50708 , max_execution_time = %u */",
	    ms / 1000, ms % 1000, ms);
	if (mysql_exec(c, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ") &&
	    mysql_exec(c, "SET NAMES utf8mb4") && mysql_exec(c, sql))
		return VOUCH_OK;
	return mysql_report(err, a, c, "cannot begin");
}

/* For a certificate that nobody has: the tables are read, or waited for, as they are for others. */
static int
try_lookup(struct mysql_connection *c, const struct mysql_address *a, vouch_err *err)
{
	const struct mysql_value nobody = { .kind = MYSQL_VALUE_OCTETS };
	const struct mysql_value values[] = { nobody, { .kind = MYSQL_VALUE_NUMBER }, nobody };
	bool is_read = mysql_run(c, MYSQL_LOOKUP, values);

	mysql_done(c, MYSQL_LOOKUP);
	return is_read ? VOUCH_OK : mysql_report(err, a, c, "cannot read");
}

static int
make_ready(struct mysql_connection *c, const struct mysql_address *a, bool tries_lookup, vouch_err *err)
{
	int code = connect_to(c, a, err);

	if (code == VOUCH_OK)
		code = set_session(c, a, err);
	if (code != VOUCH_OK)
		return code;
	if (a->query != NULL)
		return mysql_own_check(c, a, tries_lookup, err);
	code = mysql_schema_check(c, a, err);
	return code == VOUCH_OK && tries_lookup ? try_lookup(c, a, err) : code;
}

int
mysql_connection_open(struct mysql_connection **out, const struct mysql_address *address, bool tries_lookup,
    vouch_err *err)
{
	struct mysql_connection *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->db = mysql_init(NULL);
	if (c == NULL || c->db == NULL) {
		free(c);
		return mysql_fail(err, VOUCH_ENOMEM, &address->shown, "out of memory");
	}
	set_options(c->db, address);
	int code = make_ready(c, address, tries_lookup, err);
	if (code == VOUCH_OK)
		*out = c;
	else
		mysql_connection_close(c);
	return code;
}

void
mysql_connection_close(struct mysql_connection *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < MYSQL_STATEMENTS; i++)
		if (c->statements[i] != NULL)
			mysql_stmt_close(c->statements[i]);
	for (size_t i = 0; i < MYSQL_COLUMNS_MOST; i++)
		vouch_buf_free(&c->cells[i].whole);
	query_binding_clear(&c->binding);
	mysql_close(c->db);
	free(c);
}

bool
mysql_exec(struct mysql_connection *c, const char *sql)
{
	return mysql_query(c->db, sql) == 0 || note(c, mysql_errno(c->db), mysql_error(c->db));
}

/* --- Statements ------------------------------------------------------------------------------------------ */

static bool
stmt_failed(struct mysql_connection *c, MYSQL_STMT *s)
{
	return note(c, mysql_stmt_errno(s), mysql_stmt_error(s));
}

bool
mysql_prepare(struct mysql_connection *c, enum mysql_statement which, const char *sql)
{
	if (c->statements[which] != NULL)
		return true;
	MYSQL_STMT *s = mysql_stmt_init(c->db);
	if (s == NULL)
		return note(c, CR_OUT_OF_MEMORY, "out of memory");
	if (mysql_stmt_prepare(s, sql, strlen(sql)) != 0) {
		stmt_failed(c, s);
		mysql_stmt_close(s);
		return false;
	}
	c->statements[which] = s;
	return true;
}

static void
fill_parameter(MYSQL_BIND *bind, const struct mysql_value *value)
{
	static const uint8_t none = 0;

	switch (value->kind) {
	case MYSQL_VALUE_NULL:
		bind->buffer_type = MYSQL_TYPE_NULL;
		break;
	case MYSQL_VALUE_NUMBER:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->buffer = (void *)(uintptr_t)&value->number;
		bind->is_unsigned = value->is_unsigned;
		break;
	case MYSQL_VALUE_TEXT:
	case MYSQL_VALUE_OCTETS:
		bind->buffer_type = value->kind == MYSQL_VALUE_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
		bind->buffer = (void *)(uintptr_t)(value->octets.len > 0 ? value->octets.data : &none);
		bind->buffer_length = value->octets.len;
		break;
	}
}

static void
fill_columns(struct mysql_connection *c, const char *kinds, MYSQL_BIND *binds)
{
	for (size_t i = 0; kinds[i] != '\0'; i++) {
		struct mysql_cell *cell = &c->cells[i];
		bool is_number = kinds[i] == 'n';
		binds[i].buffer_type = is_number ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_BLOB;
		binds[i].buffer = is_number ? (void *)&cell->number : cell->brief;
		binds[i].buffer_length = is_number ? sizeof(cell->number) : sizeof(cell->brief);
		binds[i].is_null = &cell->null;
		binds[i].length = &cell->length;
	}
}

bool
mysql_run_as(struct mysql_connection *c, enum mysql_statement which, const struct mysql_value *values,
    const char *kinds)
{
	MYSQL_BIND parameters[MYSQL_PARAMETERS_MOST] = { 0 }, columns[MYSQL_COLUMNS_MOST] = { 0 };
	MYSQL_STMT *s = c->statements[which];
	for (size_t i = 0; i < mysql_stmt_param_count(s) && i < MYSQL_PARAMETERS_MOST; i++)
		fill_parameter(&parameters[i], &values[i]);
	fill_columns(c, kinds, columns);
	bool has_columns = kinds[0] != '\0';
	if (mysql_stmt_bind_param(s, parameters) != 0 || mysql_stmt_execute(s) != 0 ||
	    (has_columns && (mysql_stmt_bind_result(s, columns) != 0 || mysql_stmt_store_result(s) != 0))) {
		stmt_failed(c, s);
		mysql_stmt_free_result(s);
		return false;
	}
	return true;
}

bool
mysql_run(struct mysql_connection *c, enum mysql_statement which, const struct mysql_value *values)
{
	const struct mysql_statement_text *text = &mysql_statements[which];

	return mysql_prepare(c, which, text->sql) && mysql_run_as(c, which, values, text->columns);
}

/* More than fits into the cell. */
static bool
read_whole(struct mysql_connection *c, MYSQL_STMT *s, unsigned column)
{
	static const uint8_t zeros[1024];
	struct mysql_cell *cell = &c->cells[column];
	MYSQL_BIND bind = { .buffer_type = MYSQL_TYPE_BLOB };
	unsigned long length = cell->length;

	cell->whole.len = 0;
	while (cell->whole.len < length) {
		size_t more = length - cell->whole.len < sizeof(zeros) ? length - cell->whole.len :
									 sizeof(zeros);
		if (vouch_buf_append(&cell->whole, zeros, more) != VOUCH_OK)
			return note(c, CR_OUT_OF_MEMORY, "out of memory");
	}
	bind.buffer = cell->whole.data;
	bind.buffer_length = length;
	bind.length = &length;
	if (mysql_stmt_fetch_column(s, &bind, column, 0) != 0)
		return stmt_failed(c, s);
	cell->octets = (vouch_span){ cell->whole.data, cell->whole.len };
	return true;
}

static bool
read_cell(struct mysql_connection *c, MYSQL_STMT *s, unsigned column, char kind)
{
	struct mysql_cell *cell = &c->cells[column];

	cell->is_null = cell->null != 0;
	cell->octets = (vouch_span){ 0 };
	if (kind == 'n' || cell->is_null)
		return true;
	if (cell->length > MYSQL_CELL_MOST)
		return note(c, ER_DATA_TOO_LONG, "a value is longer than any that belongs there");
	cell->octets = (vouch_span){ cell->brief, cell->length };
	return cell->length <= sizeof(cell->brief) || read_whole(c, s, column);
}

enum mysql_step
mysql_next_as(struct mysql_connection *c, enum mysql_statement which, const char *kinds)
{
	MYSQL_STMT *s = c->statements[which];
	int rc = mysql_stmt_fetch(s);

	if (rc == MYSQL_NO_DATA)
		return MYSQL_END;
	if (rc != 0 && rc != MYSQL_DATA_TRUNCATED) {
		stmt_failed(c, s);
		return MYSQL_FAILED;
	}
	for (unsigned i = 0; kinds[i] != '\0'; i++)
		if (!read_cell(c, s, i, kinds[i]))
			return MYSQL_FAILED;
	return MYSQL_ROW_READ;
}

enum mysql_step
mysql_next(struct mysql_connection *c, enum mysql_statement which)
{
	return mysql_next_as(c, which, mysql_statements[which].columns);
}

bool
mysql_roll_back(struct mysql_connection *c)
{
	c->is_broken = !mysql_exec(c, "ROLLBACK") || c->is_broken;
	return !c->is_broken;
}

void
mysql_done(struct mysql_connection *c, enum mysql_statement which)
{
	if (c->statements[which] != NULL)
		mysql_stmt_free_result(c->statements[which]);
}
