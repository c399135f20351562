/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command has to say of each certificate: a line for people, or an object of JSON on a line.  Kept
 * until it is true.
 */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include "cli/certificates.h"
#include "cli/explanation.h"

struct cli_results {
	bool json; /* of the caller */
	const struct cli_explanation
	    *explanation; /* of the caller: why the next one is as it is; NULL: not told */
	vouch_buf text;
};

/* text is for people; result says the same in a word for programs, NULL: the status says it all. */
VOUCH_MUST int cli_results_add(struct cli_results *results, const struct cli_certificate *certificate,
    const char *text, const char *result, const vouch_status *status);
/* Prints all on stdout; cli_main() looks whether it took it. */
void cli_results_print(const struct cli_results *results);
void cli_results_clear(struct cli_results *results);

#endif
