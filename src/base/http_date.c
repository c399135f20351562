/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP-date (RFC 9110 5.6.7): written in one form, read in three. */
#include "base/date.h"

static const char days[7][10] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
	"Nov", "Dec" };

static inline void
put_two(char *out, int number)
{
	out[0] = (char)('0' + number / 10);
	out[1] = (char)('0' + number % 10);
}

/* Every HTTP answer has two or three of them: the blanks of the form are filled in, nothing is printed. */
void
date_format_http(vouch_time time, char out[DATE_HTTP_LENGTH + 1])
{
	struct date d = { 0 };
	vouch_time shown = time < DATE_FIRST ? DATE_FIRST : time > DATE_LAST ? DATE_LAST : time;

	if (!date_from_time(shown, &d)) { /* cannot be: shown is within its range */
		out[0] = '\0';
		return;
	}
	memcpy(out, "Day, 00 Mon 0000 00:00:00 GMT", DATE_HTTP_LENGTH + 1);
	memcpy(out, days[date_weekday(shown)], 3);
	put_two(out + 5, d.day);
	memcpy(out + 8, months[d.month - 1], 3);
	put_two(out + 12, d.year / 100);
	put_two(out + 14, d.year % 100);
	put_two(out + 17, d.hour);
	put_two(out + 20, d.minute);
	put_two(out + 23, d.second);
}

/*
 * The forms, one letter for each kind of character: W the day's name (short), L its long name (any length), D day, d day with a blank for its
 * first digit, B month, Y year, y year of two digits, h m s the time.  Anything else stands for itself.
 */
static const char *const forms[] = {
	"W, DD BBB YYYY hh:mm:ss GMT", /* IMF-fixdate */
	"L, DD-BBB-yy hh:mm:ss GMT",   /* rfc850-date */
	"W BBB dd hh:mm:ss YYYY",      /* asctime-date */
};

struct reading {
	vouch_span left;
	struct date date;
	bool two_digits;
};

/* Takes the run of one letter; the text is known to be long enough. */
static bool
take_number(struct reading *r, size_t count, bool blank, int *out)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		uint8_t c = r->left.data[i];
		if (blank && i == 0 && c == ' ')
			continue;
		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*out = value;
	return true;
}

static bool
take_month(struct reading *r)
{
	for (int i = 0; i < 12; i++)
		if (memcmp(r->left.data, months[i], 3) == 0) {
			r->date.month = i + 1;
			return true;
		}
	return false;
}

/* The day's name says nothing that the date does not, so it need not be the right one. */
static bool
take_day_name(struct reading *r, bool long_name)
{
	for (int i = 0; i < 7; i++) {
		size_t len = long_name ? strlen(days[i]) : 3;
		if (r->left.len < len || memcmp(r->left.data, days[i], len) != 0)
			continue;
		r->left.data += len;
		r->left.len -= len;
		return true;
	}
	return false;
}

static bool
take_field(struct reading *r, char letter, size_t count)
{
	switch (letter) {
	case 'Y':
		return take_number(r, count, false, &r->date.year);
	case 'y':
		r->two_digits = true;
		return take_number(r, count, false, &r->date.year);
	case 'B':
		return take_month(r);
	case 'D':
		return take_number(r, count, false, &r->date.day);
	case 'd':
		return take_number(r, count, true, &r->date.day);
	case 'h':
		return take_number(r, count, false, &r->date.hour);
	case 'm':
		return take_number(r, count, false, &r->date.minute);
	case 's':
		return take_number(r, count, false, &r->date.second);
	default:
		return count == 1 && r->left.data[0] == (uint8_t)letter;
	}
}

static bool
read_form(vouch_span text, const char *form, struct reading *r)
{
	*r = (struct reading){ .left = text };
	while (*form != '\0') {
		size_t count = 1;
		if (*form == 'W' || *form == 'L') {
			if (!take_day_name(r, *form++ == 'L'))
				return false;
			continue;
		}
		while (strchr("YyBDdhms", *form) != NULL && form[count] == *form)
			count++;
		if (r->left.len < count || !take_field(r, *form, count))
			return false;
		r->left.data += count;
		r->left.len -= count;
		form += count;
	}
	return r->left.len == 0;
}

/* RFC 9110 5.6.7: what seems more than 50 years ahead is the latest year in the past with the same last digits. */
static int
whole_year(int two_digits, vouch_time now)
{
	struct date today;

	if (!date_from_time(now, &today))
		return two_digits + 2000;
	int year = today.year - today.year % 100 + two_digits;
	return year > today.year + 50 ? year - 100 : year;
}

vouch_time
date_parse_http(vouch_span text, vouch_time now)
{
	struct reading r;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!read_form(text, forms[i], &r))
			continue;
		if (r.two_digits)
			r.date.year = whole_year(r.date.year, now);
		int leap = r.date.second == 60;
		r.date.second -= leap;
		vouch_time time = date_to_time(&r.date);
		return time == VOUCH_TIME_ABSENT ? time : time + leap;
	}
	return VOUCH_TIME_ABSENT;
}
