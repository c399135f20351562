/* SPDX-License-Identifier: Apache-2.0 */
/* A CA that answers for itself under "/" by the real clock, with a source whose lookups can be held up. */
#ifndef TEST_HTTP_RESPONDING_H
#define TEST_HTTP_RESPONDING_H

#include <uv.h>
#include <vouch.h>

#define SERIAL_GOOD 1
#define SERIAL_REVOKED 2
#define SERIAL_HELD_UP 9 /* good, once the source is told to go on */

struct responding {
	vouch_issuer *issuer;
	vouch_signer *signer;
	vouch_store *store;
	vouch_source *source;
	vouch_responder *responder;
};

/* path: its scope.  inline_lookups: whether the source says that it never waits. */
void responding_make(struct responding *r, const char *path, bool inline_lookups);
void responding_free(struct responding *r);
/* Confirms stored answers for a minute. */
void responding_poll(struct responding *r);
/* How many lookups of SERIAL_HELD_UP wait now, and letting one go on. */
unsigned responding_held_up(void);
void responding_let_go(void);
/* A request for one-octet serial numbers, "" ended; by SHA-256. */
void responding_request(const struct responding *r, vouch_buf *out, const char *serials, vouch_span nonce);

#endif
