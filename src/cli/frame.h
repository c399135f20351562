/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of the program: command line in, help and manual out, all from the tables of the commands. */
#ifndef CLI_FRAME_H
#define CLI_FRAME_H

#include <stdio.h>

#include "cli/command.h"
#include "conf/setting.h"

/* Every command, in the order of the manual; ends with NULL. */
extern const struct cli_command *const cli_commands[];

struct cli_args {
	const struct cli_command *command;
	/* Values of the first option, then of the second, and so on; at the end the operands. */
	const char **values;
	size_t *starts; /* of each option in values; then of the operands; then the end */
	size_t options;
	bool help, version; /* asked for: nothing else was looked at */
};

/*
 * argv[0] is the command's name.  CLI_OK, or CLI_USAGE or CLI_FAILED after a line on stderr; free with
 * cli_args_clear().
 */
int cli_parse(struct cli_args *out, const struct cli_command *command, int argc, char *const *argv);
void cli_args_clear(struct cli_args *args);

/* main() for these commands. */
int cli_main(const struct cli_command *const *commands, int argc, char *const *argv);

void cli_print_overview(FILE *out, const struct cli_command *const *commands);
void cli_print_help(FILE *out, const struct cli_command *command);
void cli_print_settings(FILE *out);

/* vouch(1) and vouch.yaml(5), for mandoc and groff. */
void cli_print_manual(FILE *out, const struct cli_command *const *commands);
void cli_print_settings_manual(FILE *out);
/* vouch-COMMAND(1), of a command with appendices. */
void cli_print_command_manual(FILE *out, const struct cli_command *command);
/* A configuration with what most people set, as vouch.yaml(5) shows it. */
extern const char cli_example_settings[];

/*
 * Walks the settings, parents before children: name is the whole of it ("issuers.signers.key"), depth 0 at
 * the top.
 */
typedef void cli_setting_cb(void *arg, const struct conf_setting *setting, const char *name, unsigned depth);
void cli_each_setting(cli_setting_cb *cb, void *arg);
/* "a duration from 2s to 3653d; default 24h" */
#define CLI_FACTS 320
void cli_format_facts(const struct conf_setting *setting, char *out, size_t size);

#endif
