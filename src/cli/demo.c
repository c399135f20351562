/* SPDX-License-Identifier: Apache-2.0 */
/* vouch demo: a throw-away CA, three certificates, a running responder, and what clients say of them. */
#include "cli/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h>
#include <unistd.h>

#include "base/span.h"
#include "cli/child.h"
#include "cli/demo_ca.h"
#include "cli/demo_folder.h"
#include "cli/shell_word.h"
#include "io/clock.h"

#define START_MS 20000 /* how long the responder may take to listen, on the slowest machine with sanitizers */
#define PATH_ROOM 4400
#define FOREVER UINT64_MAX

static const struct cli_option options[] = {
	{ "dir", "DIR", "where to keep the CA; default: a temporary folder, removed at the end", false,
	    false },
	{ "listen", "ADDRESS", "where to answer; default: 127.0.0.1 and any free port", false, false },
	{ "once", NULL, "ask the three certificates, then stop", false, false },
	{ 0 },
};

static const struct certificate {
	const char *name;
	const char *words[4]; /* the command that gives it its status, after "add" */
} certificates[] = {
	{ "good", { NULL } },
	{ "revoked", { "revoke", "--reason", "keyCompromise", NULL } },
	{ "hold", { "hold", NULL } },
};
#define CERTIFICATES (sizeof(certificates) / sizeof(certificates[0]))

struct demo {
	const struct cli_args *args;
	struct demo_folder folder;
	char self[PATH_ROOM], url[160];
	pid_t server;
	int log;	 /* the responder's standard error */
	char held[4096]; /* of the log: what was read and is not yet a line */
	size_t held_len;
};

/* Prints a command as a person would type it, and runs it. */
static int
show(const char *const argv[])
{
	pid_t pid;
	vouch_err err = { 0 };
	const char *slash = strrchr(argv[0], '/');

	printf("$ ");
	shell_word_print(slash != NULL ? slash + 1 : argv[0]);
	for (size_t i = 1; argv[i] != NULL; i++) {
		putchar(' ');
		shell_word_print(argv[i]);
	}
	putchar('\n');
	fflush(stdout);
	if (child_start(&pid, argv, NULL, &err) != VOUCH_OK)
		return cli_fail("demo", &err);
	return child_wait(pid);
}

static int
start_server(struct demo *d, vouch_err *err)
{
	char ca[PATH_ROOM], signer[PATH_ROOM], key[PATH_ROOM], source[PATH_ROOM];
	const char *listen = cli_value(d->args, "listen");

	snprintf(ca, sizeof(ca), "%s/ca.pem", d->folder.path);
	snprintf(signer, sizeof(signer), "%s/ocsp.pem", d->folder.path);
	snprintf(key, sizeof(key), "%s/ocsp.key", d->folder.path);
	snprintf(source, sizeof(source), "sqlite:%s/vouch.db", d->folder.path);
	const char *const argv[] = { d->self, "serve", "--listen", listen == NULL ? "127.0.0.1:0" : listen,
		"--issuer", ca, "--signer", signer, "--key", key, "--source", source, NULL };
	return child_start(&d->server, argv, &d->log, err);
}

/* The address in a line of the log that says where OCSP is answered. */
static bool
read_address(struct demo *d, const char *line)
{
	static const char mark[] = "event=listening role=ocsp address=";
	const char *address = strstr(line, mark);

	if (address == NULL || d->url[0] != '\0')
		return false;
	address += sizeof(mark) - 1;
	snprintf(d->url, sizeof(d->url), "http://%.*s/", (int)strcspn(address, " \n"), address);
	return true;
}

/* Takes whole lines off what was read: shown, and searched for the address. */
static void
take_lines(struct demo *d)
{
	char *end;

	while ((end = memchr(d->held, '\n', d->held_len)) != NULL) {
		size_t len = (size_t)(end - d->held) + 1;
		*end = '\0';
		fprintf(stderr, "%s\n", d->held);
		(void)read_address(d, d->held);
		memmove(d->held, d->held + len, d->held_len - len);
		d->held_len -= len;
	}
	if (d->held_len == sizeof(d->held) - 1)
		d->held_len = 0; /* no line of ours is so long */
}

/* False when the log has ended, the time is over or (with a mask to wait under) a signal has arrived. */
static bool
read_log(struct demo *d, uint64_t timeout_ms, const sigset_t *mask)
{
	struct pollfd readable = { .fd = d->log, .events = POLLIN };
	struct timespec timeout = { .tv_sec = (time_t)(timeout_ms / 1000),
		.tv_nsec = (long)(timeout_ms % 1000) * 1000000 };

	if (ppoll(&readable, 1, timeout_ms == FOREVER ? NULL : &timeout, mask) <= 0)
		return false;
	ssize_t got = read(d->log, d->held + d->held_len, sizeof(d->held) - 1 - d->held_len);
	if (got <= 0)
		return false;
	d->held_len += (size_t)got;
	take_lines(d);
	return true;
}

static int
await_server(struct demo *d, vouch_err *err)
{
	uint64_t now = io_monotonic_ms(), end = now + START_MS;

	while (d->url[0] == '\0' && now < end && read_log(d, end - now, NULL))
		now = io_monotonic_ms();
	return d->url[0] != '\0' ? VOUCH_OK : err_set(err, VOUCH_EUNAVAILABLE, "the responder did not start");
}

static int
record(const struct demo *d, const char *const words[], const char *file)
{
	char ca[PATH_ROOM], db[PATH_ROOM];
	const char *argv[12];
	size_t n = 0;

