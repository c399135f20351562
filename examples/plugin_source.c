/* SPDX-License-Identifier: Apache-2.0 */
/* A status source in a shared object, over a list of yours: --source 'plugin:./plugin_source.so?file=LIST' */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vouch.h>

static int
failed(vouch_err *err, const char *what, const char *why)
{
	snprintf(err->msg, sizeof(err->msg), "%s: %s", what, why);
	return err->code = VOUCH_EUNAVAILABLE;
}

/* Given what follows plugin_source.so in the URI.  The sandbox keeps nothing from a plug-in but the keys. */
static int
open_list(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	vouch_buf path = { 0 };
	(void)now;
	if (vouch_uri_parameter(&path, uri, "file", err) != VOUCH_OK)
		return vouch_buf_free(&path), failed(err, "plugin_source.so", "needs ?file=PATH");
	*ctx = path.data;
	return VOUCH_OK;
}

/* "1AAF00D good" or "2BEE revoked 1767225600".  vouch refuses what stays unset: no error becomes "good". */
static int
read_line(const char *line, vouch_span hex, vouch_status *out)
{
	if (strcspn(line, " ") != hex.len || memcmp(line, hex.data, hex.len) != 0)
		return VOUCH_ENOTFOUND;
	if (strcmp(line + hex.len, " good\n") == 0)
		out->cert_status = VOUCH_GOOD;
	else if (strncmp(line + hex.len, " revoked ", 9) == 0)
		out->cert_status = VOUCH_REVOKED,
		out->revocation_time = strtoll(line + hex.len + 9, NULL, 10);
	return VOUCH_OK;
}

/* Asked by several threads at a time.  A list that is away is "try later", not "unknown". */
static int
lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	char line[256];
	vouch_buf hex = { 0 };
	(void)issuer, (void)now;
	FILE *list = fopen(ctx, "re");
	int code = vouch_serial_format(&hex, serial_number) != VOUCH_OK ? VOUCH_ENOMEM : VOUCH_ENOTFOUND;
	while (code == VOUCH_ENOTFOUND && list != NULL && fgets(line, sizeof(line), list) != NULL)
		code = read_line(line, (vouch_span){ hex.data, hex.len }, out);
	if (list == NULL || (code == VOUCH_ENOTFOUND && ferror(list)))
		code = failed(err, ctx, "cannot be read");
	if (list != NULL)
		fclose(list);
	return vouch_buf_free(&hex), code;
}

static const vouch_source_ops ops = { VOUCH_ABI, 0, "list", open_list, .lookup = lookup, .close = free };

const vouch_source_ops *
vouch_plugin(uint32_t abi)
{
	return abi == VOUCH_ABI ? &ops : NULL;
}
