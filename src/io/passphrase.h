/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases, out of files. */
#ifndef IO_PASSPHRASE_H
#define IO_PASSPHRASE_H

#include <vouch.h>

/*
 * Appends the first line of the file without its end: the others are for people, so that any editor can write
 * it.  An empty one is VOUCH_EINVAL.  Errors name the file.  Empty it with io_passphrase_wipe().
 */
VOUCH_MUST int io_passphrase_read(vouch_buf *out, const char *path, vouch_err *err);
/* Overwrites it, and frees it. */
void io_passphrase_wipe(vouch_buf *passphrase);

#endif
