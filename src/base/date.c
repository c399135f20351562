/* SPDX-License-Identifier: Apache-2.0 */
/* Dates of the Gregorian calendar in UTC, years 1 to 9999, and RFC 3339 text. */
#include "base/date.h"

#include <stdio.h>

#define DAY 86400
#define DAYS_400 146097 /* days in 400 years */
#define MARCH_0 719468	/* days from 0000-03-01 to 1970-01-01 */

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in_month(int year, int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

static bool
date_exists(const struct date *d)
{
	return d->year >= 1 && d->year <= 9999 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
	    d->day <= days_in_month(d->year, d->month) && d->hour >= 0 && d->hour <= 23 && d->minute >= 0 &&
	    d->minute <= 59 && d->second >= 0 && d->second <= 59;
}

/* Years are counted from March here, so that the leap day is the last of its year and 153 days are five months. */
static int64_t
days_from_civil(int year, int month, int day)
{
	int shifted = (month + 9) % 12;
	int y = year - (month <= 2);
	int64_t era = y / 400, year_of_era = y % 400;
	int day_of_year = (153 * shifted + 2) / 5 + day - 1;

	return era * DAYS_400 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
	    MARCH_0;
}

static void
civil_from_days(int64_t days, struct date *out)
{
	int64_t d = days + MARCH_0;
	int era = (int)(d / DAYS_400), day_of_era = (int)(d % DAYS_400);
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int shifted = (5 * day_of_year + 2) / 153;

	out->day = day_of_year - (153 * shifted + 2) / 5 + 1;
	out->month = (shifted + 2) % 12 + 1;
	out->year = era * 400 + year_of_era + (out->month <= 2);
}

/* Rounds down, so that seconds before 1970 belong to the day they are in. */
static int64_t
days_of(vouch_time time)
{
	return time / DAY - (time % DAY < 0);
}

vouch_time
date_to_time(const struct date *date)
{
	if (!date_exists(date))
		return VOUCH_TIME_ABSENT;
	int second = date->hour * 3600 + date->minute * 60 + date->second;
	return days_from_civil(date->year, date->month, date->day) * DAY + second;
}

bool
date_from_time(vouch_time time, struct date *out)
{
	if (time < DATE_FIRST || time > DATE_LAST)
		return false;
	int64_t days = days_of(time);
	int second = (int)(time - days * DAY);
	civil_from_days(days, out);
	out->hour = second / 3600;
	out->minute = second / 60 % 60;
	out->second = second % 60;
	return true;
}

int
date_weekday(vouch_time time)
{
	return (int)(((days_of(time) + 4) % 7 + 7) % 7); /* 1970 began on a Thursday */
}

void
date_format_rfc3339(vouch_time time, char out[DATE_RFC3339_LENGTH + 1])
{
	struct date d;

	if (!date_from_time(time, &d)) {
		memcpy(out, "-", 2);
		return;
	}
	char text[80]; /* more than six ints can fill, so that the compiler sees it */
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, d.hour,
	    d.minute, d.second);
	memcpy(out, text, DATE_RFC3339_LENGTH);
	out[DATE_RFC3339_LENGTH] = '\0';
}

/* The digits of a fixed place, or -1. */
static int
digits(const uint8_t *p, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		value = value * 10 + (p[i] - '0');
	}
	return value;
}

/* "2026-11-22T10:00:00": RFC 3339 5.6 lets the T be small. */
static bool
parse_date_and_time(const uint8_t *p, struct date *d)
{
	if (p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != 't') || p[13] != ':' || p[16] != ':')
		return false;
	*d = (struct date){ digits(p, 4), digits(p + 5, 2), digits(p + 8, 2), digits(p + 11, 2),
		digits(p + 14, 2), digits(p + 17, 2) };
	return true;
}

/* What follows the seconds' fraction: Z or +hh:mm; in seconds east. */
static bool
parse_offset(vouch_span text, int *east)
{
	const uint8_t *p = text.data;

	*east = 0;
	if (text.len == 1 && (p[0] == 'Z' || p[0] == 'z'))
		return true;
	if (text.len != 6 || (p[0] != '+' && p[0] != '-') || p[3] != ':')
		return false;
	int hours = digits(p + 1, 2), minutes = digits(p + 4, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*east = (hours * 3600 + minutes * 60) * (p[0] == '-' ? -1 : 1);
	return true;
}

vouch_time
date_parse_rfc3339(vouch_span text)
{
	struct date d;
	int east;
	size_t at = 19;

	if (text.len < DATE_RFC3339_LENGTH || !parse_date_and_time(text.data, &d))
		return VOUCH_TIME_ABSENT;
	if (text.data[at] == '.') {
		size_t first = ++at;
		while (at < text.len && digits(text.data + at, 1) >= 0)
			at++;
		if (at == first)
			return VOUCH_TIME_ABSENT;
	}
	if (!parse_offset(span_of(text.data + at, text.len - at), &east))
		return VOUCH_TIME_ABSENT;
	int leap = d.second == 60;
	d.second -= leap;
	vouch_time time = date_to_time(&d);
	if (time == VOUCH_TIME_ABSENT)
		return VOUCH_TIME_ABSENT;
	time += leap - east;
	return time < DATE_FIRST || time > DATE_LAST ? VOUCH_TIME_ABSENT : time;
}
