/* SPDX-License-Identifier: Apache-2.0 */
/* A process as the supervisor sees it: when it was started, what it says, when it may be started again. */
#ifndef DAEMON_PROCESS_H
#define DAEMON_PROCESS_H

#include "daemon/child.h"
#include "io/channel.h"

struct process {
	const char *name;
	child_main *run;
	pid_t pid;	      /* 0: there is none */
	int control;	      /* -1: likewise */
	bool ready;	      /* it was, once */
	bool is_hopeless;     /* another start could do harm: only a reload makes a new one */
	unsigned failures;    /* ends in a row that came before it was ready, or too soon after */
	uint64_t started_ms;  /* of the last one */
	uint64_t start_at_ms; /* it is to be started then */
};

struct process process_of(const char *name, child_main *run);
VOUCH_MUST int process_start(struct process *process, const struct plan_origin *origin,
    const struct plan *plan, vouch_err *err);
/*
 * It has ended: sets when the next is to be started.  At once after one that did its work, later and later after
 * those that did not get that far, and never after a hopeless one.
 */
void process_ended(struct process *process);
/* Ends it at once, without its say, and waits for that. */
void process_kill(struct process *process);
/* Nobody starts it again; what is left of it is forgotten. */
void process_forget(struct process *process);

VOUCH_MUST int process_tell(const struct process *process, const struct io_message *message, const int *fds,
    size_t fd_count, vouch_err *err);

#endif
