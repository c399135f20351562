/* SPDX-License-Identifier: Apache-2.0 */
/* The source of examples whose subject is something else: the serial numbers on the command line are good. */
#ifndef EXAMPLE_ARGUMENTS_H
#define EXAMPLE_ARGUMENTS_H

#include <string.h>

#include <vouch.h>

/* ctx is a list of serial numbers in upper-case hexadecimal that ends with NULL. */
static inline int
arguments_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err)
{
	(void)issuer, (void)now, (void)err;
	vouch_buf asked = { 0 };
	int code = VOUCH_ENOTFOUND;

	if (vouch_serial_format(&asked, serial_number) != 0 || vouch_buf_append(&asked, "", 1) != 0)
		code = VOUCH_ENOMEM;
	for (char **serial = ctx; code == VOUCH_ENOTFOUND && *serial != NULL; serial++)
		if (strcmp(*serial, (const char *)asked.data) == 0) {
			out->cert_status = VOUCH_GOOD;
			code = VOUCH_OK;
		}
	vouch_buf_free(&asked);
	return code;
}

/*
 * What has changed since the cursor: nothing ever does here.  A responder keeps answers until the source says
 * so; where a source cannot tell, for half a second.
 */
static inline int
arguments_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	(void)ctx, (void)cb, (void)arg, (void)err;
	return cursor->len != 0 ? VOUCH_OK : vouch_buf_append(cursor, "x", 1);
}

static const vouch_source_ops arguments_source = {
	.abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE,
	.name = "arguments",
	.lookup = arguments_lookup,
	.changes = arguments_changes,
};

#endif
