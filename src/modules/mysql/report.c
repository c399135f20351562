/* SPDX-License-Identifier: Apache-2.0 */
/* What the database says. */
#include "modules/mysql/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
mysql_fail(vouch_err *err, int code, const vouch_buf *shown, const char *format, ...)
{
	char text[sizeof(err->msg) - sizeof("mysql: ")];
	const char *where = shown != NULL && shown->data != NULL ? (const char *)shown->data : "mysql";
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err->code = code;
	err->offset = 0;
	/* The reason matters more than the end of a very long address. */
	size_t room = sizeof(err->msg) - sizeof(": ") - strlen(text);
	snprintf(err->msg, sizeof(err->msg), "%.*s: %s", (int)room, where, text);
	for (char *p = strchr(err->msg, '\n'); p != NULL; p = strchr(p, '\n'))
		*p = ' ';
	return code;
}
