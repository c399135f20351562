/* SPDX-License-Identifier: Apache-2.0 */
/* What vouch bench asks about, as its command line says. */
#ifndef CLI_BENCH_QUESTIONS_H
#define CLI_BENCH_QUESTIONS_H

#include "bench/questions.h"
#include "cli/command.h"

/* Prints what is wrong; an enum cli_exit.  *url is to be freed by the caller. */
VOUCH_MUST int cli_bench_questions(struct bench_questions **out, char **url, const struct cli_args *args);

#endif
