/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor consists of; shared by its files. */
#ifndef DAEMON_SUPERVISOR_STATE_H
#define DAEMON_SUPERVISOR_STATE_H

#include "daemon/process.h"
#include "daemon/supervisor.h"
#include "io/listen.h"

struct supervisor {
	const struct plan_origin *origin;
	struct plan *plan;
	uint64_t generation;
	unsigned threads;
	struct io_listeners listeners, admin_listeners;
	struct process signer, server;
	struct process *retired; /* signers that go on until their last signature is made */
	size_t retired_count;
	int proofs; /* of the signer; -1: there is none */
	int signals;
	unsigned stops; /* how often we were told to stop */
	bool reload;
	bool lost;     /* the signer is there, and does not serve the server */
	bool shut_out; /* the server may not read what it should */
	uint64_t stop_at_ms;
};

/* All of the following hear signals while they wait: who is told to stop gives up. */

/* Starts a signer with the plan and waits until its keys are open; proofs is a descriptor of what it shows. */
VOUCH_MUST int family_start_signer(struct supervisor *s, struct process *signer, const struct plan *plan,
    int *proofs, vouch_err *err);
/*
 * Starts the server with everything that it needs: the plan, channels to the signer, listeners, which are opened when
 * the first server has built what the plan names.
 */
VOUCH_MUST int family_start_server(struct supervisor *s, vouch_err *err);
/* Channels between the server's threads and that signer. */
VOUCH_MUST int family_connect(struct supervisor *s, const struct process *signer, uint64_t generation,
    vouch_err *err);
/* Lets the server build what the signer has the keys of. */
VOUCH_MUST int family_build(struct supervisor *s, const struct process *signer, const struct plan *plan,
    int proofs, uint64_t generation, vouch_err *err);
/* Says what became of s->reload. */
void supervisor_reload(struct supervisor *s);

/* Counts the signals that have come. */
void supervisor_read_signals(struct supervisor *s);
/* Takes note of what a child complains of; false: it does not. */
bool supervisor_take_complaint(struct supervisor *s, const struct io_record *said);

#endif
