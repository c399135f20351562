/* SPDX-License-Identifier: Apache-2.0 */
/* vouch, the program. */
#include "cli/frame.h"

int
main(int argc, char *argv[])
{
	return cli_main(cli_commands, argc, argv);
}
