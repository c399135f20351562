/* SPDX-License-Identifier: Apache-2.0 */
/* One line of an index.txt, the table that `openssl ca` and easy-rsa write: its six fields, read strictly. */
#include "status/index_row.h"

#include "base/date.h"
#include "base/err.h"

#define REASON(code) ((code) + 1) /* as vouch_status.revocation_reason spells it */
#define REASON_LAST REASON(10)
#define SHOWN 40 /* octets of a field in an error */

enum { TYPE, NOT_AFTER, REVOCATION, SERIAL, FILE_NAME, SUBJECT, FIELDS };

/* The line and its fields, for the offset of an error. */
struct line {
	vouch_span whole;
	vouch_span fields[FIELDS];
	vouch_err *err;
};

static size_t
offset_of(const struct line *l, vouch_span part)
{
	return (size_t)(part.data - l->whole.data);
}

/* What came from a file goes into logs: nothing in it may pass for something else there. */
static int
fail(const struct line *l, vouch_span part, const char *what)
{
	char shown[SHOWN + 1];
	size_t len = part.len < SHOWN ? part.len : SHOWN;

	for (size_t i = 0; i < len; i++)
		shown[i] = part.data[i] >= 0x20 && part.data[i] < 0x7f ? (char)part.data[i] : '?';
	shown[len] = '\0';
	return err_at(l->err, VOUCH_EPARSE, offset_of(l, part), "%s: \"%s\"", what, shown);
}

static vouch_span
rest_of(vouch_span whole, size_t from)
{
	return span_of(whole.data + from, whole.len - from);
}

/* The octets before the first `end`; *rest is what is behind it, without data if there is none. */
static vouch_span
take_until(vouch_span text, char end, vouch_span *rest)
{
	const uint8_t *at = text.len > 0 ? memchr(text.data, end, text.len) : NULL;

	if (at == NULL) {
		*rest = span_of(NULL, 0);
		return text;
	}
	size_t len = (size_t)(at - text.data);
	*rest = rest_of(text, len + 1);
	return span_of(text.data, len);
}

/* --- Fields ------------------------------------------------------------------------------------------- */

/* Who writes the file puts a backslash before a tabulator that belongs to a field. */
static size_t
field_length(vouch_span text)
{
	size_t from = 0;

	for (;;) {
		const uint8_t *tab = from < text.len ? memchr(text.data + from, '\t', text.len - from) : NULL;
		if (tab == NULL)
			return text.len;
		size_t at = (size_t)(tab - text.data);
		if (at == 0 || text.data[at - 1] != '\\')
			return at;
		from = at + 1;
	}
}

static int
split(struct line *l)
{
	size_t count = 0, at = 0;

	if (l->whole.len == 0)
		return err_set(l->err, VOUCH_EPARSE, "an empty line");
	const uint8_t *nul = memchr(l->whole.data, 0, l->whole.len);
	if (nul != NULL)
		return err_at(l->err, VOUCH_EPARSE, (size_t)(nul - l->whole.data),
		    "a NUL octet: an index.txt has none");
	for (;;) {
		size_t len = field_length(rest_of(l->whole, at));
		if (count < FIELDS)
			l->fields[count] = span_of(l->whole.data + at, len);
		count++;
		if (at + len == l->whole.len)
			break;
		at += len + 1;
	}
	if (count == FIELDS)
		return VOUCH_OK;
	return err_set(l->err, VOUCH_EPARSE,
	    "%zu field%s instead of %d, with tabs between: no line of an index.txt", count,
	    count == 1 ? "" : "s", FIELDS);
}

/* --- Times -------------------------------------------------------------------------------------------- */

/* The number of `count` digits, which the caller has found to be digits. */
static int
number(const uint8_t *digits, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}

/* RFC 5280 4.1.2.5.1: 50 to 99 are of the twentieth century. */
static int
year_of_two(int year)
{
	return year >= 50 ? 1900 + year : 2000 + year;
}

