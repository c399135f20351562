/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest of some names, for "did you mean". */
#include "conf/nearest.h"

#include <string.h>

#define NEAREST_MAX 40 /* names are shorter, and longer texts are not misspelt names */

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance, one row at a time. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NEAREST_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

void
conf_nearest_offer(struct conf_nearest *nearest, const char *name)
{
	size_t wanted_len = strlen(nearest->wanted), name_len = strlen(name);

	if (wanted_len > NEAREST_MAX || name_len > NEAREST_MAX || wanted_len == 0)
		return;
	size_t d = distance(nearest->wanted, wanted_len, name, name_len);
	if (d > 1 + name_len / 4 || d >= name_len || (nearest->name != NULL && d >= nearest->distance))
		return;
	nearest->name = name;
	nearest->distance = d;
}
