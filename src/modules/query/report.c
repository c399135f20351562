/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of queries. */
#include "modules/query/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
query_fail(vouch_err *err, int code, size_t offset, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->msg, sizeof(err->msg), format, args);
	va_end(args);
	err->code = code;
	err->offset = offset;
	err->rule = NULL;
	return code;
}

int
query_fail_nomem(vouch_err *err)
{
	return query_fail(err, VOUCH_ENOMEM, 0, "out of memory");
}

const char *
query_show(vouch_span octets, char out[QUERY_SHOWN])
{
	size_t len = octets.len < QUERY_SHOWN - 1 ? octets.len : QUERY_SHOWN - 1;

	for (size_t i = 0; i < len; i++)
		out[i] = octets.data[i] >= 0x20 && octets.data[i] < 0x7f ? (char)octets.data[i] : '.';
	if (len < octets.len)
		memcpy(out + len - 3, "...", 3);
	out[len] = '\0';
	return out;
}
