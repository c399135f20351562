/* SPDX-License-Identifier: Apache-2.0 */
/* Help and manual pages: nothing that the tables have is missing in them, and their examples are right. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/span.h"
#include "cli/frame.h"

static char *
read_back(FILE *file)
{
	long size = ftell(file);
	char *text = malloc((size_t)size + 1);

	assert_non_null(text);
	rewind(file);
	text[fread(text, 1, (size_t)size, file)] = '\0';
	fclose(file);
	return text;
}

static FILE *
new_file(void)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	return file;
}

static void
expect_text(const char *where, const char *text, const char *wanted)
{
	if (strstr(text, wanted) == NULL)
		fail_msg("%s lacks \"%s\"", where, wanted);
}

static void
expect_narrow(const char *where, const char *text)
{
	const char *example = strstr(text, "\nexample:\n");

	for (const char *line = text; *line != '\0' && line != example + 1; line = strchr(line, '\n') + 1) {
		if (strcspn(line, "\n") > 80)
			fail_msg("%s has a line of more than 80 columns: %.80s", where, line);
	}
}

static void
help_lists_every_option_and_an_example(void **state)
{
	(void)state;
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++) {
		FILE *file = new_file();
		char option[80];

		cli_print_help(file, *c);
		char *text = read_back(file);
		for (const struct cli_option *o = (*c)->options; o->name != NULL; o++) {
			snprintf(option, sizeof(option), "\n  --%s%s%s", o->name,
			    o->argument == NULL ? "" : " ", o->argument == NULL ? "" : o->argument);
			expect_text((*c)->name, text, option);
			/* Its text begins behind it, or in the next line when there is no room. */
			char next = strstr(text, option)[strlen(option)];
			assert_true(next == ' ' || next == '\n');
		}
		expect_text((*c)->name, text, "\n  --help ");
		expect_text((*c)->name, text, "\n  --version ");
		expect_text((*c)->name, text, "\nexample:\n  ");
		expect_text((*c)->name, strstr(text, "\nexample:\n"), (*c)->name);
		expect_narrow((*c)->name, text);
		free(text);
	}
}

static void
the_overview_lists_every_command(void **state)
{
	FILE *file = new_file();
	char name[40];

	(void)state;
	cli_print_overview(file, cli_commands);
	char *text = read_back(file);
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++) {
		snprintf(name, sizeof(name), "\n  %s ", (*c)->name);
		expect_text("the overview", text, name);
		expect_text("the overview", text, (*c)->summary);
	}
	free(text);
}

static void
every_command_is_complete(void **state)
{
	(void)state;
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++) {
		assert_true((*c)->synopsis != NULL && (*c)->summary != NULL && (*c)->description != NULL &&
		    (*c)->example != NULL);
		assert_non_null((*c)->run);
		for (const struct cli_option *o = (*c)->options; o->name != NULL; o++) {
			assert_true(o->help != NULL && o->help[0] != '\0');
			if (o->argument == NULL)
				assert_false(o->words);
		}
	}
}

static void
the_manual_has_every_command(void **state)
{
	FILE *file = new_file();
	char heading[40];

	(void)state;
	cli_print_manual(file, cli_commands);
	char *text = read_back(file);
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++) {
		snprintf(heading, sizeof(heading), "\n.SS vouch %s\n", (*c)->name);
		expect_text("vouch(1)", text, heading);
	}
	free(text);
}

static bool
sample_row(size_t number, const char **name, const char **text)
{
	*name = "row";
	*text = "What it means.";
	return number < 2;
}

static void
a_command_with_appendices_has_a_manual_of_its_own(void **state)
{
	static const struct cli_option options[] = { { "port", "PORT", "where", false, false }, { 0 } };
	static const struct cli_alias aliases[] = { { "p", "port" }, { "the_port", "port" }, { NULL, NULL } };
	static const struct cli_appendix appendices[] = { { "TABLE", "An introduction.", NULL, sample_row },
		{ "WORDS", "Only words.", "an example", NULL }, { NULL, NULL, NULL, NULL } };
	static const struct cli_command command = { .name = "try",
		.synopsis = "--port PORT",
		.summary = "try",
		.description = "It tries.",
		.example = "vouch try",
		.options = options,
		.aliases = aliases,
		.appendices = appendices };
	static const char *const wanted[] = { ".TH VOUCH-TRY 1", "vouch-try \\- try", "\\fB\\-\\-port",
		"\\fB\\-p\\fR\n", "\\fB\\-\\-the_port\\fR\n",
		"\n.SH TABLE\nAn introduction.\n.TP\n.B row\nWhat it means.\n.TP\n.B row\n", "\n.SH WORDS\n",
		"an example", "\n.SH SEE ALSO\n.BR vouch (1)\n" };
	FILE *file = new_file();

	(void)state;
	cli_print_command_manual(file, &command);
	char *text = read_back(file);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		expect_text("vouch-try(1)", text, wanted[i]);
	free(text);
	file = new_file();
	cli_print_help(file, &command);
	text = read_back(file);
	expect_text("help", text, "\n  -p                        the same as --port\n");
	expect_text("help", text, "\n  --the_port                the same as --port\n");
	free(text);
}

struct search {
	const char *settings, *manual;
};

static void
expect_setting(void *arg, const struct conf_setting *setting, const char *name, unsigned depth)
{
	const struct search *search = arg;
	char wanted[120];

	(void)depth;
	snprintf(wanted, sizeof(wanted), "\n%s: ", name);
	expect_text("help settings", search->settings, wanted);
	snprintf(wanted, sizeof(wanted), "\n.TP\n.B %s\n", setting->name);
	expect_text("vouch.yaml(5)", search->manual, wanted);
}

static void
every_setting_is_explained(void **state)
{
	FILE *settings = new_file(), *manual = new_file();

	(void)state;
	cli_print_settings(settings);
	cli_print_settings_manual(manual);
	char *settings_text = read_back(settings), *manual_text = read_back(manual);
	struct search search = { settings_text, manual_text };
	cli_each_setting(expect_setting, &search);
	expect_text("help settings", settings_text, "default [0.0.0.0:8080]");
	expect_narrow("help settings", settings_text);
	free(settings_text);
	free(manual_text);
}

static void
the_example_of_the_manual_is_a_configuration(void **state)
{
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	(void)state;
	if (conf_parse(&conf, "example.yaml", span_string(cli_example_settings), &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_string_equal(conf->issuers[0].name, "corp-1");
	conf_free(conf);
}

static void
the_sample_of_the_package_is_a_configuration(void **state)
{
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	(void)state;
	if (conf_read(&conf, TEST_DATA "/../../packaging/vouch.yaml", &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_string_equal(conf->issuers[0].sources[0].uri, "sqlite:/var/lib/vouch/vouch.db");
	conf_free(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_lists_every_option_and_an_example),
		cmocka_unit_test(the_overview_lists_every_command),
		cmocka_unit_test(every_command_is_complete),
		cmocka_unit_test(the_manual_has_every_command),
		cmocka_unit_test(a_command_with_appendices_has_a_manual_of_its_own),
		cmocka_unit_test(every_setting_is_explained),
		cmocka_unit_test(the_example_of_the_manual_is_a_configuration),
		cmocka_unit_test(the_sample_of_the_package_is_a_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
