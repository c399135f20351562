/* SPDX-License-Identifier: Apache-2.0 */
/* vouch, the program: its commands, and the sources that only a program can have. */
#include "cli/frame.h"
#include "fetch/crl.h"
#include "sources/sources.h"

int
main(int argc, char *argv[])
{
	sources_provide("crl+http", fetch_crl_ops());
	sources_provide("crl+https", fetch_crl_ops());
	return cli_main(cli_commands, argc, argv);
}
