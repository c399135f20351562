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
#include "store/memory.h"

struct feed { /* one source, however many issuers use it */
	vouch_source *source;
	vouch_buf cursor;
	uint64_t presumed_ms; /* for a source without changes: when everything was last presumed changed */
};

struct vouch_responder {
	_Atomic unsigned references;
	struct issuer_registry *registry;
	struct changes **changes; /* by the issuer's number in the registry */
	size_t changes_count;
	pthread_mutex_t polling; /* over the feeds: they are asked by one thread at a time */
	struct feed *feeds;
	size_t feed_count;
	vouch_store *store; /* may be NULL */
	uint64_t epoch;
	_Atomic vouch_time last_produced_at; /* of what was signed; 0: nothing yet */
	uint32_t certids;
	uint8_t key[16];
};

#endif
