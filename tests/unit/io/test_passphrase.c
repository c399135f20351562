/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases: out of the environment, and from a terminal that each test has of its own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/span.h"
#include "io/passphrase.h"

#define DEADLINE_MS 10000
#define PROMPT "Passphrase: "

/* --- The environment ---------------------------------------------------------------------------------- */

static void
a_variable_is_read_and_stays(void **state)
{
	vouch_buf passphrase = { 0 };
	vouch_err err;

	(void)state;
	setenv("VOUCH_TEST_PIN", "  open sesame\n", 1);
	assert_int_equal(io_passphrase_from_env(&passphrase, "VOUCH_TEST_PIN", &err), VOUCH_OK);
	assert_true(span_equal(span_buf(&passphrase), SPAN_LITERAL("  open sesame\n")));
	assert_non_null(getenv("VOUCH_TEST_PIN"));
	io_passphrase_wipe(&passphrase);
	unsetenv("VOUCH_TEST_PIN");
}

static void
a_variable_without_a_value_is_refused_by_name(void **state)
{
	vouch_buf passphrase = { 0 };
	vouch_err err;

	(void)state;
	unsetenv("VOUCH_TEST_PIN");
	assert_int_equal(io_passphrase_from_env(&passphrase, "VOUCH_TEST_PIN", &err), VOUCH_EINVAL);
	assert_string_equal(err.msg, "environment variable VOUCH_TEST_PIN: is not set");
	setenv("VOUCH_TEST_PIN", "", 1);
	assert_int_equal(io_passphrase_from_env(&passphrase, "VOUCH_TEST_PIN", &err), VOUCH_EINVAL);
	assert_string_equal(err.msg, "environment variable VOUCH_TEST_PIN: is empty");
	assert_int_equal(passphrase.len, 0);
	unsetenv("VOUCH_TEST_PIN");
}

static void
a_forgotten_variable_leaves_no_octet_and_no_neighbour_suffers(void **state)
{
	char first[] = "PIN=1234", longer[] = "PIN2=5678", second[] = "PIN=abcd", none[] = "PI=x";
	char *mine[] = { first, longer, second, none, NULL };
	char **before = environ;

	(void)state;
	environ = mine;
	io_passphrase_forget_env("PIN");
	assert_null(getenv("PIN"));
	assert_string_equal(getenv("PIN2"), "5678");
	assert_string_equal(getenv("PI"), "x");
	io_passphrase_forget_env("PIN");
	environ = before;
	assert_memory_equal(first, "PIN=\0\0\0\0", sizeof(first));
	assert_memory_equal(second, "PIN=\0\0\0\0", sizeof(second));
}

/* --- The terminal ------------------------------------------------------------------------------------- */

/* What the process that asks found. */
struct found {
	volatile int rc;
	volatile size_t len;
	char octets[2048], msg[160];
	volatile bool handled;
};

struct asking {
	int master, slave;
	pid_t session; /* the shell, so to speak */
	struct found *found;
	char shown[4096]; /* by the terminal */
	size_t shown_len;
};

static void
ask_and_tell(struct found *found)
{
	vouch_buf passphrase = { 0 };
	vouch_err err = { 0 };

	found->rc = io_passphrase_prompt(&passphrase, PROMPT, &err);
	found->len = passphrase.len;
	if (passphrase.len > 0)
		memcpy(found->octets, passphrase.data, passphrase.len);
	memcpy(found->msg, err.msg, sizeof(found->msg));
	io_passphrase_wipe(&passphrase);
}

/* A shell without job control starts what it does not wait for with some of these ignored, and so came the test. */
static void
be_an_ordinary_job(void)
{
	static const int usual[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTOU };

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		signal(usual[i], SIG_DFL);
}

