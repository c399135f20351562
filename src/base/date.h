/* SPDX-License-Identifier: Apache-2.0 */
/* Dates of the Gregorian calendar in UTC, years 1 to 9999, without the C library's clock or locale. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/span.h"

#define DATE_FIRST INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define DATE_LAST INT64_C(253402300799)	 /* 9999-12-31T23:59:59Z, which is also X.509's "no end" */

struct date {
	int year, month, day; /* 1 to 9999, 1 to 12, 1 to 31 */
	int hour, minute, second;
};

/* VOUCH_TIME_ABSENT when there is no such date (30 February, hour 24, second 60). */
vouch_time date_to_time(const struct date *date);
/* False when the time is absent or outside years 1 to 9999. */
bool date_from_time(vouch_time time, struct date *out);
/* 0 is Sunday. */
int date_weekday(vouch_time time);

#define DATE_RFC3339_LENGTH 20 /* 2026-11-22T10:00:00Z */
#define DATE_HTTP_LENGTH 29    /* Sun, 22 Nov 2026 10:00:00 GMT */

/* Both write their length and a NUL; a time outside years 1 to 9999 becomes "-" (RFC 3339) or the nearest date (HTTP). */
void date_format_rfc3339(vouch_time time, char out[DATE_RFC3339_LENGTH + 1]);
void date_format_http(vouch_time time, char out[DATE_HTTP_LENGTH + 1]);

/*
 * RFC 3339: 2026-11-22T10:00:00Z, any offset, fractions of a second are dropped.  VOUCH_TIME_ABSENT if it is anything else.
 * A leap second counts as the second after it.
 */
vouch_time date_parse_rfc3339(vouch_span text);
/*
 * HTTP-date (RFC 9110 5.6.7) in its three forms.  now decides the century of a two-digit year.  VOUCH_TIME_ABSENT if it is anything
 * else.
 */
vouch_time date_parse_http(vouch_span text, vouch_time now);

#endif
