/* SPDX-License-Identifier: Apache-2.0 */
/* What add, revoke, hold and release have in common: one transaction over all that the command line names. */
#ifndef CLI_REGISTER_H
#define CLI_REGISTER_H

#include "cli/certificates.h"

/* What an action makes of one certificate. */
struct cli_change {
	vouch_time now;
	vouch_time at, invalidity_date; /* --at and --invalidity-date, or VOUCH_TIME_ABSENT */
	uint8_t reason;			/* --reason: CRLReason + 1, 0 absent */
	bool is_recorded;
	bool is_another;     /* a certificate with this serial number was recorded, but not this one */
	vouch_status status; /* in: as recorded, even if dated in the future; out: what is to be recorded */
	char text[200];	     /* out: what happened, for people: "added", "already revoked ..." */
	const char *result;  /* out: the same in one word, for programs; static */
};

struct cli_register_action {
	const char *name;
	bool create; /* a database that does not exist is made */
	/* Sets what is the same in all changes, from options; prints; an enum cli_exit. */
	int (*prepare)(struct cli_change *change, const struct cli_args *args);
	/* An error, with the reason, ends the command; nothing is changed then. */
	int (*decide)(struct cli_change *change, vouch_err *err);
};

/* An enum cli_exit. */
VOUCH_MUST int cli_register_run(const struct cli_args *args, const struct cli_register_action *action);

/* Recorded, and revoked at some time; on hold. */
bool cli_change_was_revoked(const struct cli_change *change);
bool cli_change_was_held(const struct cli_change *change);

/* Rows of option tables that the four share. */
#define CLI_REGISTER_OPTIONS \
	{ "issuer", "FILE", "certificate of the CA; with a configuration of one issuer it may be left out", \
		false, false }, \
	    { "db", "FILE", "the database; default: the first writable source of --config, else ./vouch.db", \
		    false, false }, \
	    { "config", "FILE", "the configuration that names the database and the issuer (vouch.yaml(5))", \
		    false, false }, \
	    { "serial", "HEX...", "serial numbers in hexadecimal, with or without 0x and colons", true, \
		    true }, \
	{ \
		"json", NULL, "one JSON object per certificate and line", false, false \
	}

#endif
