/* SPDX-License-Identifier: Apache-2.0 */
/* vouch revoke and vouch hold: record revocations, for good and for the time being. */
#include "cli/register.h"
#include "cli/results.h"
#include "cli/verdict.h"
#include "base/date.h"
#include "base/span.h"

#include <stdio.h>

#define REASONS \
	"keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation, " \
	"certificateHold, privilegeWithdrawn, aACompromise or unspecified"

static const struct cli_option revoke_options[] = {
	CLI_REGISTER_OPTIONS,
	{ "reason", "REASON", REASONS, false, false },
	{ "at", "TIME", "when it was revoked (RFC 3339); default: now. A time to come shows when it has come",
	    false, false },
	{ "invalidity-date", "TIME",
	    "since when the key is known or suspected to be compromised (RFC 5280 5.3.2)", false, false },
	{ 0 },
};

static const struct cli_option hold_options[] = {
	CLI_REGISTER_OPTIONS,
	{ "at", "TIME",
	    "when it was put on hold (RFC 3339); default: now. A time to come shows when it has come", false,
	    false },
	{ "invalidity-date", "TIME", "since when the key is suspected to be compromised (RFC 5280 5.3.2)",
	    false, false },
	{ 0 },
};

static int
read_time(vouch_time *out, const struct cli_args *args, const char *option)
{
	const char *text = cli_value(args, option);

	if (text == NULL)
		return CLI_OK;
	*out = date_parse_rfc3339(span_string(text));
	if (*out != VOUCH_TIME_ABSENT)
		return CLI_OK;
	return cli_usage(args, "--%s %s: not a time like 2026-11-22T10:00:00Z", option, text);
}

static int
read_times(struct cli_change *change, const struct cli_args *args)
{
	int code = read_time(&change->at, args, "at");

	return code == CLI_OK ? read_time(&change->invalidity_date, args, "invalidity-date") : code;
}

static int
prepare_hold(struct cli_change *change, const struct cli_args *args)
{
	change->reason = VOUCH_REASON_CERTIFICATE_HOLD;
	return read_times(change, args);
}

static int
prepare_revoke(struct cli_change *change, const struct cli_args *args)
{
	const char *text = cli_value(args, "reason");

	if (text == NULL)
		return cli_usage(args, "--reason is missing: " REASONS);
	change->reason = vouch_reason_parse(text);
	if (change->reason == 0)
		return cli_usage(args, "--reason %s: not one of " REASONS, text);
	if (change->reason == VOUCH_REASON_REMOVE_FROM_CRL)
		return cli_usage(args,
		    "--reason %s: it is for delta CRLs only (RFC 5280 5.3.1); vouch release lifts a hold",
		    text);
	/* RFC 5280 5.3.1: unspecified is expressed by absence. */
	if (change->reason == VOUCH_REASON_UNSPECIFIED)
		change->reason = 0;
	return read_times(change, args);
}

static const char *
reason_text(uint8_t reason)
{
	const char *name = vouch_reason_name(reason);

	return name != NULL ? name : "unspecified";
}

/* S-15: nothing permanent becomes a hold, be it of today or of a day to come. */
static int
check_hold(const struct cli_change *change, vouch_err *err)
{
	char was[100];

	if (change->reason != VOUCH_REASON_CERTIFICATE_HOLD || !cli_change_was_revoked(change) ||
	    cli_change_was_held(change))
		return VOUCH_OK;
	cli_verdict_text(was, sizeof(was), change->status.cert_status, change->status.revocation_reason,
	    change->status.revocation_time);
	return err_set(err, VOUCH_EREFUSED,
	    "%s: a permanent revocation cannot become certificateHold (RFC 5280 5.3.1)", was);
}

/*
 * The time of the first revocation stays, that of a hold as well (X.509, on hold instructions: the date on
 * which it was placed on hold), unless a time is given.  A revocation that was planned for later is one of
 * now.
 */
static void
set_revocation(struct cli_change *change)
{
	vouch_status *s = &change->status;
	bool has_begun = cli_change_was_revoked(change) && s->revocation_time <= change->now;

	s->cert_status = VOUCH_REVOKED;
	s->revocation_reason = change->reason;
	if (change->at != VOUCH_TIME_ABSENT)
		s->revocation_time = change->at;
	else if (!has_begun)
		s->revocation_time = change->now;
	if (change->invalidity_date != VOUCH_TIME_ABSENT)
		s->invalidity_date = change->invalidity_date;
}

