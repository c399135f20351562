/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of changes of a table of the users' own: what was told of it, and what is new.
 *
 *	cursor   position (8 octets, big-endian) │ entry │ entry …      entries in ascending order
 *	entry    digest of a row's serial number, position and version (16) │ its position (8)
 */
#include "modules/query/column.h"
#include "modules/query/form.h"
#include "modules/query/moment.h"
#include "modules/query/parameter.h"
#include "modules/query/report.h"
#include "modules/register/position.h"

#include <stdlib.h>
#include <string.h>

#define DIGEST 16
#define NUMBER REGISTER_POSITION
#define ENTRY (DIGEST + NUMBER)
/* A responder remembers no more changes one by one. */
#define ROWS_TOLD 65536
/* Before the first position, whichever way it is compared with. */
#define BEFORE_ALL (-1)

/* One row; its serial number is in feed->serials. */
struct row {
	uint8_t entry[ENTRY];
	size_t serial, len; /* len 0: it names none */
};

static bool
is_cursor(const vouch_buf *cursor)
{
	return cursor->len >= NUMBER && (cursor->len - NUMBER) % ENTRY == 0;
}

static size_t
entries_of(const vouch_buf *cursor)
{
	return (cursor->len - NUMBER) / ENTRY;
}

static const uint8_t *
entry_of(const vouch_buf *cursor, size_t i)
{
	return cursor->data + NUMBER + ENTRY * i;
}

int
query_feed_begin(struct query_feed *feed, struct query_binding *binding, const struct query *query,
    const vouch_buf *cursor, vouch_err *err)
{
	bool knows = is_cursor(cursor);
	int64_t position = knows ? register_position_read(cursor->data) : 0;

	*feed = (struct query_feed){ .kind = knows ? QUERY_CHANGES : QUERY_HEAD,
		.cursor = cursor,
		.position = position };
	/* "> :position" and ">= :position" both read the rows at the last position again. */
	int code = query_bind_trial(binding, query, feed->kind, err);
	for (size_t i = 0; code == VOUCH_OK && i < query_parameters(query, feed->kind); i++)
		binding->values[i].integer = knows ? position - 1 : BEFORE_ALL;
	return code;
}

static int
refuse(const struct query_value *value, enum query_column column, const char *expected, vouch_err *err)
{
	char shown[QUERY_SHOWN];

	if (value->type == QUERY_INTEGER)
		return query_fail(err, VOUCH_EPARSE, 0, "changes: column \"%s\" is %lld, not %s",
		    query_column_name(column), (long long)value->integer, expected);
	return query_fail(err, VOUCH_EPARSE, 0, "changes: column \"%s\" is %s, not %s",
	    query_column_name(column), value->type == QUERY_NULL ? "NULL" : query_show(value->octets, shown),
	    expected);
}

static int
read_position(int64_t *out, const struct query_value *value, vouch_err *err)
{
	*out = value->integer;
	if (value->type == QUERY_NULL ||
	    (value->type != QUERY_INTEGER && !query_number_read(out, query_trim(value->octets))) || *out < 0)
		return refuse(value, QUERY_POSITION, "a whole number from 0", err);
	return VOUCH_OK;
}

static int
read_hex(vouch_buf *out, const struct query_value *value, vouch_err *err)
{
	vouch_span octets = query_trim(value->octets);
	char text[2 * QUERY_SERIAL_MAX + 4];
	vouch_err unread;

	if (value->type != QUERY_TEXT && value->type != QUERY_OCTETS)
		return refuse(value, QUERY_SERIAL_HEX, "text", err);
	if (octets.len >= sizeof(text) ||
	    memchr(octets.data != NULL ? octets.data : (const uint8_t *)"", 0, octets.len))
		return refuse(value, QUERY_SERIAL_HEX, "a serial number in hexadecimal digits", err);
	memcpy(text, octets.len > 0 ? (const char *)octets.data : "", octets.len);
	text[octets.len] = '\0';
	size_t before = out->len;
	int code = vouch_serial_parse(out, text, &unread);
	if (code == VOUCH_ENOMEM)
		return query_fail_nomem(err);
	if (code != VOUCH_OK || out->len - before > QUERY_SERIAL_MAX)
		return refuse(value, QUERY_SERIAL_HEX, "a serial number in hexadecimal digits", err);
	return VOUCH_OK;
}

/* The content of a DER INTEGER, minimal. */
static int
append_integer(vouch_buf *out, int64_t number, vouch_err *err)
{
	uint8_t octets[NUMBER];
	size_t first = 0;

	register_position_write(octets, number);
	while (first + 1 < sizeof(octets) &&
	    ((octets[first] == 0 && octets[first + 1] < 0x80) ||
		(octets[first] == 0xff && octets[first + 1] >= 0x80)))
		first++;
	return vouch_buf_append(out, octets + first, sizeof(octets) - first) == VOUCH_OK ?
	    VOUCH_OK :
	    query_fail_nomem(err);
}