/* Digits at its beginning, no more than `most`. */
static size_t
count_digits(vouch_span text, size_t most)
{
	size_t count = 0;

	while (count < most && count < text.len && text.data[count] >= '0' && text.data[count] <= '9')
		count++;
	return count;
}

/* UTCTime or GeneralizedTime as RFC 5280 wants them: all but a few in a million. */
static vouch_time
usual_time(vouch_span text)
{
	static const size_t utc_time = 13, generalized_time = 15;
	size_t digits = text.len - 1, year = text.len == generalized_time ? 4 : 2;

	if ((text.len != utc_time && text.len != generalized_time) || text.data[digits] != 'Z' ||
	    count_digits(text, digits) != digits)
		return VOUCH_TIME_ABSENT;
	const uint8_t *p = text.data + year;
	int first = number(text.data, year);
	struct date date = { year == 4 ? first : year_of_two(first), number(p, 2), number(p + 2, 2),
		number(p + 4, 2), number(p + 6, 2), number(p + 8, 2) };
	return date_to_time(&date);
}

/* A point and digits; a lone point stays. */
static vouch_span
without_fraction(vouch_span text)
{
	size_t digits = text.len > 1 && text.data[0] == '.' ? count_digits(rest_of(text, 1), text.len) : 0;

	return digits != 0 ? rest_of(text, 1 + digits) : text;
}

/* Z, +hhmm or -hhmm, and nothing else; in seconds east. */
static bool
read_zone(vouch_span text, int *east)
{
	*east = 0;
	if (text.len == 1)
		return text.data[0] == 'Z';
	if (text.len != 5 || (text.data[0] != '+' && text.data[0] != '-') ||
	    count_digits(rest_of(text, 1), 4) != 4)
		return false;
	int hours = number(text.data + 1, 2), minutes = number(text.data + 3, 2);
	*east = (hours * 60 + minutes) * (text.data[0] == '-' ? -60 : 60);
	return hours < 24 && minutes < 60;
}

/*
 * `openssl ca` copies what is in the certificate, and those from before RFC 2459 have no seconds, fractions of them, or
 * another zone than UTC.
 */
static vouch_time
odd_time(vouch_span text, size_t year)
{
	size_t digits = count_digits(text, year + 10), short_of_seconds = year + 8;
	bool has_seconds = digits == short_of_seconds + 2;

	if (digits != short_of_seconds && !has_seconds)
		return VOUCH_TIME_ABSENT;
	const uint8_t *p = text.data + year;
	int first = number(text.data, year), east;
	struct date date = { year == 4 ? first : year_of_two(first), number(p, 2), number(p + 2, 2),
		number(p + 4, 2), number(p + 6, 2), has_seconds ? number(p + 8, 2) : 0 };
	vouch_span behind = rest_of(text, digits);
	if (year == 4 && has_seconds)
		behind = without_fraction(behind);
	vouch_time time = date_to_time(&date);
	if (time == VOUCH_TIME_ABSENT || !read_zone(behind, &east))
		return VOUCH_TIME_ABSENT;
	time -= east;
	return time >= DATE_FIRST && time <= DATE_LAST ? time : VOUCH_TIME_ABSENT;
}

/* VOUCH_TIME_ABSENT if it is none. */
static vouch_time
read_time(vouch_span text)
{
	vouch_time time = usual_time(text);

	if (time == VOUCH_TIME_ABSENT)
		time = odd_time(text, 2);
	return time != VOUCH_TIME_ABSENT ? time : odd_time(text, 4);
}

/* --- The revocation ----------------------------------------------------------------------------------- */

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* OpenSSL compares so, and spells some names otherwise than RFC 5280 does. */
static bool
is_name(vouch_span text, const char *name)
{
	if (text.len != strlen(name))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (lower(text.data[i]) != lower((uint8_t)name[i]))
			return false;
	return true;
}

