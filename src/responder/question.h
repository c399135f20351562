/* SPDX-License-Identifier: Apache-2.0 */
/* The question: what a request asks of this responder, settled before any status is looked up. */
#ifndef RESPONDER_QUESTION_H
#define RESPONDER_QUESTION_H

#include "ocsp/request.h"
#include "responder/responder.h"

struct asked {
	vouch_issuer *issuer; /* NULL: not served */
	unsigned number;      /* of the issuer in the registry */
	bool answered;	      /* false: the signer may not speak for this issuer (D-08) */
};

struct question {
	const struct ocsp_certid *certids;
	const struct asked *asked; /* one for each CertID */
	size_t count;
	size_t first; /* the first CertID whose issuer is served: it decides policy and signer */
	bool echo_nonce;
	vouch_span nonce; /* octets of extnValue; meaningful if echo_nonce */
	const struct issuer_signer *signer;
	unsigned signer_number;
	/* An answer that the request earned by itself: */
	enum vouch_response_status refusal; /* VOUCH_SUCCESSFUL: none */
	const char *cause;		    /* static */
	vouch_err err;			    /* the fact behind it */
};

/* Where a question is made: large, lives on the stack, and is not zeroed. */
struct question_room {
	struct ocsp_request request;
	struct asked asked[OCSP_CERTIDS_MAX];
};

static inline vouch_issuer *
question_issuer(const struct question *q)
{
	return q->asked[q->first].issuer;
}

static inline unsigned
question_issuer_number(const struct question *q)
{
	return q->asked[q->first].number;
}

/*
 * Fills q, which then points into room and the request; afterwards either q->refusal says which error the
 * client gets, or q is ready to be looked up.
 */
void question_resolve(struct question *q, struct question_room *room, const vouch_responder *r,
    const vouch_call *call, vouch_span request);
/* The request has been copied: the spans of q, which was made in room, point into the copy from now on. */
void question_move(struct question *q, struct question_room *room, vouch_span request, const uint8_t *copy);
/* True when the answer is the same for everybody who asks this: one CertID, no nonce. */
bool question_is_storable(const struct question *q);
/* What the outcome says of the request alone. */
void question_describe(const struct question *q, vouch_outcome *outcome);

#endif
