/* SPDX-License-Identifier: Apache-2.0 */
/* A sorted table of serial numbers with a few facts on each: what a CRL lists, or what was issued. */
#include "status/crl_table.h"

#include <stdlib.h>

#include "base/buf.h"
#include "status/crl_sort.h"

#define SHORT_MAX (CRL_KEY_SIZE - 1)
#define LONG_MARK CRL_KEY_SIZE
#define ROOM_FIRST 64
/* Times of years 1 to 9999 have 39 bits with their sign; all ones is none of them. */
#define TIME_BIAS (INT64_C(1) << 39)
#define TIME_NONE ((UINT64_C(1) << 40) - 1)

_Static_assert(sizeof(struct crl_entry) == 32, "an entry of a CRL may take 40 octets at most");

static void
put_time(uint8_t out[5], vouch_time time)
{
	uint64_t value = time == VOUCH_TIME_ABSENT ? TIME_NONE : (uint64_t)(time + TIME_BIAS);

	for (int i = 4; i >= 0; i--, value >>= 8)
		out[i] = (uint8_t)value;
}

static vouch_time
get_time(const uint8_t in[5])
{
	uint64_t value = 0;

	for (int i = 0; i < 5; i++)
		value = value << 8 | in[i];
	return value == TIME_NONE ? VOUCH_TIME_ABSENT : (vouch_time)value - TIME_BIAS;
}

static void
put_fact(struct crl_entry *e, const struct crl_fact *fact)
{
	e->reason = fact->reason;
	put_time(e->date, fact->date);
	put_time(e->extra, fact->extra);
}

static struct crl_fact
get_fact(const struct crl_entry *e)
{
	return (struct crl_fact){ e->reason, get_time(e->date), get_time(e->extra) };
}

/* --- Keys --------------------------------------------------------------------------------------------- */

static void
put_number(uint8_t *out, size_t len, uint64_t value)
{
	while (len-- > 0) {
		out[len] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t
get_number(const uint8_t *in, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | in[i];
	return value;
}

static void
put_short(struct crl_entry *e, vouch_span serial_number)
{
	memset(e->key, 0, sizeof(e->key));
	e->key[0] = (uint8_t)serial_number.len;
	memcpy(e->key + 1, serial_number.data, serial_number.len);
}

static vouch_span
serial_of(const struct crl_table *t, const struct crl_entry *e)
{
	if (e->key[0] != LONG_MARK)
		return span_of(e->key + 1, e->key[0]);
	return span_of(t->octets.data + get_number(e->key + 1, 8), get_number(e->key + 9, 4));
}

int
crl_serial_compare(vouch_span a, vouch_span b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	int order = a.len == 0 ? 0 : memcmp(a.data, b.data, a.len);
	return order < 0 ? -1 : order > 0;
}

/* --- Building ----------------------------------------------------------------------------------------- */

void
crl_table_clear(struct crl_table *t)
{
	free(t->entries);
	free(t->longs);
	vouch_buf_free(&t->octets);
	*t = (struct crl_table){ 0 };
}

/* Room that is not used yet takes no memory: the pages are touched when entries come. */
static struct crl_entry *
next_entry(struct crl_entry **entries, size_t *count, size_t *room)
{
	if (*count == *room) {
		size_t more = *room == 0 ? ROOM_FIRST : 2 * *room;
		struct crl_entry *moved = reallocarray(*entries, more, sizeof(*moved));
		if (moved == NULL)
			return NULL;
		*entries = moved;
		*room = more;
	}
	return &(*entries)[(*count)++];
}

static int
add_long(struct crl_table *t, vouch_span serial_number, const struct crl_fact *fact, vouch_err *err)
{
	size_t offset = t->octets.len;

	if (serial_number.len > CRL_SERIAL_MAX)
		return err_set(err, VOUCH_ELIMIT, "serial number of %zu octets, %d are the limit",
		    serial_number.len, CRL_SERIAL_MAX);
	if (buf_append_span(&t->octets, serial_number) != VOUCH_OK)
		return err_nomem(err);
	struct crl_entry *e = next_entry(&t->longs, &t->long_count, &t->long_room);
	if (e == NULL)
		return err_nomem(err);
	memset(e->key, 0, sizeof(e->key));
	e->key[0] = LONG_MARK;
	put_number(e->key + 1, 8, offset);
	put_number(e->key + 9, 4, serial_number.len);
	put_fact(e, fact);
	return VOUCH_OK;
}

int
crl_table_add(struct crl_table *t, vouch_span serial_number, const struct crl_fact *fact, vouch_err *err)
{
	if (serial_number.len > SHORT_MAX)
		return add_long(t, serial_number, fact, err);
	struct crl_entry *e = next_entry(&t->entries, &t->count, &t->room);
	if (e == NULL)
		return err_nomem(err);
	put_short(e, serial_number);
	put_fact(e, fact);
	return VOUCH_OK;
}

static int
compare_longs(const void *a, const void *b, void *table)
{
	return crl_serial_compare(serial_of(table, a), serial_of(table, b));
}

/* Sorted already: equal ones are neighbours. */
static size_t
merge_duplicates(const struct crl_table *t, struct crl_entry *entries, size_t count, crl_table_merge *merge)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		bool again = kept > 0 &&
		    crl_serial_compare(serial_of(t, &entries[kept - 1]), serial_of(t, &entries[i])) == 0;
		if (!again) {
			if (kept != i)
				entries[kept] = entries[i];
			kept++;
			continue;
		}
		struct crl_fact first = get_fact(&entries[kept - 1]), other = get_fact(&entries[i]);
		merge(&first, &other);
		put_fact(&entries[kept - 1], &first);
	}
	return kept;
}

