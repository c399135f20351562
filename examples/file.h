/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in memory, for the examples. */
#ifndef EXAMPLE_FILE_H
#define EXAMPLE_FILE_H

#include <stdio.h>

#include <vouch.h>

enum { FILE_LIMIT = 1 << 20 }; /* no certificate and no response comes near it */

/* Appends the octets of a file to out; on failure the text in err says which file, and errno why. */
static inline int
file_read(const char *path, vouch_buf *out, vouch_err *err)
{
	uint8_t block[4096];
	size_t len;
	int code = VOUCH_OK;

	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		snprintf(err->msg, sizeof(err->msg), "%s: cannot be opened", path);
		return err->code = VOUCH_EIO;
	}
	while (code == VOUCH_OK && out->len <= FILE_LIMIT && (len = fread(block, 1, sizeof(block), file)) > 0)
		code = vouch_buf_append(out, block, len);
	if (ferror(file) || out->len > FILE_LIMIT)
		code = VOUCH_EIO;
	fclose(file);
	if (code != VOUCH_OK)
		snprintf(err->msg, sizeof(err->msg), "%s: cannot be read, or is too large", path);
	return err->code = code;
}

static inline vouch_span
span(const vouch_buf *buf)
{
	return (vouch_span){ buf->data, buf->len };
}

/* Says what went wrong, and is the exit code of main(). */
static inline int
failed(const vouch_err *err)
{
	fprintf(stderr, "error: %s\n", err->msg);
	return 1;
}

#endif
