/* SPDX-License-Identifier: Apache-2.0 */
/* The statements, and the values that are bound to them. */
#ifndef POSTGRESQL_STATEMENT_H
#define POSTGRESQL_STATEMENT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <vouch.h>

#include "modules/query/query.h"

#define POSTGRESQL_IDENTITY 32	      /* octets: this server, since it was started, and these tables */
#define POSTGRESQL_CHANGES_TOLD 65536 /* one by one; a responder remembers no more */
#define POSTGRESQL_VALUES_MOST QUERY_PARAMETERS_MAX

enum postgresql_statement {
	POSTGRESQL_REGISTER, /* version and identity */
	POSTGRESQL_LOOKUP,
	POSTGRESQL_EACH,
	POSTGRESQL_CHANGES,
	POSTGRESQL_PRUNE,
	POSTGRESQL_PUT_ISSUER,
	POSTGRESQL_PUT,
	POSTGRESQL_OWN_IDENTITY, /* the users' own tables, from here on */
	POSTGRESQL_OWN_LOOKUP,
	POSTGRESQL_OWN_CHANGES,
	POSTGRESQL_OWN_HEAD,
	POSTGRESQL_STATEMENTS
};

/* Of EACH and LOOKUP, in the order in which record.c reads them. */
enum {
	POSTGRESQL_CERT_STATUS,
	POSTGRESQL_REVOCATION_REASON,
	POSTGRESQL_REVOCATION_TIME,
	POSTGRESQL_INVALIDITY_DATE,
	POSTGRESQL_NOT_AFTER,
	POSTGRESQL_CERTIFICATE_SHA256,
	POSTGRESQL_SINGLE_EXTENSIONS,
	POSTGRESQL_SERIAL_NUMBER
};

/* Of CHANGES; every row repeats all but the last. */
enum {
	POSTGRESQL_HEAD_IDENTITY,
	POSTGRESQL_HEAD_SNAPSHOT,
	POSTGRESQL_HEAD_NUMBER,
	POSTGRESQL_HEAD_TOKEN,
	POSTGRESQL_HEAD_KNOWN,
	POSTGRESQL_CHANGED_SERIAL
};

/* NULL for one of the users' own, which the query has. */
const char *postgresql_statement_sql(enum postgresql_statement which);
bool postgresql_statement_is_own(enum postgresql_statement which);
/* OWN_LOOKUP, OWN_CHANGES or OWN_HEAD as modules/query calls it. */
enum query_kind postgresql_statement_kind(enum postgresql_statement which);
enum postgresql_statement postgresql_statement_of(enum query_kind kind);

/*
 * A name that stands for this text with values of these types: behind a pooler that hands out servers by the transaction
 * somebody else's statement of that name may be met, and must be the same.  False: there is no SHA-256.
 */
#define POSTGRESQL_NAME 64
VOUCH_MUST bool postgresql_statement_name(char out[POSTGRESQL_NAME], const struct query *query,
    enum postgresql_statement which);

/* What is bound, in binary but for text. */
struct postgresql_values {
	int count;
	const char *values[POSTGRESQL_VALUES_MOST];
	int lengths[POSTGRESQL_VALUES_MOST], formats[POSTGRESQL_VALUES_MOST];
	uint8_t numbers[POSTGRESQL_VALUES_MOST][8];
};

void postgresql_bind_null(struct postgresql_values *values);
void postgresql_bind_octets(struct postgresql_values *values, vouch_span octets);
void postgresql_bind_text(struct postgresql_values *values, const char *text);
void postgresql_bind_short(struct postgresql_values *values, int number);
void postgresql_bind_long(struct postgresql_values *values, int64_t number);
/* Absent: NULL.  False: PostgreSQL has no such time. */
bool postgresql_bind_time(struct postgresql_values *values, vouch_time time);
void postgresql_bind_query(struct postgresql_values *values, const struct query_value *from, size_t count);

/* What a binary column holds; false: it is none of that type. */
bool postgresql_column_is_null(const PGresult *result, int row, int column);
vouch_span postgresql_column_span(const PGresult *result, int row, int column);
bool postgresql_column_number(const PGresult *result, int row, int column, int64_t *out);
/* NULL: VOUCH_TIME_ABSENT; a fraction of a second is cut off. */
bool postgresql_column_time(const PGresult *result, int row, int column, vouch_time *out);

#endif
