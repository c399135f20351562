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
	{ "sqlite:PATH", "The embedded database, which add, revoke, hold, release and import write." },
	{ "index:PATH", "The index.txt of openssl ca and easy-rsa, followed as it changes." },
	{ "crl:PATH",
	    "A CRL, or a folder of them, followed as it changes: complete, delta, indirect and partitioned ones. ?issued=FILE "
	    "says what was issued, serial numbers or certificates: what a CRL does not list is not good by that alone." },
	{ "crl+http://URL, crl+https://URL",
	    "CRLs fetched from a web server, in time and over again. Parameters of vouch stand behind #." },
	{ "postgresql://USER@HOST/DATABASE",
	    "PostgreSQL; the URI is libpq's. In it, as in mysql, add, revoke, hold, release and import write, unless a query says "
	    "how to read tables of your own. password-file=FILE keeps the password out of URIs." },
	{ "mysql://USER@HOST/DATABASE", "MariaDB and MySQL." },
	{ "plugin:PATH.so",
	    "A status source of your own in a shared object, made with vouch.h alone (vouch(3)). What follows .so is the plug-in's. A "
	    "new version of the object takes a restart." },
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
print_options(FILE *out, const struct cli_command *command)
{
	for (const struct cli_option *option = command->options; option != NULL && option->name != NULL;
	     option++)
		print_option(out, option);
}

static void
print_lines(FILE *out, const char *lines)
{
	fputs(".PP\n.RS 4\n", out);
	cli_roff_display(out, lines);
	fputs(".RE\n", out);
}

static void
print_command(FILE *out, const struct cli_command *command)
{
	fprintf(out, ".SS vouch %s\n.B vouch %s\n", command->name, command->name);
	cli_roff_text(out, command->synopsis);
	fputs(".PP\n", out);
	cli_roff_text(out, command->description);
	print_options(out, command);
	if (command->appendices != NULL)
		fprintf(out, ".PP\n.BR vouch\\-%s (1)\nhas more.\n", command->name);
	fputs(".PP\nExample:\n", out);
	print_lines(out, command->example);
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

static void
print_aliases(FILE *out, const struct cli_alias *aliases)
{
	for (; aliases != NULL && aliases->given != NULL; aliases++) {
		fprintf(out, ".TP\n\\fB%s", aliases->given[1] == '\0' ? "\\-" : "\\-\\-");
		cli_roff_literal(out, aliases->given);
		fputs("\\fR\nThe same as \\fB\\-\\-", out);
		cli_roff_literal(out, aliases->option);
		fputs("\\fR.\n", out);
	}
}

static void
print_appendix(FILE *out, const struct cli_appendix *appendix)
{
	const char *name, *text;

	fputs(".SH ", out);
	cli_roff_literal(out, appendix->title);
	fputc('\n', out);
	cli_roff_text(out, appendix->introduction);
	for (size_t i = 0; appendix->row != NULL && appendix->row(i, &name, &text); i++) {
		fputs(".TP\n.B ", out);
		cli_roff_literal(out, name);
		fputc('\n', out);
		cli_roff_text(out, text);
	}
	if (appendix->example != NULL)
		print_lines(out, appendix->example);
}

void
cli_print_command_manual(FILE *out, const struct cli_command *command)
{
	char title[64] = "VOUCH-";

	for (size_t i = 0; command->name[i] != '\0' && i + 7 < sizeof(title); i++)
		title[i + 6] = (char)(command->name[i] - ('a' - 'A'));
	cli_roff_title(out, title, "1");
	fprintf(out, ".SH NAME\nvouch-%s \\- %s\n.SH SYNOPSIS\n.B vouch %s\n", command->name,
	    command->summary, command->name);
	cli_roff_text(out, command->synopsis);
	fputs(".SH DESCRIPTION\n", out);
	cli_roff_text(out, command->description);
	fputs(".SH OPTIONS\n", out);
	print_options(out, command);
	print_aliases(out, command->aliases);
	for (const struct cli_appendix *a = command->appendices; a->title != NULL; a++)
		print_appendix(out, a);
	fputs(".SH EXAMPLES\n", out);
	cli_roff_display(out, command->example);
	fputs(".SH SEE ALSO\n.BR vouch (1)\n", out);
}
