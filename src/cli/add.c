/* SPDX-License-Identifier: Apache-2.0 */
/* vouch add: record certificates that were issued. */
#include "cli/register.h"
#include "cli/results.h"
#include "cli/verdict.h"

#include <stdio.h>

static const struct cli_option options[] = {
	CLI_REGISTER_OPTIONS,
	{ 0 },
};

/* What is recorded already stays as it is: adding never reverts a revocation. */
static int
decide(struct cli_change *change, vouch_err *err)
{
	char was[100];

	(void)err;
	if (change->is_recorded) {
		cli_verdict_text(was, sizeof(was), change->status.cert_status,
		    change->status.revocation_reason, change->status.revocation_time);
		snprintf(change->text, sizeof(change->text), "already there, %s%s", was,
		    change->is_another ? " (another certificate with this serial number)" : "");
		change->result = "unchanged";
		return VOUCH_OK;
	}
	change->status.cert_status = VOUCH_GOOD;
	snprintf(change->text, sizeof(change->text), "added");
	change->result = "added";
	return VOUCH_OK;
}

static int
run(const struct cli_args *args)
{
	static const struct cli_register_action action = { .name = "add", .create = true, .decide = decide };

	return cli_register_run(args, &action);
}

const struct cli_command cli_add = {
	.name = "add",
	.synopsis = "--issuer ca.pem [--db FILE | --config FILE] [--json] CERT... | --serial HEX...",
	.summary = "record certificates that were issued",
	.description =
	    "Records certificates as issued and good, so that the responder can tell them from those that "
	    "never were. The database is made if "
	    "it does not exist. A CERT is a file in PEM, with any number of certificates, or DER; one that "
	    "the issuer did not sign is refused. A "
	    "certificate that is there already stays as it is: adding never reverts a revocation.\n\n"
	    "All certificates are recorded, or none: what is refused is named, and nothing is changed. A "
	    "running responder sees the change "
	    "within a second.",
	.example = "vouch add --issuer ca.pem --db vouch.db server.pem client.pem\n"
		   "vouch add --issuer ca.pem --serial 1AAF00D 0x62A9699C",
	.options = options,
	.run = run,
};
