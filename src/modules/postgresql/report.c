/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL says, as a vouch_err that names the database, and never its password. */
#include "modules/postgresql/report.h"

#include <string.h>

#include "modules/register/report.h"

int
postgresql_fail(vouch_err *err, int code, const char *shown, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	code = register_vfail(err, code, shown, format, args);
	va_end(args);
	return code;
}

const char *
postgresql_sqlstate(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state != NULL ? state : "";
}

bool
postgresql_is_state(const PGresult *result, const char *sqlstate)
{
	return strcmp(postgresql_sqlstate(result), sqlstate) == 0;
}

/* One row is a class of SQLSTATE, or one of its states before its class. */
static const struct {
	const char *begin;
	int reading, writing;
} states[] = {
	{ "08", VOUCH_EUNAVAILABLE, VOUCH_EIO },	 /* connection */
	{ "0A", VOUCH_EUNAVAILABLE, VOUCH_EIO },	 /* a table was altered under a prepared statement */
	{ "23", VOUCH_EIO, VOUCH_EREFUSED },		 /* a constraint */
	{ "25006", VOUCH_EUNAVAILABLE, VOUCH_EREFUSED }, /* a standby, or a role that only reads */
	{ "25", VOUCH_EUNAVAILABLE, VOUCH_EIO },	 /* state of the transaction */
	{ "26", VOUCH_EUNAVAILABLE, VOUCH_EIO },	 /* no such prepared statement */
	{ "28", VOUCH_EUNAVAILABLE, VOUCH_EREFUSED },	 /* who we are is not believed */
	{ "3", VOUCH_EUNAVAILABLE, VOUCH_EREFUSED },  /* no such database or schema: a restore is at work */
	{ "40", VOUCH_EUNAVAILABLE, VOUCH_EIO },      /* rolled back: dead lock */
	{ "42", VOUCH_EUNAVAILABLE, VOUCH_EREFUSED }, /* no such table, no right */
	{ "53", VOUCH_EUNAVAILABLE, VOUCH_EIO },      /* disk full, out of memory, too many connections */
	{ "54", VOUCH_EUNAVAILABLE, VOUCH_EIO },      /* a limit of the program's */
	{ "55", VOUCH_EUNAVAILABLE, VOUCH_EIO },      /* locked */
	{ "57", VOUCH_EUNAVAILABLE, VOUCH_EIO },      /* somebody stops it; a statement took too long */
};

static int
code_of(const PGresult *result, bool writing)
{
	const char *state = postgresql_sqlstate(result);

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strncmp(state, states[i].begin, strlen(states[i].begin)) == 0)
			return writing ? states[i].writing : states[i].reading;
	}
	return VOUCH_EIO;
}

int
postgresql_report(vouch_err *err, bool writing, const char *shown, const PGresult *result, const char *doing)
{
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	return postgresql_fail(err, code_of(result, writing), shown, "%s: %s", doing,
	    text != NULL ? text : PQresStatus(PQresultStatus(result)));
}

int
postgresql_report_lost(vouch_err *err, const char *shown, const PGconn *db, const char *doing)
{
	const char *text = PQerrorMessage(db);

	return postgresql_fail(err, VOUCH_EUNAVAILABLE, shown, "%s: %s", doing,
	    text != NULL && *text != '\0' ? text : "the connection is lost");
}
