/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest of some names, for "did you mean". */
#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

#include <stddef.h>

struct conf_nearest {
	const char *wanted, *name; /* name: the best so far, or NULL */
	size_t distance;
};

/*
 * Start with { .wanted = text }; offer every name; name is then the nearest that is near enough to be
 * meant, or NULL.
 */
void conf_nearest_offer(struct conf_nearest *nearest, const char *name);

#endif
