/* SPDX-License-Identifier: Apache-2.0 */
/* Moments as databases write them. */
#include "modules/query/moment.h"

#include <string.h>

#define LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DAY 86400

vouch_span
query_trim(vouch_span text)
{
	while (text.len > 0 && text.data[text.len - 1] == ' ')
		text.len--;
	return text;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* What is left of a text. */
struct rest {
	const uint8_t *next, *end;
	bool failed;
};

static bool
take(struct rest *r, char c)
{
	if (r->next == r->end || *r->next != (uint8_t)c)
		return false;
	r->next++;
	return true;
}

/* Exactly so many digits. */
static int
take_digits(struct rest *r, int count)
{
	int value = 0;

	for (; count > 0; count--) {
		if (r->next == r->end || !is_digit(*r->next)) {
			r->failed = true;
			return 0;
		}
		value = 10 * value + (*r->next++ - '0');
	}
	return value;
}

static void
expect(struct rest *r, char c)
{
	if (!take(r, c))
		r->failed = true;
}

static void
take_fraction(struct rest *r)
{
	if (!take(r, '.') && !take(r, ','))
		return;
	(void)take_digits(r, 1);
	while (r->next < r->end && is_digit(*r->next))
		r->next++;
}

bool
query_number_read(int64_t *out, vouch_span text)
{
	uint64_t value = 0;

	if (text.len == 0)
		return false;
	struct rest r = { text.data, text.data + text.len, false };
	bool negative = take(&r, '-');
	if (r.next == r.end || !is_digit(*r.next))
		return false;
	for (; r.next < r.end && is_digit(*r.next); r.next++) {
		if (value > (uint64_t)(INT64_MAX - 9) / 10)
			return false;
		value = 10 * value + (*r.next - '0');
	}
	take_fraction(&r);
	if (r.failed || r.next != r.end)
		return false;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

struct calendar {
	int year, month, day, hour, minute, second, offset; /* offset: seconds east */
};

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool
is_date(const struct calendar *c)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (c->year < 1 || c->month < 1 || c->month > 12 || c->day < 1)
		return false;
	return c->day <= days[c->month - 1] + (c->month == 2 && is_leap(c->year) ? 1 : 0);
}

/* A leap second counts as the second after it. */
static bool
is_time(const struct calendar *c)
{
	return c->hour < 24 && c->minute < 60 && c->second <= 60 && c->offset > -DAY && c->offset < DAY;
}

/* Of the Gregorian calendar, since 1970-01-01. */
static int64_t
days_of(const struct calendar *c)
{
	/* Years that begin in March: the leap day is their last. */
	int64_t year = c->month > 2 ? c->year : c->year - 1;
	int64_t month = c->month > 2 ? c->month - 3 : c->month + 9;

	return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + c->day - 1 - 719468;
}

/* "+01", "+0130", "+01:30", "+01:30:00". */
static void
take_offset(struct rest *r, struct calendar *c)
{
	int sign = take(r, '-') ? -1 : 1;

	if (sign > 0)
		expect(r, '+');
	int hours = take_digits(r, 2), minutes = 0, seconds = 0;
	if (take(r, ':') || (r->next < r->end && is_digit(*r->next)))
		minutes = take_digits(r, 2);
	if (take(r, ':'))
		seconds = take_digits(r, 2);
	if (hours > 23 || minutes > 59 || seconds > 59)
		r->failed = true;
	c->offset = sign * (3600 * hours + 60 * minutes + seconds);
}

static bool
take_word(struct rest *r, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->next) != len || memcmp(r->next, word, len) != 0)
		return false;
	r->next += len;
	return true;
}

/* Nothing is UTC; Go writes both: "+0000 UTC". */
static void
take_zone(struct rest *r, struct calendar *c)
{
	if (r->next == r->end || take(r, 'Z') || take(r, 'z') || take_word(r, " UTC"))
		return;
	(void)take(r, ' ');
	take_offset(r, c);
	if (c->offset == 0)
		(void)take_word(r, " UTC");
}

static void
take_time(struct rest *r, struct calendar *c)
{
	if (!take(r, 'T') && !take(r, 't'))
		expect(r, ' ');
	c->hour = take_digits(r, 2);
	expect(r, ':');
	c->minute = take_digits(r, 2);
	if (!take(r, ':'))
		return;
	c->second = take_digits(r, 2);
	take_fraction(r);
}

static void
take_timestamp(struct rest *r, struct calendar *c)
{
	c->year = take_digits(r, 4);
	expect(r, '-');
	c->month = take_digits(r, 2);
	expect(r, '-');
	c->day = take_digits(r, 2);
	if (r->next == r->end)
		return;
	take_time(r, c);
	take_zone(r, c);
}

/* GeneralizedTime as DER has it (RFC 5280 4.1.2.5.2). */
static void
take_generalized(struct rest *r, struct calendar *c)
{
	c->year = take_digits(r, 4);
	c->month = take_digits(r, 2);
	c->day = take_digits(r, 2);
	c->hour = take_digits(r, 2);
	c->minute = take_digits(r, 2);
	c->second = take_digits(r, 2);
	expect(r, 'Z');
}

static bool
read_calendar(vouch_time *out, vouch_span text)
{
	struct calendar c = { 0 };

	if (text.len < 5)
		return false;
	struct rest r = { text.data, text.data + text.len, false };
	if (text.data[4] == '-')
		take_timestamp(&r, &c);
	else
		take_generalized(&r, &c);
	if (r.failed || r.next != r.end || !is_date(&c) || !is_time(&c))
		return false;
	*out = DAY * days_of(&c) + 3600 * c.hour + 60 * c.minute + c.second - c.offset;
	return true;
}

static bool
read_any(vouch_time *out, const struct query_value *value, bool milliseconds)
{
	vouch_span text = query_trim(value->octets);

	if (value->type == QUERY_INTEGER)
		*out = value->integer;
	else if (!query_number_read(out, text))
		return !milliseconds && read_calendar(out, text);
	if (milliseconds)
		*out = *out >= 0 ? *out / 1000 : -1;
	return true;
}

bool
query_moment_read(vouch_time *out, const struct query_value *value, bool milliseconds)
{
	vouch_time moment = VOUCH_TIME_ABSENT;

	if (value->type != QUERY_NULL &&
	    (!read_any(&moment, value, milliseconds) || moment < 0 || moment > LAST))
		return false;
	*out = moment;
	return true;
}
