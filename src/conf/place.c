/* SPDX-License-Identifier: Apache-2.0 */
/* Places: file and line before an error, in the room that the reason leaves. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "conf/conf.h"
#include "conf/value.h"

#define PATH_LEAST 24 /* of a path, even if the reason must lose its end */
#define LINE_MOST 16  /* of ":1048576" */
#define SEPARATORS 5  /* of "..." and ": " */

/* The end of a path tells more than its beginning; characters stay whole. */
static const char *
path_end(const char *path, size_t room)
{
	size_t len = strlen(path);
	const char *end = len > room ? path + len - room : path;

	while (((unsigned char)*end & 0xc0) == 0x80)
		end++;
	return end;
}

int
conf_err_file(vouch_err *err, const char *path, size_t line, unsigned paths)
{
	char number[LINE_MOST] = "";
	size_t used = strlen(err->msg) + LINE_MOST + (size_t)paths * SEPARATORS;
	size_t room = used < sizeof(err->msg) ? (sizeof(err->msg) - used) / paths : 0;
	const char *shown = path_end(path, room > PATH_LEAST ? room : PATH_LEAST);

	if (line > 0)
		snprintf(number, sizeof(number), ":%zu", line % 100000000);
	err_prefix(err, "%s%s%s", shown > path ? "..." : "", shown, number);
	conf_trim_utf8(err->msg);
	return err->code;
}

int
conf_err_at(vouch_err *err, const struct conf *conf, int line)
{
	return conf->file == NULL ? err->code : conf_err_file(err, conf->file, (size_t)line, 1);
}
