/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer: from what is known of each CertID to the ResponseData that is signed, and the OCSPResponse
 * that is sent.
 */
#ifndef RESPONDER_ANSWER_H
#define RESPONDER_ANSWER_H

#include "ocsp/response.h"
#include "responder/lookup.h"
#include "responder/question.h"

struct entry { /* one CertID */
	/* The first entry of the same certificate: looked up once, so that twins cannot disagree (P-20) */
	size_t same_as;
	uint64_t position; /* of its issuer's changes, noted right before the lookup (design 5, rule 1) */
	struct knowledge knowledge;
	uint64_t signed_fingerprint; /* of the status that was signed, while it is looked up again */
	vouch_buf extensions;
};

struct answer {
	size_t count;
	struct entry *entries;
	struct ocsp_single_response *singles;
	vouch_buf response_extensions;
	vouch_buf tbs;					  /* ResponseData, to be signed */
	vouch_time produced_at, this_update, next_update; /* the latter two: the earliest of the entries */
	const char *cause;				  /* why it came to a refusal; static */
	int error;
	char detail[160];
};

/*
 * answer: zeroed at first, or cleared.  entries and singles: room for as many as there are CertIDs; the caller's, who
 * frees it.
 */
void answer_init(struct answer *answer, const struct question *q, struct entry *entries,
    struct ocsp_single_response *singles);
/* Empties it and keeps the memory. */
void answer_clear(struct answer *answer);
void answer_free(struct answer *answer);
/*
 * Finds out which certificates the sources knew lately; those of which nobody knows are refused when there are too many
 * of that kind.
 */
void answer_meet(struct answer *answer, const struct question *q, const vouch_responder *r, vouch_time now);
/* Asks the sources for all that was not refused. */
void answer_look_up(struct answer *answer, const struct question *q, const vouch_responder *r,
    vouch_time now);
/* The lookup of entry i has to be made, and was not. */
bool answer_is_to_be_looked_up(const struct answer *answer, const struct question *q, size_t i);
/* A source knows every certificate, as far as can be told by now. */
bool answer_is_known(const struct answer *answer, const struct question *q);
/* What was decided is forgotten, what was looked up is not: answer_decide() may be called again. */
void answer_undecide(struct answer *answer);
/* Decides every entry and encodes tbs.  VOUCH_SUCCESSFUL, or the error that the client gets. */
enum vouch_response_status answer_decide(struct answer *answer, const struct question *q, vouch_time now);
/* Appends the OCSPResponse. */
VOUCH_MUST int answer_assemble(const struct answer *answer, const struct question *q, vouch_span signature,
    vouch_buf *out, vouch_err *err);

#endif
