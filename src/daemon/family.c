/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor's children: started, told what they need, waited for. */
#include <stdio.h>
#include <string.h>
#include <sys/poll.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/control.h"
#include "daemon/identity.h"
#include "daemon/signing.h"
#include "daemon/supervisor_state.h"
#include "io/clock.h"

#define SOCKET_MODE 0666 /* a responder is public; a folder's mode keeps its socket private */
#define ADMIN_SOCKET_MODE 0600
#define READY_MS 120000 /* a token may be slow to log in, a database to be read */

/* --- What the children say ------------------------------------------------------------------------------ */

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
			supervisor_read_signals(s);
		if (s->stops > 0)
			return err_set(err, VOUCH_EUNAVAILABLE, "told to stop");
		if (fds[0].revents == 0)
			continue;
		int code = io_record_receive(p->control, said, err);
		if (code == VOUCH_ENOTFOUND)
			return err_set(err, VOUCH_EUNAVAILABLE, "the %s has ended", p->name);
		if (code != VOUCH_OK || !supervisor_take_complaint(s, said))
			return code;
	}
}

/* VOUCH_EAGAIN: it says that a new process can do what it cannot. */
static int
await_ready(struct supervisor *s, struct process *p, struct io_record *said, vouch_err *err)
{
	int code = await(s, p, said, err);

	if (code != VOUCH_OK || said->message.type == CONTROL_READY)
		return code;
	io_record_close_fds(said);
	if (said->message.type == CONTROL_ANEW)
		return VOUCH_EAGAIN;
	p->is_hopeless = said->message.number == CONTROL_PIN_REFUSED;
	return err_set(err, VOUCH_EREFUSED, "%.*s", (int)said->message.body.len, said->message.body.data);
}

/* --- Teams ---------------------------------------------------------------------------------------------- */

struct team
team_of_next_generation(struct supervisor *s)
{
	return (struct team){ .generation = ++s->generations,
		.signer = process_of("vouch-signer", signing_main),
		.proofs = -1 };
}

void
team_clear(struct team *team)
{
	process_kill(&team->signer);
	if (team->proofs >= 0)
		close(team->proofs);
	team->proofs = -1;
	plan_free(team->plan);
	team->plan = NULL;
}

int
family_start_signer(struct supervisor *s, struct team *team, vouch_err *err)
{
	struct io_record said;

	if (process_start(&team->signer, s->origin, team->plan, err) != VOUCH_OK)
		return err->code;
	int code = await_ready(s, &team->signer, &said, err);
	if (code == VOUCH_OK && said.fd_count != 1)
		code = err_set(err, VOUCH_EIO, "a signer without proofs");
	if (code != VOUCH_OK) {
		process_kill(&team->signer);
		return code;
	}
	if (team->proofs >= 0)
		close(team->proofs);
	team->proofs = said.fds[0];
	team->signer.ready = true;
	return VOUCH_OK;
}

/* --- The server ----------------------------------------------------------------------------------------- */

static int
send_plan(struct supervisor *s, const struct process *server, const struct team *team, vouch_err *err)
{
	struct io_message message = { .type = CONTROL_PLAN,
		.number = (uint16_t)s->threads,
		.id = team->generation };
	vouch_buf octets = { 0 };
	int fds[2] = { -1, team->proofs };
	int code = plan_encode(team->plan, &octets, err);

	if (code == VOUCH_OK)
		code = io_memory_file(&fds[0], "plan", (vouch_span){ octets.data, octets.len }, err);
	if (code == VOUCH_OK)
		code = process_tell(server, &message, fds, 2, err);
	if (fds[0] >= 0)
		close(fds[0]);
	vouch_buf_free(&octets);
	return code;
}

/* One end to the server's thread, the other to the signer. */
static int
connect_thread(const struct process *server, const struct team *team, unsigned thread, vouch_err *err)
{
	struct io_message message = { .type = CONTROL_CHANNEL,
		.number = (uint16_t)thread,
		.id = team->generation };
	int ends[2];

	if (io_channel_stream(ends, err) != VOUCH_OK)
		return err->code;
	int code = process_tell(&team->signer, &message, &ends[0], 1, err);
	if (code == VOUCH_OK)
		code = process_tell(server, &message, &ends[1], 1, err);
	close(ends[0]);
	close(ends[1]);
	return code;
}

int
family_connect(struct supervisor *s, const struct process *server, const struct team *team, vouch_err *err)
{
	for (unsigned i = 0; i < s->threads; i++)
		if (connect_thread(server, team, i, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

int
family_build(struct supervisor *s, struct process *server, const struct team *team, vouch_err *err)
{
	struct io_message message = { .type = CONTROL_BUILD, .id = team->generation };
	struct io_record said;

	if (send_plan(s, server, team, err) != VOUCH_OK || family_connect(s, server, team, err) != VOUCH_OK ||
	    process_tell(server, &message, NULL, 0, err) != VOUCH_OK)
		return err->code;
	return await_ready(s, server, &said, err);
}

static int
send_listeners(const struct process *server, const struct io_listeners *set, enum control_role role,
    vouch_err *err)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct io_listener *l = &set->items[i];
		struct io_message message = { .type = CONTROL_LISTENER,
			.number = (uint16_t)role,
			.body = { (const uint8_t *)l->name, strlen(l->name) } };
		for (size_t n = 0; n < l->count; n++)
			if (process_tell(server, &message, &l->fds[n], 1, err) != VOUCH_OK)
				return err->code;
	}
	return VOUCH_OK;
}

static int
let_serve(struct supervisor *s, struct process *server, vouch_err *err)
{
	struct io_message message = { .type = CONTROL_SERVE };
	struct io_record said;

	if (send_listeners(server, &s->listeners, CONTROL_OCSP, err) != VOUCH_OK ||
	    send_listeners(server, &s->admin_listeners, CONTROL_ADMIN, err) != VOUCH_OK ||
	    process_tell(server, &message, NULL, 0, err) != VOUCH_OK)
		return err->code;
	return await_ready(s, server, &said, err);
}

static int
give_sockets(const struct io_listeners *set, const char *user, vouch_err *err)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].unlink_path != NULL &&
		    identity_give(user, set->items[i].unlink_path, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static int
open_listeners(struct supervisor *s, const struct conf *conf, vouch_err *err)
{
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
	return give_sockets(&s->admin_listeners, conf->user, err);
}

/* Everything that can be wrong with what was given is found before anything listens. */
int
family_start_server(struct supervisor *s, struct process *server, const struct team *team, vouch_err *err)
{
	if (process_start(server, s->origin, team->plan, err) != VOUCH_OK)
		return err->code;
	int code = family_build(s, server, team, err);
	if (code == VOUCH_OK)
		code = open_listeners(s, team->plan->conf, err);
	if (code == VOUCH_OK)
		code = let_serve(s, server, err);
	if (code == VOUCH_OK)
		server->ready = true;
	else
		process_kill(server);
	return code;
}