	snprintf(ca, sizeof(ca), "%s/ca.pem", d->folder.path);
	snprintf(db, sizeof(db), "%s/vouch.db", d->folder.path);
	argv[n++] = d->self;
	argv[n++] = words[0];
	argv[n++] = "--issuer";
	argv[n++] = ca;
	argv[n++] = "--db";
	argv[n++] = db;
	for (size_t i = 1; words[i] != NULL; i++)
		argv[n++] = words[i];
	argv[n++] = file;
	argv[n] = NULL;
	return show(argv);
}

/* The responder runs already: what is recorded now, it answers at once. */
static int
issue(const struct demo *d, vouch_err *err)
{
	static const char *const add[] = { "add", NULL };
	char file[PATH_ROOM];

	for (size_t i = 0; i < CERTIFICATES; i++) {
		if (demo_ca_issue(d->folder.path, certificates[i].name, d->url, err) != VOUCH_OK)
			return err->code;
		snprintf(file, sizeof(file), "%s/%s.pem", d->folder.path, certificates[i].name);
		int code = record(d, add, file);
		if (code == CLI_OK && certificates[i].words[0] != NULL)
			code = record(d, certificates[i].words, file);
		if (code != CLI_OK)
			return err_set(err, VOUCH_EIO, "%s could not be recorded", file);
	}
	return VOUCH_OK;
}

static int
ask(const struct demo *d, vouch_err *err)
{
	char ca[PATH_ROOM], files[CERTIFICATES][PATH_ROOM];

	snprintf(ca, sizeof(ca), "%s/ca.pem", d->folder.path);
	for (size_t i = 0; i < CERTIFICATES; i++)
		snprintf(files[i], PATH_ROOM, "%s/%s.pem", d->folder.path, certificates[i].name);
	const char *const query[] = { d->self, "query", "--issuer", ca, files[0], files[1], files[2], NULL };
	const char *const openssl[] = { "openssl", "ocsp", "-issuer", ca, "-cert", files[0], "-cert",
		files[1], "-cert", files[2], "-url", d->url, "-CAfile", ca, NULL };

	/* Two of the three are revoked, and the exit code says so. */
	if (show(query) != CLI_REVOKED)
		return err_set(err, VOUCH_EVERIFY, "vouch query did not get the answers that it should");
	int code = show(openssl);
	if (code == 127)
		printf("(openssl is not installed)\n");
	else if (code != 0)
		return err_set(err, VOUCH_EVERIFY, "openssl ocsp failed");
	fflush(stdout);
	return VOUCH_OK;
}

static volatile sig_atomic_t interrupted;

static void
interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/*
 * Until Ctrl-C, which the responder gets as well; its log goes on being shown.  Signals are let in only while we
 * wait, so that none falls between looking and waiting.
 */
static void
stay(struct demo *d)
{
	sigset_t blocked, before;

	printf("\nThe responder answers at %s, the files are in %s. Ctrl-C ends it.\n", d->url,
	    d->folder.path);
	fflush(stdout);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	while (!interrupted && read_log(d, FOREVER, &before))
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* The exit code of the responder. */
static int
stop_server(struct demo *d)
{
	if (d->server <= 0)
		return 0;
	kill(d->server, SIGTERM);
	while (read_log(d, FOREVER, NULL))
		;
	close(d->log);
	return child_wait(d->server);
}

static int
steps(struct demo *d, vouch_err *err)
{
	if (child_self(d->self, sizeof(d->self), err) != VOUCH_OK ||
	    demo_folder_make(&d->folder, cli_value(d->args, "dir"), err) != VOUCH_OK)
		return err->code;
	if (demo_ca_make(d->folder.path, err) != VOUCH_OK || start_server(d, err) != VOUCH_OK ||
	    await_server(d, err) != VOUCH_OK)
		return err->code;
	if (issue(d, err) != VOUCH_OK || ask(d, err) != VOUCH_OK)
		return err->code;
	if (!cli_flag(d->args, "once"))
		stay(d);
	return VOUCH_OK;
}

static int
check_usage(const struct cli_args *args)
{
	const char *listen = cli_value(args, "listen");
	size_t operands;

	(void)cli_operands(args, &operands);
	if (operands > 0)
		return cli_usage(args, "no operands are expected");
	/* The certificates name their responder by a URL. */
	if (listen != NULL && (strncmp(listen, "unix:", 5) == 0 || strcmp(listen, "systemd") == 0))
		return cli_usage(args, "--listen %s: a host and a port are expected", listen);
	return CLI_OK;
}

static int
run(const struct cli_args *args)
{
	static const struct sigaction on_interrupt = { .sa_handler = interrupt };
	struct demo d = { .args = args };
	vouch_err err = { 0 };
	int code = check_usage(args);

	if (code != CLI_OK)
		return code;
	sigaction(SIGINT, &on_interrupt, NULL);
	sigaction(SIGTERM, &on_interrupt, NULL);
	bool failed = steps(&d, &err) != VOUCH_OK;
	if (failed)
		code = interrupted ? cli_failf("demo", "interrupted") : cli_fail("demo", &err);
	if (stop_server(&d) != 0 && !failed)
		code = cli_failf("demo", "the responder did not end well");
	if (failed || d.folder.is_temporary)
		demo_folder_remove(&d.folder);
	return code;
}

const struct cli_command cli_demo = {
	.name = "demo",
	.synopsis = "[--dir DIR] [--listen ADDRESS] [--once]",
	.summary = "run a responder for a throw-away CA",
	.description =
	    "Makes a CA with three certificates (good, revoked, on hold), starts a responder for it, and asks about them with vouch query and with "
	    "openssl ocsp. The responder runs until Ctrl-C.",
	.example = "vouch demo\n"
		   "vouch demo --dir /tmp/demo --listen 127.0.0.1:8080",
	.options = options,
	.run = run,
};
