/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that run in a child: what they change of a process cannot be taken back.  After cmocka.h. */
#ifndef TESTS_DAEMON_FORKED_H
#define TESTS_DAEMON_FORKED_H

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The line that is false is the exit status. */
#define REQUIRE(what) \
	do { \
		if (!(what)) \
			_exit(fails(__LINE__)); \
	} while (0)

static inline int
fails(int line)
{
	print_error("line %d: %s\n", line, strerror(errno));
	return 1;
}

static inline void
run(void (*child)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		child();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#endif