static bool
is_in(uint8_t c, const char *set)
{
	return c != 0 && strchr(set, c) != NULL;
}

/*
 * OpenSSL takes an OBJECT IDENTIFIER in dotted form, or any name that it knows for one.  Answers do not tell it: RFC
 * 5280 has no hold instructions any more.
 */
static int
read_instruction(struct index_row *row, vouch_span text)
{
	static const char digits[] = "0123456789", more[] = "-_ ";

	(void)row;
	bool dotted = text.len > 0 && is_in(text.data[0], digits);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i], letter = lower(c);
		bool fits = is_in(c, digits) ||
		    (dotted ? c == '.' && text.data[i - 1] != '.' :
			      (letter >= 'a' && letter <= 'z') || (i > 0 && is_in(c, more)));
		if (!fits)
			return VOUCH_EPARSE;
	}
	return text.len > 0 && text.data[text.len - 1] != '.' ? VOUCH_OK : VOUCH_EPARSE;
}

static int
read_invalidity_date(struct index_row *row, vouch_span text)
{
	row->invalidity_date = read_time(text);
	return row->invalidity_date != VOUCH_TIME_ABSENT ? VOUCH_OK : VOUCH_EPARSE;
}

/* What OpenSSL writes in place of a reason when there is more to say. */
static const struct {
	const char *name;
	uint8_t revocation_reason;
	int (*read_more)(struct index_row *row, vouch_span text);
	const char *what;
} with_more[] = {
	{ "holdInstruction", REASON(6), read_instruction, "not a hold instruction" },
	{ "keyTime", REASON(1), read_invalidity_date, "not the time of a compromise" },
	{ "CAkeyTime", REASON(2), read_invalidity_date, "not the time of a compromise" },
};

static int
read_plain_reason(struct line *l, struct index_row *row, vouch_span name)
{
	for (uint8_t reason = REASON(0); reason <= REASON_LAST; reason++) {
		const char *known = vouch_reason_name(reason);
		if (known == NULL || !is_name(name, known))
			continue;
		row->revocation_reason = reason;
		if (reason != REASON(8))
			return VOUCH_OK;
		return err_at(l->err, VOUCH_EREFUSED, offset_of(l, name),
		    "revoked with removeFromCRL, which is for delta CRLs only (RFC 5280 5.3.1)");
	}
	return fail(l, name, "not a reason for a revocation");
}

static int
read_reason(struct line *l, struct index_row *row, vouch_span text)
{
	vouch_span more;
	vouch_span name = take_until(text, ',', &more);

	for (size_t i = 0; i < sizeof(with_more) / sizeof(with_more[0]); i++) {
		if (!is_name(name, with_more[i].name))
			continue;
		row->revocation_reason = with_more[i].revocation_reason;
		if (more.data == NULL)
			return fail(l, name, "a reason without what has to follow");
		return with_more[i].read_more(row, more) == VOUCH_OK ? VOUCH_OK :
								       fail(l, more, with_more[i].what);
	}
	int code = read_plain_reason(l, row, name);
	if (code == VOUCH_OK && more.data != NULL)
		return fail(l, more, "more than a reason");
	return code;
}

static int
read_revocation(struct line *l, struct index_row *row)
{
	vouch_span field = l->fields[REVOCATION], reason;

	if (row->type != INDEX_REVOKED)
		return field.len == 0 ? VOUCH_OK : fail(l, field, "a revocation in a row that is not R");
	vouch_span time = take_until(field, ',', &reason);
	row->revocation_time = read_time(time);
	if (row->revocation_time == VOUCH_TIME_ABSENT)
		return fail(l, time, "not the time of a revocation");
	return reason.data == NULL ? VOUCH_OK : read_reason(l, row, reason);
}

/* --- The serial number -------------------------------------------------------------------------------- */

