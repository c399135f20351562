/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of a store: small pages as they are first written, gathered into huge ones when full. */
#include "store/pages.h"

#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
/*
 * MADV_COLLAPSE of Linux 6.1, which Debian 12's C library does not name; an older kernel refuses it, and
 * nothing is lost.
 */
#define ADVICE_COLLAPSE 25

int
pages_map(struct pages *pages, size_t len, vouch_err *err)
{
	void *data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		return err_set(err, VOUCH_ENOMEM, "no memory for a store of %zu octets", len);
	pages->data = data;
	pages->len = len;
	return VOUCH_OK;
}

void
pages_unmap(struct pages *pages)
{
	munmap(pages->data, pages->len);
}

void
pages_gather(void *region, size_t before, size_t after)
{
	uintptr_t start = (uintptr_t)region, end = (start + after) / HUGE_PAGE * HUGE_PAGE;
	uintptr_t first = (start + before) / HUGE_PAGE * HUGE_PAGE;

	/* A huge page that two regions share is left as it is: half of it may never be written. */
	if (first < start)
		first += HUGE_PAGE;
	if (first < end)
		(void)madvise((uint8_t *)region + (first - start), end - first, ADVICE_COLLAPSE);
}
