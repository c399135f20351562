/* SPDX-License-Identifier: Apache-2.0 */
/* Queries without a database: an issuer that is only what is asked of it, and values in a row. */
#ifndef TEST_QUERY_FIXTURE_H
#define TEST_QUERY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "modules/query/query.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SERIAL(s) ((vouch_span){ (const uint8_t *)(s), sizeof(s) - 1 })
/* Initialisers of a struct query_value; VALUE() makes one of them a value. */
#define TEXT(s) \
	{ \
		.type = QUERY_TEXT, .octets = {(const uint8_t *)(s), sizeof(s) - 1 } \
	}
#define OCTETS(s) \
	{ \
		.type = QUERY_OCTETS, .octets = {(const uint8_t *)(s), sizeof(s) - 1 } \
	}
#define INTEGER(n) \
	{ \
		.type = QUERY_INTEGER, .integer = (n) \
	}
#define NOTHING \
	{ \
		.type = QUERY_NULL \
	}
#define VALUE(...) ((struct query_value)__VA_ARGS__)

struct vouch_issuer {
	uint8_t id[32];
	const char *name;
	vouch_buf certificate;
};

/* The issuing CA of RFC 9919, whose hashes that prints; extensions may be NULL. */
vouch_issuer make_issuer(const char *extension, const char *value);
void free_issuer(vouch_issuer *issuer);

/* Percent-encodes both into a URI and opens it; changes may be NULL. */
int open_code(struct query **out, enum query_dialect dialect, const char *query, const char *changes,
    vouch_err *err);
struct query *open_query(enum query_dialect dialect, const char *query, const char *changes);

#endif
