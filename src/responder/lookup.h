/* SPDX-License-Identifier: Apache-2.0 */
/* The lookup: what the sources of an issuer, asked in order, know of one certificate. */
#ifndef RESPONDER_LOOKUP_H
#define RESPONDER_LOOKUP_H

#include "issuer/issuer.h"

struct knowledge {
	/*
	 * VOUCH_OK; VOUCH_ENOTFOUND: never issued, as far as all sources can tell; VOUCH_EUNAVAILABLE: one
	 * cannot tell; VOUCH_EIO: what one holds cannot be right; VOUCH_ELIMIT: nobody was asked, since too many
	 * ask for what no source knows.
	 */
	int found;
	/* A source knows the certificate; before the lookup: one knew it lately. */
	bool is_known;
	vouch_status status; /* with VOUCH_ENOTFOUND only this_update and next_update */
	vouch_time looked_up;
	vouch_err err; /* why nothing is known */
};

void knowledge_init(struct knowledge *knowledge);
void knowledge_clear(struct knowledge *knowledge);
/*
 * Asks the issuer's sources (design: good, revoked or hold ends the search, not-found goes on, unavailable
 * or stale ends it with tryLater, unless the source is optional and the final answer is revoked).
 */
void knowledge_look_up(struct knowledge *knowledge, const vouch_issuer *issuer, vouch_span serial_number,
    vouch_time now);
/*
 * Equal for equal statuses: then an answer that was signed before may stand, also one from before a reload.
 */
uint64_t knowledge_fingerprint(const struct knowledge *knowledge);

#endif
