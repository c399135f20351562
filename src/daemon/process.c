/* SPDX-License-Identifier: Apache-2.0 */
/* A process as the supervisor sees it. */
#include "daemon/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"

#define SOON_MS 1000	 /* who ends sooner has probably not been killed from outside */
#define SOON_TOLERATED 8 /* or has, by somebody who means it */
#define BACK_OFF_MS 100	 /* doubled with each failure */
#define BACK_OFF_MOST_MS 30000
#define READY_BACK_OFF_MOST_MS 400 /* of one that had got ready: less than orders wait for the next signer */

struct process
process_of(const char *name, child_main *run)
{
	return (struct process){ .name = name, .run = run, .control = -1 };
}

int
process_start(struct process *process, const struct plan_origin *origin, const struct plan *plan,
    vouch_err *err)
{
	process->ready = false;
	process->started_ms = io_monotonic_ms();
	return child_fork(&process->pid, &process->control, process->name, process->run, origin, plan, err);
}

void
process_forget(struct process *process)
{
	if (process->control >= 0)
		close(process->control);
	process->control = -1;
	process->pid = 0;
}

static uint64_t
back_off(const struct process *p)
{
	unsigned tolerated = p->ready ? SOON_TOLERATED : 0;
	uint64_t ms = BACK_OFF_MS, most = p->ready ? READY_BACK_OFF_MOST_MS : BACK_OFF_MOST_MS;

	if (p->failures <= tolerated)
		return 0;
	for (unsigned i = tolerated + 1; i < p->failures && ms < most; i++)
		ms *= 2;
	return ms < most ? ms : most;
}

void
process_ended(struct process *process)
{
	uint64_t now = io_monotonic_ms();
	bool soon = !process->ready || now < process->started_ms + SOON_MS;

	process->failures = soon ? process->failures + 1 : 0;
	process->start_at_ms = process->is_hopeless ? UINT64_MAX : now + back_off(process);
	process_forget(process);
}

void
process_kill(struct process *process)
{
	if (process->pid <= 0)
		return;
	kill(process->pid, SIGKILL);
	while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
		;
	process_forget(process);
}

int
process_tell(const struct process *process, const struct io_message *message, const int *fds, size_t fd_count,
    vouch_err *err)
{
	return io_record_send(process->control, message, fds, fd_count, err);
}
