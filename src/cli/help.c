/* SPDX-License-Identifier: Apache-2.0 */
/* --help, from the tables of the commands and of the settings. */
#include <string.h>

#include "cli/frame.h"

#define COLUMNS 80
#define HELP_COLUMN 28 /* where the text of an option begins */

/*
 * Words up to the end of the line or the text, each line after the first begun with indent blanks.
 * Returns what follows.
 */
static const char *
print_wrapped(FILE *out, const char *text, int indent, int column)
{
	int first = column;

	while (*text != '\0' && *text != '\n') {
		int len = (int)strcspn(text, " \n");

		if (column > first && column + 1 + len > COLUMNS) {
			fprintf(out, "\n%*s", indent, "");
			column = first = indent;
		}
		column += fprintf(out, "%s%.*s", column > first ? " " : "", len, text);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
	return *text == '\n' ? text + 1 : text;
}

static void
print_paragraphs(FILE *out, const char *text)
{
	while (*text != '\0')
		text = print_wrapped(out, text, 0, 0);
}

/* Lines as they are typed. */
static void
print_lines(FILE *out, const char *text, int indent)
{
	while (*text != '\0') {
		int len = (int)strcspn(text, "\n");

		fprintf(out, "%*s%.*s\n", indent, "", len, text);
		text += len + (text[len] == '\n');
	}
}

static void
print_row(FILE *out, const char *name, const char *text)
{
	int column = fprintf(out, "  %s", name);

	if (column >= HELP_COLUMN)
		fprintf(out, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(out, "%*s", HELP_COLUMN - column, "");
	print_wrapped(out, text, HELP_COLUMN, HELP_COLUMN);
}

static void
print_option(FILE *out, const struct cli_option *option)
{
	char name[80];

	snprintf(name, sizeof(name), "--%s%s%s", option->name, option->argument == NULL ? "" : " ",
	    option->argument == NULL ? "" : option->argument);
	print_row(out, name, option->help);
}

static void
print_alias(FILE *out, const struct cli_alias *alias)
{
	char name[80], text[100];

	snprintf(name, sizeof(name), "%s%s", alias->given[1] == '\0' ? "-" : "--", alias->given);
	snprintf(text, sizeof(text), "the same as --%s", alias->option);
	print_row(out, name, text);
}

void
cli_print_help(FILE *out, const struct cli_command *command)
{
	fprintf(out, "usage: vouch %s ", command->name);
	print_wrapped(out, command->synopsis, 7, 14 + (int)strlen(command->name));
	fprintf(out, "\nvouch %s: %s.\n\n", command->name, command->summary);
	print_paragraphs(out, command->description);
	fputs("\noptions:\n", out);
	for (const struct cli_option *option = command->options; option != NULL && option->name != NULL;
	     option++)
		print_option(out, option);
	for (const struct cli_alias *a = command->aliases; a != NULL && a->given != NULL; a++)
		print_alias(out, a);
	print_row(out, "--help", "print this text");
	print_row(out, "--version", "print the version");
	fputs("\nexample:\n", out);
	print_lines(out, command->example, 2);
}

void
cli_print_overview(FILE *out, const struct cli_command *const *commands)
{
	fputs("usage: vouch COMMAND [OPTION]...\n"
	      "       vouch help COMMAND\n"
	      "       vouch help settings\n"
	      "       vouch --version\n"
	      "\nvouch answers over OCSP whether certificates are still good, for any CA.\n\ncommands:\n",
	    out);
	for (; *commands != NULL; commands++)
		fprintf(out, "  %-10s %s\n", (*commands)->name, (*commands)->summary);
	fputs("\nexit status: 0 success, 1 failed, 2 wrong usage; query: 3 revoked, 4 unknown\n", out);
}

/* --- Settings ----------------------------------------------------------------------------------------- */

/* NOLINTBEGIN(misc-no-recursion): as deep as the settings table */
static void
walk_settings(const struct conf_setting *rows, const char *parent, unsigned depth, cli_setting_cb *cb,
    void *arg)
{
	char name[96];

	for (; rows->name != NULL; rows++) {
		snprintf(name, sizeof(name), "%.60s%s%.30s", parent, *parent == '\0' ? "" : ".", rows->name);
		cb(arg, rows, name, depth);
		if (rows->rows != NULL)
			walk_settings(rows->rows, name, depth + 1, cb, arg);
	}
}

/* NOLINTEND(misc-no-recursion) */

void
cli_each_setting(cli_setting_cb *cb, void *arg)
{
	walk_settings(conf_settings, "", 0, cb, arg);
}

static void
format_initial(const struct conf_setting *setting, char *out, size_t size)
{
	bool is_list = setting->type == CONF_LIST || setting->type == CONF_SET;
	size_t used = 0;

	out[0] = '\0';
	if (setting->initial == NULL)
		return;
	if (!is_list) {
		snprintf(out, size, "%s", setting->initial);
		return;
	}
	out[used++] = '[';
	for (const char *p = setting->initial; *p != '\0' && used + 3 < size; p++) {
		if (*p == ' ')
			out[used++] = ',';
		out[used++] = *p;
	}
	snprintf(out + used, size - used, "]");
}

void
cli_format_facts(const struct conf_setting *setting, char *out, size_t size)
{
	char type[CONF_DESCRIPTION], initial[80];

	conf_setting_describe(setting, type, sizeof(type));
	format_initial(setting, initial, sizeof(initial));
	snprintf(out, size, "%s%s%s", type,
	    initial[0] != '\0'	  ? "; default " :
		setting->required ? "; required" :
				    "",
	    initial);
}

static void
print_setting(void *arg, const struct conf_setting *setting, const char *name, unsigned depth)
{
	FILE *out = arg;
	char facts[CLI_FACTS];

	(void)depth;
	cli_format_facts(setting, facts, sizeof(facts));
	fprintf(out, "\n%s: ", name);
	print_wrapped(out, facts, 4, (int)strlen(name) + 2);
	fputs("    ", out);
	print_wrapped(out, setting->text, 4, 4);
}

void
cli_print_settings(FILE *out)
{
	fputs("The settings of vouch.yaml; vouch.yaml(5) has the same with an example.\n", out);
	cli_each_setting(print_setting, out);
}
