/* SPDX-License-Identifier: Apache-2.0 */
/* The program: from the first word of the command line to the exit code. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/uri_secret.h"
#include "cli/frame.h"
#include "conf/nearest.h"

static const struct cli_command *
find_command(const struct cli_command *const *commands, const char *name)
{
	for (; *commands != NULL; commands++) {
		if (strcmp((*commands)->name, name) == 0)
			return *commands;
	}
	return NULL;
}

static int
unknown_command(const struct cli_command *const *commands, const char *name)
{
	struct conf_nearest nearest = { .wanted = name };

	for (; *commands != NULL; commands++)
		conf_nearest_offer(&nearest, (*commands)->name);
	if (nearest.name != NULL)
		cli_failf(name, "unknown command; did you mean %s? (vouch --help)", nearest.name);
	else
		cli_failf(name, "unknown command (vouch --help)");
	return CLI_USAGE;
}

static int
print_overview(FILE *out, const struct cli_command *const *commands, int code)
{
	cli_print_overview(out, commands);
	return code;
}

static int
print_version(void)
{
	printf("vouch %s\n", vouch_version());
	return CLI_OK;
}

/* vouch help [COMMAND|settings] */
static int
run_help(const struct cli_command *const *commands, int argc, char *const *argv)
{
	const char *topic = argc > 1 ? argv[1] : NULL;

	if (argc > 2) {
		cli_failf("help", "one command at a time (vouch --help)");
		return CLI_USAGE;
	}
	if (topic == NULL || strcmp(topic, "--help") == 0)
		return print_overview(stdout, commands, CLI_OK);
	if (strcmp(topic, "settings") == 0) {
		cli_print_settings(stdout);
		return CLI_OK;
	}
	const struct cli_command *command = find_command(commands, topic);
	if (command == NULL)
		return unknown_command(commands, topic);
	cli_print_help(stdout, command);
	return CLI_OK;
}

static int
run_command(const struct cli_command *command, int argc, char *const *argv)
{
	struct cli_args args;
	int code = cli_parse(&args, command, argc, argv);

	if (code != CLI_OK)
		return code;
	if (args.help)
		cli_print_help(stdout, command);
	else if (args.version)
		print_version();
	else
		code = command->run(&args);
	cli_args_clear(&args);
	return code;
}

/* How the build makes the manual pages. */
static int
run_manual(const struct cli_command *const *commands, const char *section)
{
	const struct cli_command *command = find_command(commands, section);

	if (strcmp(section, "1") == 0)
		cli_print_manual(stdout, commands);
	else if (strcmp(section, "5") == 0)
		cli_print_settings_manual(stdout);
	else if (command != NULL && command->appendices != NULL)
		cli_print_command_manual(stdout, command);
	else
		return unknown_command(commands, section);
	return CLI_OK;
}

static int
dispatch(const struct cli_command *const *commands, int argc, char *const *argv)
{
	if (argc < 2)
		return print_overview(stderr, commands, CLI_USAGE);
	const char *word = argv[1];
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return print_overview(stdout, commands, CLI_OK);
	if (strcmp(word, "--version") == 0)
		return print_version();
	if (strcmp(word, "--manual") == 0 && argc == 3)
		return run_manual(commands, argv[2]);
	if (strcmp(word, "help") == 0)
		return run_help(commands, argc - 1, argv + 1);
	const struct cli_command *command = find_command(commands, word);
	return command == NULL ? unknown_command(commands, word) : run_command(command, argc - 1, argv + 1);
}

/* What a socket or a database would be opened as otherwise; writing to it fails, as it should. */
static void
fill_standard_descriptors(void)
{
	static const int modes[] = { O_RDONLY, O_RDONLY, O_WRONLY };

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", modes[fd]) != fd)
			_exit(CLI_FAILED);
	}
}

/* A full disk or a reader that has gone is a failure, too; of the latter it knows itself. */
static int
finish_output(int code)
{
	errno = 0;
	bool failed = fflush(stdout) != 0 || ferror(stdout) != 0;

	if (!failed)
		return code;
	if (errno != EPIPE)
		cli_failf("standard output", "%s", errno == 0 ? "cannot be written" : strerror(errno));
	return code == CLI_USAGE ? code : CLI_FAILED;
}

/* --- Passwords ---------------------------------------------------------------------------------------- */

static void
free_words(char **words, int argc, char *const *argv)
{
	for (int i = 0; i < argc; i++) {
		if (words[i] != argv[i])
			free(words[i]);
	}
	free(words);
}

/*
 * Everybody on the machine can read the command line of a process: passwords in URIs are kept elsewhere, and blanked
 * there.
 */
static char **
take_words(int argc, char *const *argv)
{
	char **words = calloc((size_t)argc + 1, sizeof(*words));

	for (int i = 0; words != NULL && i < argc; i++) {
		char *copy = uri_has_secret(argv[i]) ? strdup(argv[i]) : NULL;

		words[i] = copy != NULL ? copy : argv[i];
		if (copy != NULL)
			uri_mask(argv[i]);
	}
	return words;
}

int
cli_main(const struct cli_command *const *commands, int argc, char *const *argv)
{
	fill_standard_descriptors();
	signal(SIGPIPE, SIG_IGN);
	char **words = take_words(argc, argv);
	if (words == NULL)
		return cli_failf("start", "out of memory");
	int code = finish_output(dispatch(commands, argc, words));
	free_words(words, argc, argv);
	return code;
}
