/* SPDX-License-Identifier: Apache-2.0 */
/* What a responder said of a certificate, in a line. */
#ifndef CLI_ANSWERS_H
#define CLI_ANSWERS_H

#include "cli/targets.h"

/* Both give the target its answer: the line, and what it is worth. */
void cli_answer_set(struct cli_target *target, const vouch_response *response, size_t number, bool json);
void cli_answer_set_error(struct cli_target *target, const vouch_err *err, bool json);
/* The line on stdout; an error on stderr where people read it. */
void cli_answer_print(const struct cli_target *target, bool json);

#endif
