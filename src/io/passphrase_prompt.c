/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases from the terminal. */
#include "io/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/signalfd.h>
#include <sys/termios.h>
#include <unistd.h>

#include "base/err.h"

#define LINE_MAX_OCTETS 1024 /* the terminal's own limit of a line is 4096 */

/*
 * Signals are held back while the terminal does not echo, and not taken: that one came is seen by the
 * descriptor, and it takes effect when the terminal is as before.
 */
static const int held[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGTSTP };

struct terminal {
	int fd, signals;
	struct termios before;
	sigset_t mask;
};

enum outcome { LINE, STOPPED, INTERRUPTED, FAILED };

static int
fail(vouch_err *err, const char *what)
{
	return err_set(err, VOUCH_EIO, "%s: %s", what, strerror(errno));
}

static int
hold_signals(struct terminal *t, vouch_err *err)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		sigaddset(&set, held[i]);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signals < 0)
		return fail(err, "signalfd");
	int rc = pthread_sigmask(SIG_BLOCK, &set, &t->mask);
	if (rc == 0)
		return VOUCH_OK;
	close(t->signals);
	return err_set(err, VOUCH_EIO, "pthread_sigmask: %s", strerror(rc));
}

/* A signal that was held back takes effect here. */
static void
release_signals(struct terminal *t)
{
	close(t->signals);
	pthread_sigmask(SIG_SETMASK, &t->mask, NULL);
}

static int
silence(struct terminal *t, vouch_err *err)
{
	if (tcgetattr(t->fd, &t->before) != 0)
		return fail(err, "/dev/tty");
	struct termios silent = t->before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	silent.c_lflag |= ICANON | ISIG;
	/* What was typed before the question is no answer to it. */
	return tcsetattr(t->fd, TCSAFLUSH, &silent) == 0 ? VOUCH_OK : fail(err, "/dev/tty");
}

/* The line's end was not echoed. */
static void
restore(struct terminal *t)
{
	ssize_t written = write(t->fd, "\n", 1);

	(void)written;
	tcsetattr(t->fd, TCSAFLUSH, &t->before);
}

/* Which of the signals that are held back came. */
static enum outcome
pending(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGTSTP) == 1 ? STOPPED : INTERRUPTED;
}

/* One line: the terminal hands out whole ones. */
static enum outcome
read_line(struct terminal *t, char line[LINE_MAX_OCTETS], size_t *len)
{
	struct pollfd waits[] = { { .fd = t->fd, .events = POLLIN }, { .fd = t->signals, .events = POLLIN } };

	for (;;) {
		if (poll(waits, 2, -1) < 0 && errno != EINTR)
			return FAILED;
		if (waits[1].revents != 0)
			return pending();
		if (waits[0].revents == 0)
			continue;
		ssize_t n = read(t->fd, line, LINE_MAX_OCTETS);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FAILED;
		*len = (size_t)n;
		return LINE;
	}
}

static enum outcome
ask(struct terminal *t, const char *text, char line[LINE_MAX_OCTETS], size_t *len, vouch_err *err)
{
	if (hold_signals(t, err) != VOUCH_OK)
		return FAILED;
	enum outcome outcome = FAILED;
	if (silence(t, err) == VOUCH_OK) {
		if (write(t->fd, text, strlen(text)) == (ssize_t)strlen(text))
			outcome = read_line(t, line, len);
		if (outcome == FAILED)
			err_set(err, VOUCH_EIO, "/dev/tty: the terminal is gone");
		restore(t);
	}
	release_signals(t);
	return outcome;
}

static int
take_line(vouch_buf *out, const char line[LINE_MAX_OCTETS], size_t len, vouch_err *err)
{
	const char *end = memchr(line, '\n', len);

	if (end == NULL && len == LINE_MAX_OCTETS)
		return err_set(err, VOUCH_ELIMIT, "the passphrase is longer than %d octets",
		    LINE_MAX_OCTETS - 1);
	if (end != NULL)
		len = (size_t)(end - line);
	if (len == 0)
		return err_set(err, VOUCH_EINVAL, "there is no passphrase in the line");
	return vouch_buf_append(out, line, len) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

int
io_passphrase_prompt(vouch_buf *out, const char *text, vouch_err *err)
{
	char line[LINE_MAX_OCTETS];
	size_t len = 0;
	enum outcome outcome = STOPPED;
	struct terminal terminal = { .fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC) };

	if (terminal.fd < 0)
		return err_set(err, VOUCH_EIO, "there is no terminal to ask for a passphrase on: %s",
		    strerror(errno));
	while (outcome == STOPPED)
		outcome = ask(&terminal, text, line, &len, err);
	close(terminal.fd);
	int rc = VOUCH_OK;
	if (outcome == LINE)
		rc = take_line(out, line, len, err);
	else
		rc = outcome == FAILED ? err->code : err_set(err, VOUCH_EIO, "interrupted by a signal");
	explicit_bzero(line, sizeof(line));
	return rc;
}