static int
read_decimal(vouch_buf *out, const struct query_value *value, vouch_err *err)
{
	uint8_t octets[QUERY_SERIAL_MAX];
	vouch_span serial_number;

	if (value->type == QUERY_INTEGER)
		return append_integer(out, value->integer, err);
	if (!query_read_decimal(query_trim(value->octets), octets, sizeof(octets), &serial_number))
		return refuse(value, QUERY_SERIAL_DECIMAL, "a serial number in decimal digits", err);
	return vouch_buf_append(out, serial_number.data, serial_number.len) == VOUCH_OK ?
	    VOUCH_OK :
	    query_fail_nomem(err);
}

static int
read_bytes(vouch_buf *out, const struct query_value *value, vouch_err *err)
{
	vouch_span octets = value->octets;

	/* A column of a fixed length fills up with zeros. */
	while (octets.len > 1 && octets.data[0] == 0 && octets.data[1] < 0x80) {
		octets.data++;
		octets.len--;
	}
	if ((value->type != QUERY_OCTETS && value->type != QUERY_TEXT) || octets.len == 0 ||
	    octets.len > QUERY_SERIAL_MAX)
		return refuse(value, QUERY_SERIAL_BYTES, "the octets of a serial number", err);
	return vouch_buf_append(out, octets.data, octets.len) == VOUCH_OK ? VOUCH_OK : query_fail_nomem(err);
}

static const struct {
	enum query_column column;
	int (*read)(vouch_buf *out, const struct query_value *value, vouch_err *err);
} serials[] = {
	{ QUERY_SERIAL_HEX, read_hex },
	{ QUERY_SERIAL_DECIMAL, read_decimal },
	{ QUERY_SERIAL_BYTES, read_bytes },
};

/* Appends nothing for NULL, and for a row without such a column. */
static int
read_serial(vouch_buf *out, enum query_column column, const struct query_value *value, vouch_err *err)
{
	for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++)
		if (serials[i].column == column && value->type != QUERY_NULL)
			return serials[i].read(out, value, err);
	return VOUCH_OK;
}

/* What a version says, whatever its type is: a length and octets. */
static int
add_version(vouch_buf *out, const struct query_value *value)
{
	uint8_t head[1 + 2 * NUMBER] = { (uint8_t)value->type };

	register_position_write(head + 1, value->integer);
	register_position_write(head + 1 + NUMBER, (int64_t)value->octets.len);
	int code = vouch_buf_append(out, head, sizeof(head));
	return code == VOUCH_OK ? vouch_buf_append(out, value->octets.data, value->octets.len) : code;
}

/* Two rows that looked alike would hide a change: it has to be a hash that nobody finds collisions of. */
static int
write_entry(struct query_feed *feed, struct row *row, int64_t position, const struct query_value *version,
    vouch_err *err)
{
	uint8_t digest[VOUCH_DIGEST_MAX], number[NUMBER];
	size_t before = feed->serials.len;
	int code;

	/* Behind the serial number, for as long as it takes. */
	register_position_write(number, position);
	code = vouch_buf_append(&feed->serials, number, sizeof(number));
	if (code == VOUCH_OK && version != NULL)
		code = add_version(&feed->serials, version);
	if (code != VOUCH_OK)
		return query_fail_nomem(err);
	vouch_span octets = { feed->serials.data + row->serial, feed->serials.len - row->serial };
	feed->serials.len = before;
	if (vouch_digest(VOUCH_SHA256, octets, digest) == 0)
		return query_fail(err, VOUCH_ECRYPTO, 0, "the cryptographic library has no SHA-256");
	memcpy(row->entry, digest, DIGEST);
	memcpy(row->entry + DIGEST, number, NUMBER);
	return VOUCH_OK;
}

static const struct query_value *
value_of(const struct query_columns *columns, const struct query_value *values, enum query_column column)
{
	for (size_t i = 0; i < columns->count; i++)
		if (columns->meaning[i] == column)
			return &values[i];
	return NULL;
}

static int
keep_row(struct query_feed *feed, const struct query_columns *columns, const struct query_value *values,
    int64_t position, vouch_err *err)
{
	struct row row = { .serial = feed->serials.len };
	int code = VOUCH_OK;

	for (size_t i = 0; i < columns->count && code == VOUCH_OK; i++)
		code = read_serial(&feed->serials, columns->meaning[i], &values[i], err);
	row.len = feed->serials.len - row.serial;
	if (code == VOUCH_OK)
		code = write_entry(feed, &row, position, value_of(columns, values, QUERY_VERSION), err);
	if (code == VOUCH_OK && vouch_buf_append(&feed->rows, &row, sizeof(row)) != VOUCH_OK)
		code = query_fail_nomem(err);
	return code;
}

