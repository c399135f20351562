/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows put in order where they are: octet by octet of the key, from the first (a radix sort that exchanges in place,
 * McIlroy, Bostic and McIlroy 1993), small groups by insertion.  A merge sort needs the room twice.
 */
#include "status/index_entry.h"

#include <stdlib.h>
#include <string.h>

#define GROUPS 256
#define SMALL 24

struct range {
	struct index_entry *first;
	size_t count;
	size_t octet; /* of the key, by which it is to be split */
};

static bool
is_ascending(const struct index_entry *e, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (memcmp(e[i - 1].key, e[i].key, INDEX_ENTRY_KEY) > 0)
			return false;
	return true;
}

static void
sort_small(struct index_entry *e, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct index_entry moved = e[i];
		size_t at = i;
		for (; at > 0 && memcmp(e[at - 1].key, moved.key, INDEX_ENTRY_KEY) > 0; at--)
			e[at] = e[at - 1];
		e[at] = moved;
	}
}

/* Each entry goes where its group is, and what was there goes on to its own. */
static void
exchange(const struct range *r, size_t next[GROUPS], const size_t end[GROUPS])
{
	for (size_t g = 0; g < GROUPS; g++) {
		while (next[g] < end[g]) {
			struct index_entry moved = r->first[next[g]];
			size_t to = moved.key[r->octet];
			while (to != g) {
				struct index_entry there = r->first[next[to]];
				r->first[next[to]++] = moved;
				moved = there;
				to = moved.key[r->octet];
			}
			r->first[next[g]++] = moved;
		}
	}
}

/* Groups that are to be split in turn are put on the stack; returns its new height. */
static size_t
split(const struct range *r, struct range *stack, size_t height)
{
	size_t counts[GROUPS] = { 0 }, next[GROUPS], end[GROUPS], at = 0;

	for (size_t i = 0; i < r->count; i++)
		counts[r->first[i].key[r->octet]]++;
	for (size_t g = 0; g < GROUPS; g++) {
		next[g] = at;
		at += counts[g];
		end[g] = at;
	}
	exchange(r, next, end);
	for (size_t g = 0; g < GROUPS; g++)
		if (counts[g] > 1)
			stack[height++] = (struct range){ r->first + (end[g] - counts[g]), counts[g],
				r->octet + 1 };
	return height;
}

int
index_entries_sort(struct index_entry *entries, size_t count)
{
	if (is_ascending(entries, count))
		return VOUCH_OK; /* serial numbers that a CA counts up */
	struct range *stack = calloc((size_t)GROUPS * INDEX_ENTRY_KEY + 1, sizeof(*stack));
	if (stack == NULL)
		return VOUCH_ENOMEM;
	size_t height = 1;
	stack[0] = (struct range){ entries, count, 0 };
	while (height > 0) {
		struct range r = stack[--height];
		if (r.count <= SMALL)
			sort_small(r.first, r.count);
		else if (r.octet < INDEX_ENTRY_KEY)
			height = split(&r, stack, height);
	}
	free(stack);
	return VOUCH_OK;
}
