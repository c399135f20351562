/* SPDX-License-Identifier: Apache-2.0 */
/* What an index.txt holds, in ascending order of the serial numbers. */
#include "status/index_table.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"
#include "status/index_entry.h"

#define FIRST_ROOM 1024
#define REASON_SHIFT 2
#define TYPE_BITS 3

/* The octets of the serial number are here; the entry's key has none. */
struct long_row {
	struct index_entry entry;
	uint8_t *serial_number;
	size_t serial_len;
};

struct dated_line {
	uint32_t line;
	vouch_time invalidity_date;
};

struct index_table {
	struct index_entry *entries;
	struct long_row *longs;
	struct dated_line *dates;
	size_t count, room, long_count, long_room, date_count, date_room;
	uint32_t last_line;
};

/* In `facts`, in this order: zero is no type. */
static const enum index_type types[] = { 0, INDEX_VALID, INDEX_REVOKED, INDEX_EXPIRED };

int
index_table_new(struct index_table **out, vouch_err *err)
{
	struct index_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return err_nomem(err);
	*out = t;
	return VOUCH_OK;
}

void
index_table_free(struct index_table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->long_count; i++)
		free(table->longs[i].serial_number);
	free(table->entries);
	free(table->longs);
	free(table->dates);
	free(table);
}

/* --- Building ----------------------------------------------------------------------------------------- */

/* Room for one more; a large array grows by moving pages, so that what is not used yet costs nothing. */
static int
grow(void **array, size_t *room, size_t count, size_t size)
{
	if (count < *room)
		return VOUCH_OK;
	size_t more = *room == 0 ? FIRST_ROOM : *room * 2;
	void *grown = reallocarray(*array, more, size);
	if (grown == NULL)
		return VOUCH_ENOMEM;
	*array = grown;
	*room = more;
	return VOUCH_OK;
}

static void
pack_time(uint8_t out[INDEX_ENTRY_TIME], vouch_time time)
{
	uint64_t seconds = time == VOUCH_TIME_ABSENT ? 0 : (uint64_t)(time - DATE_FIRST);

	for (size_t i = INDEX_ENTRY_TIME; i-- > 0; seconds >>= 8)
		out[i] = (uint8_t)seconds;
}

static vouch_time
unpack_time(const uint8_t in[INDEX_ENTRY_TIME])
{
	uint64_t seconds = 0;

	for (size_t i = 0; i < INDEX_ENTRY_TIME; i++)
		seconds = seconds << 8 | in[i];
	return (vouch_time)seconds + DATE_FIRST;
}

static uint8_t
pack_facts(const struct index_row *row)
{
	uint8_t type = 0;

	while (types[type] != row->type)
		type++;
	return (uint8_t)(row->revocation_reason << REASON_SHIFT | type);
}

static void
fill(struct index_entry *e, const struct index_row *row, uint32_t line)
{
	memset(e->key, 0, sizeof(e->key));
	e->facts = pack_facts(row);
	pack_time(e->not_after, row->not_after);
	pack_time(e->revocation_time, row->revocation_time);
	e->line = line;
}

static int
add_long(struct index_table *t, const struct index_row *row, uint32_t line)
{
	if (grow((void **)&t->longs, &t->long_room, t->long_count, sizeof(*t->longs)) != VOUCH_OK)
		return VOUCH_ENOMEM;
	struct long_row *added = &t->longs[t->long_count];
	added->serial_number = malloc(row->serial_len);
	if (added->serial_number == NULL)
		return VOUCH_ENOMEM;
	memcpy(added->serial_number, row->serial_number, row->serial_len);
	added->serial_len = row->serial_len;
	fill(&added->entry, row, line);
	t->long_count++;
	return VOUCH_OK;
}

static int
add_short(struct index_table *t, const struct index_row *row, uint32_t line)
{
	if (grow((void **)&t->entries, &t->room, t->count, sizeof(*t->entries)) != VOUCH_OK)
		return VOUCH_ENOMEM;
	struct index_entry *e = &t->entries[t->count++];
	fill(e, row, line);
	e->key[0] = (uint8_t)row->serial_len;
	memcpy(e->key + 1, row->serial_number, row->serial_len);
	return VOUCH_OK;
}

int
index_table_add(struct index_table *table, const struct index_row *row, uint32_t line, vouch_err *err)
{
	int code = row->serial_len <= INDEX_ENTRY_SERIAL ? add_short(table, row, line) :
							   add_long(table, row, line);

	if (code == VOUCH_OK && row->invalidity_date != VOUCH_TIME_ABSENT) {
		code = grow((void **)&table->dates, &table->date_room, table->date_count,
		    sizeof(*table->dates));
		if (code == VOUCH_OK)
			table->dates[table->date_count++] = (struct dated_line){ line, row->invalidity_date };
	}
	if (code != VOUCH_OK)
		return err_nomem(err);
	table->last_line = line;
	return VOUCH_OK;
}

static int
compare_serials(vouch_span a, vouch_span b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len == 0 ? 0 : memcmp(a.data, b.data, a.len);
}

static int
compare_longs(const void *a, const void *b)
{
	const struct long_row *x = a, *y = b;

	return compare_serials(span_of(x->serial_number, x->serial_len),
	    span_of(y->serial_number, y->serial_len));
}

