/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands, in the order in which people meet them. */
#include "cli/frame.h"

const struct cli_command *const cli_commands[] = {
	&cli_serve,
	&cli_demo,
	&cli_init,
	&cli_add,
	&cli_revoke,
	&cli_hold,
	&cli_release,
	&cli_status,
	&cli_import,
	&cli_query,
	&cli_decode,
	&cli_check,
	&cli_mock,
	&cli_bench,
	NULL,
};
