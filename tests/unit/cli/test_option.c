/* SPDX-License-Identifier: Apache-2.0 */
/* The command line, read by a table of options. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/frame.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX 16

static const struct cli_option options[] = {
	{ "issuer", "FILE", "one", false, false },
	{ "listen", "ADDRESS", "several", true, false },
	{ "serial", "HEX...", "words", true, true },
	{ "json", NULL, "flag", false, false },
	{ 0 },
};

static const struct cli_alias aliases[] = {
	{ "i", "issuer" },
	{ "the_issuer", "issuer" },
	{ "j", "json" },
	{ NULL, NULL },
};

static int
run(const struct cli_args *args)
{
	(void)args;
	return CLI_OK;
}

static const struct cli_command command = { .name = "try",
	.synopsis = "-",
	.summary = "-",
	.description = "-",
	.example = "-",
	.options = options,
	.run = run,
	.aliases = aliases };

/* "a b c" as argc and argv; the words live in text. */
static int
split(char *text, char *argv[WORDS_MAX])
{
	int argc = 0;

	argv[argc++] = text;
	for (char *p = text; (p = strchr(p, ' ')) != NULL && argc < WORDS_MAX;) {
		*p++ = '\0';
		argv[argc++] = p;
	}
	return argc;
}

/* Values joined by '+'. */
static void
join(char *out, size_t size, const char *const *values, size_t count)
{
	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(out + strlen(out), size - strlen(out), "%s%s", i == 0 ? "" : "+",
		    values[i] == NULL ? "" : values[i]);
}

