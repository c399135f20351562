/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting the entries of a table in place: radix sort from the first octet on (McIlroy, Bostic and McIlroy, 1993). */
#include "status/crl_sort.h"

#define FEW 24 /* that insertion sorts faster */
#define VALUES 256

static int
compare(const struct crl_entry *a, const struct crl_entry *b)
{
	return memcmp(a->key, b->key, CRL_KEY_SIZE);
}

static void
insertion_sort(struct crl_entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct crl_entry moved = entries[i];
		size_t at = i;
		for (; at > 0 && compare(&entries[at - 1], &moved) > 0; at--)
			entries[at] = entries[at - 1];
		entries[at] = moved;
	}
}

/* Puts each entry into the part of the array that belongs to its octet; begins[] are where the parts begin. */
static void
distribute(struct crl_entry *entries, size_t octet, const size_t begins[VALUES + 1])
{
	size_t next[VALUES];

	memcpy(next, begins, sizeof(next));
	for (unsigned value = 0; value < VALUES; value++) {
		while (next[value] < begins[value + 1]) {
			struct crl_entry *here = &entries[next[value]];
			uint8_t belongs = here->key[octet];
			if (belongs == value) {
				next[value]++;
				continue;
			}
			struct crl_entry moved = *here;
			*here = entries[next[belongs]];
			entries[next[belongs]++] = moved;
		}
	}
}

static void
find_parts(const struct crl_entry *entries, size_t count, size_t octet, size_t begins[VALUES + 1])
{
	memset(begins, 0, (VALUES + 1) * sizeof(begins[0]));
	for (size_t i = 0; i < count; i++)
		begins[entries[i].key[octet] + 1]++;
	for (unsigned value = 0; value < VALUES; value++)
		begins[value + 1] += begins[value];
}

/* As deep as a key has octets, and no deeper whatever the entries are. */
static void
sort_from(struct crl_entry *entries, size_t count, size_t octet)
{
	size_t begins[VALUES + 1];

	if (count <= FEW) {
		insertion_sort(entries, count);
		return;
	}
	if (octet == CRL_KEY_SIZE)
		return;
	find_parts(entries, count, octet, begins);
	distribute(entries, octet, begins);
	for (unsigned value = 0; value < VALUES; value++)
		sort_from(entries + begins[value], begins[value + 1] - begins[value], octet + 1);
}

static bool
is_sorted(const struct crl_entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (compare(&entries[i - 1], &entries[i]) > 0)
			return false;
	return true;
}

void
crl_sort(struct crl_entry *entries, size_t count)
{
	if (!is_sorted(entries, count))
		sort_from(entries, count, 0);
}
