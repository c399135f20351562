/* SPDX-License-Identifier: Apache-2.0 */
/* A world whose truth is known at every moment: two CAs, what happened to their certificates, clocks, one source. */
#ifndef TEST_RESPONDER_WORLD_H
#define TEST_RESPONDER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ocsp/response.h"
#include "responder/responder.h"

#define WORLD_NOW INT64_C(1795000000) /* 2026-11-18 */
#define WORLD_CAS 2
#define WORLD_SERIALS 4	   /* 1 to 4, of both CAs */
#define WORLD_POLICIES 2   /* what was never issued is unknown, or revoked (RFC 6960 4.4.8) */
#define WORLD_VERSIONS 512 /* the latest, of one certificate */
#define WORLD_CHANGES 4096
#define WORLD_LEASE_MS 1000

enum world_kind { WORLD_GONE, WORLD_GOOD, WORLD_REVOKED, WORLD_HELD, WORLD_DUE, WORLD_UNKNOWN, WORLD_KINDS };

struct world_version {	   /* what was true of one certificate from one change to the next */
	unsigned sequence; /* of the change, from 1; 0: it was so from the beginning */
	uint64_t since_ms;
	enum world_kind kind;
	vouch_time moment;	       /* of the revocation, of WORLD_DUE one in the future */
	vouch_time this_update, limit; /* the source's; or VOUCH_TIME_ABSENT */
};

struct world_truth {
	struct world_version versions[WORLD_VERSIONS];
	unsigned count;
};

typedef void world_meanwhile(void *arg);

struct world {
	uint64_t random;
	uint64_t ms;	  /* the monotonic clock */
	vouch_time skew;  /* of the wall clock, which is set now and then ... */
	uint64_t calm_ms; /* ... last at this moment */
	bool away, tells; /* tells: the source knows what changed */
	struct world_truth truths[WORLD_CAS][WORLD_SERIALS];
	uint8_t changes[WORLD_CHANGES]; /* serial numbers */
	unsigned changed;
	unsigned heard; /* how many changes the responder was told of */
	uint64_t polled_ms;
	vouch_source *source;
	vouch_issuer *issuers[WORLD_POLICIES][WORLD_CAS];
	vouch_signer *signers[WORLD_CAS];
	vouch_store *store;
	vouch_responder *responder;
	unsigned epoch, policy;
	world_meanwhile *meanwhile; /* called in the middle of a lookup */
	void *arg;
};

uint64_t world_below(struct world *w, uint64_t below);
void world_make(struct world *w, uint64_t seed);
void world_free(struct world *w);
vouch_time world_now(const struct world *w);
/* Something happens to one of the certificates. */
void world_change(struct world *w);
void world_poll(struct world *w);
/* Another responder with the same store, the issuers in any order, and any policy. */
void world_reload(struct world *w);
/*
 * Fails unless the single response was true at some moment of the last so many milliseconds, after the changes that had
 * been heard.
 */
void world_judge(const struct world *w, unsigned ca, unsigned policy,
    const struct ocsp_single_response *single, uint64_t window_ms, unsigned heard);

#endif
