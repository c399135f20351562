/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures of the public header that start with `uint32_t size`: those of an older header are shorter than
 * ours, those of a newer one longer.  A member is added at the end, and never into padding that an older
 * header left there: nobody has set that.
 */
#ifndef BASE_VERSIONED_H
#define BASE_VERSIONED_H

#include <vouch.h>

#define VERSIONED_SIZE_MOST 4096 /* beyond it nobody set the size: the octets are whatever was there before */

/* False when there is no structure, or none whose size was set. */
bool versioned_has_size(const void *theirs);
/*
 * Ours gets what the caller's header knew; the rest of it stays as it is, with the default.  VOUCH_EINVAL without
 * a size, and for a longer one in which something is set that we do not know: to ignore it would be to ignore,
 * for example, a check that the caller asked for.  err may be NULL; name is the type's.
 */
VOUCH_MUST int versioned_read(void *ours, size_t len, const void *theirs, const char *name, vouch_err *err);
/* Theirs, whose size was checked, gets as much of ours as it has room for. */
void versioned_write(void *theirs, const void *ours, size_t len);
/* The same for a structure that has no size yet; what we do not know is zero. */
void versioned_init(void *theirs, size_t size, const void *ours, size_t len);

#endif
