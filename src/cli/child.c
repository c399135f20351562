/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are run from here. */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

#define NOT_FOUND 127 /* as the shell says it */

int
child_self(char *path, size_t size, vouch_err *err)
{
	ssize_t len = readlink("/proc/self/exe", path, size - 1);

	if (len < 0 || (size_t)len >= size - 1)
		return err_set(err, VOUCH_EIO, "the path of this program cannot be found: %s",
		    strerror(errno));
	path[len] = '\0';
	return VOUCH_OK;
}

static void
become(const char *const argv[], const int log[2])
{
	if (log[1] >= 0)
		dup2(log[1], STDERR_FILENO);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(NOT_FOUND);
}

int
child_start(pid_t *pid, const char *const argv[], int *log, vouch_err *err)
{
	int ends[2] = { -1, -1 };

	if (log != NULL && pipe2(ends, O_CLOEXEC) != 0)
		return err_set(err, VOUCH_EIO, "pipe: %s", strerror(errno));
	*pid = fork();
	if (*pid == 0)
		become(argv, ends);
	if (ends[1] >= 0)
		close(ends[1]);
	if (*pid < 0) {
		if (ends[0] >= 0)
			close(ends[0]);
		return err_set(err, VOUCH_EUNAVAILABLE, "fork: %s", strerror(errno));
	}
	if (log != NULL)
		*log = ends[0];
	return VOUCH_OK;
}

int
child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return NOT_FOUND;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
