/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults: one row each, from which the parser of the command line, the scenario and the URL path, the
 * answers themselves, the manual page and the tests are made.
 */
#ifndef MOCK_FAULT_H
#define MOCK_FAULT_H

#include "base/err.h"
#include "base/span.h"
#include "mock/cast.h"

struct mock_plan;
struct mock_use;

enum mock_stage { /* where a fault acts, in the order in which an answer is made */
	MOCK_STATUS,
	MOCK_SINGLE,
	MOCK_SIGNER,
	MOCK_DATA,
	MOCK_OCTETS, /* of ResponseData, before they are signed */
	MOCK_SIGNATURE,
	MOCK_ENVELOPE,
	MOCK_HTTP,
	MOCK_SOCKET
};
#define MOCK_STAGES 9
/* "response data": for people.  Static. */
const char *mock_stage_name(enum mock_stage stage);

enum mock_client {   /* what a correct client does */
	MOCK_ACCEPT, /* believes the answer and acts on its status */
	MOCK_REJECT, /* does not believe it: it is as if there were none */
	MOCK_RETRY,  /* there is no answer: the status is not known, and asking again later may help */
	MOCK_EITHER  /* the client's policy decides */
};
const char *mock_client_name(enum mock_client client);

enum mock_argument { MOCK_NONE, MOCK_NUMBER, MOCK_REASON, MOCK_HASH };

/* Changes the plan; err says why not (a key that is missing). */
typedef int mock_apply(struct mock_plan *plan, const struct mock_use *use, vouch_err *err);

struct mock_fault {
	const char *name; /* ends with a NULL name */
	enum mock_stage stage;
	enum mock_client client;
	mock_apply *apply; /* NULL: chosen anew for each answer among those that can be had */
	int64_t parameter; /* of apply */
	const char *rule;  /* of vouch_err.rule, or as vouch query says; NULL: nothing to complain about */
	const char *clause, *help; /* help, one line: what the client gets */
	enum mock_need need;
	enum mock_argument argument;
	const char *unit;	   /* "SECONDS" */
	int64_t initial, min, max; /* without an argument; MOCK_NUMBER: its limits */
};

extern const struct mock_fault mock_faults[];

/* '-' is '_'.  NULL when there is none. */
const struct mock_fault *mock_fault_find(vouch_span name);

struct mock_use { /* a fault with its value */
	const struct mock_fault *fault;
	int64_t value;
};
#define MOCK_USES_MAX 16
struct mock_uses {
	struct mock_use items[MOCK_USES_MAX];
	size_t count;
};

/* "NAME" or "NAME=VALUE"; errors name what would be right. */
VOUCH_MUST int mock_use_parse(struct mock_use *out, vouch_span text, vouch_err *err);
VOUCH_MUST int mock_uses_add(struct mock_uses *uses, const struct mock_use *use, vouch_err *err);
/* "NAME" or "NAME=VALUE", as it is parsed. */
#define MOCK_USE_TEXT 64
void mock_use_format(const struct mock_use *use, char out[MOCK_USE_TEXT]);
/* VOUCH_EREFUSED when one of them cannot be had. */
VOUCH_MUST int mock_uses_check(const struct mock_uses *uses, const struct mock_cast *cast, vouch_err *err);

#endif
