/* SPDX-License-Identifier: Apache-2.0 */
/* Errors that say of which database they speak. */
#include "modules/register/report.h"

#include <stdio.h>
#include <string.h>

/* Texts of client libraries have several lines, with tabs, and an end of line. */
static void
make_one_line(char *text)
{
	char *out = text;

	for (const char *p = text; *p != '\0'; p++) {
		bool space = *p == '\n' || *p == '\t' || *p == ' ';
		if (!space)
			*out++ = *p;
		else if (out > text && out[-1] != ' ')
			*out++ = ' ';
	}
	while (out > text && out[-1] == ' ')
		out--;
	*out = '\0';
}

static int
note(vouch_err *err, int code)
{
	err->code = code;
	err->offset = 0;
	err->rule = NULL;
	return code;
}

int
register_fail(vouch_err *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->msg, sizeof(err->msg), format, args);
	va_end(args);
	return note(err, code);
}

int
register_vfail(vouch_err *err, int code, const char *shown, const char *format, va_list args)
{
	char text[sizeof(err->msg) * 3 / 4];

	vsnprintf(text, sizeof(text), format, args);
	/* The reason matters more than the end of a very long address. */
	size_t room = sizeof(err->msg) - sizeof(": ") - strlen(text);
	snprintf(err->msg, sizeof(err->msg), "%.*s: %s", (int)room, shown, text);
	make_one_line(err->msg);
	return note(err, code);
}
