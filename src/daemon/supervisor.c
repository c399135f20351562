/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor. */
#include "daemon/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/control.h"
#include "daemon/identity.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"
#include "daemon/secrecy.h"
#include "daemon/service.h"
#include "daemon/supervisor_state.h"
#include "http/server.h"
#include "io/clock.h"
#include "io/notify.h"

#define SPARE_DESCRIPTORS 256
#define COMPLAINT_MS 500 /* as old as a complaint can be when it is heard */
#define LINGER_MS 20000	 /* after the first wish to stop: longer than a drain takes */

/* --- Signals and ends ----------------------------------------------------------------------------------- */

static int
take_signals(struct supervisor *s, vouch_err *err)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signals >= 0 ? VOUCH_OK : err_set(err, VOUCH_EIO, "signals: %s", strerror(errno));
}

void
supervisor_read_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			s->reload = true;
		else if (info.ssi_signo != SIGCHLD)
			s->stops++;
	}
}

static void
report_end(const struct supervisor *s, const struct process *p, int status)
{
	char how[32];

	if (s->stops > 0)
		return;
	snprintf(how, sizeof(how), "%s %d", WIFSIGNALED(status) ? "signal" : "exit",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	log_event(CONF_LOG_ERROR, "process_ended", "process", p->name, "how", how, NULL);
}

static void
forget_retired(struct supervisor *s, pid_t pid)
{
	for (size_t i = 0; i < s->retired_count; i++) {
		if (s->retired[i].pid != pid)
			continue;
		process_forget(&s->retired[i]);
		s->retired[i] = s->retired[--s->retired_count];
		return;
	}
}

static void
reap(struct supervisor *s)
{
	struct process *const known[] = { &s->team.signer, &s->server };
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		forget_retired(s, pid);
		for (size_t i = 0; i < 2; i++) {
			if (known[i]->pid != pid)
				continue;
			report_end(s, known[i], status);
			process_ended(known[i]);
		}
	}
}

bool
supervisor_take_complaint(struct supervisor *s, const struct io_record *said)
{
	bool lost = said->message.type == CONTROL_LOST, shut_out = said->message.type == CONTROL_SHUT_OUT;

	s->lost = s->lost || lost;
	s->shut_out = s->shut_out || shut_out;
	return lost || shut_out;
}

/* --- Keeping them going --------------------------------------------------------------------------------- */

static void
report_started(const struct process *p, int code, const vouch_err *err)
{
	if (code == VOUCH_OK)
		log_event(CONF_LOG_INFO, "process_started", "process", p->name, NULL);
	else if (p->is_hopeless)
		log_event(CONF_LOG_ERROR, "process_failed", "process", p->name, "why", err->msg, "advice",
		    "it is not started again before a reload: another wrong PIN may lock the token", NULL);
	else
		log_event(CONF_LOG_ERROR, "process_failed", "process", p->name, "why", err->msg, NULL);
}

/* The same keys as before, for the same generation. */
static void
restart_signer(struct supervisor *s)
{
	vouch_err err, unread;

	err_or(&err, NULL);
	int code = family_start_signer(s, &s->team, &err);
	/* A server that fails here has ended, and gets channels with its next start. */
	if (code == VOUCH_OK && s->server.pid > 0)
		(void)!family_connect(s, &s->server, &s->team, &unread);
	s->connected_ms = io_monotonic_ms();
	if (code != VOUCH_OK)
		process_ended(&s->team.signer);
	report_started(&s->team.signer, code, &err);
}

static void
restart_server(struct supervisor *s)
{
	vouch_err err;

	err_or(&err, NULL);
	int code = family_start_server(s, &s->server, &s->team, &err);
	if (code != VOUCH_OK)
		process_ended(&s->server);
	report_started(&s->server, code, &err);
}

static bool
is_due(const struct process *p, uint64_t now)
{
	return p->pid == 0 && now >= p->start_at_ms;
}

static void
restart(struct supervisor *s)
{
	if (is_due(&s->team.signer, io_monotonic_ms()))
		restart_signer(s);
	if (s->team.signer.pid > 0 && s->stops == 0 && is_due(&s->server, io_monotonic_ms()))
		restart_server(s);
}

/* Milliseconds until something is due; -1: nothing is. */
static int
patience(const struct supervisor *s)
{
	const struct process *const known[] = { &s->team.signer, &s->server };
	uint64_t now = io_monotonic_ms(), next = UINT64_MAX;

	if (s->stops > 0)
		next = s->stop_at_ms;
	/* The server is started when there is a signer. */
	for (size_t i = 0; i < (s->team.signer.pid > 0 ? 2 : 1) && s->stops == 0; i++)
		if (known[i]->pid == 0 && known[i]->start_at_ms < next)
			next = known[i]->start_at_ms;
	if (next == UINT64_MAX)
		return -1;
	return next <= now ? 0 : (int)(next - now);
}

static void
hear_server(struct supervisor *s)
{
	struct io_record said;
	vouch_err err;

	err_or(&err, NULL);
	if (io_record_receive(s->server.control, &said, &err) != VOUCH_OK)
		return;
	(void)supervisor_take_complaint(s, &said);
	io_record_close_fds(&said);
}

