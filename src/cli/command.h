/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands: one row each, from which the parser, --help and the manual page vouch(1) are made. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/err.h"
#include "base/buf.h"

enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_REVOKED = 3, CLI_UNKNOWN = 4 };

struct cli_option {
	const char *name;     /* "issuer": --issuer */
	const char *argument; /* "FILE"; NULL: a flag */
	const char *help;     /* one line */
	bool repeats;	      /* may be given more than once; several words may follow when words is set */
	bool words;	      /* takes every following word up to the next option (--serial HEX...) */
};

struct cli_alias { /* another spelling, which users of other programs know */
	const char *given;  /* "p" is -p, "bind_ip" is --bind_ip; ends with a NULL one */
	const char *option; /* of the table */
};

struct cli_appendix { /* a section of the command's own manual page; ends with a NULL title */
	const char *title, *introduction;
	const char *example; /* lines as they are typed; NULL: none */
	/* The row of this number; false beyond the last.  Both texts live until the next call.  NULL: no rows */
	bool (*row)(size_t number, const char **name, const char **text);
};

struct cli_args;

struct cli_command {
	const char *name;
	const char *synopsis;		  /* "--issuer ca.pem [--db FILE] CERT... | --serial HEX..." */
	const char *summary;		  /* one line */
	const char *description;	  /* paragraphs for --help and the manual page */
	const char *example;		  /* commands, one a line */
	const struct cli_option *options; /* ends with a NULL name; --help and --version are everybody's */
	int (*run)(const struct cli_args *args); /* enum cli_exit */
	const struct cli_alias *aliases; /* NULL: none */
	const struct cli_appendix *appendices; /* NULL: vouch(1) says it all */
};

/* NULL: not given.  The last one wins where an option does not repeat (giving it twice is wrong usage). */
const char *cli_value(const struct cli_args *args, const char *option);
bool cli_flag(const struct cli_args *args, const char *option);
/* All values of an option that repeats; the array is borrowed. */
const char *const *cli_values(const struct cli_args *args, const char *option, size_t *count);
const char *const *cli_operands(const struct cli_args *args, size_t *count);

/* Print "vouch: what: why" on stderr and return CLI_FAILED or CLI_USAGE. */
int cli_fail(const char *what, const vouch_err *err);
int cli_failf(const char *what, const char *format, ...) VOUCH_PRINTF(2, 3);
int cli_usage(const struct cli_args *args, const char *format, ...) VOUCH_PRINTF(2, 3);

extern const struct cli_command cli_serve, cli_demo, cli_init, cli_add, cli_revoke, cli_hold, cli_release,
    cli_status, cli_import, cli_query, cli_decode, cli_check, cli_mock, cli_bench;

#endif
