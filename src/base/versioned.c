/* SPDX-License-Identifier: Apache-2.0 */
/* Structures of the public header that start with their size. */
#include "base/versioned.h"

#include <string.h>

#include "base/err.h"

static uint32_t
size_of(const void *theirs)
{
	uint32_t size;

	memcpy(&size, theirs, sizeof(size));
	return size;
}

static size_t
shorter(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool
versioned_has_size(const void *theirs)
{
	return theirs != NULL && size_of(theirs) >= sizeof(uint32_t) &&
	    size_of(theirs) <= VERSIONED_SIZE_MOST;
}

static bool
is_zero(const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (octets[i] != 0)
			return false;
	return true;
}

static int
refuse(vouch_err *err, const char *name, const char *why)
{
	return err == NULL ? VOUCH_EINVAL : err_set(err, VOUCH_EINVAL, "%s %s", name, why);
}

int
versioned_read(void *ours, size_t len, const void *theirs, const char *name, vouch_err *err)
{
	if (theirs == NULL)
		return refuse(err, name, "is missing");
	if (!versioned_has_size(theirs))
		return refuse(err, name, "has no size: set its first member to its sizeof");
	size_t size = size_of(theirs), common = shorter(size, len);
	if (!is_zero((const uint8_t *)theirs + common, size - common))
		return refuse(err, name, "sets what this version of the library does not know");
	memcpy((uint8_t *)ours + sizeof(uint32_t), (const uint8_t *)theirs + sizeof(uint32_t),
	    common - sizeof(uint32_t));
	return VOUCH_OK;
}

void
versioned_write(void *theirs, const void *ours, size_t len)
{
	memcpy((uint8_t *)theirs + sizeof(uint32_t), (const uint8_t *)ours + sizeof(uint32_t),
	    shorter(size_of(theirs), len) - sizeof(uint32_t));
}

void
versioned_init(void *theirs, size_t size, const void *ours, size_t len)
{
	uint32_t size_member = (uint32_t)size;

	memset(theirs, 0, size);
	memcpy(theirs, ours, shorter(size, len));
	memcpy(theirs, &size_member, sizeof(size_member));
}
