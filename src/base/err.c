/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: written once, where the failure is first known. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void VOUCH_PRINTF(4, 0)
    write_text(vouch_err *err, int code, size_t offset, const char *format, va_list args)
{
	err->code = code;
	err->offset = offset;
	err->rule = NULL;
	vsnprintf(err->msg, sizeof(err->msg), format, args);
}

int
err_set(vouch_err *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_text(err, code, 0, format, args);
	va_end(args);
	return code;
}

int
err_at(vouch_err *err, int code, size_t offset, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_text(err, code, offset, format, args);
	va_end(args);
	return code;
}

int
err_prefix(vouch_err *err, const char *format, ...)
{
	char prefix[sizeof(err->msg)], text[2 * sizeof(err->msg) + 2];
	va_list args;

	va_start(args, format);
	vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);
	snprintf(text, sizeof(text), "%s: %s", prefix, err->msg);
	memcpy(err->msg, text, sizeof(err->msg) - 1);
	err->msg[sizeof(err->msg) - 1] = '\0';
	return err->code;
}

int
err_rule(vouch_err *err, const char *rule)
{
	if (err->rule == NULL && err->code != VOUCH_OK && err->code != VOUCH_ENOMEM)
		err->rule = rule;
	return err->code;
}

int
err_nomem(vouch_err *err)
{
	return err_set(err, VOUCH_ENOMEM, "out of memory");
}

vouch_err *
err_or(vouch_err *err, vouch_err *unread)
{
	vouch_err *used = err != NULL ? err : unread;

	used->code = VOUCH_OK;
	used->offset = 0;
	used->msg[0] = '\0';
	used->rule = NULL;
	return used;
}

const char *
err_name(int code)
{
	static const char *const names[] = { "success", "invalid argument", "out of memory", "cannot parse",
		"not found", "not now", "unavailable", "refused", "input or output failed",
		"cryptographic library failed", "does not verify", "over a limit" };

	if (code > 0 || (size_t)-code >= sizeof(names) / sizeof(names[0]))
		return "unknown error";
	return names[-code];
}
