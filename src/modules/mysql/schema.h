/* SPDX-License-Identifier: Apache-2.0 */
/* The tables (packaging/sql/mysql says what is in them), and what is asked of them. */
#ifndef MYSQL_SCHEMA_H
#define MYSQL_SCHEMA_H

#include "modules/mysql/connection.h"

#define MYSQL_PARAMETERS_MOST QUERY_PARAMETERS_MAX
#define MYSQL_CELL_MOST (1u << 20) /* octets of one value */

/* One character for each column: n a number, o octets. */
struct mysql_statement_text {
	const char *sql, *columns;
};
extern const struct mysql_statement_text mysql_statements[MYSQL_OWN];

/* The columns of a record, from the first one on. */
enum mysql_record {
	MYSQL_CERT_STATUS = 0,
	MYSQL_REVOCATION_REASON,
	MYSQL_REVOCATION_TIME,
	MYSQL_INVALIDITY_DATE,
	MYSQL_NOT_AFTER,
	MYSQL_CERTIFICATE_SHA256,
	MYSQL_SINGLE_EXTENSIONS,
	MYSQL_RECORD_WIDTH
};

/* The tables are there, and of a version that we know; mode=rwc makes them where there are none. */
VOUCH_MUST int mysql_schema_check(struct mysql_connection *connection, const struct mysql_address *address,
    vouch_err *err);

#endif