struct before {
	bool was_revoked;
	uint8_t reason;
	vouch_time revocation_time, invalidity_date;
};

/*
 * "already revoked keyCompromise ...", "revoked superseded ... (was keyCompromise ...)", "will be revoked
 * ..."
 */
static void
describe(struct cli_change *change, const struct before *before)
{
	const vouch_status *s = &change->status;
	char is[100], when[DATE_RFC3339_LENGTH + 1];
	bool same = before->was_revoked && before->reason == s->revocation_reason &&
	    before->revocation_time == s->revocation_time && before->invalidity_date == s->invalidity_date;
	const char *first = s->revocation_time > change->now ? "will be " : "";

	cli_verdict_text(is, sizeof(is), s->cert_status, s->revocation_reason, s->revocation_time);
	change->result = same					  ? "unchanged" :
	    before->was_revoked					  ? "changed" :
	    s->revocation_reason == VOUCH_REASON_CERTIFICATE_HOLD ? "held" :
								    "revoked";
	if (same) {
		snprintf(change->text, sizeof(change->text), "%s%s", first[0] != '\0' ? first : "already ",
		    is);
	} else if (before->was_revoked) {
		date_format_rfc3339(before->revocation_time, when);
		snprintf(change->text, sizeof(change->text), "%s%s, was %s %s", first, is,
		    reason_text(before->reason), when);
	} else {
		snprintf(change->text, sizeof(change->text), "%s%s%s", first, is,
		    first[0] != '\0' ? ", good until then" : "");
	}
}

static int
decide(struct cli_change *change, vouch_err *err)
{
	const vouch_status *s = &change->status;
	const struct before before = {
		.was_revoked = cli_change_was_revoked(change),
		.reason = s->revocation_reason,
		.revocation_time = s->revocation_time,
		.invalidity_date = s->invalidity_date,
	};
	int ret = check_hold(change, err);

	if (ret != VOUCH_OK)
		return ret;
	set_revocation(change);
	describe(change, &before);
	return VOUCH_OK;
}

static int
run_revoke(const struct cli_args *args)
{
	static const struct cli_register_action action = { .name = "revoke",
		.create = true,
		.prepare = prepare_revoke,
		.decide = decide };

	return cli_register_run(args, &action);
}

static int
run_hold(const struct cli_args *args)
{
	static const struct cli_register_action action = { .name = "hold",
		.create = true,
		.prepare = prepare_hold,
		.decide = decide };

	return cli_register_run(args, &action);
}

const struct cli_command cli_revoke = {
	.name = "revoke",
	.synopsis =
	    "--issuer ca.pem [--db FILE | --config FILE] [--json] CERT... | --serial HEX... --reason REASON "
	    "[--at TIME] "
	    "[--invalidity-date TIME]",
	.summary = "record revocations",
	.description =
	    "Records certificates as revoked; one that was never added is added. When the command ends with "
	    "exit code 0, the revocation is on "
	    "the disk and survives a power cut; a running responder shows it within a second.\n\n"
	    "REASON is spelled as in RFC 5280: " REASONS
	    ". A certificate that is revoked already keeps the time of its first revocation unless "
	    "--at is given, and may get another reason; it never becomes good again. A certificate on hold "
	    "keeps the time of the hold. With a "
	    "time to come, the certificate stays good until then.\n\n"
	    "All certificates are revoked, or none: what is refused is named, and nothing is changed.",
	.example =
	    "vouch revoke --issuer ca.pem --db vouch.db server.pem --reason keyCompromise\n"
	    "vouch revoke --issuer ca.pem --serial 1A:AF:00:0D --reason superseded --at 2026-11-22T10:00:00Z",
	.options = revoke_options,
	.run = run_revoke,
};

const struct cli_command cli_hold = {
	.name = "hold",
	.synopsis =
	    "--issuer ca.pem [--db FILE | --config FILE] [--json] CERT... | --serial HEX... [--at TIME] "
	    "[--invalidity-date TIME]",
	.summary = "put certificates on hold",
	.description =
	    "Records certificates as revoked for the time being (certificateHold): vouch release makes them "
	    "good again, vouch revoke makes it "
	    "permanent. One that was never added is added. A permanent revocation cannot become a hold.\n\n"
	    "All certificates are put on hold, or none: what is refused is named, and nothing is changed.",
	.example = "vouch hold --issuer ca.pem --db vouch.db card.pem",
	.options = hold_options,
	.run = run_hold,
};
