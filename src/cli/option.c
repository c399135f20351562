/* SPDX-License-Identifier: Apache-2.0 */
/* The command line, read by a command's table of options. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/frame.h"
#include "conf/nearest.h"

struct given {
	size_t option;	   /* its row; the number of rows for an operand */
	const char *value; /* a flag has none */
};

struct parser {
	struct cli_args *args;
	const struct cli_option *options;
	size_t option_count;
	int argc, next; /* next: the word to read */
	char *const *argv;
	struct given *given;
	size_t given_count;
	size_t open;	    /* the option that takes the words that follow, or the number of rows */
	bool only_operands; /* after -- */
};

static size_t
count_options(const struct cli_command *command)
{
	size_t count = 0;

	while (command->options != NULL && command->options[count].name != NULL)
		count++;
	return count;
}

static int
give(struct parser *p, size_t option, const char *value)
{
	p->given[p->given_count++] = (struct given){ option, value };
	return CLI_OK;
}

static bool
is_given(const struct parser *p, size_t option)
{
	for (size_t i = 0; i < p->given_count; i++) {
		if (p->given[i].option == option)
			return true;
	}
	return false;
}

static int
unknown_option(const struct parser *p, const char *name, size_t len)
{
	char wanted[64];
	struct conf_nearest nearest = { .wanted = wanted };

	snprintf(wanted, sizeof(wanted), "%.*s", (int)len, name);
	for (size_t i = 0; i < p->option_count; i++)
		conf_nearest_offer(&nearest, p->options[i].name);
	if (nearest.name != NULL)
		return cli_usage(p->args, "--%s: unknown option; did you mean --%s?", wanted, nearest.name);
	return cli_usage(p->args, "--%s: unknown option", wanted);
}

/* The table's own name of an option that was given by another one, after one dash or two; NULL: it has none. */
static const char *
find_alias(const struct parser *p, const char *name, size_t len, bool is_short)
{
	for (const struct cli_alias *a = p->args->command->aliases; a != NULL && a->given != NULL; a++) {
		if ((len == 1) == is_short && strlen(a->given) == len && memcmp(a->given, name, len) == 0)
			return a->option;
	}
	return NULL;
}

static int
find_option(const struct parser *p, const char *name, size_t len, size_t *row)
{
	for (*row = 0; *row < p->option_count; ++*row) {
		const char *known = p->options[*row].name;

		if (strlen(known) == len && memcmp(known, name, len) == 0)
			return CLI_OK;
	}
	return unknown_option(p, name, len);
}

static bool
next_is_option(const struct parser *p)
{
	return p->next >= p->argc || strncmp(p->argv[p->next], "--", 2) == 0;
}

/* value: what stands after '=', or NULL. */
static int
take_argument(struct parser *p, size_t row, const char *value)
{
	const struct cli_option *option = &p->options[row];

	if (value == NULL && !next_is_option(p))
		value = p->argv[p->next++];
	if (value == NULL || *value == '\0')
		return cli_usage(p->args, "--%s: needs an argument, %s", option->name, option->argument);
	return give(p, row, value);
}

static int
read_option(struct parser *p, const char *text, bool is_short)
{
	size_t row;
	const char *equals = strchr(text, '=');
	size_t len = equals == NULL ? strlen(text) : (size_t)(equals - text);
	const char *alias = find_alias(p, text, len, is_short);
	int code = alias != NULL ? find_option(p, alias, strlen(alias), &row) :
				   find_option(p, text, len, &row);

	if (code != CLI_OK)
		return code;
	assert(p->options != NULL); /* else there is none to find */
	const struct cli_option *option = &p->options[row];
	if (!option->repeats && !option->words && is_given(p, row))
		return cli_usage(p->args, "--%s: given twice", option->name);
	if (option->argument == NULL && equals != NULL)
		return cli_usage(p->args, "--%s: takes no argument", option->name);
	if (option->argument == NULL)
		return give(p, row, NULL);
	if (option->words && equals == NULL)
		p->open = row;
	return take_argument(p, row, equals == NULL ? NULL : equals + 1);
}

