/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor. */
#include "daemon/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/control.h"
#include "daemon/identity.h"
#include "daemon/log.h"
#include "daemon/process.h"
#include "daemon/sandbox.h"
#include "daemon/service.h"
#include "daemon/signing.h"
#include "http/server.h"
#include "io/clock.h"
#include "io/listen.h"
#include "io/notify.h"

#define SOCKET_MODE 0666 /* a responder is public; a folder's mode keeps its socket private */
#define ADMIN_SOCKET_MODE 0600
#define SPARE_DESCRIPTORS 256
#define READY_MS 120000 /* a token may be slow to log in, a database to be read */
#define LINGER_MS 20000 /* after the first wish to stop: longer than a drain takes */

struct supervisor {
	const struct plan_origin *origin;
	struct plan *plan;
	uint64_t generation;
	unsigned threads;
	struct io_listeners listeners, admin_listeners;
	struct process signer, server;
	struct process *retired; /* signers that go on until their last signature is made */
	size_t retired_count;
	int proofs; /* of the signer; -1: there is none */
	int signals;
	unsigned stops; /* how often we were told to stop */
	bool reload;
	bool lost;     /* the signer is there, and does not serve the server */
	bool shut_out; /* the server may not read what it should */
	uint64_t stop_at_ms;
};

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

static void
read_signals(struct supervisor *s)
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
	struct process *const known[] = { &s->signer, &s->server };
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

/* --- What the children say ------------------------------------------------------------------------------ */

/* False: it is none. */
static bool
take_complaint(struct supervisor *s, const struct io_record *said)
{
	bool lost = said->message.type == CONTROL_LOST, shut_out = said->message.type == CONTROL_SHUT_OUT;

	s->lost = s->lost || lost;
	s->shut_out = s->shut_out || shut_out;
	return lost || shut_out;
}

/*
 * Waits for what a child that was just given something to do says of it.  Everybody else is heard meanwhile: who
 * is told to stop stops waiting.
 */
static int
await(struct supervisor *s, struct process *p, struct io_record *said, vouch_err *err)
{
	uint64_t until = io_monotonic_ms() + READY_MS;

	for (;;) {
		uint64_t now = io_monotonic_ms();
		struct pollfd fds[] = { { .fd = p->control, .events = POLLIN },
			{ .fd = s->signals, .events = POLLIN } };
		if (now >= until)
			return err_set(err, VOUCH_EUNAVAILABLE, "the %s does not get ready", p->name);
		if (poll(fds, 2, (int)(until - now)) < 0)
			continue;
		if (fds[1].revents != 0)
			read_signals(s);
		if (s->stops > 0)
			return err_set(err, VOUCH_EUNAVAILABLE, "told to stop");
		if (fds[0].revents == 0)
			continue;
		int code = io_record_receive(p->control, said, err);
		if (code == VOUCH_ENOTFOUND)
			return err_set(err, VOUCH_EUNAVAILABLE, "the %s has ended", p->name);
		if (code != VOUCH_OK || !take_complaint(s, said))
			return code;
	}
}

static int
await_ready(struct supervisor *s, struct process *p, struct io_record *said, vouch_err *err)
{
	int code = await(s, p, said, err);

	if (code != VOUCH_OK || said->message.type == CONTROL_READY)
		return code;
	io_record_close_fds(said);
	return err_set(err, VOUCH_EREFUSED, "%.*s", (int)said->message.body.len, said->message.body.data);
}

/* --- The signer ----------------------------------------------------------------------------------------- */

/* Starts one with the plan and waits until its keys are open. */
static int
start_signer(struct supervisor *s, struct process *signer, const struct plan *plan, int *proofs,
    vouch_err *err)
{
	struct io_record said;

	if (process_start(signer, s->origin, plan, err) != VOUCH_OK)
		return err->code;
	if (await_ready(s, signer, &said, err) != VOUCH_OK || said.fd_count != 1) {
		process_kill(signer);
		return err->code != VOUCH_OK ? err->code : err_set(err, VOUCH_EIO, "a signer without proofs");
	}
	signer->ready = true;
	*proofs = said.fds[0];
	return VOUCH_OK;
}

