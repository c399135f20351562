/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle: the octets of the files that a configuration names, read once, so that every process of ours builds
 * from the same ones.
 */
#ifndef DAEMON_BUNDLE_H
#define DAEMON_BUNDLE_H

#include <vouch.h>

#define BUNDLE_FILE_MOST \
	((size_t)1 << 20) /* octets: a chain has a few certificates of a few KiB, post-quantum ones of 20 */
#define BUNDLE_FILES_MOST 65536

struct bundle {
	struct bundle_file {
		char *path;
		vouch_buf octets;
	} * files;
	size_t count, cap;
};

/* Reads a file, unless it is there already.  Errors name it. */
VOUCH_MUST int bundle_read(struct bundle *bundle, const char *path, vouch_err *err);
/* The octets of a file; data is NULL when it is not there. */
vouch_span bundle_find(const struct bundle *bundle, const char *path);
/* As octets, to be sent, and back. */
VOUCH_MUST int bundle_encode(const struct bundle *bundle, vouch_buf *out, vouch_err *err);
VOUCH_MUST int bundle_decode(struct bundle *bundle, vouch_span octets, vouch_err *err);
void bundle_clear(struct bundle *bundle);

#endif
