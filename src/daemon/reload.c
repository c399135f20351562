/* SPDX-License-Identifier: Apache-2.0 */
/* The reload: new beside old, swapped in one step, the old kept on failure. */
#include <stdlib.h>

#include "base/err.h"
#include "daemon/control.h"
#include "daemon/log.h"
#include "daemon/secrecy.h"
#include "daemon/service.h"
#include "daemon/supervisor_state.h"
#include "io/notify.h"

/* It ends when what was asked of it is done; one that cannot be told so ends now. */
static void
retire(struct supervisor *s, struct process *old, enum control_type wish)
{
	struct io_message message = { .type = (uint16_t)wish };
	vouch_err unread;

	if (old->pid <= 0)
		return;
	struct process *grown = reallocarray(s->retired, s->retired_count + 1, sizeof(*grown));
	if (grown != NULL)
		s->retired = grown;
	if (grown == NULL || process_tell(old, &message, NULL, 0, &unread) != VOUCH_OK) {
		process_kill(old);
		return;
	}
	grown[s->retired_count++] = *old;
	*old = process_of(old->name, old->run);
}

/*
 * In the server that there is, so that no connection ends; where that cannot be, in a new one, while the old one
 * answers what it has.
 */
static int
build(struct supervisor *s, const struct team *next, vouch_err *err)
{
	int code = family_build(s, &s->server, next, err);

	if (code != VOUCH_EAGAIN)
		return code;
	struct process server = process_of(s->server.name, s->server.run);
	code = family_start_server(s, &server, next, err);
	if (code != VOUCH_OK)
		return code;
	retire(s, &s->server, CONTROL_STOP);
	s->server = server;
	return VOUCH_OK;
}

static int
prepare(struct supervisor *s, struct team *next, vouch_err *err)
{
	if (plan_make(&next->plan, s->origin, err) != VOUCH_OK ||
	    secrecy_keep_passphrases(next->plan->conf, err) != VOUCH_OK ||
	    family_start_signer(s, next, err) != VOUCH_OK)
		return err->code;
	return build(s, next, err);
}

static int
reload(struct supervisor *s, vouch_err *err)
{
	struct team next = team_of_next_generation(s);
	int code = prepare(s, &next, err);

	if (code != VOUCH_OK) {
		team_clear(&next);
		return code;
	}
	retire(s, &s->team.signer, CONTROL_RETIRE);
	team_clear(&s->team);
	s->team = next;
	log_setup(next.plan->conf->log.format, next.plan->conf->log.level);
	return VOUCH_OK;
}

void
supervisor_reload(struct supervisor *s)
{
	vouch_err err, unread;

	s->reload = false;
	(void)!io_notify_reloading(&unread);
	err_or(&err, NULL);
	if (reload(s, &err) == VOUCH_OK)
		log_event(CONF_LOG_INFO, "reloaded", "configuration", s->team.plan->conf->file, NULL);
	else
		log_event(CONF_LOG_ERROR, "reload_failed", "why", err.msg, "kept", "the old configuration",
		    NULL);
	(void)!io_notify("READY=1", &unread);
}