/* --- The server ----------------------------------------------------------------------------------------- */

static int
send_plan(struct supervisor *s, const struct plan *plan, int proofs, uint64_t generation, vouch_err *err)
{
	struct io_message message = { .type = CONTROL_PLAN,
		.number = (uint16_t)s->threads,
		.id = generation };
	vouch_buf octets = { 0 };
	int fds[2] = { -1, proofs };
	int code = plan_encode(plan, &octets, err);

	if (code == VOUCH_OK)
		code = io_memory_file(&fds[0], "plan", (vouch_span){ octets.data, octets.len }, err);
	if (code == VOUCH_OK)
		code = process_tell(&s->server, &message, fds, 2, err);
	if (fds[0] >= 0)
		close(fds[0]);
	vouch_buf_free(&octets);
	return code;
}

/* One end to the server's thread, the other to the signer. */
static int
connect_thread(struct supervisor *s, const struct process *signer, uint64_t generation, unsigned thread,
    vouch_err *err)
{
	struct io_message message = { .type = CONTROL_CHANNEL, .number = (uint16_t)thread, .id = generation };
	int ends[2];

	if (io_channel_stream(ends, err) != VOUCH_OK)
		return err->code;
	int code = process_tell(signer, &message, &ends[0], 1, err);
	if (code == VOUCH_OK)
		code = process_tell(&s->server, &message, &ends[1], 1, err);
	close(ends[0]);
	close(ends[1]);
	return code;
}

