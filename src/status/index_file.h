/* SPDX-License-Identifier: Apache-2.0 */
/* The file that an index.txt is: read once, whole or not at all, and recognised again. */
#ifndef STATUS_INDEX_FILE_H
#define STATUS_INDEX_FILE_H

#include "status/index_table.h"

/* Which file it is, and of when: one that is written to or replaced has another. */
struct index_identity {
	uint64_t device, inode, size;
	int64_t modified, changed; /* nanoseconds since 1970 */
};

bool index_identity_equal(const struct index_identity *a, const struct index_identity *b);
/* VOUCH_ENOTFOUND: there is no file of this name; both failures write err. */
VOUCH_MUST int index_file_look(const char *path, struct index_identity *out, vouch_err *err);

/* Who opens it where the process may not; `open` NULL: nobody. */
struct index_opener {
	vouch_open_cb *open;
	void *arg;
};

/*
 * Reads it.  VOUCH_EAGAIN: it was written to meanwhile; VOUCH_EPARSE, VOUCH_EREFUSED, VOUCH_ELIMIT: "PATH:LINE: why",
 * and err's offset is that in the line; VOUCH_EIO.  *identity is written as soon as there is a file, on failure, too.
 */
VOUCH_MUST int index_file_read(const char *path, const struct index_opener *opener, struct index_table **out,
    struct index_identity *identity, vouch_err *err);
/* Reads all octets of what is open.  The path is for errors. */
VOUCH_MUST int index_file_parse(const char *path, int fd, struct index_table *table, uint64_t *size,
    vouch_err *err);

#endif
