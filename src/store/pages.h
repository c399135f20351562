/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of a store: small pages as they are first written, gathered into huge ones when full. */
#ifndef STORE_PAGES_H
#define STORE_PAGES_H

#include "base/err.h"

/* What cores hand to each other: a reader's line must not hold what writers write often. */
#define PAGES_LINE 64

struct pages {
	uint8_t *data; /* all zero at first */
	size_t len;
};

VOUCH_MUST int pages_map(struct pages *pages, size_t len, vouch_err *err);
void pages_unmap(struct pages *pages);
/*
 * Of a region that fills from its start, `before` octets were written, now `after` are.  The huge pages that
 * this completes are made of their small ones: in a large store a hit then walks through fewer page tables,
 * and still no page is taken for octets that are never written.  Readers and writers may be at work
 * meanwhile.
 */
void pages_gather(void *region, size_t before, size_t after);

#endif
