/* SPDX-License-Identifier: Apache-2.0 */
/* The reload: new beside old, swapped in one step, the old kept on failure. */
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/control.h"
#include "daemon/log.h"
#include "daemon/signing.h"
#include "daemon/supervisor_state.h"
#include "io/notify.h"

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
	int code = family_start_signer(s, &signer, plan, &proofs, err);
	if (code == VOUCH_OK)
		code = family_build(s, &signer, plan, proofs, ++s->generation, err);
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

void
supervisor_reload(struct supervisor *s)
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