int
query_feed_row(struct query_feed *feed, const struct query_columns *columns, const struct query_value *row,
    vouch_err *err)
{
	const struct query_value *value = value_of(columns, row, QUERY_POSITION);
	int64_t position = 0;

	/* max() of nothing. */
	if (feed->kind == QUERY_HEAD && value->type == QUERY_NULL)
		return VOUCH_OK;
	int code = read_position(&position, value, err);
	if (code != VOUCH_OK)
		return code;
	if (position > feed->position)
		feed->position = position;
	if (feed->kind == QUERY_HEAD || feed->count++ >= ROWS_TOLD)
		return VOUCH_OK;
	return keep_row(feed, columns, row, position, err);
}

static int
compare_entries(const void *a, const void *b)
{
	return memcmp(a, b, ENTRY);
}

/* Rows begin with their entries, by which they are in order. */
static bool
is_read_now(const struct row *rows, size_t count, const uint8_t *entry)
{
	return bsearch(entry, rows, count, sizeof(*rows), compare_entries) != NULL;
}

static bool
stands_at(const struct row *rows, size_t count, int64_t position)
{
	for (size_t i = 0; i < count; i++)
		if (register_position_read(rows[i].entry + DIGEST) == position)
			return true;
	return false;
}

/* The rows at the last position are still there; that they were read is known unless it was the head that was asked. */
static bool
log_goes_on(const vouch_buf *cursor, const struct row *rows, size_t count)
{
	int64_t position = register_position_read(cursor->data);

	for (size_t i = 0; i < entries_of(cursor); i++)
		if (register_position_read(entry_of(cursor, i) + DIGEST) == position &&
		    !is_read_now(rows, count, entry_of(cursor, i)))
			return false;
	return position == 0 || stands_at(rows, count, position);
}

/*
 * Octets with the highest bit set are a negative number in DER; tables that keep the magnitude alone mean the positive
 * one.  One change too many is told, and none too few.
 */
static void
tell_serial(vouch_span serial_number, vouch_change_cb *cb, void *arg)
{
	uint8_t positive[1 + QUERY_SERIAL_MAX] = { 0 };

	cb(arg, serial_number);
	if (serial_number.data[0] < 0x80)
		return;
	memcpy(positive + 1, serial_number.data, serial_number.len);
	cb(arg, (vouch_span){ positive, 1 + serial_number.len });
}

static void
tell_new(const struct query_feed *feed, const struct row *rows, size_t count, vouch_change_cb *cb, void *arg)
{
	size_t old = 0, known = entries_of(feed->cursor);

	for (size_t i = 0; i < count; i++) {
		vouch_span serial_number = { feed->serials.data + rows[i].serial, rows[i].len };
		while (old < known && compare_entries(entry_of(feed->cursor, old), rows[i].entry) < 0)
			old++;
		/* One row for each that was read before: a second one that looks like it is new. */
		if (old < known && compare_entries(entry_of(feed->cursor, old), rows[i].entry) == 0) {
			old++;
			continue;
		}
		if (rows[i].len == 0)
			cb(arg, (vouch_span){ NULL, 0 });
		else
			tell_serial(serial_number, cb, arg);
	}
}

static int
move_cursor(const struct query_feed *feed, vouch_buf *cursor, const struct row *rows, size_t count,
    vouch_err *err)
{
	vouch_buf moved = { 0 };
	uint8_t number[NUMBER];

	register_position_write(number, feed->position);
	int code = vouch_buf_append(&moved, number, sizeof(number));
	for (size_t i = 0; i < count && code == VOUCH_OK; i++)
		code = vouch_buf_append(&moved, rows[i].entry, ENTRY);
	if (code != VOUCH_OK) {
		vouch_buf_free(&moved);
		return query_fail_nomem(err);
	}
	vouch_buf_free(cursor);
	*cursor = moved;
	return VOUCH_OK;
}

int
query_feed_end(struct query_feed *feed, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	static const vouch_span all = { NULL, 0 };
	size_t count = feed->count <= ROWS_TOLD ? feed->count : 0;
	struct row none, *rows = count > 0 ? (struct row *)(void *)feed->rows.data : &none;

	if (feed->kind == QUERY_HEAD || count < feed->count) {
		int code = move_cursor(feed, cursor, rows, 0, err);
		if (code == VOUCH_OK)
			cb(arg, all);
		return code;
	}
	qsort(rows, count, sizeof(*rows), compare_entries);
	if (!log_goes_on(cursor, rows, count)) {
		cursor->len = 0;
		cb(arg, all);
		return VOUCH_OK;
	}
	tell_new(feed, rows, count, cb, arg);
	return move_cursor(feed, cursor, rows, count, err);
}

void
query_feed_clear(struct query_feed *feed)
{
	vouch_buf_free(&feed->rows);
	vouch_buf_free(&feed->serials);
}