/* A block that cannot be made smaller stays as it is. */
static void
trim(struct crl_entry **entries, size_t count, size_t *room)
{
	if (count == *room)
		return;
	struct crl_entry *less = reallocarray(*entries, count == 0 ? 1 : count, sizeof(*less));
	if (less == NULL)
		return;
	*entries = less;
	*room = count == 0 ? 1 : count;
}

void
crl_table_finish(struct crl_table *t, crl_table_merge *merge)
{
	crl_sort(t->entries, t->count);
	if (t->long_count > 1)
		qsort_r(t->longs, t->long_count, sizeof(*t->longs), compare_longs, t);
	t->count = merge_duplicates(t, t->entries, t->count, merge);
	t->long_count = merge_duplicates(t, t->longs, t->long_count, merge);
	trim(&t->entries, t->count, &t->room);
	trim(&t->longs, t->long_count, &t->long_room);
}

static size_t
keep_later(struct crl_entry *entries, size_t count, vouch_time earliest, size_t *most)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (*most == 0 || get_time(entries[i].date) < earliest)
			continue;
		entries[kept++] = entries[i];
		--*most;
	}
	return kept;
}

void
crl_table_keep_later(struct crl_table *t, vouch_time earliest, size_t *most)
{
	t->count = keep_later(t->entries, t->count, earliest, most);
	t->long_count = keep_later(t->longs, t->long_count, earliest, most);
}

/* --- Finding ------------------------------------------------------------------------------------------ */

/* The first of them that is not before the key; *equal tells whether it is the key. */
static size_t
lower_bound(const struct crl_table *t, vouch_span serial_number, bool *equal)
{
	bool is_long = serial_number.len > SHORT_MAX;
	const struct crl_entry *entries = is_long ? t->longs : t->entries;
	size_t low = 0, high = is_long ? t->long_count : t->count;
	struct crl_entry wanted;

	*equal = false;
	if (!is_long)
		put_short(&wanted, serial_number);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = is_long ? crl_serial_compare(serial_of(t, &entries[middle]), serial_number) :
				      memcmp(entries[middle].key, wanted.key, CRL_KEY_SIZE);
		*equal = *equal || order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return is_long ? t->count + low : low;
}

static const struct crl_entry *
entry_at(const struct crl_table *t, size_t at)
{
	if (at < t->count)
		return &t->entries[at];
	return at - t->count < t->long_count ? &t->longs[at - t->count] : NULL;
}

bool
crl_table_find(const struct crl_table *t, vouch_span serial_number, struct crl_fact *out)
{
	bool equal;
	size_t at = lower_bound(t, serial_number, &equal);

	if (equal)
		*out = get_fact(entry_at(t, at));
	return equal;
}

size_t
crl_table_count(const struct crl_table *t)
{
	return t->count + t->long_count;
}

struct crl_cursor
crl_cursor_after(const struct crl_table *t, vouch_span serial_number)
{
	bool equal = false;
	size_t at = t == NULL || serial_number.len == 0 ? 0 : lower_bound(t, serial_number, &equal);

	return (struct crl_cursor){ t, at + equal };
}

bool
crl_cursor_get(const struct crl_cursor *c, vouch_span *serial_number, struct crl_fact *out)
{
	const struct crl_entry *e = c->table == NULL ? NULL : entry_at(c->table, c->at);

	if (e == NULL)
		return false;
	*serial_number = serial_of(c->table, e);
	*out = get_fact(e);
	return true;
}
