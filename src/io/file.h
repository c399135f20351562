/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: read up to a limit, written beside and moved into place. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include <vouch.h>

/* Appends the whole file.  Errors name it: VOUCH_EIO, or VOUCH_ELIMIT when it is larger than limit. */
VOUCH_MUST int io_file_read(vouch_buf *out, const char *path, size_t limit, vouch_err *err);
/*
 * Replaces the file in one step: written beside it, fsynced, renamed, its folder fsynced.  After a crash
 * there is the old or the new one.
 */
VOUCH_MUST int io_file_replace(const char *path, unsigned mode, vouch_span content, vouch_err *err);
/* The same for a file that must not exist yet (VOUCH_EREFUSED): keys are never overwritten. */
VOUCH_MUST int io_file_create(const char *path, unsigned mode, vouch_span content, vouch_err *err);

#endif