static void
listen_once(struct supervisor *s)
{
	/* A descriptor below zero is passed over. */
	struct pollfd fds[] = { { .fd = s->signals, .events = POLLIN },
		{ .fd = s->server.control, .events = POLLIN } };

	if (poll(fds, 2, patience(s)) > 0 && (fds[1].revents & POLLIN) != 0)
		hear_server(s);
	supervisor_read_signals(s);
	reap(s);
}

/* Whoever is of no use any more is ended, and started again like one that ended by itself. */
static void
end_useless(struct supervisor *s)
{
	/*
	 * The next signer gives the server new channels.  A complaint from before those that it was given last is over;
	 * if not, it comes again.
	 */
	if (s->lost && s->team.signer.pid > 0 && io_monotonic_ms() >= s->connected_ms + COMPLAINT_MS)
		kill(s->team.signer.pid, SIGKILL);
	if (s->shut_out && s->server.pid > 0)
		kill(s->server.pid, SIGKILL);
	s->lost = s->shut_out = false;
}

static void
run(struct supervisor *s)
{
	while (s->stops == 0) {
		listen_once(s);
		end_useless(s);
		if (s->stops == 0)
			restart(s);
		if (s->stops == 0 && s->reload)
			supervisor_reload(s);
	}
}

/* --- Start and end -------------------------------------------------------------------------------------- */

static void
report_listeners(const struct io_listeners *listeners, const char *role)
{
	for (size_t i = 0; i < listeners->count; i++)
		log_event(CONF_LOG_INFO, "listening", "role", role, "address", listeners->items[i].name,
		    NULL);
}

static void
report_ready(struct supervisor *s)
{
	char threads[16];
	vouch_err err;

	report_listeners(&s->listeners, "ocsp");
	report_listeners(&s->admin_listeners, "admin");
	snprintf(threads, sizeof(threads), "%u", s->threads);
	log_event(CONF_LOG_INFO, "ready", "version", vouch_version(), "threads", threads, "configuration",
	    s->team.plan->conf->file, NULL);
	if (io_notify("READY=1", &err) != VOUCH_OK)
		log_event(CONF_LOG_WARNING, "notify_failed", "why", err.msg, NULL);
}

static int
enter_sandbox(const struct supervisor *s, vouch_err *err)
{
	struct sandbox_report report;

	return s->team.plan->conf->sandbox == CONF_SANDBOX_OFF ?
	    VOUCH_OK :
	    sandbox_enter(SANDBOX_SUPERVISOR, NULL, &report, err);
}

static int
prepare(struct supervisor *s, vouch_err *err)
{
	struct http_server_options options = { 0 };

	if (plan_make(&s->team.plan, s->origin, err) != VOUCH_OK)
		return err->code;
	const struct conf *conf = s->team.plan->conf;
	log_setup(conf->log.format, conf->log.level);
	options.threads = conf->threads;
	s->threads = http_server_threads(&options);
	io_descriptors_raise(conf->limits.connections + SPARE_DESCRIPTORS);
	if (identity_check(conf->user, err) != VOUCH_OK || secrecy_keep_passphrases(conf, err) != VOUCH_OK)
		return err->code;
	return enter_sandbox(s, err);
}

static int
start(struct supervisor *s, vouch_err *err)
{
	if (take_signals(s, err) != VOUCH_OK || prepare(s, err) != VOUCH_OK)
		return err->code;
	if (family_start_signer(s, &s->team, err) != VOUCH_OK ||
	    family_start_server(s, &s->server, &s->team, err) != VOUCH_OK)
		return err->code;
	report_ready(s);
	return VOUCH_OK;
}

/* The server answers what is in flight; asked twice, or for too long, it does not. */
static void
drain(struct supervisor *s)
{
	struct io_message message = { .type = CONTROL_STOP };
	vouch_err unread;

	log_event(CONF_LOG_INFO, "stopping", NULL);
	(void)!io_notify("STOPPING=1", &unread);
	s->stop_at_ms = io_monotonic_ms() + LINGER_MS;
	for (unsigned told = 0; s->server.pid > 0 && io_monotonic_ms() < s->stop_at_ms; listen_once(s))
		for (; told < s->stops; told++)
			(void)!process_tell(&s->server, &message, NULL, 0, &unread);
	log_event(CONF_LOG_INFO, "stopped", NULL);
}

static void
clear(struct supervisor *s)
{
	process_kill(&s->server);
	for (size_t i = 0; i < s->retired_count; i++)
		process_kill(&s->retired[i]);
	free(s->retired);
	io_listeners_close(&s->admin_listeners);
	io_listeners_close(&s->listeners);
	if (s->signals >= 0)
		close(s->signals);
	team_clear(&s->team);
}

int
supervisor_run(const struct plan_origin *origin, vouch_err *err)
{
	struct supervisor s = { .origin = origin,
		.signals = -1,
		.server = process_of("vouch-server", service_main) };

	s.team = team_of_next_generation(&s);
	int code = start(&s, err);

	if (code == VOUCH_OK) {
		run(&s);
		drain(&s);
	} else if (s.stops > 0) {
		/* Somebody changed his mind before we were ready. */
		code = VOUCH_OK;
	}
	clear(&s);
	return code;
}
