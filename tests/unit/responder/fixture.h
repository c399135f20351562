/* SPDX-License-Identifier: Apache-2.0 */
/* A CA with a delegated responder and a source in memory, for tests of the responder. */
#ifndef TEST_RESPONDER_FIXTURE_H
#define TEST_RESPONDER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ocsp/response.h"
#include "responder/responder.h"

#define NOW INT64_C(1795000000) /* 2026-11-18 */
#define SOURCE_ENTRIES 8

struct memory_entry {
	uint8_t serial; /* one positive octet */
	vouch_status status;
};

/* What the source's lookup does in the middle: the barrier of the tests. */
typedef void memory_pause(void *arg);

struct memory_source {
	struct memory_entry entries[SOURCE_ENTRIES];
	size_t count;
	uint8_t changed[64]; /* serial numbers, in the order of the changes; 0: all */
	size_t changed_count;
	_Atomic int lookups, failing; /* failing: the VOUCH_E* that lookup and changes return */
	memory_pause *pause;
	void *pause_arg;
};

struct faulty_signer;

struct fixture {
	vouch_issuer *issuer;
	vouch_signer *signer;
	vouch_source *source;
	struct memory_source *memory;
	vouch_store *store;
	vouch_responder *responder;
	uint64_t monotonic_ms;
	struct faulty_signer *faulty; /* the key's owner, whom a test may spoil */
};

enum fault { FAULT_NONE, FAULT_REFUSES, FAULT_WRONG_SIGNATURE };

struct faulty_signer {
	enum fault fault;
	_Atomic int signatures;
	vouch_signer *real;
};

extern const vouch_source_ops memory_source_ops, silent_source_ops; /* the second has no changes */

/* options: NULL is the default. */
void fixture_make(struct fixture *f, const vouch_issuer_options *options, const vouch_source_ops *ops);
void fixture_free(struct fixture *f);
void fixture_set(struct fixture *f, uint8_t serial, enum vouch_cert_status status, vouch_time revoked_at,
    uint8_t reason);
void fixture_poll(struct fixture *f);
vouch_call fixture_call(const struct fixture *f, vouch_time now);
/* A request for these one-octet serial numbers; nonce may be empty. */
void fixture_request(const struct fixture *f, vouch_buf *out, enum vouch_hash hash, const uint8_t *serials,
    size_t count, vouch_span nonce);
/* Asks about one serial number by SHA-256; the octets of the answer go to out, which may be NULL. */
vouch_outcome fixture_ask(struct fixture *f, uint8_t serial, vouch_time now, vouch_buf *out);
/* A job about one serial number by SHA-256. */
vouch_job *fixture_start(const struct fixture *f, uint8_t serial, vouch_time now, unsigned flags);
/* Takes a job to its end, which is not a wait for a peer. */
void fixture_finish(vouch_job *job, vouch_time now);
/* The status of the first SingleResponse of a response. */
enum vouch_cert_status fixture_status(vouch_span response);

#endif