static void
options_and_operands_are_told_apart(void **state)
{
	static const struct {
		const char *line, *issuer, *listen, *serial, *operands;
		bool json;
	} rows[] = {
		{ "try", NULL, "", "", "", false },
		{ "try --issuer ca.pem", "ca.pem", "", "", "", false },
		{ "try --issuer=ca.pem --json", "ca.pem", "", "", "", true },
		{ "try --issuer=a=b", "a=b", "", "", "", false },
		{ "try --issuer=--x", "--x", "", "", "", false },
		{ "try --issuer - a -", "-", "", "", "a+-", false },
		{ "try --issuer -x", "-x", "", "", "", false },
		{ "try a --listen x b --listen=y c", NULL, "x+y", "", "a+b+c", false },
		{ "try --serial 1 2 0x3 --json", NULL, "", "1+2+0x3", "", true },
		{ "try --serial 1 -66 --serial -1 2", NULL, "", "1+-66+-1+2", "", false },
		{ "try --serial=-66 a", NULL, "", "-66", "a", false },
		{ "try --serial 1 -- a --json -b --", NULL, "", "1", "a+--json+-b+--", false },
		{ "try -- --issuer ca.pem", NULL, "", "", "--issuer+ca.pem", false },
		{ "try --json a", NULL, "", "", "a", true },
		{ "try -i ca.pem -j", "ca.pem", "", "", "", true },
		{ "try --the_issuer=ca.pem", "ca.pem", "", "", "", false },
		{ "try --the_issuer -i", "-i", "", "", "", false },
		{ "try --serial 1 -i", NULL, "", "1+-i", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[128], *argv[WORDS_MAX], joined[128];
		struct cli_args args;
		size_t count;

		snprintf(text, sizeof(text), "%s", rows[i].line);
		int argc = split(text, argv);
		assert_int_equal(cli_parse(&args, &command, argc, argv), CLI_OK);
		if (rows[i].issuer == NULL)
			assert_null(cli_value(&args, "issuer"));
		else
			assert_string_equal(cli_value(&args, "issuer"), rows[i].issuer);
		const char *const *values = cli_values(&args, "listen", &count);
		join(joined, sizeof(joined), values, count);
		assert_string_equal(joined, rows[i].listen);
		values = cli_values(&args, "serial", &count);
		join(joined, sizeof(joined), values, count);
		assert_string_equal(joined, rows[i].serial);
		values = cli_operands(&args, &count);
		join(joined, sizeof(joined), values, count);
		assert_string_equal(joined, rows[i].operands);
		assert_int_equal(cli_flag(&args, "json"), rows[i].json);
		cli_args_clear(&args);
	}
}

/* What is written to stderr while the command line is read. */
static int
parse_captured(const char *line, char *errors, size_t size)
{
	char text[256], *argv[WORDS_MAX];
	struct cli_args args;
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	assert_non_null(file);
	snprintf(text, sizeof(text), "%s", line);
	int argc = split(text, argv);
	dup2(fileno(file), STDERR_FILENO);
	int code = cli_parse(&args, &command, argc, argv);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	errors[fread(errors, 1, size - 1, file)] = '\0';
	fclose(file);
	if (code == CLI_OK)
		cli_args_clear(&args);
	return code;
}

static void
wrong_usage_is_one_line_that_says_why(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{ "try --isuer ca.pem",
		    "vouch: try: --isuer: unknown option; did you mean --issuer? (vouch try --help)\n" },
		{ "try --colour", "vouch: try: --colour: unknown option (vouch try --help)\n" },
		{ "try --colour=red", "vouch: try: --colour: unknown option (vouch try --help)\n" },
		{ "try --issue ca.pem",
		    "vouch: try: --issue: unknown option; did you mean --issuer? (vouch try --help)\n" },
		{ "try -x", "vouch: try: -x: unknown option; they begin with -- (vouch try --help)\n" },
		{ "try --issuer", "vouch: try: --issuer: needs an argument, FILE (vouch try --help)\n" },
		{ "try --issuer --json",
		    "vouch: try: --issuer: needs an argument, FILE (vouch try --help)\n" },
		{ "try --issuer=", "vouch: try: --issuer: needs an argument, FILE (vouch try --help)\n" },
		{ "try --serial", "vouch: try: --serial: needs an argument, HEX... (vouch try --help)\n" },
		{ "try --serial --", "vouch: try: --serial: needs an argument, HEX... (vouch try --help)\n" },
		{ "try --issuer a --issuer b", "vouch: try: --issuer: given twice (vouch try --help)\n" },
		{ "try --json --json", "vouch: try: --json: given twice (vouch try --help)\n" },
		{ "try --json=yes", "vouch: try: --json: takes no argument (vouch try --help)\n" },
		{ "try ---json",
		    "vouch: try: ---json: unknown option; did you mean --json? (vouch try --help)\n" },
		{ "try --i ca.pem", "vouch: try: --i: unknown option (vouch try --help)\n" },
		{ "try -the_issuer ca.pem",
		    "vouch: try: -the_issuer: unknown option; they begin with -- (vouch try --help)\n" },
		{ "try -i a --the_issuer b", "vouch: try: --issuer: given twice (vouch try --help)\n" },
		{ "try -i", "vouch: try: --issuer: needs an argument, FILE (vouch try --help)\n" },
		{ "try --=x", "vouch: try: --: unknown option (vouch try --help)\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char errors[512];

		if (parse_captured(rows[i].line, errors, sizeof(errors)) != CLI_USAGE ||
		    strcmp(errors, rows[i].error) != 0)
			fail_msg("%s:\n\twas      %s\texpected %s", rows[i].line, errors, rows[i].error);
	}
}

static void
help_and_version_come_before_what_is_wrong_behind_them(void **state)
{
	static const struct {
		const char *line;
		bool help, version;
	} rows[] = { { "try --help", true, false }, { "try -h --colour", true, false },
		{ "try --version --help", false, true }, { "try --serial 1 --help", true, false },
		{ "try -- --help", false, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[64], *argv[WORDS_MAX];
		struct cli_args args;

		snprintf(text, sizeof(text), "%s", rows[i].line);
		int argc = split(text, argv);
		assert_int_equal(cli_parse(&args, &command, argc, argv), CLI_OK);
		assert_int_equal(args.help, rows[i].help);
		assert_int_equal(args.version, rows[i].version);
		cli_args_clear(&args);
	}
}

static void
a_command_without_options_has_operands(void **state)
{
	static const struct cli_command bare = { .name = "bare", .run = run };
	char bare_name[] = "bare", word[] = "word";
	char *argv[] = { bare_name, word };
	struct cli_args args;
	size_t count;

	(void)state;
	assert_int_equal(cli_parse(&args, &bare, 2, argv), CLI_OK);
	assert_string_equal(cli_operands(&args, &count)[0], "word");
	assert_int_equal(count, 1);
	cli_args_clear(&args);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_are_told_apart),
		cmocka_unit_test(wrong_usage_is_one_line_that_says_why),
		cmocka_unit_test(help_and_version_come_before_what_is_wrong_behind_them),
		cmocka_unit_test(a_command_without_options_has_operands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
