/* SPDX-License-Identifier: Apache-2.0 */
/* vouch(1), from the tables of the commands. */
#include "cli/frame.h"
#include "cli/roff.h"

struct entry {
	const char *name, *text;
};

static const struct entry exits[] = {
	{ "0", "Success; for query and status: every certificate is good." },
	{ "1", "It failed; standard error says why." },
	{ "2", "Wrong usage." },
	{ "3", "query and status: a certificate is revoked." },
	{ "4", "query and status: none is revoked, one is unknown." },
};

static const struct entry sources[] = {
	{ "sqlite:PATH", "The embedded database, which add, revoke, hold and release write." },
};

static const struct entry files[] = {
	{ "/etc/vouch/vouch.yaml", "The configuration of the service that comes with the package." },
	{ "./vouch.db", "The database, when neither --db nor --config names one." },
};

static void
print_entries(FILE *out, const struct entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fputs(".TP\n.B ", out);
		cli_roff_literal(out, entries[i].name);
		fputc('\n', out);
		cli_roff_text(out, entries[i].text);
	}
}

#define PRINT_ENTRIES(out, entries) print_entries(out, entries, sizeof(entries) / sizeof((entries)[0]))

static void
print_option(FILE *out, const struct cli_option *option)
{
	fputs(".TP\n\\fB\\-\\-", out);
	cli_roff_literal(out, option->name);
	fputs("\\fR", out);
	if (option->argument != NULL) {
		fputs(" \\fI", out);
		cli_roff_literal(out, option->argument);
		fputs("\\fR", out);
	}
	fputc('\n', out);
	cli_roff_text(out, option->help);
}

static void
print_command(FILE *out, const struct cli_command *command)
{
	fprintf(out, ".SS vouch %s\n.B vouch %s\n", command->name, command->name);
	cli_roff_text(out, command->synopsis);
	fputs(".PP\n", out);
	cli_roff_text(out, command->description);
	for (const struct cli_option *option = command->options; option != NULL && option->name != NULL;
	     option++)
		print_option(out, option);
	fputs(".PP\nExample:\n.PP\n.RS 4\n", out);
	cli_roff_display(out, command->example);
	fputs(".RE\n", out);
}

static void
print_synopsis(FILE *out, const struct cli_command *const *commands)
{
	fputs(".SH SYNOPSIS\n.B vouch\n.I COMMAND\n.RI [ OPTION ]...\n.br\n.B vouch help\n.RI [ COMMAND "
	      "]\n.br\n.B vouch help settings\n"
	      ".br\n.B vouch \\-\\-version\n",
	    out);
	fputs(".SH DESCRIPTION\n", out);
	cli_roff_text(out,
	    "vouch answers one question for any certification authority: is this certificate still good? "
	    "It speaks the Online "
	    "Certificate Status Protocol (RFC 6960, RFC 9919, RFC 9654), and has every tool around it:");
	for (; *commands != NULL; commands++)
		fprintf(out, ".TP\n.B %s\n%s\n", (*commands)->name, (*commands)->summary);
	fputs(".PP\nEvery command knows\n.B \\-\\-help\nand\n.BR \\-\\-version .\n", out);
	cli_roff_text(out,
	    "Times are written as RFC 3339 has them (2026-11-22T10:00:00Z), serial numbers in hexadecimal, "
	    "with or without 0x and "
	    "colons.");
}

void
cli_print_manual(FILE *out, const struct cli_command *const *commands)
{
	cli_roff_title(out, "VOUCH", "1");
	fputs(".SH NAME\nvouch \\- OCSP responder and its tools\n", out);
	print_synopsis(out, commands);
	fputs(".SH COMMANDS\n", out);
	for (; *commands != NULL; commands++)
		print_command(out, *commands);
	fputs(".SH SOURCES\n", out);
	cli_roff_text(out,
	    "Where the status of certificates comes from, on the command line as in the configuration:");
	PRINT_ENTRIES(out, sources);
	fputs(".PP\n", out);
	cli_roff_text(out,
	    "A URI that this build does not know is refused with the list of those that it knows.");
	fputs(".SH KEYS\n", out);
	cli_roff_text(out,
	    "A key is a file, or a URI that an OpenSSL store loads: pkcs11:... with pkcs11-provider, "
	    "handle:... with "
	    "tpm2-openssl. The passphrase of an encrypted one is the first line of a file.");
	fputs(".SH FILES\n", out);
	PRINT_ENTRIES(out, files);
	fputs(".SH EXIT STATUS\n", out);
	PRINT_ENTRIES(out, exits);
	fputs(".SH SEE ALSO\n.BR vouch.yaml (5),\n.BR openssl\\-ocsp (1)\n", out);
}
