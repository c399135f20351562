/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a query: where its parameters are, with regard to what the dialect calls a string or a comment. */
#ifndef QUERY_TEXT_H
#define QUERY_TEXT_H

#include "modules/query/query.h"

/* The longest query: no statement that a person wrote comes near. */
#define QUERY_TEXT_MAX 65536

/*
 * Called for what stands between parameters, and for each parameter: its name without the colon, and where it stands.
 * What they return, if not VOUCH_OK, ends the reading.
 */
struct query_text_sink {
	int (*plain)(void *arg, vouch_span sql, vouch_err *err);
	int (*parameter)(void *arg, vouch_span name, size_t offset, vouch_err *err);
	void *arg;
};

/* which: "query" or "changes", for errors.  A semicolon at the end is left out. */
VOUCH_MUST int query_text_read(const char *text, const char *which, enum query_dialect dialect,
    const struct query_text_sink *sink, vouch_err *err);

#endif