/* A job in the foreground: only then does the terminal's Ctrl-Z stop it. */
static void
run_session(const struct asking *a, void (*prepare)(struct found *found))
{
	int ready[2];
	char octet = 0;
	pid_t job;

	signal(SIGTTOU, SIG_IGN);
	if (setsid() < 0 || ioctl(a->slave, TIOCSCTTY, 0) != 0 || pipe(ready) != 0)
		_exit(1);
	job = fork();
	if (job == 0) {
		close(a->master);
		be_an_ordinary_job();
		if (prepare != NULL)
			prepare(a->found);
		if (read(ready[0], &octet, 1) != 1)
			_exit(1);
		ask_and_tell(a->found);
		_exit(0);
	}
	if (setpgid(job, job) != 0 || tcsetpgrp(a->slave, job) != 0 || write(ready[1], "", 1) != 1)
		_exit(1);
	int status = 0;
	while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
		struct termios now;

		/* As a shell does: see that the terminal is as before, and go on. */
		if (tcgetattr(a->slave, &now) != 0 || (now.c_lflag & ECHO) == 0)
			_exit(2);
		kill(job, SIGCONT);
	}
	_exit(WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status));
}

static void
begin(struct asking *a, void (*prepare)(struct found *found))
{
	*a = (struct asking){ .master = posix_openpt(O_RDWR | O_NOCTTY) };
	a->found = mmap(NULL, sizeof(*a->found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(a->master >= 0 && a->found != MAP_FAILED);
	assert_int_equal(grantpt(a->master), 0);
	assert_int_equal(unlockpt(a->master), 0);
	a->slave = open(ptsname(a->master), O_RDWR | O_NOCTTY);
	assert_true(a->slave >= 0);
	a->found->rc = 1;
	a->session = fork();
	if (a->session == 0)
		run_session(a, prepare);
}

/* Until the terminal has shown the text `times` times. */
static void
await(struct asking *a, const char *text, unsigned times)
{
	struct pollfd shown = { .fd = a->master, .events = POLLIN };

	for (;;) {
		const char *at = a->shown;
		unsigned found = 0;

		while ((at = strstr(at, text)) != NULL) {
			at += strlen(text);
			found++;
		}
		if (found >= times)
			return;
		assert_int_equal(poll(&shown, 1, DEADLINE_MS), 1);
		ssize_t n = read(a->master, a->shown + a->shown_len, sizeof(a->shown) - 1 - a->shown_len);
		assert_true(n > 0);
		a->shown_len += (size_t)n;
	}
}

static void
type(const struct asking *a, const char *text)
{
	assert_int_equal(write(a->master, text, strlen(text)), (ssize_t)strlen(text));
}

/* The exit status of the session. */
static int
end(struct asking *a)
{
	int status = 0;
	struct termios now;

	assert_int_equal(waitpid(a->session, &status, 0), a->session);
	assert_int_equal(tcgetattr(a->slave, &now), 0);
	assert_true((now.c_lflag & ECHO) != 0);
	close(a->slave);
	close(a->master);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
release(struct asking *a)
{
	munmap(a->found, sizeof(*a->found));
}

static void
a_line_is_taken_from_the_terminal_and_not_shown(void **state)
{
	struct asking a;

	(void)state;
	begin(&a, NULL);
	await(&a, PROMPT, 1);
	type(&a, "open sesame\n");
	await(&a, PROMPT "\r\n", 1);
	assert_int_equal(end(&a), 0);
	assert_int_equal(a.found->rc, VOUCH_OK);
	assert_int_equal(a.found->len, 11);
	assert_memory_equal(a.found->octets, "open sesame", 11);
	assert_null(strstr(a.shown, "sesame"));
	release(&a);
}

static void
an_empty_line_and_one_too_long_are_refused(void **state)
{
	char line[1500];
	struct asking a;

	(void)state;
	begin(&a, NULL);
	await(&a, PROMPT, 1);
	type(&a, "\n");
	await(&a, PROMPT "\r\n", 1);
	assert_int_equal(end(&a), 0);
	assert_int_equal(a.found->rc, VOUCH_EINVAL);
	assert_string_equal(a.found->msg, "there is no passphrase in the line");
	release(&a);

	memset(line, 'a', sizeof(line));
	memcpy(line + sizeof(line) - 2, "\n", 2);
	begin(&a, NULL);
	await(&a, PROMPT, 1);
	type(&a, line);
	await(&a, PROMPT "\r\n", 1);
	assert_int_equal(end(&a), 0);
	assert_int_equal(a.found->rc, VOUCH_ELIMIT);
	assert_int_equal(a.found->len, 0);
	release(&a);
}

static void
a_signal_that_ends_the_process_finds_the_terminal_as_before(void **state)
{
	static const struct {
		const char *typed;
		int number;
	} rows[] = { { "half\x03", SIGINT }, { "half\x1c", SIGQUIT } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asking a;

		begin(&a, NULL);
		await(&a, PROMPT, 1);
		type(&a, rows[i].typed);
		await(&a, "\r\n", 1);
		assert_int_equal(end(&a), 100 + rows[i].number);
		release(&a);
	}
}

static struct found *handled_in;

static void
note_signal(int number)
{
	(void)number;
	handled_in->handled = true;
}

static void
handle_interrupts(struct found *found)
{
	handled_in = found;
	signal(SIGINT, note_signal);
}

static void
a_signal_that_the_process_handles_ends_the_question(void **state)
{
	struct asking a;

	(void)state;
	begin(&a, handle_interrupts);
	await(&a, PROMPT, 1);
	type(&a, "\x03");
	await(&a, "\r\n", 1);
	assert_int_equal(end(&a), 0);
	assert_true(a.found->handled);
	assert_int_equal(a.found->rc, VOUCH_EIO);
	assert_string_equal(a.found->msg, "interrupted by a signal");
	release(&a);
}

static void
after_a_stop_the_question_is_asked_again(void **state)
{
	struct asking a;

	(void)state;
	begin(&a, NULL);
	await(&a, PROMPT, 1);
	type(&a, "half\x1a");
	await(&a, PROMPT, 2);
	type(&a, "whole\n");
	await(&a, "\r\n", 2);
	assert_int_equal(end(&a), 0);
	assert_int_equal(a.found->rc, VOUCH_OK);
	assert_int_equal(a.found->len, 5);
	assert_memory_equal(a.found->octets, "whole", 5);
	release(&a);
}

static void
the_end_of_input_is_no_passphrase(void **state)
{
	struct asking a;

	(void)state;
	begin(&a, NULL);
	await(&a, PROMPT, 1);
	type(&a, "\x04");
	await(&a, "\r\n", 1);
	assert_int_equal(end(&a), 0);
	assert_int_equal(a.found->rc, VOUCH_EIO);
	release(&a);
}

static void
without_a_terminal_there_is_an_error(void **state)
{
	struct found *found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	    -1, 0);

	(void)state;
	assert_true(found != MAP_FAILED);
	pid_t child = fork();
	if (child == 0) {
		setsid();
		ask_and_tell(found);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(found->rc, VOUCH_EIO);
	assert_non_null(strstr(found->msg, "there is no terminal to ask for a passphrase on"));
	munmap(found, sizeof(*found));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_variable_is_read_and_stays),
		cmocka_unit_test(a_variable_without_a_value_is_refused_by_name),
		cmocka_unit_test(a_forgotten_variable_leaves_no_octet_and_no_neighbour_suffers),
		cmocka_unit_test(a_line_is_taken_from_the_terminal_and_not_shown),
		cmocka_unit_test(an_empty_line_and_one_too_long_are_refused),
		cmocka_unit_test(a_signal_that_ends_the_process_finds_the_terminal_as_before),
		cmocka_unit_test(a_signal_that_the_process_handles_ends_the_question),
		cmocka_unit_test(after_a_stop_the_question_is_asked_again),
		cmocka_unit_test(the_end_of_input_is_no_passphrase),
		cmocka_unit_test(without_a_terminal_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
