/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the database is, and how it is asked: "//user:password@host:port/database?name=value&...", which is
 * libpq's URI without its scheme, with parameters of ours among libpq's:
 *
 *	connections=4     lookups at a time, at most; one more connection listens for changes
 *	timeout=2s        how long a lookup, or a connection, may take
 *	poll=200ms        how often changes are asked for, besides being told of them
 *	mode=rw|ro|rwc    ro: never written to; rwc: the tables are made where there are none
 *	query=, changes=  the users' own tables (modules/query)
 */
#ifndef POSTGRESQL_ADDRESS_H
#define POSTGRESQL_ADDRESS_H

#include <vouch.h>

enum postgresql_mode { POSTGRESQL_MODE_RW = 0, POSTGRESQL_MODE_RO, POSTGRESQL_MODE_RWC };

struct postgresql_address {
	/* For PQconnectdbParams(): those of the URI, and ours where it says nothing; NULL behind the last. */
	char **keywords, **values;
	size_t count, room;
	char *shown; /* for people: without the password and the parameters */
	unsigned connections;
	int timeout_ms, poll_ms;
	enum postgresql_mode mode;
};

VOUCH_MUST int postgresql_address_parse(struct postgresql_address *out, const char *uri, vouch_err *err);
/* Also of one that was not parsed to its end. */
void postgresql_address_clear(struct postgresql_address *address);
/* The value of a keyword, or NULL. */
const char *postgresql_address_value(const struct postgresql_address *address, const char *keyword);

#endif
