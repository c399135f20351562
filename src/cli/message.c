/* SPDX-License-Identifier: Apache-2.0 */
/* Reports to people: one line on stderr, "vouch: what: why". */
#include <stdarg.h>
#include <stdio.h>

#include "cli/frame.h"

static void VOUCH_PRINTF(2, 0) print_line(const char *what, const char *format, va_list args)
{
	fflush(stdout); /* what was printed before the error stands before it */
	fputs("vouch: ", stderr);
	if (what != NULL)
		fprintf(stderr, "%s: ", what);
	vfprintf(stderr, format, args);
}

static void VOUCH_PRINTF(2, 3) print_text(const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(what, format, args);
	va_end(args);
}

int
cli_fail(const char *what, const vouch_err *err)
{
	print_text(what, "%s\n", err->msg[0] != '\0' ? err->msg : err_name(err->code));
	return CLI_FAILED;
}

int
cli_failf(const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(what, format, args);
	va_end(args);
	fputc('\n', stderr);
	return CLI_FAILED;
}

int
cli_usage(const struct cli_args *args, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	print_line(args->command->name, format, list);
	va_end(list);
	fprintf(stderr, " (vouch %s --help)\n", args->command->name);
	return CLI_USAGE;
}
