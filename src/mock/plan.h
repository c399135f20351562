/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan: everything about one answer before it is sent.  It begins as the answer of a sound responder;
 * faults change it at the stage where they act.
 *
 *	singles ─┐
 *	signer ──┼→ ResponseData (tbs) → signature → body → head and framing → socket
 *	nonce ───┘
 */
#ifndef MOCK_PLAN_H
#define MOCK_PLAN_H

#include "mock/cast.h"
#include "mock/fault.h"
#include "mock/random.h"
#include "mock/splice.h"
#include "ocsp/request.h"
#include "ocsp/response_data.h"

struct mock_single {
	struct ocsp_single_response answer; /* its spans point into the request, or into what follows */
	vouch_buf certid, extensions;
	uint8_t odd_reason; /* CRLReason, where it is one that the encoder refuses; 0: none */
};

enum mock_chunking {
	MOCK_NOT_CHUNKED = 0,
	MOCK_CHUNKED,
	MOCK_CHUNK_EACH_OCTET,
	MOCK_CHUNK_EXTENSION,
	MOCK_CHUNK_TRAILER,
	MOCK_CHUNK_BAD_SIZE,
	MOCK_CHUNK_HUGE_SIZE,
	MOCK_CHUNK_SHORT,
	MOCK_CHUNK_NO_END
};

enum mock_end { MOCK_END_KEPT = 0, MOCK_END_CLOSED, MOCK_END_RESET, MOCK_END_HELD };

enum mock_location { MOCK_NOWHERE = 0, MOCK_TO_ANSWER, MOCK_TO_ITSELF, MOCK_TO_NOBODY };

struct mock_http {
	unsigned status;
	const char *version, *reason, *content_type; /* content_type NULL: none */
	const char *fields;			     /* whole lines more; NULL: none */
	enum mock_location location;
	int64_t retry_after;  /* seconds; -1: not told */
	int64_t length_error; /* added to Content-Length */
	bool no_length, no_head;
	enum mock_chunking chunking;
	size_t continues; /* 100 (Continue) before the answer */
	size_t padding;	  /* octets of a header field that nobody needs */
};

struct mock_socket {
	enum mock_end end;
	size_t head_max, body_max; /* octets sent of each; SIZE_MAX: all */
	unsigned pace_ms;	   /* between octets; 0: at once */
	unsigned delay_ms;	   /* before the first */
};

struct mock_plan {
	/* Of the caller */
	struct mock_cast *cast;
	vouch_time now;
	int64_t next_update_seconds;
	struct mock_random random;
	struct mock_uses uses;

	vouch_buf request; /* owned: what was asked lives as long as the plan */
	struct ocsp_request asked;
	enum vouch_response_status
	    error; /* VOUCH_SUCCESSFUL: an answer; any value that fits into an ENUMERATED */
	struct mock_single *singles;
	size_t single_count;
	const struct mock_signer *signer;
	vouch_buf responder_id;
	vouch_time produced_at;
	vouch_buf nonce; /* extnValue octets */
	bool has_nonce;
	vouch_buf extensions; /* further ones, whole elements */
	vouch_buf tbs, signature, signature_algorithm;
	bool no_certs;
	const struct mock_signer *forger; /* signs in the name of the signer; NULL: the signer itself */
	vouch_buf body;
	struct mock_http http;
	struct mock_socket socket;
};

/* Zeroes, and fills in what does not depend on the request. */
void mock_plan_init(struct mock_plan *plan);
void mock_plan_clear(struct mock_plan *plan);
/* One more single, zeroed, at the end; NULL: no memory, or more than any request asks for. */
struct mock_single *mock_plan_add_single(struct mock_plan *plan);
/* Revoked for a reason: CRLReason + 1, 0 none. */
void mock_single_revoke(struct mock_single *single, uint8_t reason);
/* From what the caller has set, the request and the singles to a body; HTTP and socket as the faults want. */
VOUCH_MUST int mock_plan_make(struct mock_plan *plan, vouch_err *err);

#endif