/* One word; *done when the rest does not matter. */
static int
read_word(struct parser *p, bool *done)
{
	const char *word = p->argv[p->next++];

	if (p->only_operands || word[0] != '-' || word[1] == '\0')
		return give(p, p->open, word);
	p->args->help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
	p->args->version = strcmp(word, "--version") == 0;
	*done = p->args->help || p->args->version;
	if (*done)
		return CLI_OK;
	/* Serial numbers may be negative. */
	if (word[1] != '-' && p->open < p->option_count)
		return give(p, p->open, word);
	if (word[1] != '-' && word[2] == '\0' && find_alias(p, word + 1, 1, true) != NULL) {
		p->open = p->option_count;
		return read_option(p, word + 1, true);
	}
	if (word[1] != '-')
		return cli_usage(p->args, "%s: unknown option; they begin with --", word);
	p->open = p->option_count;
	p->only_operands = word[2] == '\0';
	return p->only_operands ? CLI_OK : read_option(p, word + 2, false);
}

/* Sorts what was given by option, in the order in which it was given. */
static void
group(const struct parser *p)
{
	struct cli_args *args = p->args;
	size_t used = 0;

	for (size_t option = 0; option <= p->option_count; option++) {
		args->starts[option] = used;
		for (size_t i = 0; i < p->given_count; i++) {
			if (p->given[i].option == option)
				args->values[used++] = p->given[i].value;
		}
	}
	args->starts[p->option_count + 1] = used;
}

static int
parse(struct parser *p)
{
	bool done = false;

	while (p->next < p->argc && !done) {
		int code = read_word(p, &done);

		if (code != CLI_OK)
			return code;
	}
	group(p);
	return CLI_OK;
}

int
cli_parse(struct cli_args *out, const struct cli_command *command, int argc, char *const *argv)
{
	size_t options = count_options(command);
	struct parser p = { .args = out,
		.options = command->options,
		.option_count = options,
		.argc = argc,
		.argv = argv,
		.next = 1,
		.open = options,
		.given = calloc((size_t)argc + 1, sizeof(*p.given)) };

	*out = (struct cli_args){ .command = command,
		.options = options,
		.values = calloc((size_t)argc + 1, sizeof(*out->values)),
		.starts = calloc(options + 2, sizeof(*out->starts)) };
	int code = p.given != NULL && out->values != NULL && out->starts != NULL ?
	    parse(&p) :
	    cli_failf(command->name, "out of memory");
	free(p.given);
	if (code != CLI_OK)
		cli_args_clear(out);
	return code;
}

void
cli_args_clear(struct cli_args *args)
{
	free(args->values);
	free(args->starts);
	args->values = NULL;
	args->starts = NULL;
}

/* The row of an option that the command's table has. */
static size_t
row_of(const struct cli_args *args, const char *option)
{
	size_t row = 0;

	while (row < args->options && strcmp(args->command->options[row].name, option) != 0)
		row++;
	assert(row < args->options);
	return row;
}

static const char *const *
values_of(const struct cli_args *args, size_t row, size_t *count)
{
	*count = args->starts[row + 1] - args->starts[row];
	return args->values + args->starts[row];
}

const char *
cli_value(const struct cli_args *args, const char *option)
{
	size_t count;
	const char *const *values = values_of(args, row_of(args, option), &count);

	return count == 0 ? NULL : values[count - 1];
}

bool
cli_flag(const struct cli_args *args, const char *option)
{
	size_t count;

	(void)values_of(args, row_of(args, option), &count);
	return count > 0;
}

const char *const *
cli_values(const struct cli_args *args, const char *option, size_t *count)
{
	return values_of(args, row_of(args, option), count);
}

const char *const *
cli_operands(const struct cli_args *args, size_t *count)
{
	return values_of(args, args->options, count);
}
