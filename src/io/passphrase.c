/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases, out of files. */
#include "io/passphrase.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/file.h"

#define PASSPHRASE_FILE_LIMIT 4096 /* a line for us, and what people write below it */

int
io_passphrase_read(vouch_buf *out, const char *path, vouch_err *err)
{
	vouch_buf file = { 0 };

	if (io_file_read(&file, path, PASSPHRASE_FILE_LIMIT, err) != VOUCH_OK) {
		io_passphrase_wipe(&file);
		return err->code;
	}
	const uint8_t *end = file.len == 0 ? NULL : memchr(file.data, '\n', file.len);
	size_t len = end == NULL ? file.len : (size_t)(end - file.data);
	if (len > 0 && file.data[len - 1] == '\r')
		len--;
	int code = VOUCH_OK;
	if (len == 0)
		code = err_set(err, VOUCH_EINVAL, "%s: there is no passphrase in the first line", path);
	else if (vouch_buf_append(out, file.data, len) != VOUCH_OK)
		code = err_nomem(err);
	io_passphrase_wipe(&file);
	return code;
}

void
io_passphrase_wipe(vouch_buf *passphrase)
{
	if (passphrase->data != NULL)
		explicit_bzero(passphrase->data, passphrase->cap);
	vouch_buf_free(passphrase);
}
