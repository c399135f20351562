/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the database is, and how it is reached: "//user:password@host:port/database?name=value&...".
 *
 *	socket=PATH          a Unix socket instead of host and port
 *	password=TEXT        instead of the one before the @; what the first line of a password-file becomes
 *	tls=disabled|required|verify   required: encrypted; verify: and the server's certificate and name hold
 *	tls-ca, tls-cert, tls-key      files in PEM
 *	connections=4        at most so many at a time
 *	timeout=2s           that a lookup waits at most; whole seconds
 *	query=SQL, changes=SQL         tables of the users' own: docs/own_tables.md
 *	mode=rw|ro|rwc       ro: never written to; rwc: the tables are made where there are none
 */
#ifndef MYSQL_ADDRESS_H
#define MYSQL_ADDRESS_H

#include <vouch.h>

enum mysql_mode { MYSQL_MODE_RW = 0, MYSQL_MODE_RO, MYSQL_MODE_RWC };
enum mysql_tls { MYSQL_TLS_DISABLED = 0, MYSQL_TLS_REQUIRED, MYSQL_TLS_VERIFY };

struct query;

struct mysql_address {
	struct query *query; /* NULL: the tables are ours */
	/* Texts with a NUL behind them; data NULL: not given. */
	vouch_buf user, password, host, database, socket, tls_ca, tls_cert, tls_key;
	vouch_buf shown; /* for people: without the password and the parameters */
	unsigned port;
	unsigned connections, timeout;
	enum mysql_tls tls;
	enum mysql_mode mode;
};

VOUCH_MUST int mysql_address_parse(struct mysql_address *out, const char *uri, vouch_err *err);
/* Also of one that was not parsed to its end. */
void mysql_address_clear(struct mysql_address *address);
/* The text, or NULL. */
const char *mysql_text(const vouch_buf *text);

#endif
