/* SPDX-License-Identifier: Apache-2.0 */
/* What vouch query and vouch bench ask about: certificates with their issuers, and where to ask. */
#ifndef CLI_TARGETS_H
#define CLI_TARGETS_H

#include "cli/command.h"

struct cli_target {
	const char *name; /* file, or serial number as given; borrowed from the arguments */
	vouch_issuer *issuer;
	vouch_buf serial_number;
	char *url;
	bool answered, is_error;
	int verdict;	  /* what the answer is worth: an enum cli_exit */
	vouch_buf answer; /* the line to print, or what went wrong */
};

struct cli_targets {
	struct cli_target *items;
	size_t count;
};

/*
 * Reads every CERT and --serial.  The issuer is --issuer, else the certificate behind the first one in the same file; the URL --url, else the
 * one in the certificate's AIA.  Prints what is wrong; an enum cli_exit.
 */
VOUCH_MUST int cli_targets_read(struct cli_targets *out, const struct cli_args *args);
void cli_targets_clear(struct cli_targets *targets);

#endif