static int
connect_threads(struct supervisor *s, const struct process *signer, uint64_t generation, vouch_err *err)
{
	for (unsigned i = 0; i < s->threads; i++)
		if (connect_thread(s, signer, generation, i, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

/* The server builds what the signer has the keys of. */
static int
build(struct supervisor *s, const struct process *signer, const struct plan *plan, int proofs,
    uint64_t generation, vouch_err *err)
{
	struct io_message message = { .type = CONTROL_BUILD, .id = generation };
	struct io_record said;

	if (send_plan(s, plan, proofs, generation, err) != VOUCH_OK ||
	    connect_threads(s, signer, generation, err) != VOUCH_OK ||
	    process_tell(&s->server, &message, NULL, 0, err) != VOUCH_OK)
		return err->code;
	return await_ready(s, &s->server, &said, err);
}

static int
send_listeners(struct supervisor *s, const struct io_listeners *set, enum control_role role, vouch_err *err)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct io_listener *l = &set->items[i];
		struct io_message message = { .type = CONTROL_LISTENER,
			.number = (uint16_t)role,
			.body = { (const uint8_t *)l->name, strlen(l->name) } };
		for (size_t n = 0; n < l->count; n++)
			if (process_tell(&s->server, &message, &l->fds[n], 1, err) != VOUCH_OK)
				return err->code;
	}
	return VOUCH_OK;
}

static int
let_serve(struct supervisor *s, vouch_err *err)
{
	struct io_message message = { .type = CONTROL_SERVE };
	struct io_record said;

	if (send_listeners(s, &s->listeners, CONTROL_OCSP, err) != VOUCH_OK ||
	    send_listeners(s, &s->admin_listeners, CONTROL_ADMIN, err) != VOUCH_OK ||
	    process_tell(&s->server, &message, NULL, 0, err) != VOUCH_OK)
		return err->code;
	return await_ready(s, &s->server, &said, err);
}

static int
give_socket(const struct supervisor *s, const struct io_listeners *set, vouch_err *err)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].unlink_path != NULL &&
		    identity_give(s->plan->conf->user, set->items[i].unlink_path, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static int
open_listeners(struct supervisor *s, vouch_err *err)
{
	const struct conf *conf = s->plan->conf;

	if (s->listeners.count > 0)
		return VOUCH_OK;
	if (io_listeners_open(&s->listeners, (const char *const *)conf->listen.items, conf->listen.count,
		s->threads, SOCKET_MODE, err) != VOUCH_OK)
		return err->code;
	if (conf->admin != NULL &&
	    io_listeners_open(&s->admin_listeners, (const char *const[]){ conf->admin }, 1, 1,
		ADMIN_SOCKET_MODE, err) != VOUCH_OK)
		return err->code;
	/* Who may connect to the admin's is who the server is. */
	return give_socket(s, &s->admin_listeners, err);
}

/* Everything that can be wrong with what was given is found before anything listens. */
static int
start_server(struct supervisor *s, vouch_err *err)
{
	if (process_start(&s->server, s->origin, s->plan, err) != VOUCH_OK)
		return err->code;
	int code = build(s, &s->signer, s->plan, s->proofs, s->generation, err);
	if (code == VOUCH_OK)
		code = open_listeners(s, err);
	if (code == VOUCH_OK)
		code = let_serve(s, err);
	if (code == VOUCH_OK)
		s->server.ready = true;
	else
		process_kill(&s->server);
	return code;
}

/* --- Reload --------------------------------------------------------------------------------------------- */

/* It ends with its last channel. */
static void
retire(struct supervisor *s)
{
	struct io_message message = { .type = CONTROL_RETIRE };
	vouch_err unread;

	if (s->signer.pid <= 0)
		return;
	struct process *grown = reallocarray(s->retired, s->retired_count + 1, sizeof(*grown));
	if (grown == NULL || process_tell(&s->signer, &message, NULL, 0, &unread) != VOUCH_OK) {
		process_kill(&s->signer);
		return;
	}
	s->retired = grown;
	grown[s->retired_count++] = s->signer;
}

static void
swap(struct supervisor *s, struct plan *plan, const struct process *signer, int proofs)
{
	retire(s);
	s->signer = *signer;
	if (s->proofs >= 0)
		close(s->proofs);
	s->proofs = proofs;
	plan_free(s->plan);
	s->plan = plan;
	log_setup(plan->conf->log.format, plan->conf->log.level);
}

/* The new signer beside the old one, then the server's part: on failure the old ones stay. */
static int
reload(struct supervisor *s, vouch_err *err)
{
	struct process signer = process_of(s->signer.name, s->signer.run);
	struct plan *plan = NULL;
	int proofs = -1;

	if (plan_make(&plan, s->origin, err) != VOUCH_OK)
		return err->code;
	int code = start_signer(s, &signer, plan, &proofs, err);
	if (code == VOUCH_OK)
		code = build(s, &signer, plan, proofs, ++s->generation, err);
	if (code == VOUCH_OK) {
		swap(s, plan, &signer, proofs);
		return VOUCH_OK;
	}
	process_kill(&signer);
	if (proofs >= 0)
		close(proofs);
	plan_free(plan);
	return code;
}

static void
reload_and_report(struct supervisor *s)
{
	vouch_err err, unread;

	s->reload = false;
	(void)!io_notify_reloading(&unread);
	err_or(&err, NULL);
	if (reload(s, &err) == VOUCH_OK)
		log_event(CONF_LOG_INFO, "reloaded", "configuration", s->plan->conf->file, NULL);
	else
		log_event(CONF_LOG_ERROR, "reload_failed", "why", err.msg, "kept", "the old configuration",
		    NULL);
	(void)!io_notify("READY=1", &unread);
}

/* --- Keeping them going --------------------------------------------------------------------------------- */

static void
report_started(const struct process *p, int code, const vouch_err *err)
{
	if (code == VOUCH_OK)
		log_event(CONF_LOG_INFO, "process_started", "process", p->name, NULL);
	else
		log_event(CONF_LOG_ERROR, "process_failed", "process", p->name, "why", err->msg, NULL);
}

/* The same keys as before, for the same generation. */
static void
restart_signer(struct supervisor *s)
{
	vouch_err err;
	int proofs = -1;

	err_or(&err, NULL);
	int code = start_signer(s, &s->signer, s->plan, &proofs, &err);
	if (code == VOUCH_OK) {
		if (s->proofs >= 0)
			close(s->proofs);
		s->proofs = proofs;
		/* A server that fails here has ended, and gets channels with its next start. */
		if (s->server.pid > 0)
			(void)!connect_threads(s, &s->signer, s->generation, &err);
	} else {
		process_ended(&s->signer);
	}
	report_started(&s->signer, code, &err);
}

static void
restart_server(struct supervisor *s)
{
	vouch_err err;

	err_or(&err, NULL);
	int code = start_server(s, &err);
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
	if (is_due(&s->signer, io_monotonic_ms()))
		restart_signer(s);
	if (s->signer.pid > 0 && s->stops == 0 && is_due(&s->server, io_monotonic_ms()))
		restart_server(s);
}

/* Milliseconds until something is due; -1: nothing is. */
static int
patience(const struct supervisor *s)
{
	const struct process *const known[] = { &s->signer, &s->server };
	uint64_t now = io_monotonic_ms(), next = UINT64_MAX;

	if (s->stops > 0)
		next = s->stop_at_ms;
	for (size_t i = 0; i < 2 && s->stops == 0; i++)
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
	(void)take_complaint(s, &said);
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
	read_signals(s);
	reap(s);
}

/* Whoever is of no use any more is ended, and started again like one that ended by itself. */
static void
end_useless(struct supervisor *s)
{
	/* The next signer gives the server new channels. */
	if (s->lost && s->signer.pid > 0)
		kill(s->signer.pid, SIGKILL);
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
			reload_and_report(s);
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
	    s->plan->conf->file, NULL);
	if (io_notify("READY=1", &err) != VOUCH_OK)
		log_event(CONF_LOG_WARNING, "notify_failed", "why", err.msg, NULL);
}

