/* SPDX-License-Identifier: Apache-2.0 */
/* vouch release: certificates on hold become good again. */
#include "cli/register.h"
#include "cli/results.h"
#include "cli/verdict.h"
#include "base/date.h"

#include <stdio.h>

static const struct cli_option options[] = {
	CLI_REGISTER_OPTIONS,
	{ 0 },
};

/* S-15: only certificateHold can be lifted. */
static int
decide(struct cli_change *change, vouch_err *err)
{
	vouch_status *s = &change->status;
	char was[100], when[DATE_RFC3339_LENGTH + 1];

	if (!change->is_recorded)
		return err_set(err, VOUCH_EREFUSED, "not on hold: never recorded");
	cli_verdict_text(was, sizeof(was), s->cert_status, s->revocation_reason, s->revocation_time);
	if (!cli_change_was_revoked(change))
		return err_set(err, VOUCH_EREFUSED, "not on hold: %s", was);
	if (!cli_change_was_held(change))
		return err_set(err, VOUCH_EREFUSED, "%s: only certificateHold can be lifted (RFC 5280 5.3.1)",
		    was);
	date_format_rfc3339(s->revocation_time, when);
	s->cert_status = VOUCH_GOOD;
	s->revocation_reason = 0;
	s->revocation_time = VOUCH_TIME_ABSENT;
	s->invalidity_date = VOUCH_TIME_ABSENT;
	snprintf(change->text, sizeof(change->text), "released, good (was on hold since %s)", when);
	change->result = "released";
	return VOUCH_OK;
}

static int
run(const struct cli_args *args)
{
	static const struct cli_register_action action = { .name = "release",
		.create = false,
		.decide = decide };

	return cli_register_run(args, &action);
}

const struct cli_command cli_release = {
	.name = "release",
	.synopsis = "--issuer ca.pem [--db FILE | --config FILE] [--json] CERT... | --serial HEX...",
	.summary = "lift the hold of certificates",
	.description =
	    "Makes certificates good again that are on hold. A permanent revocation never reverts.\n\n"
	    "All certificates are released, or none: what is refused is named, and nothing is changed.",
	.example = "vouch release --issuer ca.pem --db vouch.db card.pem",
	.options = options,
	.run = run,
};
