/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus' text format. */
#include "daemon/metrics_text.h"

#include <inttypes.h>

#include "base/buf.h"

int
metrics_head(vouch_buf *out, const char *name, const char *type, const char *help)
{
	return buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

int
metrics_plain(vouch_buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	int code = metrics_head(out, name, type, help);

	return code != VOUCH_OK ? code : buf_printf(out, "%s %" PRIu64 "\n", name, value);
}

/* The name of an issuer is the operator's: '"', '\' and newlines are escaped as the format says. */
static int
label_value(vouch_buf *out, const char *text)
{
	int code = VOUCH_OK;

	for (; code == VOUCH_OK && *text != '\0'; text++) {
		if (*text == '\n')
			code = buf_append_string(out, "\\n");
		else if (*text == '"' || *text == '\\')
			code = buf_printf(out, "\\%c", *text);
		else
			code = vouch_buf_append(out, text, 1);
	}
	return code;
}

int
metrics_issuer_row(vouch_buf *out, const char *name, const vouch_issuer *issuer)
{
	int code = buf_printf(out, "%s{issuer=\"", name);

	if (code == VOUCH_OK)
		code = label_value(out, vouch_issuer_name(issuer));
	return code == VOUCH_OK ? buf_append_string(out, "\"") : code;
}