static int
enter_sandbox(const struct supervisor *s, vouch_err *err)
{
	struct sandbox_report report;

	return s->plan->conf->sandbox == CONF_SANDBOX_OFF ?
	    VOUCH_OK :
	    sandbox_enter(SANDBOX_SUPERVISOR, NULL, &report, err);
}

static int
prepare(struct supervisor *s, vouch_err *err)
{
	struct http_server_options options = { 0 };

	if (plan_make(&s->plan, s->origin, err) != VOUCH_OK)
		return err->code;
	const struct conf *conf = s->plan->conf;
	log_setup(conf->log.format, conf->log.level);
	options.threads = conf->threads;
	s->threads = http_server_threads(&options);
	io_descriptors_raise(conf->limits.connections + SPARE_DESCRIPTORS);
	if (identity_check(conf->user, err) != VOUCH_OK)
		return err->code;
	return enter_sandbox(s, err);
}

static int
start(struct supervisor *s, vouch_err *err)
{
	if (take_signals(s, err) != VOUCH_OK || prepare(s, err) != VOUCH_OK)
		return err->code;
	if (start_signer(s, &s->signer, s->plan, &s->proofs, err) != VOUCH_OK ||
	    start_server(s, err) != VOUCH_OK)
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
	process_kill(&s->signer);
	for (size_t i = 0; i < s->retired_count; i++)
		process_kill(&s->retired[i]);
	free(s->retired);
	io_listeners_close(&s->admin_listeners);
	io_listeners_close(&s->listeners);
	if (s->proofs >= 0)
		close(s->proofs);
	if (s->signals >= 0)
		close(s->signals);
	plan_free(s->plan);
}

int
supervisor_run(const struct plan_origin *origin, vouch_err *err)
{
	struct supervisor s = { .origin = origin,
		.generation = 1,
		.proofs = -1,
		.signals = -1,
		.signer = process_of("vouch-signer", signing_main),
		.server = process_of("vouch-server", service_main) };
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