static int
refuse_twins(struct index_record a, struct index_record b, uint32_t *line, vouch_err *err)
{
	vouch_buf text = { 0 };

	if (vouch_serial_format(&text, a.serial_number) != VOUCH_OK)
		return err_nomem(err);
	err_set(err, VOUCH_EPARSE, "serial number %.*s stands in line %u, too",
	    (int)(text.len < 60 ? text.len : 60), (const char *)text.data,
	    (unsigned)(a.line < b.line ? a.line : b.line));
	vouch_buf_free(&text);
	*line = a.line < b.line ? b.line : a.line;
	return err->code;
}

static int
check_twins(const struct index_table *t, uint32_t *line, vouch_err *err)
{
	size_t count = index_table_count(t);

	for (size_t i = 1; i < t->count; i++)
		if (memcmp(t->entries[i - 1].key, t->entries[i].key, INDEX_ENTRY_KEY) == 0)
			return refuse_twins(index_table_get(t, i - 1), index_table_get(t, i), line, err);
	for (size_t i = t->count + 1; i < count; i++)
		if (compare_longs(&t->longs[i - t->count - 1], &t->longs[i - t->count]) == 0)
			return refuse_twins(index_table_get(t, i - 1), index_table_get(t, i), line, err);
	return VOUCH_OK;
}

int
index_table_finish(struct index_table *table, uint32_t *line, vouch_err *err)
{
	if (index_entries_sort(table->entries, table->count) != VOUCH_OK)
		return err_nomem(err);
	if (table->long_count > 1)
		qsort(table->longs, table->long_count, sizeof(*table->longs), compare_longs);
	if (table->count > 0) {
		void *fitting = reallocarray(table->entries, table->count, sizeof(*table->entries));
		table->entries = fitting != NULL ? fitting : table->entries;
	}
	return check_twins(table, line, err);
}

/* --- Reading ------------------------------------------------------------------------------------------ */

size_t
index_table_count(const struct index_table *table)
{
	return table->count + table->long_count;
}

uint32_t
index_table_last_line(const struct index_table *table)
{
	return table->last_line;
}

static vouch_span
serial_at(const struct index_table *t, size_t at)
{
	if (at < t->count)
		return span_of(t->entries[at].key + 1, t->entries[at].key[0]);
	const struct long_row *row = &t->longs[at - t->count];
	return span_of(row->serial_number, row->serial_len);
}

static vouch_time
invalidity_date_of(const struct index_table *t, uint32_t line)
{
	size_t low = 0, high = t->date_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (t->dates[middle].line < line)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->date_count && t->dates[low].line == line ? t->dates[low].invalidity_date :
								   VOUCH_TIME_ABSENT;
}

struct index_record
index_table_get(const struct index_table *table, size_t at)
{
	const struct index_entry *e = at < table->count ? &table->entries[at] :
							  &table->longs[at - table->count].entry;
	enum index_type type = types[e->facts & TYPE_BITS];
	bool revoked = type == INDEX_REVOKED;

	return (struct index_record){ .serial_number = serial_at(table, at),
		.type = type,
		.revocation_reason = (uint8_t)(e->facts >> REASON_SHIFT),
		.not_after = unpack_time(e->not_after),
		.revocation_time = revoked ? unpack_time(e->revocation_time) : VOUCH_TIME_ABSENT,
		.invalidity_date = revoked ? invalidity_date_of(table, e->line) : VOUCH_TIME_ABSENT,
		.line = e->line };
}

size_t
index_table_after(const struct index_table *table, vouch_span serial_number)
{
	size_t low = 0, high = index_table_count(table);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_serials(serial_at(table, middle), serial_number) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
index_table_find(const struct index_table *table, vouch_span serial_number, struct index_record *out)
{
	size_t after = index_table_after(table, serial_number);

	if (after == 0 || compare_serials(serial_at(table, after - 1), serial_number) != 0)
		return false;
	*out = index_table_get(table, after - 1);
	return true;
}

/* --- Comparing ---------------------------------------------------------------------------------------- */

/* A certificate that expired is still one that was not revoked. */
static bool
say_the_same(const struct index_record *a, const struct index_record *b)
{
	return (a->type == INDEX_REVOKED) == (b->type == INDEX_REVOKED) &&
	    a->revocation_reason == b->revocation_reason && a->revocation_time == b->revocation_time &&
	    a->invalidity_date == b->invalidity_date;
}

int
index_table_compare(const struct index_table *before, const struct index_table *after,
    index_difference_cb *cb, void *arg)
{
	size_t i = 0, j = 0, before_count = index_table_count(before), after_count = index_table_count(after);
	int code = 0;

	while (code == 0 && (i < before_count || j < after_count)) {
		int order = i == before_count ? 1 :
		    j == after_count	      ? -1 :
						compare_serials(serial_at(before, i), serial_at(after, j));
		struct index_record old = { 0 }, new = { 0 };
		if (order <= 0)
			old = index_table_get(before, i++);
		if (order >= 0)
			new = index_table_get(after, j++);
		if (order != 0 || !say_the_same(&old, &new))
			code = cb(arg, order <= 0 ? &old : NULL, order >= 0 ? &new : NULL);
	}
	return code;
}