/* What a hexadecimal digit is worth plus 1, so that all others are 0: a million rows have forty million of them. */
static const uint8_t worth[256] = { ['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16 };

/* Two's complement, in as few octets as there can be. */
static void
negate(struct index_row *row)
{
	unsigned carry = 1;

	for (size_t i = row->serial_len; i-- > 0;) {
		carry += (uint8_t)~row->serial_number[i];
		row->serial_number[i] = (uint8_t)carry;
		carry >>= 8;
	}
	size_t fill = 0;
	while (fill + 1 < row->serial_len && row->serial_number[fill] == 0xff &&
	    row->serial_number[fill + 1] >= 0x80)
		fill++;
	row->serial_len -= fill;
	memmove(row->serial_number, row->serial_number + fill, row->serial_len);
}

/* The digits of a positive number that is not zero, without leading zeros. */
static void
fill_magnitude(struct index_row *row, vouch_span digits)
{
	size_t octets = (digits.len + 1) / 2, nibble = digits.len % 2;
	bool padded = nibble == 0 && worth[digits.data[0]] > 8;
	uint8_t *out = row->serial_number;

	*out = 0; /* before an octet that would look negative */
	out += padded;
	if (nibble == 1)
		*out++ = (uint8_t)(worth[digits.data[0]] - 1);
	for (size_t i = nibble; i < digits.len; i += 2)
		*out++ = (uint8_t)((worth[digits.data[i]] - 1) << 4 | (worth[digits.data[i + 1]] - 1));
	row->serial_len = octets + padded;
}

static vouch_span
without_zeros(vouch_span digits)
{
	while (digits.len > 0 && digits.data[0] == '0')
		digits = rest_of(digits, 1);
	return digits;
}

static int
read_serial(struct line *l, struct index_row *row)
{
	vouch_span field = l->fields[SERIAL];
	bool negative = field.len > 0 && field.data[0] == '-';
	vouch_span digits = rest_of(field, negative);

	if (digits.len == 0)
		return fail(l, field, "not a serial number");
	for (size_t i = 0; i < digits.len; i++)
		if (worth[digits.data[i]] == 0)
			return fail(l, rest_of(digits, i), "not a hexadecimal digit of a serial number");
	digits = without_zeros(digits);
	if (digits.len > (size_t)2 * INDEX_SERIAL_MAX)
		return err_at(l->err, VOUCH_ELIMIT, offset_of(l, field),
		    "serial number of more than %d octets", INDEX_SERIAL_MAX);
	row->serial_len = 1;
	row->serial_number[0] = 0;
	if (digits.len > 0)
		fill_magnitude(row, digits);
	if (negative)
		negate(row);
	return VOUCH_OK;
}

/* --- The row ------------------------------------------------------------------------------------------ */

static int
read_type(struct line *l, struct index_row *row)
{
	vouch_span field = l->fields[TYPE];
	uint8_t type = field.len == 1 ? field.data[0] : 0;

	if (type != INDEX_VALID && type != INDEX_REVOKED && type != INDEX_EXPIRED)
		return fail(l, field, "a type that is none of V, R and E");
	row->type = (enum index_type)type;
	return VOUCH_OK;
}

static int
read_not_after(struct line *l, struct index_row *row)
{
	row->not_after = read_time(l->fields[NOT_AFTER]);
	return row->not_after != VOUCH_TIME_ABSENT ? VOUCH_OK : fail(l, l->fields[NOT_AFTER], "not a date");
}

int
index_row_parse(struct index_row *out, vouch_span line, vouch_err *err)
{
	struct line l = { .whole = line, .err = err };

	out->revocation_reason = 0;
	out->revocation_time = out->invalidity_date = VOUCH_TIME_ABSENT;
	int code = split(&l);
	if (code == VOUCH_OK)
		code = read_type(&l, out);
	if (code == VOUCH_OK)
		code = read_not_after(&l, out);
	if (code == VOUCH_OK)
		code = read_revocation(&l, out);
	return code == VOUCH_OK ? read_serial(&l, out) : code;
}
