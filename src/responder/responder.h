/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vouch_responder: issuers under their paths, the answers already given, and what the sources said has
 * changed.
 */
#ifndef RESPONDER_RESPONDER_H
#define RESPONDER_RESPONDER_H

#include <pthread.h>

#include "issuer/registry.h"
#include "responder/changes.h"
#include "responder/peers.h"
#include "responder/strangers.h"
#include "store/memory.h"

struct feed { /* one source, however many issuers use it */
	vouch_source *source;
	vouch_buf cursor;
	uint64_t presumed_ms; /* for a source without changes: when everything was last presumed changed */
};

struct served { /* one issuer */
	struct changes *changes;
	struct strangers *strangers;	   /* NULL: any number is looked up */
	_Atomic vouch_time renewal_failed; /* when one did last */
	uint64_t *identities;		   /* of its answers, by the signer's number */
};

struct vouch_responder {
	_Atomic unsigned references;
	struct issuer_registry *registry;
	struct served *served; /* by the issuer's number in the registry */
	size_t served_count;
	struct peers *peers;	    /* answers in the making */
	pthread_mutex_t polling;    /* over the feeds: they are asked by one thread at a time */
	_Atomic uint64_t polled_ms; /* when that was begun last, whatever came of it; 0: never */
	struct feed *feeds;
	size_t feed_count;
	vouch_store *store; /* may be NULL */
	uint64_t epoch;	    /* in the positions of changes, which differ between responders */
	_Atomic vouch_time last_produced_at; /* of what was signed; 0: nothing yet */
	uint32_t certids;
	uint8_t key[16];
};

/*
 * L-06: signing now would bring back statuses of the past.  A small step is left to who keeps the clock.
 */
bool responder_clock_went_back(const vouch_responder *r, vouch_time now);
/* An answer was signed. */
void responder_note_produced(vouch_responder *r, vouch_time produced_at);
/* A renewal of an answer of this issuer failed: for a moment nobody tries again. */
void responder_note_renewal_failed(vouch_responder *r, unsigned issuer_number, vouch_time now);
bool responder_may_renew(const vouch_responder *r, unsigned issuer_number, vouch_time now);

#endif
