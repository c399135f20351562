/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that say what a test tells them, and issuers that ask several of them. */
#ifndef TEST_RESPONDER_SOURCES_H
#define TEST_RESPONDER_SOURCES_H

#include "fixture.h"

#include "responder/lookup.h"

#define SAID_MOST 3

struct said { /* what one source says of every certificate, and how often it was asked */
	int code;
	vouch_status status;
	unsigned lookups;
};

struct composed {
	vouch_issuer *issuer;
	struct said said[SAID_MOST];
};

/*
 * An issuer with a source for each word: GOOD, REVOKED, HOLD, UNKNOWN, NOT_FOUND, AWAY, STALE, BROKEN; with a '?' behind
 * it the source is optional.  options may be NULL.
 */
void composed_make(struct composed *c, const vouch_issuer_options *options, const char *words);
void composed_free(struct composed *c);
/* What the sources know of serial number 1. */
void composed_ask(const struct composed *c, struct knowledge *k, vouch_time now);

#endif
