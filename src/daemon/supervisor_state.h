/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor consists of; shared by its files. */
#ifndef DAEMON_SUPERVISOR_STATE_H
#define DAEMON_SUPERVISOR_STATE_H

#include "daemon/process.h"
#include "daemon/supervisor.h"
#include "io/listen.h"

struct team { /* what belongs together */
	uint64_t generation;
	struct plan *plan;
	struct process signer; /* has the keys of the plan */
	int proofs;	       /* of that; -1: there is none */
};

struct supervisor {
	const struct plan_origin *origin;
	uint64_t generations; /* that there were */
	unsigned threads;
	struct io_listeners listeners, admin_listeners;
	struct team team;
	struct process server;
	struct process *retired; /* go on until what was asked of them is done */
	size_t retired_count;
	int signals;
	unsigned stops; /* how often we were told to stop */
	bool reload;
	uint64_t
	    connected_ms; /* when the server was last given channels to a signer that was started again */
	bool lost;	  /* the signer is there, and does not serve the server */
	bool shut_out;	  /* the server may not read what it should */
	uint64_t stop_at_ms;
};

/* A team that has nothing yet, and the end of one: its signer is killed if it still runs. */
struct team team_of_next_generation(struct supervisor *s);
void team_clear(struct team *team);

/* All of the following hear signals while they wait: who is told to stop gives up. */

/* Starts the team's signer with its plan, and waits until the keys are open. */
VOUCH_MUST int family_start_signer(struct supervisor *s, struct team *team, vouch_err *err);
/*
 * Starts a server with everything that it needs: the team's plan, channels to its signer, listeners, which are opened
 * when the first server has built what the plan names.
 */
VOUCH_MUST int family_start_server(struct supervisor *s, struct process *server, const struct team *team,
    vouch_err *err);
/* Channels between the server's threads and the team's signer. */
VOUCH_MUST int family_connect(struct supervisor *s, const struct process *server, const struct team *team,
    vouch_err *err);
/*
 * Lets a server that answers already build what the team has the keys of.  VOUCH_EAGAIN: it cannot, a new process
 * can.
 */
VOUCH_MUST int family_build(struct supervisor *s, struct process *server, const struct team *team,
    vouch_err *err);
/* Says what became of s->reload. */
void supervisor_reload(struct supervisor *s);

/* Counts the signals that have come. */
void supervisor_read_signals(struct supervisor *s);
/* Takes note of what a child complains of; false: it does not. */
bool supervisor_take_complaint(struct supervisor *s, const struct io_record *said);

#endif
