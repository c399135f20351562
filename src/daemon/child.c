/* SPDX-License-Identifier: Apache-2.0 */
/* A child of the supervisor. */
#include "daemon/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/secrecy.h"
#include "io/channel.h"

#define CONTROL_FD 3

/*
 * Whoever sends signals to all processes at once (a terminal, a service manager) means the supervisor, which lets
 * requests in flight be answered first.
 */
static void
mind_control_alone(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	sigset_t all;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static void
close_others(int control)
{
	if (control != CONTROL_FD)
		dup2(control, CONTROL_FD);
	/* Close-on-exec went with the copy; nothing is ever executed here, but a library might. */
	(void)fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
	(void)close_range(CONTROL_FD + 1, ~0U, 0);
}

int
child_fork(pid_t *pid, int *control, const char *name, child_main *run, const struct plan_origin *origin,
    const struct plan *plan, vouch_err *err)
{
	int ends[2];
	pid_t parent = getpid();

	if (io_channel_records(ends, err) != VOUCH_OK)
		return err->code;
	*pid = fork();
	if (*pid == 0) {
		mind_control_alone();
		close_others(ends[1]);
		(void)prctl(PR_SET_NAME, name);
		secrecy_die_with_parent(parent);
		exit(run(CONTROL_FD, origin, plan));
	}
	close(ends[1]);
	if (*pid < 0) {
		close(ends[0]);
		return err_set(err, VOUCH_EUNAVAILABLE, "a process cannot be started: %s", strerror(errno));
	}
	*control = ends[0];
	return VOUCH_OK;
}
