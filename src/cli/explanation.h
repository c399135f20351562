/* SPDX-License-Identifier: Apache-2.0 */
/* Why a certificate has its status: what each source said, how old that is, and the rule that decided. */
#ifndef CLI_EXPLANATION_H
#define CLI_EXPLANATION_H

#include <jansson.h>
#include <vouch.h>

struct cli_said {	 /* by one source */
	const char *uri; /* borrowed; passwords are not shown */
	bool is_optional;
	int found; /* VOUCH_OK, VOUCH_ENOTFOUND, or why it could not tell */
	vouch_status status;
	vouch_err err;
};

struct cli_explanation {
	vouch_time now;
	uint8_t not_issued;    /* enum vouch_not_issued: what clients are told of what no source knows */
	struct cli_said *said; /* in the order in which sources are asked */
	size_t count;
	int verdict;		    /* what vouch_issuer_lookup() returned ... */
	const vouch_status *status; /* ... and gave */
};

/* Appends an indented line for each source, and one for the rule. */
VOUCH_MUST int cli_explanation_text(vouch_buf *out, const struct cli_explanation *explanation);
/* Sets "sources" and "rule"; 0 or -1. */
VOUCH_MUST int cli_explanation_json(json_t *object, const struct cli_explanation *explanation);

#endif
