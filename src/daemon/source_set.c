/* SPDX-License-Identifier: Apache-2.0 */
/* The sources that a configuration names, each once. */
#include "daemon/source_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

vouch_source *
source_set_find(const struct source_set *set, const char *uri)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->items[i].uri, uri) == 0)
			return set->items[i].source;
	return NULL;
}

int
source_set_add(struct source_set *set, const char *uri, vouch_source *takes_source, vouch_err *err)
{
	struct opened_source *items = reallocarray(set->items, set->count + 1, sizeof(*items));

	if (items == NULL) {
		vouch_source_free(takes_source);
		return err_nomem(err);
	}
	set->items = items;
	items[set->count++] = (struct opened_source){ uri, takes_source };
	return VOUCH_OK;
}

void
source_set_clear(struct source_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		vouch_source_free(set->items[i].source);
	free(set->items);
	*set = (struct source_set){ 0 };
}
