/* SPDX-License-Identifier: Apache-2.0 */
/* The sources that a configuration names, each once. */
#ifndef DAEMON_SOURCE_SET_H
#define DAEMON_SOURCE_SET_H

#include <vouch.h>

struct source_set { /* zeroed at first */
	struct opened_source {
		const char *uri; /* the configuration's */
		vouch_source *source;
	} * items;
	size_t count;
};

/* Borrowed; NULL: there is none of that URI. */
vouch_source *source_set_find(const struct source_set *set, const char *uri);
/* Takes the caller's reference, also on failure. */
VOUCH_MUST int source_set_add(struct source_set *set, const char *uri, vouch_source *takes_source,
    vouch_err *err);
void source_set_clear(struct source_set *set);

#endif
