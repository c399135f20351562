/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases: out of files, and out of the environment. */
#include "io/passphrase.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

int
io_passphrase_from_env(vouch_buf *out, const char *name, vouch_err *err)
{
	const char *value = getenv(name);

	if (value == NULL)
		return err_set(err, VOUCH_EINVAL, "environment variable %s: is not set", name);
	if (*value == '\0')
		return err_set(err, VOUCH_EINVAL, "environment variable %s: is empty", name);
	return vouch_buf_append(out, value, strlen(value)) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

void
io_passphrase_forget_env(const char *name)
{
	size_t len = strlen(name);

	/* A name may be there twice: getenv() finds the first, unsetenv() removes all and overwrites none. */
	for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
		if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
			explicit_bzero(*entry + len + 1, strlen(*entry + len + 1));
	}
	unsetenv(name);
}

void
io_passphrase_wipe(vouch_buf *passphrase)
{
	if (passphrase->data != NULL)
		explicit_bzero(passphrase->data, passphrase->cap);
	vouch_buf_free(passphrase);
}
